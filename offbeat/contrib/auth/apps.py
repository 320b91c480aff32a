"""Configuration of the application."""

from __future__ import annotations

from offbeat.apps import AppConfig
from offbeat.contrib.auth.checks import check_middleware, check_models_permissions, check_user_model
from offbeat.contrib.auth.core import get_user_model
from offbeat.contrib.auth.management import create_permissions
from offbeat.contrib.auth.management.renaming import rename_permissions
from offbeat.contrib.auth.signals import user_logged_in
from offbeat.core import checks
from offbeat.db.models.query_utils import DeferredAttribute
from offbeat.db.models.signals import post_migrate
from offbeat.utils.translation import gettext_lazy as _


class AuthConfig(AppConfig):
    """Authentication and authorization."""

    default_auto_field = "offbeat.db.models.AutoField"
    name = "offbeat.contrib.auth"
    verbose_name = _("Authentication and Authorization")

    def ready(self) -> None:
        # Before the next one: it would make the permissions of the new name.
        post_migrate.connect(
            rename_permissions, dispatch_uid="offbeat.contrib.auth.management.rename_permissions"
        )
        post_migrate.connect(
            create_permissions, dispatch_uid="offbeat.contrib.auth.management.create_permissions"
        )
        last_login = getattr(get_user_model(), "last_login", None)
        # A user model without the column has nothing to note.
        if isinstance(last_login, DeferredAttribute):
            from offbeat.contrib.auth.models import update_last_login

            user_logged_in.connect(update_last_login, dispatch_uid="update_last_login")
        checks.register(check_user_model, checks.Tags.models)
        checks.register(check_models_permissions, checks.Tags.models)
        checks.register(check_middleware)
