"""Configuration of the content types application."""

from __future__ import annotations

from offbeat.apps import AppConfig
from offbeat.contrib.contenttypes.checks import (
    check_generic_foreign_keys,
    check_model_name_lengths,
)
from offbeat.contrib.contenttypes.management import (
    create_contenttypes,
    inject_rename_contenttypes_operations,
)
from offbeat.core import checks
from offbeat.db.models.signals import post_migrate, pre_migrate
from offbeat.utils.translation import gettext_lazy as _

__all__ = ["ContentTypesConfig"]


class ContentTypesConfig(AppConfig):
    """Keeps the content types in step with the models."""

    default_auto_field = "offbeat.db.models.AutoField"
    name = "offbeat.contrib.contenttypes"
    verbose_name = _("Content Types")

    def ready(self) -> None:
        """Connect to the migration signals and register the system checks."""
        pre_migrate.connect(inject_rename_contenttypes_operations, sender=self)
        post_migrate.connect(create_contenttypes)
        checks.register(check_generic_foreign_keys, checks.Tags.models)
        checks.register(check_model_name_lengths, checks.Tags.models)
