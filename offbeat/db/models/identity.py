"""Values that need no preparation: which Python type each stock field takes to the driver as it is."""

from __future__ import annotations

from typing import Any

__all__ = ["is_identity", "prepares_as_stock", "unchanged_type"]

# Python types that a driver takes unchanged as values of these internal types.
_UNCHANGED: dict[str, type] = {
    "AutoField": int,
    "BigAutoField": int,
    "SmallAutoField": int,
    "IntegerField": int,
    "BigIntegerField": int,
    "SmallIntegerField": int,
    "PositiveIntegerField": int,
    "PositiveBigIntegerField": int,
    "PositiveSmallIntegerField": int,
    "FloatField": float,
    "BooleanField": bool,
    "CharField": str,
    "TextField": str,
    "SlugField": str,
}

_PREPARES = ("get_db_prep_save", "get_db_prep_value", "get_prep_value", "get_internal_type", "to_python")

_STOCK = "offbeat.db.models.fields"


def unchanged_type(field: Any) -> type | None:
    """The type whose values need no preparation for this field, if there is one."""
    return _UNCHANGED.get(field.get_internal_type()) if prepares_as_stock(field) else None


def prepares_as_stock(field: Any) -> bool:
    """True if nobody's own code prepares the values of the field."""
    return all(getattr(type(field), name).__module__.startswith(_STOCK) for name in _PREPARES)


def is_identity(preparer: Any, value: Any) -> bool:
    """True if `preparer`, a field's get_prep_value(), leaves values of the type of `value` as they are."""
    field = getattr(preparer, "target", None)
    if field is None and getattr(preparer, "__name__", "") == "get_prep_value":
        field = getattr(preparer, "__self__", None)
    return field is not None and unchanged_type(field) is type(value)
