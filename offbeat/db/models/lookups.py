"""Field lookups and transforms (Django documentation: ref/models/lookups)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar

from offbeat.core.exceptions import EmptyResultSet, FullResultSet
from offbeat.db.models.expressions import Col, Expression, ExpressionWrapper, Func, Value
from offbeat.db.models.expressions.base import field_class
from offbeat.db.models.query_utils import RegisterLookupMixin
from offbeat.db.models.sql.params import BoundParam, Param, Unbindable
from offbeat.utils.datastructures import OrderedSet
from offbeat.utils.functional import cached_property
from offbeat.utils.hashable import make_hashable

# Methods through which a lookup may look at its value; one of them overridden outside the framework
# means that the value may decide the SQL.
_VALUE_METHODS = (
    "__init__",
    "get_prep_lookup",
    "get_db_prep_lookup",
    "process_rhs",
    "get_rhs_op",
    "as_sql",
    "as_sqlite",
    "as_postgresql",
    "as_mysql",
    "as_oracle",
)


@lru_cache(maxsize=512)
def _is_builtin_machinery(lookup_class: Any) -> bool:
    """Whether every value-handling method of the lookup is the framework's own."""
    for name in _VALUE_METHODS:
        method = getattr(lookup_class, name, None)
        if method is not None and not getattr(method, "__module__", "").startswith("offbeat."):
            return False
    return True


