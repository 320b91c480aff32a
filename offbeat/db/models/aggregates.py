"""Aggregation functions (Django documentation: ref/models/querysets)."""

from __future__ import annotations

from typing import Any

from offbeat.core.exceptions import FieldError, FullResultSet
from offbeat.db import NotSupportedError
from offbeat.db.models.expressions import Case, Col, ColPairs, Func, OrderByList, Star, Value, When
from offbeat.db.models.fields import AutoFieldMixin, IntegerField, TextField
from offbeat.db.models.functions.comparison import Coalesce
from offbeat.db.models.functions.mixins import FixDurationInputMixin, NumericOutputFieldMixin

__all__ = [
    "Aggregate",
    "AnyValue",
    "Avg",
    "BitAnd",
    "BitOr",
    "BitXor",
    "Count",
    "Max",
    "Min",
    "StdDev",
    "StringAgg",
    "Sum",
    "Variance",
]


class AggregateFilter(Func):
    """The condition of an aggregate's FILTER clause."""

    arity = 1
    template = " FILTER (WHERE %(expressions)s)"

    def as_sql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:  # type: ignore[override]
        if not connection.features.supports_aggregate_filter_clause:
            raise NotSupportedError("Aggregate filter clauses are not supported on this database backend.")
        try:
            return super().as_sql(compiler, connection, **extra_context)
        except FullResultSet:
            return "", ()

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, **extra_context)

    @property
    def condition(self) -> Any:
        return self.source_expressions[0]

    def __str__(self) -> str:
        return self.arg_joiner.join(str(arg) for arg in self.source_expressions)


class AggregateOrderBy(OrderByList):
    """The ORDER BY clause inside an aggregate."""

    template = " ORDER BY %(expressions)s"

    def as_sql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:  # type: ignore[override]
        if not connection.features.supports_aggregate_order_by_clause:
            raise NotSupportedError(
                "This database backend does not support specifying an order on aggregates."
            )
        return super().as_sql(compiler, connection, **extra_context)


