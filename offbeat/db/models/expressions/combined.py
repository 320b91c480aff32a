"""Two expressions joined by an operator, and the table of result types."""

from __future__ import annotations

import functools
from typing import Any

from offbeat.core.exceptions import FieldError
from offbeat.db.models.expressions.base import Expression, SQLiteNumericMixin, field_class
from offbeat.db.models.expressions.combinable import Combinable
from offbeat.db.utils import DatabaseError
from offbeat.utils.functional import cached_property

_ARITHMETIC = (Combinable.ADD, Combinable.SUB, Combinable.MUL, Combinable.DIV, Combinable.MOD, Combinable.POW)
_BITWISE = (
    Combinable.BITAND,
    Combinable.BITOR,
    Combinable.BITLEFTSHIFT,
    Combinable.BITRIGHTSHIFT,
    Combinable.BITXOR,
)
_MOMENTS = ("DateField", "DateTimeField", "TimeField")

# connector -> [(lhs class, rhs class, result class)]; the first row whose classes match wins.
_rules: dict[str, list[tuple[Any, Any, Any]]] = {}


def register_combinable_fields(lhs: Any, connector: str, rhs: Any, result: Any) -> None:
    """Teach the type of ``lhs connector rhs``; a None side stands for NULL."""
    null = type(None)
    _known_rules()
    _rules.setdefault(connector, []).append((lhs or null, rhs or null, result))


@functools.cache
def _known_rules() -> dict[str, list[tuple[Any, Any, Any]]]:
    positive = field_class("PositiveIntegerField")
    integer, floating, decimal = map(field_class, ("IntegerField", "FloatField", "DecimalField"))
    duration, date, moment, time = map(
        field_class, ("DurationField", "DateField", "DateTimeField", "TimeField")
    )
    null = type(None)
    numbers = (integer, floating, decimal)
    rules: dict[str, list[tuple[Any, Any, Any]]] = {}
    for connector in _ARITHMETIC:
        rows = [(kind, kind, kind) for kind in numbers]
        if connector != Combinable.SUB:
            # A difference may be negative.
            rows.insert(0, (positive, positive, positive))
        rows += [(integer, decimal, decimal), (decimal, integer, decimal)]
        rows += [(integer, floating, floating), (floating, integer, floating)]
        rows += [row for kind in numbers for row in ((kind, null, kind), (null, kind, kind))]
        rules[connector] = rows
    for connector in _BITWISE:
        rules[connector] = [(integer, integer, integer), (integer, null, integer), (null, integer, integer)]
    rules[Combinable.ADD] += [
        # A date plus a duration has a time of day.
        (date, duration, moment),
        (duration, date, moment),
        (moment, duration, moment),
        (duration, moment, moment),
        (time, duration, time),
        (duration, time, time),
        (duration, duration, duration),
    ]
    rules[Combinable.SUB] += [
        (date, duration, moment),
        (moment, duration, moment),
        (time, duration, time),
        (duration, duration, duration),
        (date, date, duration),
        (date, moment, duration),
        (moment, date, duration),
        (moment, moment, duration),
        (time, time, duration),
    ]
    for connector, rows in rules.items():
        # Placed before what applications registered.
        _rules[connector] = rows + _rules.get(connector, [])
    return _rules


@functools.lru_cache(maxsize=256)
def _resolve_combined_type(connector: str, lhs_type: Any, rhs_type: Any) -> Any:
    for lhs, rhs, result in _known_rules().get(connector, ()):
        if issubclass(lhs_type, lhs) and issubclass(rhs_type, rhs):
            return result
    return None


class Real(Expression):
    """An expression as a floating-point number, on SQLite."""

    def __init__(self, expression: Any) -> None:
        super().__init__(output_field=expression.output_field)
        self.expression = expression

    def get_source_expressions(self) -> list[Any]:
        return [self.expression]

    def set_source_expressions(self, exprs: list[Any]) -> None:
        (self.expression,) = exprs

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        sql, params = compiler.compile(self.expression)
        return f"CAST({sql} AS REAL)", params


