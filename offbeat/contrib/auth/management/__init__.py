"""Permissions for every model, made after ``migrate``."""

from __future__ import annotations

import unicodedata
from typing import Any

from offbeat.apps import apps as global_apps
from offbeat.contrib.auth.core import get_permission_codename, get_user_model
from offbeat.contrib.contenttypes.management import create_contenttypes
from offbeat.core import exceptions
from offbeat.db import DEFAULT_DB_ALIAS, router

__all__ = ["create_permissions", "get_default_username", "get_system_username"]


def _get_all_permissions(opts: Any) -> list[tuple[str, str]]:
    """(codename, name) of all permissions of a model."""
    builtin = [
        (get_permission_codename(action, opts), f"Can {action} {opts.verbose_name_raw}")
        for action in opts.default_permissions
    ]
    return [*builtin, *((codename, str(name)) for codename, name in opts.permissions)]


def create_permissions(
    app_config: Any,
    verbosity: int = 2,
    interactive: bool = True,
    using: str = DEFAULT_DB_ALIAS,
    apps: Any = global_apps,
    **kwargs: Any,
) -> None:
    """Receiver of ``post_migrate``: make the permissions that are missing."""
    if not app_config.models_module:
        return
    try:
        permission = apps.get_model("auth", "Permission")
    except LookupError:
        return
    if not router.allow_migrate_model(using, permission):
        return
    # Content types come first: permissions point at them.
    create_contenttypes(
        app_config, verbosity=verbosity, interactive=interactive, using=using, apps=apps, **kwargs
    )
    try:
        app_config = apps.get_app_config(app_config.label)
        content_type = apps.get_model("contenttypes", "ContentType")
    except LookupError:
        return
    models = list(app_config.get_models())
    types = content_type.objects.db_manager(using).get_for_models(*models, for_concrete_models=False)
    known = set(
        permission.objects.using(using)
        .filter(content_type__in=set(types.values()))
        .values_list("content_type", "codename")
    )
    missing = []
    for model in models:
        found_type = types[model]
        for codename, name in _get_all_permissions(model._meta):
            if (found_type.pk, codename) not in known:
                created = permission()
                created._state.db = using
                created.codename = codename
                created.name = name
                created.content_type = found_type
                missing.append(created)
    permission.objects.using(using).bulk_create(missing)
    if verbosity >= 2:
        for created in missing:
            print(f"Adding permission '{created}'")


def get_system_username() -> str:
    """The name of the operating system's user, or ''."""
    try:
        import getpass

        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        return ""


def get_default_username(check_db: bool = True, database: str = DEFAULT_DB_ALIAS) -> str:
    """A name to propose for the first user, '' when there is none or it is taken."""
    user_model = get_user_model()
    # Another user model may have no use for it.
    from offbeat.contrib.auth import models

    if user_model is not models.User:
        return ""
    name = unicodedata.normalize("NFKD", get_system_username()).encode("ascii", "ignore").decode("ascii")
    name = name.replace(" ", "").lower()
    try:
        models.User._meta.get_field("username").run_validators(name)
    except exceptions.ValidationError:
        return ""
    if check_db and name:
        if models.User._default_manager.db_manager(database).filter(username=name).exists():
            return ""
    return name
