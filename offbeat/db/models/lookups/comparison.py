"""Comparisons: equality, order, membership, NULL."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from offbeat.core.exceptions import EmptyResultSet, FullResultSet
from offbeat.db.models.expressions import Exists, ExpressionWrapper, NegatedExpression, RawSQL, Value
from offbeat.db.models.lookups.base import (
    BuiltinLookup,
    FieldGetDbPrepValueIterableMixin,
    FieldGetDbPrepValueMixin,
    Lookup,
    is_query,
)
from offbeat.db.models.sql.params import Param, Unbindable
from offbeat.utils.datastructures import OrderedSet


def _check_width(lhs: Any, query: Any, name: str) -> None:
    """Raise ValueError for a subquery with another number of columns than the left-hand side."""
    wanted = len(lhs) if getattr(lhs, "is_composite", False) else 1
    if query.selected_columns != wanted:
        raise ValueError(
            f"The QuerySet value for the {name} lookup must have {wanted} selected fields "
            f"(received {query.selected_columns})"
        )


class Exact(FieldGetDbPrepValueMixin, BuiltinLookup):
    lookup_name = "exact"

    def get_prep_lookup(self) -> Any:
        rhs = self.rhs
        if is_query(rhs):
            if not rhs.has_limit_one():
                raise ValueError(
                    "The QuerySet value for an exact lookup must be limited to one result using slicing."
                )
            if not rhs.has_select_fields:
                rhs.clear_select_clause()
                rhs.add_fields(["pk"])
            _check_width(self.lhs, rhs, "exact")
        elif type(rhs) is Param and isinstance(rhs.sample, bool) and not hasattr(self.lhs, "target"):
            raise Unbindable("A condition compared with a boolean is written without the boolean.")
        return super().get_prep_lookup()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        # A condition is written by itself: some databases cannot compare it, and none plan it better so.
        if (
            isinstance(self.rhs, bool)
            and getattr(self.lhs, "conditional", False)
            and connection.ops.conditional_expression_supported_in_where_clause(self.lhs)
            and (connection.features.has_native_boolean_field or _is_condition(self.lhs))
        ):
            lhs_sql, params = self.process_lhs(compiler, connection)
            return lhs_sql if self.rhs else f"NOT {lhs_sql}", params
        return super().as_sql(compiler, connection)


def _is_condition(expression: Any) -> bool:
    """Whether the expression is a condition by its form, not a value that happens to be boolean.

    Without a boolean type such a value is compared with a literal: an index on it serves nothing else.
    """
    while isinstance(expression, ExpressionWrapper):
        expression = expression.expression
    return isinstance(expression, (Exists, Lookup, NegatedExpression, RawSQL)) or hasattr(
        expression, "children"
    )


class IExact(BuiltinLookup):
    lookup_name = "iexact"
    prepare_rhs = False

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        rhs, params = super().process_rhs(compiler, connection)
        if params and self.rhs_is_direct_value() and type(self.rhs) is not Param:
            params = (connection.ops.prep_for_iexact_query(params[0]), *params[1:])
        return rhs, params

    def param_binder(self, connection: Any) -> Callable[[Any], Any] | None:
        return connection.ops.prep_for_iexact_query  # type: ignore[no-any-return]


class GreaterThan(FieldGetDbPrepValueMixin, BuiltinLookup):
    lookup_name = "gt"


class GreaterThanOrEqual(FieldGetDbPrepValueMixin, BuiltinLookup):
    lookup_name = "gte"


class LessThan(FieldGetDbPrepValueMixin, BuiltinLookup):
    lookup_name = "lt"


class LessThanOrEqual(FieldGetDbPrepValueMixin, BuiltinLookup):
    lookup_name = "lte"


# The narrowest range that any database gives a column type. Values outside may change the SQL.
_SAFE_RANGES = {
    "SmallIntegerField": (-(2**15), 2**15 - 1),
    "SmallAutoField": (1, 2**15 - 1),
    "PositiveSmallIntegerField": (0, 2**15 - 1),
    "PositiveIntegerField": (0, 2**31 - 1),
    "PositiveBigIntegerField": (0, 2**63 - 1),
    "BigIntegerField": (-(2**63), 2**63 - 1),
    "BigAutoField": (1, 2**63 - 1),
    "AutoField": (1, 2**31 - 1),
}
_DEFAULT_RANGE = (-(2**31), 2**31 - 1)
INTEGER_TYPES = frozenset({*_SAFE_RANGES, "IntegerField"})
# From this length on, a database may take a list as one parameter.
LONG_LIST = 10_000


class IntegerFieldOverflow:
    """A number that the column cannot hold matches nothing, or everything, instead of failing in the database."""

    underflow_exception: type[Exception] = EmptyResultSet
    overflow_exception: type[Exception] = EmptyResultSet
    lhs: Any
    rhs: Any

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        rhs = self.rhs
        if isinstance(rhs, int):
            low, high = connection.ops.integer_field_range(self.lhs.output_field.get_internal_type())
            if low is not None and rhs < low:
                raise self.underflow_exception
            if high is not None and rhs > high:
                raise self.overflow_exception
        return super().process_rhs(compiler, connection)  # type: ignore[misc, no-any-return]

    def param_preparer(self) -> Callable[[Any], Any] | None:
        low, high = _SAFE_RANGES.get(self.lhs.output_field.get_internal_type(), _DEFAULT_RANGE)
        general = super().param_preparer()  # type: ignore[misc]

        def prepare(value: Any) -> Any:
            if type(value) is not int:
                value = general(value)
            if value is None or not low <= value <= high:
                raise Unbindable("The number may not fit the column.")
            return value

        return prepare


class IntegerFieldFloatRounding:
    """An integer column compared with a fraction is compared with the next whole number above it."""

    rhs: Any

    def get_prep_lookup(self) -> Any:
        if isinstance(self.rhs, float):
            self.rhs = math.ceil(self.rhs)
        return super().get_prep_lookup()  # type: ignore[misc]

    def param_preparer(self) -> Callable[[Any], Any] | None:
        prepare = super().param_preparer()  # type: ignore[misc]
        return lambda value: prepare(math.ceil(value) if isinstance(value, float) else value)


class IntegerFieldExact(IntegerFieldOverflow, Exact):
    pass


class IntegerGreaterThan(IntegerFieldOverflow, GreaterThan):
    underflow_exception = FullResultSet


class IntegerGreaterThanOrEqual(IntegerFieldOverflow, IntegerFieldFloatRounding, GreaterThanOrEqual):
    underflow_exception = FullResultSet


class IntegerLessThan(IntegerFieldOverflow, IntegerFieldFloatRounding, LessThan):
    overflow_exception = FullResultSet


class IntegerLessThanOrEqual(IntegerFieldOverflow, LessThanOrEqual):
    overflow_exception = FullResultSet


class In(FieldGetDbPrepValueIterableMixin, BuiltinLookup):
    lookup_name = "in"

    def get_prep_lookup(self) -> Any:
        if is_query(self.rhs):
            self.rhs.clear_ordering(clear_default=True)
            if not self.rhs.has_select_fields:
                self.rhs.clear_select_clause()
                self.rhs.add_fields(["pk"])
            _check_width(self.lhs, self.rhs, "'in'")
        return super().get_prep_lookup()

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[Any, Any]:
        db_rhs = getattr(self.rhs, "_db", None)
        if db_rhs is not None and db_rhs != connection.alias:
            raise ValueError(
                "Subqueries aren't allowed across different databases. Force the inner query to be evaluated using "
                "`list(inner_query)`."
            )
        if not self.rhs_is_direct_value():
            return super().process_rhs(compiler, connection)
        # NULL equals nothing, so a None among the values cannot match.
        try:
            rhs: Any = OrderedSet(self.rhs)
            rhs.discard(None)
        except TypeError:
            rhs = [value for value in self.rhs if value is not None]
        if any(type(value) is int and not -(2**63) <= value < 2**63 for value in rhs):
            rhs = self._storable(rhs, connection)
        if not rhs:
            raise EmptyResultSet
        sqls, params = self.batch_process_rhs(compiler, connection, rhs)
        if len(sqls) > LONG_LIST and all(sql == "%s" for sql in sqls):
            in_one = connection.ops.long_list_sql(params)
            if in_one is not None:
                return in_one  # type: ignore[no-any-return]
        return f"({', '.join(sqls)})", params

    def _storable(self, values: Any, connection: Any) -> list[Any]:
        """Without the numbers that no row can have, which drivers refuse."""
        field = getattr(self.lhs, "output_field", None)
        while getattr(field, "remote_field", None) is not None and hasattr(field, "target_field"):
            field = field.target_field  # type: ignore[union-attr]
        if field is None or field.get_internal_type() not in INTEGER_TYPES:
            return list(values)
        return [value for value in values if type(value) is not int or -(2**63) <= value < 2**63]

    def get_rhs_op(self, connection: Any, rhs: Any) -> str:
        return f"IN {rhs}"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        max_in_list_size = connection.ops.max_in_list_size()
        if self.rhs_is_direct_value() and max_in_list_size and len(self.rhs) > max_in_list_size:
            return self.split_parameter_list_as_sql(compiler, connection, max_in_list_size)
        return super().as_sql(compiler, connection)

    def split_parameter_list_as_sql(self, compiler: Any, connection: Any, size: int) -> tuple[str, Any]:
        """The same condition as several IN lists joined by OR, for databases that limit a list's length."""
        lhs, lhs_params = self.process_lhs(compiler, connection)
        values = [value for value in dict.fromkeys(self.rhs) if value is not None]
        if not values:
            raise EmptyResultSet
        clauses: list[str] = []
        params: list[Any] = []
        for offset in range(0, len(values), size):
            sqls, sql_params = self.batch_process_rhs(compiler, connection, values[offset : offset + size])
            clauses.append(f"{lhs} IN ({', '.join(sqls)})")
            params += [*lhs_params, *sql_params]
        return f"({' OR '.join(clauses)})", params


class Range(FieldGetDbPrepValueIterableMixin, BuiltinLookup):
    lookup_name = "range"

    def get_rhs_op(self, connection: Any, rhs: Any) -> str:
        return f"BETWEEN {rhs[0]} AND {rhs[1]}"


class IsNull(BuiltinLookup):
    lookup_name = "isnull"
    prepare_rhs = False
    bindable = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if not isinstance(self.rhs, bool):
            raise ValueError("The QuerySet value for an isnull lookup must be True or False.")
        if isinstance(self.lhs, Value):
            if (self.lhs.value is None) is self.rhs:
                raise FullResultSet
            raise EmptyResultSet
        sql, params = self.process_lhs(compiler, connection)
        return f"{sql} IS NULL" if self.rhs else f"{sql} IS NOT NULL", params