class Lookup(Expression):
    """A condition: ``lhs`` compared with ``rhs``."""

    lookup_name: ClassVar[Any] = None
    prepare_rhs: bool = True
    can_use_none_as_rhs = False
    # How a placeholder value is compiled: one parameter through the field's conversion.
    bindable = True

    def __init__(self, lhs: Any, rhs: Any) -> None:
        self.lhs, self.rhs = lhs, rhs
        if type(rhs) is Param and not (self.bindable and _is_builtin_machinery(type(self))):  # type: ignore[arg-type]
            raise Unbindable(f"{type(self).__name__} depends on its value.")
        self.rhs = self.get_prep_lookup()
        self.lhs = self.get_prep_lhs()
        if hasattr(self.lhs, "get_bilateral_transforms"):
            bilateral_transforms = self.lhs.get_bilateral_transforms()
        else:
            bilateral_transforms = []
        if bilateral_transforms:
            if type(self.rhs) is Param or (
                isinstance(self.rhs, list) and any(type(value) is Param for value in self.rhs)
            ):
                raise Unbindable("Bilateral transforms wrap the value in SQL.")
            # A query cannot be wrapped in a transform.
            if is_query(rhs):
                raise NotImplementedError(
                    "Bilateral transformations on nested querysets are not implemented."
                )
        self.bilateral_transforms = bilateral_transforms

    def apply_bilateral_transforms(self, value: Any) -> Any:
        for transform in self.bilateral_transforms:
            value = transform(value)
        return value

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.lhs!r}, {self.rhs!r})"

    def batch_process_rhs(self, compiler: Any, connection: Any, rhs: Any = None) -> tuple[Any, Any]:
        """SQL parts and parameters of a right-hand side with several values."""
        sqls: list[str] = []
        params: list[Any] = []
        for value in self.rhs if rhs is None else rhs:
            sql, value_params = self.process_value(value, compiler, connection)
            sqls.append(sql)
            params.extend(value_params)
        return sqls, tuple(params)

    def process_value(self, value: Any, compiler: Any, connection: Any) -> tuple[str, Any]:
        """SQL and parameters of one right-hand value: a plain one, a placeholder or an expression."""
        if type(value) is Param:
            return "%s", (BoundParam(value.index, self.param_binder(connection)),)
        if self.bilateral_transforms:
            if not hasattr(value, "resolve_expression"):
                value = Value(value, output_field=self.lhs.output_field)
            value = self.apply_bilateral_transforms(value).resolve_expression(compiler.query)
        if hasattr(value, "as_sql"):
            return compiler.compile(value)  # type: ignore[no-any-return]
        return self.get_db_prep_lookup(value, connection)

    def get_source_expressions(self) -> list[Any]:
        if self.rhs_is_direct_value():
            return [self.lhs]
        return [self.lhs, self.rhs]

    def set_source_expressions(self, exprs: list[Any]) -> None:
        if len(exprs) == 1:
            self.lhs = exprs[0]
        else:
            self.lhs, self.rhs = exprs

    def get_prep_lookup(self) -> Any:
        """The value checked and normalised; raises what the field raises for a wrong one."""
        rhs = self.rhs
        if type(rhs) is Param:
            rhs.sample = self.prepare_value(rhs.sample)
            return rhs
        if not self.prepare_rhs or hasattr(rhs, "resolve_expression"):
            return rhs
        if hasattr(self.lhs, "output_field"):
            if hasattr(self.lhs.output_field, "get_prep_value"):
                return self.lhs.output_field.get_prep_value(rhs)
        elif self.rhs_is_direct_value():
            return Value(rhs)
        return rhs

    def prepare_value(self, value: Any) -> Any:
        """What ``get_prep_lookup()`` does, for the value of a placeholder."""
        prepare = self.param_preparer()
        return value if prepare is None else prepare(value)

    def param_preparer(self) -> Callable[[Any], Any] | None:
        """The function to apply to each value given for this lookup's placeholder; None: take it as it is."""
        if not self.prepare_rhs:
            return None
        field = getattr(self.lhs, "output_field", None)
        return getattr(field, "get_prep_value", None)

    def param_binder(self, connection: Any) -> Callable[[Any], Any] | None:
        """Prepared value → database value, or None where they are the same."""
        field = getattr(self.lhs, "output_field", None)
        convert = getattr(field, "get_db_prep_value", None)
        if convert is None or _is_identity(field, convert, connection):
            return None
        return lambda value: convert(value, connection, prepared=True)

    def get_prep_lhs(self) -> Any:
        if hasattr(self.lhs, "resolve_expression"):
            return self.lhs
        return Value(self.lhs)

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, Any]:
        return "%s", (value,)

    def process_lhs(self, compiler: Any, connection: Any, lhs: Any = None) -> tuple[str, Any]:
        lhs = lhs or self.lhs
        sql, params = compiler.compile(lhs)
        if isinstance(lhs, Lookup):
            # A condition as an operand would otherwise swallow the operator.
            sql = f"({sql})"
        return sql, params

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        sql, params = self.process_value(self.rhs, compiler, connection)
        # An expression is kept together; SQLite reads doubled parentheses round a query differently.
        if sql and sql[0] != "(" and not self.rhs_is_direct_value() and not isinstance(self.rhs, Value):
            sql = f"({sql})"
        return sql, params

    def rhs_is_direct_value(self) -> bool:
        return not hasattr(self.rhs, "as_sql")

    def get_group_by_cols(self) -> list[Any]:
        cols = []
        for source in self.get_source_expressions():
            cols.extend(source.get_group_by_cols())
        return cols

    @cached_property
    def output_field(self) -> Any:
        return field_class("BooleanField")()

    @property
    def identity(self) -> tuple[Any, ...]:
        return self.__class__, self.lhs, self.rhs

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Lookup):
            return NotImplemented
        return self.identity == other.identity

    def __hash__(self) -> int:
        return hash(make_hashable(self.identity))

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        resolved = self.copy()
        resolved.is_summary = summarize
        resolved.lhs = self.lhs.resolve_expression(query, allow_joins, reuse, summarize, for_save)
        if hasattr(self.rhs, "resolve_expression"):
            resolved.rhs = self.rhs.resolve_expression(query, allow_joins, reuse, summarize, for_save)
        return resolved

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, Any]:
        # A database without boolean expressions in SELECT gets a CASE.
        if not compiler.connection.features.supports_boolean_expr_in_select_clause:
            sql = f"CASE WHEN {sql} THEN 1 ELSE 0 END"
        return sql, params

    @cached_property
    def allowed_default(self) -> bool:
        return self.lhs.allowed_default and getattr(self.rhs, "allowed_default", True)


def is_query(value: Any) -> bool:
    """Whether ``value`` is a query (of a query set), as opposed to an expression or a value."""
    from offbeat.db.models.sql.query import Query

    return isinstance(value, Query)


def _is_identity(field: Any, convert: Any, connection: Any) -> bool:
    """Whether the field hands a prepared value to the driver unchanged."""
    method = getattr(convert, "__func__", None)
    if (
        method is field_class("Field").get_db_prep_value
        or method is field_class("AutoField").get_db_prep_value
    ):
        return True
    if method is not field_class("IntegerField").get_db_prep_value:
        return False
    # Integers are only adapted by backends that say so.
    from offbeat.db.backends.base.operations import BaseDatabaseOperations

    return type(connection.ops).adapt_integerfield_value is BaseDatabaseOperations.adapt_integerfield_value


