"""What several numeric functions need on some databases."""

from __future__ import annotations

import sys
from typing import Any

from offbeat.db.models.fields import DecimalField, FloatField, IntegerField
from offbeat.db.models.functions.comparison import Cast


class FixDecimalInputMixin:
    """PostgreSQL has these functions for decimals but not for doubles."""

    def as_postgresql(self: Any, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        output_field = DecimalField(decimal_places=sys.float_info.dig, max_digits=1000)
        clone = self.copy()
        clone.set_source_expressions(
            [
                Cast(expression, output_field)
                if isinstance(expression.output_field, FloatField)
                else expression
                for expression in self.get_source_expressions()
            ]
        )
        return clone.as_sql(compiler, connection, **extra_context)  # type: ignore[no-any-return]


class FixDurationInputMixin:
    """MySQL gives sums of the integers that durations are stored as as decimals."""

    def as_mysql(self: Any, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        sql, params = super().as_sql(compiler, connection, **extra_context)  # type: ignore[misc]
        if self.output_field.get_internal_type() == "DurationField":
            sql = f"CAST({sql} AS SIGNED)"
        return sql, params


class NumericOutputFieldMixin:
    """Functions whose result is a float, or a decimal when an argument is one."""

    def _resolve_output_field(self: Any) -> Any:
        source_fields = self.get_source_fields()
        if any(isinstance(s, DecimalField) for s in source_fields):
            return DecimalField()
        if any(isinstance(s, IntegerField) for s in source_fields):
            return FloatField()
        return super()._resolve_output_field() if source_fields else FloatField()  # type: ignore[misc]