class CombinedExpression(SQLiteNumericMixin, Expression):
    """``lhs connector rhs``."""

    def __init__(self, lhs: Any, connector: str, rhs: Any, output_field: Any = None) -> None:
        super().__init__(output_field=output_field)
        self.connector = connector
        self.lhs = lhs
        self.rhs = rhs

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self}>"

    def __str__(self) -> str:
        return f"{self.lhs} {self.connector} {self.rhs}"

    def get_source_expressions(self) -> list[Any]:
        return [self.lhs, self.rhs]

    def set_source_expressions(self, exprs: list[Any]) -> None:
        self.lhs, self.rhs = exprs

    def _resolve_output_field(self) -> Any:
        lhs, rhs = self.lhs._output_field_or_none, self.rhs._output_field_or_none
        combined_type = _resolve_combined_type(self.connector, type(lhs), type(rhs))  # type: ignore[arg-type]
        if combined_type is None:
            raise FieldError(
                f"Cannot infer type of {self.connector!r} expression involving these types: "
                f"{lhs.__class__.__name__}, {rhs.__class__.__name__}. You must set output_field."
            )
        return combined_type()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        lhs_sql, lhs_params = compiler.compile(self.lhs)
        rhs_sql, rhs_params = compiler.compile(self.rhs)
        sql = connection.ops.combine_expression(self.connector, [lhs_sql, rhs_sql])
        # Parentheses keep the order of evaluation that Python's operators gave.
        return f"({sql})", (*lhs_params, *rhs_params)

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        if self.connector == self.DIV and _type_name(self) == "DecimalField":
            # Decimals without a fraction are kept as integers, whose quotient would be cut.
            clone = self.copy()
            clone.lhs = Real(self.lhs)
            return super(CombinedExpression, clone).as_sqlite(compiler, connection, **extra_context)
        return super().as_sqlite(compiler, connection, **extra_context)

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        resolved = super().resolve_expression(query, allow_joins, reuse, summarize, for_save)
        if isinstance(self, (DurationExpression, TemporalSubtraction)):
            return resolved
        lhs, rhs = resolved.lhs, resolved.rhs
        lhs_type, rhs_type = _type_name(lhs), _type_name(rhs)
        if "DurationField" in (lhs_type, rhs_type) and lhs_type != rhs_type:
            special: Any = DurationExpression(lhs, self.connector, rhs)
        elif self.connector == self.SUB and lhs_type in _MOMENTS and lhs_type == rhs_type:
            special = TemporalSubtraction(lhs, rhs)
        else:
            return resolved
        special.is_summary = summarize
        if "output_field" in self.__dict__:
            special.output_field = self.output_field
        return special

    @cached_property
    def allowed_default(self) -> bool:
        return bool(self.lhs.allowed_default and self.rhs.allowed_default)


def _type_name(expression: Any) -> str | None:
    try:
        return expression.output_field.get_internal_type()  # type: ignore[no-any-return]
    except (AttributeError, FieldError):
        return None


class DurationExpression(CombinedExpression):
    """A moment plus or minus a duration, or a duration scaled."""

    def compile(self, side: Any, compiler: Any, connection: Any) -> tuple[str, Any]:
        if _type_name(side) == "DurationField":
            sql, params = compiler.compile(side)
            return connection.ops.format_for_duration_arithmetic(sql), params
        return compiler.compile(side)  # type: ignore[no-any-return]

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if connection.features.has_native_duration_field:
            return super().as_sql(compiler, connection)
        connection.ops.check_expression_support(self)
        lhs_sql, lhs_params = self.compile(self.lhs, compiler, connection)
        rhs_sql, rhs_params = self.compile(self.rhs, compiler, connection)
        sql = connection.ops.combine_duration_expression(self.connector, [lhs_sql, rhs_sql])
        return f"({sql})", (*lhs_params, *rhs_params)

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        sql, params = self.as_sql(compiler, connection, **extra_context)
        if self.connector in (self.MUL, self.DIV):
            allowed = {"DecimalField", "DurationField", "FloatField", "IntegerField"}
            if {_type_name(self.lhs), _type_name(self.rhs)} - allowed:
                raise DatabaseError(f"Invalid arguments for operator {self.connector}.")
        return sql, params

    # There, too, durations are numbers, and moments would be multiplied as if they were.
    as_mysql = as_sqlite


class TemporalSubtraction(CombinedExpression):
    """One date, time or moment minus another of its kind: a duration."""

    @cached_property
    def output_field(self) -> Any:
        return field_class("DurationField")()

    def __init__(self, lhs: Any, rhs: Any) -> None:
        super().__init__(lhs, self.SUB, rhs)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        connection.ops.check_expression_support(self)
        lhs = compiler.compile(self.lhs)
        rhs = compiler.compile(self.rhs)
        return connection.ops.subtract_temporals(self.lhs.output_field.get_internal_type(), lhs, rhs)  # type: ignore[no-any-return]