class Transform(RegisterLookupMixin, Func):
    """A function usable inside a lookup path, such as ``name__lower__exact``."""

    bilateral = False
    arity = 1

    @property
    def lhs(self) -> Any:
        return self.get_source_expressions()[0]

    def get_bilateral_transforms(self) -> list[Any]:
        if hasattr(self.lhs, "get_bilateral_transforms"):
            bilateral_transforms = self.lhs.get_bilateral_transforms()
        else:
            bilateral_transforms = []
        if self.bilateral:
            bilateral_transforms.append(self.__class__)
        return bilateral_transforms  # type: ignore[no-any-return]


class BuiltinLookup(Lookup):
    """A lookup whose operator the database backend names."""

    def process_lhs(self, compiler: Any, connection: Any, lhs: Any = None) -> tuple[str, Any]:
        lhs_sql, params = super().process_lhs(compiler, connection, lhs)
        # Not every backend can compare every column type directly.
        internal_type = self.lhs.output_field.get_internal_type()
        lhs_sql = connection.ops.lookup_cast(self.lookup_name, internal_type) % lhs_sql
        return lhs_sql, tuple(params)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        lhs_sql, params = self.process_lhs(compiler, connection)
        rhs_sql, rhs_params = self.process_rhs(compiler, connection)
        return f"{lhs_sql} {self.get_rhs_op(connection, rhs_sql)}", (*params, *rhs_params)

    def get_rhs_op(self, connection: Any, rhs: Any) -> str:
        return connection.operators[self.lookup_name] % rhs  # type: ignore[no-any-return]


class FieldGetDbPrepValueMixin:
    """The value is converted for the database by the field of the left-hand side."""

    lhs: Any

    def _value_field(self) -> Any:
        # A relation's value is that of the column it points at.
        field = getattr(self.lhs.output_field, "target_field", None)
        return field if getattr(field, "get_db_prep_value", None) is not None else self.lhs.output_field

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, Any]:
        return "%s", (self._value_field().get_db_prep_value(value, connection, prepared=True),)

    def param_binder(self, connection: Any) -> Callable[[Any], Any] | None:
        field = self._value_field()
        convert = field.get_db_prep_value
        if _is_identity(field, convert, connection):
            return None
        return lambda value: convert(value, connection, prepared=True)


class FieldGetDbPrepValueIterableMixin(FieldGetDbPrepValueMixin):
    """The same for a right-hand side of several values, each of which may be an expression."""

    rhs: Any
    prepare_rhs: bool

    def get_prep_lookup(self) -> Any:
        if hasattr(self.rhs, "resolve_expression"):
            return self.rhs
        if type(self.rhs) is Param:
            raise Unbindable("The number of values decides the SQL.")
        field = getattr(self.lhs, "output_field", None)
        prepare = getattr(field, "get_prep_value", None) if self.prepare_rhs else None
        prepared = []
        for value in self.rhs:
            if type(value) is Param:
                value.sample = self.prepare_value(value.sample)  # type: ignore[attr-defined]
            elif prepare is not None and not hasattr(value, "resolve_expression"):
                value = prepare(value)
            prepared.append(value)
        return prepared

    def _expression_positions(self) -> list[int]:
        if not isinstance(self.rhs, list):
            return []
        return [i for i, value in enumerate(self.rhs) if hasattr(value, "resolve_expression")]

    def get_source_expressions(self) -> list[Any]:
        if isinstance(self.rhs, list):
            return [self.lhs, *(self.rhs[i] for i in self._expression_positions())]
        return super().get_source_expressions()  # type: ignore[misc, no-any-return]

    def set_source_expressions(self, exprs: list[Any]) -> None:
        if not isinstance(self.rhs, list):
            super().set_source_expressions(exprs)  # type: ignore[misc]
            return
        self.lhs, *values = exprs
        rhs = self.rhs[:]
        for i, value in zip(self._expression_positions(), values, strict=True):
            rhs[i] = value
        self.rhs = rhs

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        resolved = super().resolve_expression(  # type: ignore[misc]
            query, allow_joins, reuse, summarize, for_save
        )
        if isinstance(resolved.rhs, list):
            resolved.rhs = [
                value.resolve_expression(query, allow_joins, reuse, summarize, for_save)
                if hasattr(value, "resolve_expression")
                else value
                for value in resolved.rhs
            ]
        return resolved

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[Any, Any]:
        if self.rhs_is_direct_value():  # type: ignore[attr-defined]
            return self.batch_process_rhs(compiler, connection)  # type: ignore[attr-defined, no-any-return]
        return super().process_rhs(compiler, connection)  # type: ignore[misc, no-any-return]


