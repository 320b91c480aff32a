"""Lookups that are one operator with values of the column's own type on both sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offbeat.db.models.lookups import FieldGetDbPrepValueMixin, PostgresOperatorLookup
from offbeat.db.models.sql.params import BoundParam, Param

__all__ = ["CastToFieldMixin", "ContainedBy", "Contains", "Overlap", "array_of_params", "has_params"]


def has_params(value: Any) -> bool:
    """Whether it is a list of values that are given later."""
    return isinstance(value, (list, tuple)) and any(type(item) is Param for item in value)


def array_of_params(values: list[Any], convert: Callable[[Any], Any]) -> tuple[str, Any]:
    """An array with a parameter for each of the values that are given later."""
    places = ", ".join(["%s"] * len(values))
    return f"ARRAY[{places}]", tuple([BoundParam(value.index, convert) for value in values])


class CastToFieldMixin:
    """The right-hand side is cast to the type of the left: a literal alone could be of any."""

    lhs: Any

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        sql, params = super().process_rhs(compiler, connection)  # type: ignore[misc]
        return f"{sql}::{self.lhs.output_field.cast_db_type(connection)}", params


class Contains(CastToFieldMixin, FieldGetDbPrepValueMixin, PostgresOperatorLookup):
    """The column contains the value."""

    lookup_name = "contains"
    postgres_operator = "@>"


class ContainedBy(CastToFieldMixin, FieldGetDbPrepValueMixin, PostgresOperatorLookup):
    """The value contains the column."""

    lookup_name = "contained_by"
    postgres_operator = "<@"


class Overlap(CastToFieldMixin, FieldGetDbPrepValueMixin, PostgresOperatorLookup):
    """Column and value have something in common."""

    lookup_name = "overlap"
    postgres_operator = "&&"
