"""Lookups and transforms of ranges, and `contained_by` for what ranges are made of."""

from __future__ import annotations

from typing import Any

from offbeat.contrib.postgres import operators
from offbeat.contrib.postgres.fields.ranges import (
    BigIntegerRangeField,
    DateRangeField,
    DateTimeRangeField,
    DecimalRangeField,
    IntegerRangeField,
    RangeField,
)
from offbeat.db import models
from offbeat.db.backends.postgresql.psycopg_any import Range
from offbeat.db.models.lookups import Exact, FieldGetDbPrepValueMixin, PostgresOperatorLookup
from offbeat.utils.functional import cached_property

__all__ = ["RangeContainedBy", "RangeContains", "RangeEndsWith", "RangeStartsWith"]


class _RangeLookup(operators.CastToFieldMixin, FieldGetDbPrepValueMixin, PostgresOperatorLookup):
    """A lookup with ranges on both sides."""


@RangeField.register_lookup
class RangeExact(operators.CastToFieldMixin, Exact):
    """It is this range."""


@RangeField.register_lookup
class RangeOverlap(operators.Overlap):
    """It has something in common with this range."""


@RangeField.register_lookup
class RangeIsContainedBy(operators.ContainedBy):
    """It lies in this range."""


@RangeField.register_lookup
class RangeContains(operators.Contains):
    """This range, or this value, lies in it."""

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        field = self.lhs.output_field
        if not isinstance(getattr(self.rhs, "output_field", self.rhs), (Range, RangeField)):
            # A value, not a range.
            field = field.base_field
        sql, params = super(operators.CastToFieldMixin, self).process_rhs(compiler, connection)
        return f"{sql}::{field.cast_db_type(connection)}", params


@RangeField.register_lookup
class FullyLessThan(_RangeLookup):
    """All of it is below this range."""

    lookup_name = "fully_lt"
    postgres_operator = "<<"


@RangeField.register_lookup
class FullGreaterThan(_RangeLookup):
    """All of it is above this range."""

    lookup_name = "fully_gt"
    postgres_operator = ">>"


@RangeField.register_lookup
class NotLessThan(_RangeLookup):
    """Nothing of it is below this range."""

    lookup_name = "not_lt"
    postgres_operator = "&>"


@RangeField.register_lookup
class NotGreaterThan(_RangeLookup):
    """Nothing of it is above this range."""

    lookup_name = "not_gt"
    postgres_operator = "&<"


@RangeField.register_lookup
class AdjacentToLookup(_RangeLookup):
    """It begins where this range ends, or the other way round."""

    lookup_name = "adjacent_to"
    postgres_operator = "-|-"


class _BoundTransform(models.Transform):
    @cached_property
    def output_field(self) -> Any:
        return self.lhs.output_field.base_field


@RangeField.register_lookup
class RangeStartsWith(_BoundTransform):
    """The lower bound."""

    lookup_name = "startswith"
    function = "lower"


@RangeField.register_lookup
class RangeEndsWith(_BoundTransform):
    """The upper bound."""

    lookup_name = "endswith"
    function = "upper"


class _QualityTransform(models.Transform):
    output_field = models.BooleanField()


@RangeField.register_lookup
class IsEmpty(_QualityTransform):
    """Whether nothing lies in it."""

    lookup_name = "isempty"
    function = "isempty"


@RangeField.register_lookup
class LowerInclusive(_QualityTransform):
    """Whether the lower bound belongs to it."""

    lookup_name = "lower_inc"
    function = "LOWER_INC"


@RangeField.register_lookup
class LowerInfinite(_QualityTransform):
    """Whether there is no lower bound."""

    lookup_name = "lower_inf"
    function = "LOWER_INF"


@RangeField.register_lookup
class UpperInclusive(_QualityTransform):
    """Whether the upper bound belongs to it."""

    lookup_name = "upper_inc"
    function = "UPPER_INC"


@RangeField.register_lookup
class UpperInfinite(_QualityTransform):
    """Whether there is no upper bound."""

    lookup_name = "upper_inf"
    function = "UPPER_INF"


# Which ranges values of a field can lie in; and what to make of the values, where those ranges have others.
_RANGES: tuple[tuple[type[Any], RangeField, str], ...] = (
    (models.SmallAutoField, IntegerRangeField(), "::integer"),
    (models.SmallIntegerField, IntegerRangeField(), "::integer"),
    (models.BigAutoField, BigIntegerRangeField(), ""),
    (models.BigIntegerField, BigIntegerRangeField(), ""),
    (models.AutoField, IntegerRangeField(), ""),
    (models.IntegerField, IntegerRangeField(), ""),
    (models.FloatField, DecimalRangeField(), "::numeric"),
    (models.DecimalField, DecimalRangeField(), ""),
    (models.DateTimeField, DateTimeRangeField(), ""),
    (models.DateField, DateRangeField(), ""),
)


class RangeContainedBy(PostgresOperatorLookup):
    """The value lies in this range."""

    lookup_name = "contained_by"
    postgres_operator = "<@"
    bindable = False

    def _range(self) -> tuple[RangeField, str]:
        field = self.lhs.output_field
        return next((range_field, cast) for kind, range_field, cast in _RANGES if isinstance(field, kind))

    def get_prep_lookup(self) -> Any:
        if hasattr(self.rhs, "resolve_expression"):
            return self.rhs
        return self._range()[0].get_prep_value(self.rhs)

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, Any]:
        return "%s", (self._range()[0].get_db_prep_value(value, connection, prepared=True),)

    def process_lhs(self, compiler: Any, connection: Any, lhs: Any = None) -> tuple[str, Any]:
        sql, params = super().process_lhs(compiler, connection, lhs)
        return f"{sql}{self._range()[1]}", params

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        sql, params = super().process_rhs(compiler, connection)
        return f"{sql}::{self._range()[0].range_db_type}", params


for _field in (models.DateField, models.DecimalField, models.FloatField, models.IntegerField):
    _field.register_lookup(RangeContainedBy)