def _check_width(lhs: Any, query: Any, name: str) -> None:
    """Raise ValueError for a subquery with another number of columns than the left-hand side."""
    wanted = len(lhs) if getattr(lhs, "is_composite", False) else 1
    if query.selected_columns != wanted:
        raise ValueError(
            f"The QuerySet value for the {name} lookup must have {wanted} selected fields "
            f"(received {query.selected_columns})"
        )


class PostgresOperatorLookup(Lookup):
    """A lookup written as one operator, which PostgreSQL has."""

    postgres_operator: Any = None

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        return f"{lhs} {self.postgres_operator} {rhs}", (*lhs_params, *rhs_params)


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
            and (connection.features.has_native_boolean_field or not _is_column(self.lhs))
        ):
            lhs_sql, params = self.process_lhs(compiler, connection)
            return lhs_sql if self.rhs else f"NOT {lhs_sql}", params
        return super().as_sql(compiler, connection)


def _is_column(expression: Any) -> bool:
    """Whether the condition is a plain column: an index on it serves only an explicit comparison."""
    while isinstance(expression, ExpressionWrapper):
        expression = expression.expression
    return isinstance(expression, Col)


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
        if not rhs:
            raise EmptyResultSet
        sqls, params = self.batch_process_rhs(compiler, connection, rhs)
        return f"({', '.join(sqls)})", params

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


class PatternLookup(BuiltinLookup):
    """LIKE with wildcards added to an escaped value."""

    param_pattern = "%%%s%%"
    prepare_rhs = False

    def get_rhs_op(self, connection: Any, rhs: Any) -> str:
        # Text that the database computes is escaped by the database.
        if hasattr(self.rhs, "as_sql") or self.bilateral_transforms:
            pattern = connection.pattern_ops[self.lookup_name].format(connection.pattern_esc)
            return pattern.format(rhs)  # type: ignore[no-any-return]
        return super().get_rhs_op(connection, rhs)

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        rhs, params = super().process_rhs(compiler, connection)
        if (
            params
            and self.rhs_is_direct_value()
            and not self.bilateral_transforms
            and type(self.rhs) is not Param
        ):
            params = (self.param_pattern % connection.ops.prep_for_like_query(params[0]), *params[1:])
        return rhs, params

    def param_binder(self, connection: Any) -> Callable[[Any], Any] | None:
        pattern, escape = self.param_pattern, connection.ops.prep_for_like_query
        return lambda value: pattern % escape(value)


class Contains(PatternLookup):
    lookup_name = "contains"


class IContains(Contains):
    lookup_name = "icontains"


class StartsWith(PatternLookup):
    lookup_name = "startswith"
    param_pattern = "%s%%"


class IStartsWith(StartsWith):
    lookup_name = "istartswith"


class EndsWith(PatternLookup):
    lookup_name = "endswith"
    param_pattern = "%%%s"


class IEndsWith(EndsWith):
    lookup_name = "iendswith"


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


class Regex(BuiltinLookup):
    lookup_name = "regex"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if self.lookup_name in connection.operators:
            return super().as_sql(compiler, connection)
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        sql_template = connection.ops.regex_lookup(self.lookup_name)
        return sql_template % (lhs, rhs), (*lhs_params, *rhs_params)


class IRegex(Regex):
    lookup_name = "iregex"