class Aggregate(Func):
    """A function over the rows of a group."""

    template = "%(function)s(%(distinct)s%(expressions)s%(order_by)s)%(filter)s"
    contains_aggregate = True
    name: str | None = None
    window_compatible = True
    allow_distinct = False
    allow_order_by = False
    empty_result_set_value: Any = None

    def __init__(
        self,
        *expressions: Any,
        distinct: bool = False,
        filter: Any = None,
        default: Any = None,
        order_by: Any = None,
        **extra: Any,
    ) -> None:
        if distinct and not self.allow_distinct:
            raise TypeError(f"{self.__class__.__name__} does not allow distinct.")
        if order_by and not self.allow_order_by:
            raise TypeError(f"{self.__class__.__name__} does not allow order_by.")
        if default is not None and self.empty_result_set_value is not None:
            raise TypeError(f"{self.__class__.__name__} does not allow default.")
        self.distinct = distinct
        self.filter = None if filter is None else AggregateFilter(filter)
        self.default = default
        self.order_by = None
        if order_by is not None:
            self.order_by = AggregateOrderBy.from_param(f"{self.__class__.__name__}.order_by", order_by)
        super().__init__(*expressions, **extra)

    def get_source_fields(self) -> list[Any]:
        # The filter and the ordering say nothing about the type.
        return [e._output_field_or_none for e in super().get_source_expressions()]

    def get_source_expressions(self) -> list[Any]:
        return [*super().get_source_expressions(), self.filter, self.order_by]

    def set_source_expressions(self, exprs: list[Any]) -> None:
        *exprs, self.filter, self.order_by = exprs
        super().set_source_expressions(exprs)

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        # The filter is resolved with the rest: its joins must be outer ones, or rows would vanish.
        c = super().resolve_expression(query, allow_joins, reuse, summarize, for_save)
        if summarize:
            for ref in sorted(c.get_refs()):
                if getattr(query.annotations.get(ref), "is_summary", False):
                    raise FieldError(f"Cannot compute {c._shown_name()}('{ref}'): '{ref}' is an aggregate")
        else:
            # An aggregate of an aggregate would need a query of its own.
            for before, expr in zip(self.source_expressions, c.source_expressions, strict=True):
                if expr.contains_aggregate or expr.contains_over_clause:
                    name = getattr(before, "name", None) or repr(before)
                    kind = "an aggregate" if expr.contains_aggregate else "a window function"
                    raise FieldError(f"Cannot compute {c._shown_name()}('{name}'): '{name}' is {kind}")
        if (default := c.default) is None:
            return c
        if hasattr(default, "resolve_expression"):
            default = default.resolve_expression(query, allow_joins, reuse, summarize)
            if default._output_field_or_none is None:
                default.output_field = c._output_field_or_none
        else:
            default = Value(default, c._output_field_or_none)
        # The NULL of no rows becomes the default.
        c.default = None
        coalesce = Coalesce(c, default, output_field=c._output_field_or_none)
        coalesce.is_summary = c.is_summary
        return coalesce

    def _shown_name(self) -> str:
        return self.name or self.__class__.__name__

    @property
    def default_alias(self) -> str:
        expressions = [expr for expr in self.get_source_expressions() if expr is not None]
        if len(expressions) == 1 and hasattr(expressions[0], "name"):
            return f"{expressions[0].name}__{self._shown_name().lower()}"
        raise TypeError("Complex expressions require an alias")

    def get_group_by_cols(self) -> list[Any]:
        return []

    def as_sql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:  # type: ignore[override]
        distinct_sql = "DISTINCT " if self.distinct else ""
        filter_sql: str = ""
        filter_params: Any = ()
        if self.filter is not None:
            try:
                filter_sql, filter_params = self.filter.as_sql(compiler, connection)
            except NotSupportedError:
                return self._without_filter(compiler, connection, **extra_context)
        order_by_sql: str = ""
        order_by_params: Any = ()
        if self.order_by is not None:
            order_by_sql, order_by_params = self.order_by.as_sql(compiler, connection)
        extra_context.update(distinct=distinct_sql, filter=filter_sql, order_by=order_by_sql)
        sql, params = super().as_sql(compiler, connection, **extra_context)
        return sql, (*params, *order_by_params, *filter_params)

    def _without_filter(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        # Rows that the filter leaves out count as NULL, which aggregates skip.
        copy = self.copy()
        copy.filter = None
        source_expressions = copy.source_expressions
        condition = When(
            self.filter.condition,  # type: ignore[union-attr]
            then=source_expressions[0],
        )
        copy.source_expressions = [Case(condition), *source_expressions[1:]]
        return copy.as_sql(compiler, connection, **extra_context)  # type: ignore[no-any-return]

    def _get_repr_options(self) -> dict[str, Any]:
        options = super()._get_repr_options()
        if self.distinct:
            options["distinct"] = self.distinct
        if self.filter is not None:
            options["filter"] = self.filter
        if self.order_by is not None:
            options["order_by"] = self.order_by
        return options


class AnyValue(Aggregate):
    """Some value of the group that is not NULL."""

    function = "ANY_VALUE"
    name = "AnyValue"
    arity = 1
    window_compatible = False

    def as_sql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:  # type: ignore[override]
        if not connection.features.supports_any_value:
            raise NotSupportedError("ANY_VALUE is not supported on this database backend.")
        return super().as_sql(compiler, connection, **extra_context)


class Avg(FixDurationInputMixin, NumericOutputFieldMixin, Aggregate):
    function = "AVG"
    name = "Avg"
    allow_distinct = True
    arity = 1


class BitAggregate(Aggregate):
    """An aggregate over the bits of the values that are not NULL."""

    arity = 1

    def __init__(self, expression: Any, **extra: Any) -> None:
        super().__init__(expression, **extra)
        # The default is resolved away before the SQL is written.
        self.has_default = self.default is not None

    def as_sql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:  # type: ignore[override]
        if not connection.features.supports_bit_aggregations:
            raise NotSupportedError(f"{self.name} is not supported on {connection.vendor}.")
        if self.has_default and not connection.features.supports_default_in_bit_aggregations:
            raise NotSupportedError(
                f"{self.name} does not support the default parameter on {connection.vendor}."
            )
        return super().as_sql(compiler, connection, **extra_context)


class BitAnd(BitAggregate):
    """Bitwise AND."""

    function = "BIT_AND"
    name = "BitAnd"


class BitOr(BitAggregate):
    """Bitwise OR."""

    function = "BIT_OR"
    name = "BitOr"


class BitXor(BitAggregate):
    """Bitwise exclusive OR."""

    function = "BIT_XOR"
    name = "BitXor"


class Count(Aggregate):
    """The number of rows, or of values that are not NULL."""

    function = "COUNT"
    name = "Count"
    output_field = IntegerField()
    allow_distinct = True
    empty_result_set_value = 0
    arity = 1
    allows_composite_expressions = True

    def __init__(self, expression: Any, filter: Any = None, **extra: Any) -> None:
        if expression == "*":
            expression = Star()
        if isinstance(expression, Star) and filter is not None:
            raise ValueError("Star cannot be used with filter. Please specify a field.")
        super().__init__(expression, filter=filter, **extra)

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        result = super().resolve_expression(*args, **kwargs)
        source_expressions = result.get_source_expressions()
        # A composite key is counted by its parts.
        if isinstance(source_expressions[0], ColPairs):
            pairs = source_expressions[0]
            if self.distinct:
                if not pairs.get_cols():
                    return result
                source_expressions[0] = pairs
                result.set_source_expressions(source_expressions)
            else:
                result.set_source_expressions([pairs.get_cols()[0], *source_expressions[1:]])
        return result

    def as_sql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:  # type: ignore[override]
        if type(self) is Count and not extra_context and self._counts_every_row(compiler):
            # The database need not read a column to see that it is not NULL.
            extra_context["template"] = self.template.replace("%(expressions)s", "*")
        return super().as_sql(compiler, connection, **extra_context)

    def _counts_every_row(self, compiler: Any) -> bool:
        """True for the automatic key of the query's first table: it is NULL in no row."""
        from offbeat.db.models.sql.datastructures import BaseTable

        column = self.source_expressions[0]
        if self.distinct or self.filter is not None or type(column) is not Col:
            return False
        field: Any = column.target
        if not (issubclass(type(field), AutoFieldMixin) and field.primary_key and field.model._meta.managed):
            return False
        return isinstance(compiler.query.alias_map.get(column.alias), BaseTable)


class Max(Aggregate):
    function = "MAX"
    name = "Max"
    arity = 1


class Min(Aggregate):
    function = "MIN"
    name = "Min"
    arity = 1


class StdDev(NumericOutputFieldMixin, Aggregate):
    """The standard deviation of the population, or of a ``sample``."""

    name = "StdDev"
    arity = 1

    def __init__(self, expression: Any, sample: bool = False, **extra: Any) -> None:
        self.function = "STDDEV_SAMP" if sample else "STDDEV_POP"
        super().__init__(expression, **extra)

    def _get_repr_options(self) -> dict[str, Any]:
        return {**super()._get_repr_options(), "sample": self.function == "STDDEV_SAMP"}


class StringAggDelimiter(Func):
    """The separator of ``StringAgg``, which some databases want literally."""

    arity = 1
    template = "%(expressions)s"

    def __init__(self, value: Any) -> None:
        self.value = value
        super().__init__(value)

    def as_mysql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        template = " SEPARATOR %(expressions)s"
        return self.as_sql(compiler, connection, template=template, **extra_context)


class StringAgg(Aggregate):
    """The texts of a group, joined by a delimiter."""

    template = "%(function)s(%(distinct)s%(expressions)s%(order_by)s)%(filter)s"
    function = "STRING_AGG"
    name = "StringAgg"
    allow_distinct = True
    allow_order_by = True
    output_field = TextField()

    def __init__(self, expression: Any, delimiter: Any, **extra: Any) -> None:
        self.delimiter = StringAggDelimiter(delimiter)
        super().__init__(expression, self.delimiter, **extra)

    @property
    def default_alias(self) -> str:
        name = getattr(self.source_expressions[0], "name", None)
        if name is None or self.filter is not None or self.order_by is not None:
            raise TypeError("Complex expressions require an alias")
        return f"{name}__{self._shown_name().lower()}"

    def as_oracle(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        template = (
            "%(function)s(%(distinct)s%(expressions)s) WITHIN GROUP (%(order_by)s)%(filter)s"
            if self.order_by
            else "%(function)s(%(distinct)s%(expressions)s)%(filter)s"
        )
        return self.as_sql(compiler, connection, function="LISTAGG", template=template, **extra_context)

    def as_mysql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        extra_context["function"] = "GROUP_CONCAT"
        template = "%(function)s(%(distinct)s%(expressions)s%(order_by)s%(delimiter)s)"
        c = self.copy()
        delimiter_sql, delimiter_params = compiler.compile(self.source_expressions[-1])
        c.set_source_expressions([*self.source_expressions[:-1], self.filter, self.order_by])
        if self.filter is not None:
            c.filter = None
            c.source_expressions[0] = Case(When(self.filter.condition, then=c.source_expressions[0]))
        sql, params = c.as_sql(
            compiler, connection, template=template, delimiter=delimiter_sql, **extra_context
        )
        return sql, (*params, *delimiter_params)

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        function = "STRING_AGG" if connection.Database.sqlite_version_info >= (3, 44) else "GROUP_CONCAT"
        if self.distinct:
            # SQLite takes DISTINCT with one argument only, and then joins by a comma.
            delimiter = self.source_expressions[-1]
            inner = (
                delimiter.source_expressions[0] if isinstance(delimiter, StringAggDelimiter) else delimiter
            )
            if not isinstance(inner, Value) or inner.value != ",":
                raise NotSupportedError(
                    f"{self.name} does not support distinct with multiple expressions on this database backend."
                )
            c = self.copy()
            c.source_expressions = c.source_expressions[:1]
            return c.as_sql(compiler, connection, function="GROUP_CONCAT", **extra_context)  # type: ignore[no-any-return]
        return self.as_sql(compiler, connection, function=function, **extra_context)


class Sum(FixDurationInputMixin, Aggregate):
    function = "SUM"
    name = "Sum"
    allow_distinct = True
    arity = 1


class Variance(NumericOutputFieldMixin, Aggregate):
    """The variance of the population, or of a ``sample``."""

    name = "Variance"
    arity = 1

    def __init__(self, expression: Any, sample: bool = False, **extra: Any) -> None:
        self.function = "VAR_SAMP" if sample else "VAR_POP"
        super().__init__(expression, **extra)

    def _get_repr_options(self) -> dict[str, Any]:
        return {**super()._get_repr_options(), "sample": self.function == "VAR_SAMP"}
