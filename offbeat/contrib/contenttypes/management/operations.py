"""The migration operation that renames a content type along with its model."""

from __future__ import annotations

from typing import Any

from offbeat.db import IntegrityError, migrations, router, transaction

__all__ = ["RenameContentType"]


class RenameContentType(migrations.RunPython):
    """Renames the content type `old_model` of an application to `new_model`."""

    def __init__(self, app_label: str, old_model: str, new_model: str) -> None:
        self.app_label = app_label
        self.old_model = old_model
        self.new_model = new_model
        super().__init__(self.rename_forward, self.rename_backward)

    def _rename(self, apps: Any, schema_editor: Any, old_model: str, new_model: str) -> None:
        content_type_model = apps.get_model("contenttypes", "ContentType")
        db = schema_editor.connection.alias
        if not router.allow_migrate_model(db, content_type_model):
            return
        try:
            content_type = content_type_model.objects.db_manager(db).get_by_natural_key(
                self.app_label, old_model
            )
        except content_type_model.DoesNotExist:
            return
        content_type.model = new_model
        try:
            with transaction.atomic(using=db):
                content_type.save(using=db, update_fields={"model"})
        except IntegrityError:
            # There is one with the new name already: the old one is stale and for the user to remove.
            content_type.model = old_model
        else:
            content_type_model.objects.clear_cache()

    def rename_forward(self, apps: Any, schema_editor: Any) -> None:
        """Rename as the model is renamed."""
        self._rename(apps, schema_editor, self.old_model, self.new_model)

    def rename_backward(self, apps: Any, schema_editor: Any) -> None:
        """Take the renaming back."""
        self._rename(apps, schema_editor, self.new_model, self.old_model)
