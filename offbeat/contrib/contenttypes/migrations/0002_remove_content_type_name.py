from __future__ import annotations

from typing import Any

from offbeat.db import migrations, models


def add_legacy_name(apps: Any, schema_editor: Any) -> None:
    """Fill in the names again when the migration is taken back."""
    content_type_model = apps.get_model("contenttypes", "ContentType")
    alias = schema_editor.connection.alias
    for content_type in content_type_model.objects.using(alias).all():
        try:
            content_type.name = apps.get_model(content_type.app_label, content_type.model)._meta.object_name
        except LookupError:
            content_type.name = content_type.model
        content_type.save(using=alias)


class Migration(migrations.Migration):
    dependencies = [("contenttypes", "0001_initial")]

    operations = [
        migrations.AlterModelOptions(
            name="contenttype",
            options={"verbose_name": "content type", "verbose_name_plural": "content types"},
        ),
        migrations.AlterField(
            model_name="contenttype", name="name", field=models.CharField(max_length=100, null=True)
        ),
        migrations.RunPython(migrations.RunPython.noop, add_legacy_name, hints={"model_name": "contenttype"}),
        migrations.RemoveField(model_name="contenttype", name="name"),
    ]
