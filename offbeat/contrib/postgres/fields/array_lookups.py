"""Lookups and transforms of arrays."""

from __future__ import annotations

from functools import partial
from typing import Any

from offbeat.contrib.postgres import operators
from offbeat.contrib.postgres.fields.array import ArrayField
from offbeat.contrib.postgres.operators import array_of_params, has_params
from offbeat.db.models import Func, IntegerField, Transform, Value
from offbeat.db.models.expressions import Col
from offbeat.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    LessThan,
    LessThanOrEqual,
    Range,
    is_query,
)
from offbeat.db.models.sql.params import Unbindable
from offbeat.utils.functional import cached_property

__all__ = ["IndexTransform", "IndexTransformFactory", "SliceTransform", "SliceTransformFactory"]


def _has_expressions(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and any(hasattr(item, "resolve_expression") for item in value)


class ArrayValuesMixin:
    """The right-hand side is a list, in which there may be expressions."""

    lhs: Any
    rhs: Any

    def __init__(self, lhs: Any, rhs: Any) -> None:
        if _has_expressions(rhs):
            base_field = lhs.output_field.base_field
            rhs = Func(
                *[
                    item if hasattr(item, "resolve_expression") else Value(base_field.get_prep_value(item))
                    for item in rhs
                ],
                function="ARRAY",
                template="%(function)s[%(expressions)s]",
                output_field=ArrayField(base_field),
            )
        super().__init__(lhs, rhs)  # type: ignore[call-arg]

    def get_prep_lookup(self) -> Any:
        if has_params(self.rhs):
            if not self.lhs.output_field.converts_items:
                raise Unbindable("The field converts the list.")
            return list(self.rhs)
        return super().get_prep_lookup()  # type: ignore[misc]

    def param_preparer(self) -> Any:
        if isinstance(self.rhs, list):
            return None
        return super().param_preparer()  # type: ignore[misc]

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if not has_params(self.rhs):
            return super().process_rhs(compiler, connection)  # type: ignore[misc, no-any-return]
        field = self.lhs.output_field
        sql, params = array_of_params(self.rhs, partial(field.item_for_db, connection=connection))
        return f"{sql}::{field.cast_db_type(connection)}", params


@ArrayField.register_lookup
class ArrayContains(ArrayValuesMixin, operators.Contains):
    """The array has all of these items."""


@ArrayField.register_lookup
class ArrayContainedBy(ArrayValuesMixin, operators.ContainedBy):
    """The array has no other items than these."""


@ArrayField.register_lookup
class ArrayOverlap(ArrayValuesMixin, operators.Overlap):
    """The array has one of these items; a query stands for its values."""

    def get_prep_lookup(self) -> Any:
        from offbeat.contrib.postgres.expressions import ArraySubquery

        if is_query(self.rhs):
            self.rhs = ArraySubquery(self.rhs)
        return super().get_prep_lookup()


@ArrayField.register_lookup
class ArrayExact(ArrayValuesMixin, operators.CastToFieldMixin, Exact):
    """The array has these items, in this order."""


@ArrayField.register_lookup
class ArrayGreaterThan(ArrayValuesMixin, operators.CastToFieldMixin, GreaterThan):
    """The array comes after these items."""


@ArrayField.register_lookup
class ArrayGreaterThanOrEqual(ArrayValuesMixin, operators.CastToFieldMixin, GreaterThanOrEqual):
    """The array has, or comes after, these items."""


@ArrayField.register_lookup
class ArrayLessThan(ArrayValuesMixin, operators.CastToFieldMixin, LessThan):
    """The array comes before these items."""


@ArrayField.register_lookup
class ArrayLessThanOrEqual(ArrayValuesMixin, operators.CastToFieldMixin, LessThanOrEqual):
    """The array has, or comes before, these items."""


class CastItemsMixin:
    """Each of several values is cast to the type of the array."""

    lhs: Any
    bindable = False

    def process_value(self, value: Any, compiler: Any, connection: Any) -> tuple[str, Any]:
        sql, params = super().process_value(value, compiler, connection)  # type: ignore[misc]
        if hasattr(value, "as_sql"):
            return sql, params
        return f"{sql}::{self.lhs.output_field.cast_db_type(connection)}", params


@ArrayField.register_lookup
class ArrayRange(CastItemsMixin, Range):
    """The array comes between these."""


@ArrayField.register_lookup
class ArrayIn(CastItemsMixin, In):
    """The array is one of these."""

    def get_prep_lookup(self) -> Any:
        values = super().get_prep_lookup()
        if not isinstance(values, list):
            return values
        # Lists are not hashable, and are told apart by their hashes.
        return [_frozen(value) for value in values]


def _frozen(value: Any) -> Any:
    return tuple([_frozen(item) for item in value]) if isinstance(value, (list, tuple)) else value


@ArrayField.register_lookup
class ArrayLenTransform(Transform):
    """How many items there are."""

    lookup_name = "len"
    output_field = IntegerField()

    def as_sql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:  # type: ignore[override]
        sql, params = compiler.compile(self.lhs)
        # An empty array has no dimensions, and no length.
        return f"CASE WHEN {sql} IS NULL THEN NULL ELSE coalesce(array_length({sql}, 1), 0) END", (
            *params,
            *params,
        )


class _PartTransform(Transform):
    """Something in brackets after an array."""

    def _array_sql(self, compiler: Any) -> tuple[str, Any]:
        sql, params = compiler.compile(self.lhs)
        # Items of arrays in an array have all indexes in a row; what else is not a column is one thing in parentheses.
        together = isinstance(self.lhs, Col) or (
            isinstance(self, IndexTransform) and type(self.lhs) is IndexTransform
        )
        return (sql if together else f"({sql})"), params


class IndexTransform(_PartTransform):
    """One item, counted from 1."""

    def __init__(self, index: int, base_field: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.index = index
        self.base_field = base_field

    def as_sql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:  # type: ignore[override]
        sql, params = self._array_sql(compiler)
        return f"{sql}[{self.index:d}]", params

    @cached_property
    def output_field(self) -> Any:
        return self.base_field


class IndexTransformFactory:
    """Makes the transform for an index."""

    def __init__(self, index: int, base_field: Any) -> None:
        self.index = index
        self.base_field = base_field

    def __call__(self, *args: Any, **kwargs: Any) -> IndexTransform:
        return IndexTransform(self.index, self.base_field, *args, **kwargs)


class SliceTransform(_PartTransform):
    """A part of the array, counted from 1, the end included; None: to its end."""

    def __init__(self, start: int, end: int | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.start = start
        self.end = end

    def as_sql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:  # type: ignore[override]
        sql, params = self._array_sql(compiler)
        end = "" if self.end is None else f"{self.end:d}"
        return f"{sql}[{self.start:d}:{end}]", params


class SliceTransformFactory:
    """Makes the transform for a slice."""

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end

    def __call__(self, *args: Any, **kwargs: Any) -> SliceTransform:
        return SliceTransform(self.start, self.end, *args, **kwargs)
