from __future__ import annotations

from typing import Any

from offbeat.db import IntegrityError, migrations, transaction


def _move(apps: Any, schema_editor: Any, to_proxy: bool) -> None:
    """Permissions of proxy models belong to the proxy's own content type, once to the concrete model's."""
    permission = apps.get_model("auth", "Permission")
    content_type = apps.get_model("contenttypes", "ContentType")
    alias = schema_editor.connection.alias
    for model in apps.get_models():
        opts = model._meta
        if not opts.proxy:
            continue
        codenames = [f"{action}_{opts.model_name}" for action in opts.default_permissions]
        codenames += [codename for codename, _ in opts.permissions]
        types = content_type.objects.db_manager(alias)
        concrete = types.get_for_model(model, for_concrete_model=True)
        proxy = types.get_for_model(model, for_concrete_model=False)
        old, new = (concrete, proxy) if to_proxy else (proxy, concrete)
        try:
            with transaction.atomic(using=alias):
                permission.objects.using(alias).filter(codename__in=codenames, content_type=old).update(
                    content_type=new
                )
        except IntegrityError:
            print(
                f"A problem arose migrating proxy model permissions for {old} to {new}.\n"
                f"Permission(s) for {new} already existed.\n"
                f"Codenames: {', '.join(sorted(codenames))}\n"
                "Check which permissions are granted to both, and take back what is not needed."
            )


def update_proxy_model_permissions(apps: Any, schema_editor: Any) -> None:
    """To the proxy's type."""
    _move(apps, schema_editor, to_proxy=True)


def revert_proxy_model_permissions(apps: Any, schema_editor: Any) -> None:
    """Back to the concrete model's."""
    _move(apps, schema_editor, to_proxy=False)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0010_alter_group_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(update_proxy_model_permissions, revert_proxy_model_permissions)]
