"""Checks of generic inlines."""

from __future__ import annotations

from typing import Any

from offbeat.contrib.admin.checks import InlineModelAdminChecks
from offbeat.contrib.contenttypes.fields import GenericForeignKey
from offbeat.core import checks
from offbeat.core.exceptions import FieldDoesNotExist

__all__ = ["GenericInlineModelAdminChecks"]


class GenericInlineModelAdminChecks(InlineModelAdminChecks):
    """Checks of generic inlines."""

    def _check_exclude_of_parent_model(self, obj: Any, parent_model: Any) -> list[Any]:
        # There is no foreign key to the parent.
        return []

    def _check_relation(self, obj: Any, parent_model: Any) -> list[Any]:
        label = obj.model._meta.label
        keys = [field for field in obj.model._meta.private_fields if isinstance(field, GenericForeignKey)]
        if not keys:
            return [_error(obj, f"'{label}' has no GenericForeignKey.", "admin.E301")]
        for option, name, id in (
            ("ct_field", obj.ct_field, "admin.E302"),
            ("ct_fk_field", obj.ct_fk_field, "admin.E303"),
        ):
            try:
                obj.model._meta.get_field(name)
            except FieldDoesNotExist:
                message = f"'{option}' references '{name}', which is not a field on '{label}'."
                return [_error(obj, message, id)]
        if any(key.ct_field == obj.ct_field and key.fk_field == obj.ct_fk_field for key in keys):
            return []
        message = (
            f"'{label}' has no GenericForeignKey using content type field '{obj.ct_field}' and object ID field "
            f"'{obj.ct_fk_field}'."
        )
        return [_error(obj, message, "admin.E304")]


def _error(obj: Any, message: str, id: str) -> Any:
    return checks.Error(message, obj=type(obj), id=id)
