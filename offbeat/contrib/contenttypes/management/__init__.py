"""Keeping content types in step with the models, before and after migrations."""

from __future__ import annotations

from typing import Any

from offbeat.apps import apps as global_apps
from offbeat.db import DEFAULT_DB_ALIAS, router

__all__ = ["create_contenttypes", "get_contenttypes_and_models", "inject_rename_contenttypes_operations"]


def inject_rename_contenttypes_operations(
    plan: Any = None, apps: Any = global_apps, using: str = DEFAULT_DB_ALIAS, **kwargs: Any
) -> None:
    """Follow each RenameModel operation of a migration plan by the renaming of its content type."""
    if plan is None:
        return
    try:
        content_type = apps.get_model("contenttypes", "ContentType")
    except LookupError:
        available = False
    else:
        if not router.allow_migrate_model(using, content_type):
            return
        available = True

    from offbeat.contrib.contenttypes.management.operations import RenameContentType
    from offbeat.db import migrations

    for migration, backward in plan:
        if (migration.app_label, migration.name) == ("contenttypes", "0001_initial"):
            # The table comes or goes with this migration: forward from here there is one, backward none.
            if backward:
                break
            available = True
            continue
        if not available:
            continue
        renames = [
            (index, operation)
            for index, operation in enumerate(migration.operations)
            if isinstance(operation, migrations.RenameModel)
        ]
        for offset, (index, operation) in enumerate(renames, start=1):
            migration.operations.insert(
                index + offset,
                RenameContentType(migration.app_label, operation.old_name_lower, operation.new_name_lower),
            )


def get_contenttypes_and_models(app_config: Any, using: str, ContentType: Any) -> tuple[Any, Any]:
    """Return ({name: content type}, {name: model}) of an application; (None, None) where nothing may be stored."""
    if not router.allow_migrate_model(using, ContentType):
        return None, None
    ContentType.objects.clear_cache()
    content_types = {
        content_type.model: content_type
        for content_type in ContentType.objects.using(using).filter(app_label=app_config.label)
    }
    app_models = {model._meta.model_name: model for model in app_config.get_models()}
    return content_types, app_models


def create_contenttypes(
    app_config: Any,
    verbosity: int = 2,
    interactive: bool = True,
    using: str = DEFAULT_DB_ALIAS,
    apps: Any = global_apps,
    **kwargs: Any,
) -> None:
    """Create the content types that the models of an application lack."""
    if not app_config.models_module:
        return
    try:
        app_config = apps.get_app_config(app_config.label)
        content_type = apps.get_model("contenttypes", "ContentType")
    except LookupError:
        return
    content_types, app_models = get_contenttypes_and_models(app_config, using, content_type)
    if not app_models:
        return
    missing = [
        content_type(app_label=app_config.label, model=name)
        for name in app_models
        if name not in content_types
    ]
    content_type.objects.using(using).bulk_create(missing)
    if verbosity >= 2:
        for created in missing:
            print(f"Adding content type '{created.app_label} | {created.model}'")