class YearLookup(Lookup):
    """A year compared as a range of dates, so that an index on the column serves."""

    def year_lookup_bounds(self, connection: Any, year: int) -> Any:
        from offbeat.db.models.functions import ExtractIsoYear

        iso_year = isinstance(self.lhs, ExtractIsoYear)
        if isinstance(self.lhs.lhs.output_field, field_class("DateTimeField")):
            return connection.ops.year_lookup_bounds_for_datetime_field(year, iso_year=iso_year)
        return connection.ops.year_lookup_bounds_for_date_field(year, iso_year=iso_year)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if not self.rhs_is_direct_value():
            return super().as_sql(compiler, connection)
        lhs_sql, params = self.process_lhs(compiler, connection, self.lhs.lhs)
        rhs_sql = self.get_direct_rhs_sql(connection, "%s")
        if type(self.rhs) is Param:
            bounds = self._bound_params(connection, self.rhs.index)
        else:
            bounds = self.year_lookup_bounds(connection, self.rhs)
        return f"{lhs_sql} {rhs_sql}", (*params, *self.get_bound_params(*bounds))

    def _bound_params(self, connection: Any, index: int) -> tuple[BoundParam, BoundParam]:
        def side(which: int) -> Callable[[Any], Any]:
            return lambda year: self.year_lookup_bounds(connection, year)[which]

        return BoundParam(index, side(0)), BoundParam(index, side(1))

    def get_direct_rhs_sql(self, connection: Any, rhs: str) -> str:
        return connection.operators[self.lookup_name] % rhs  # type: ignore[no-any-return]

    def get_bound_params(self, start: Any, finish: Any) -> tuple[Any, ...]:
        raise NotImplementedError("subclasses of YearLookup must provide a get_bound_params() method")


class YearExact(YearLookup, Exact):
    def get_direct_rhs_sql(self, connection: Any, rhs: str) -> str:
        return "BETWEEN %s AND %s"

    def get_bound_params(self, start: Any, finish: Any) -> tuple[Any, ...]:
        return start, finish


class YearGt(YearLookup, GreaterThan):
    def get_bound_params(self, start: Any, finish: Any) -> tuple[Any, ...]:
        return (finish,)


class YearGte(YearLookup, GreaterThanOrEqual):
    def get_bound_params(self, start: Any, finish: Any) -> tuple[Any, ...]:
        return (start,)


class YearLt(YearLookup, LessThan):
    def get_bound_params(self, start: Any, finish: Any) -> tuple[Any, ...]:
        return (start,)


class YearLte(YearLookup, LessThanOrEqual):
    def get_bound_params(self, start: Any, finish: Any) -> tuple[Any, ...]:
        return (finish,)


class UUIDTextMixin:
    """Text lookups on a UUID: without a native type the column holds no hyphens."""

    def process_value(self, value: Any, compiler: Any, connection: Any) -> tuple[str, Any]:
        if not connection.features.has_native_uuid_field and type(value) is not Param:
            if hasattr(value, "as_sql"):
                from offbeat.db.models.functions import Replace

                value = Replace(value, Value("-"), Value(""), output_field=field_class("CharField")())
            else:
                value = str(value).replace("-", "")
        return super().process_value(value, compiler, connection)  # type: ignore[misc, no-any-return]

    def param_binder(self, connection: Any) -> Callable[[Any], Any] | None:
        bind = super().param_binder(connection)  # type: ignore[misc]
        if connection.features.has_native_uuid_field:
            return bind  # type: ignore[no-any-return]
        return lambda value: bind(str(value).replace("-", ""))


class UUIDIExact(UUIDTextMixin, IExact):
    pass


class UUIDContains(UUIDTextMixin, Contains):
    pass


class UUIDIContains(UUIDTextMixin, IContains):
    pass


class UUIDStartsWith(UUIDTextMixin, StartsWith):
    pass


class UUIDIStartsWith(UUIDTextMixin, IStartsWith):
    pass


class UUIDEndsWith(UUIDTextMixin, EndsWith):
    pass


class UUIDIEndsWith(UUIDTextMixin, IEndsWith):
    pass


def _register() -> None:
    # Below every class, so that a field module importing this one meets all its names.
    from offbeat.db.models.fields import Field, IntegerField, UUIDField

    for lookup in (
        Exact,
        IExact,
        GreaterThan,
        GreaterThanOrEqual,
        LessThan,
        LessThanOrEqual,
        In,
        Contains,
        IContains,
        StartsWith,
        IStartsWith,
        EndsWith,
        IEndsWith,
        Range,
        IsNull,
        Regex,
        IRegex,
    ):
        Field.register_lookup(lookup)
    for lookup in (
        IntegerFieldExact,
        IntegerGreaterThan,
        IntegerGreaterThanOrEqual,
        IntegerLessThan,
        IntegerLessThanOrEqual,
    ):
        IntegerField.register_lookup(lookup)
    for lookup in (
        UUIDIExact,
        UUIDContains,
        UUIDIContains,
        UUIDStartsWith,
        UUIDIStartsWith,
        UUIDEndsWith,
        UUIDIEndsWith,
    ):
        UUIDField.register_lookup(lookup)


_register()
