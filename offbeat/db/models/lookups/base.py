"""What lookups and transforms are made of (Django documentation: ref/models/lookups)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar

from offbeat.db.models.expressions import Expression, ExpressionWrapper, Func, Value
from offbeat.db.models.expressions.base import field_class
from offbeat.db.models.query_utils import RegisterLookupMixin
from offbeat.db.models.sql.params import BoundParam, Param, Unbindable
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


def _awaits_values(rhs: Any) -> bool:
    """Whether a right-hand side is, or holds, placeholders."""
    if type(rhs) is Param:
        return True
    return isinstance(rhs, (list, tuple)) and any(type(value) is Param for value in rhs)


class Lookup(Expression):
    """A condition: ``lhs`` compared with ``rhs``."""

    lookup_name: ClassVar[Any] = None
    prepare_rhs: bool = True
    can_use_none_as_rhs = False
    # How a placeholder value is compiled: one parameter through the field's conversion.
    bindable = True

    def __init__(self, lhs: Any, rhs: Any) -> None:
        self.lhs, self.rhs = lhs, rhs
        if getattr(rhs, "is_composite", False) and not getattr(lhs, "is_composite", False):
            raise ValueError("CompositePrimaryKey cannot be used as a lookup value.")
        if _awaits_values(rhs) and not (self.bindable and _is_builtin_machinery(type(self))):  # type: ignore[arg-type]
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
        if isinstance(lhs, Lookup) or (isinstance(lhs, ExpressionWrapper) and lhs.conditional):
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


class PostgresOperatorLookup(Lookup):
    """A lookup written as one operator, which PostgreSQL has."""

    postgres_operator: Any = None

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        return f"{lhs} {self.postgres_operator} {rhs}", (*lhs_params, *rhs_params)
