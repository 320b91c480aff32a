"""Queries used as expressions."""

from __future__ import annotations

from typing import Any

from offbeat.db.models.expressions.base import BaseExpression, field_class
from offbeat.db.models.expressions.combinable import Combinable
from offbeat.utils.functional import cached_property


class Subquery(BaseExpression, Combinable):
    """The single column of a query; may refer to the query outside with ``OuterRef``."""

    template = "(%(subquery)s)"
    contains_aggregate = False
    empty_result_set_value: Any = None
    subquery = True

    def __init__(self, queryset: Any, output_field: Any = None, **extra: Any) -> None:
        # Both a query set and its query are taken.
        query = getattr(queryset, "query", queryset)
        self.query = query.clone()
        self.query.subquery = True
        self.extra = extra
        super().__init__(output_field)

    def get_source_expressions(self) -> list[Any]:
        return [self.query]

    def set_source_expressions(self, exprs: list[Any]) -> None:
        self.query = exprs[0]

    def _resolve_output_field(self) -> Any:
        return self.query.output_field

    def copy(self) -> Any:
        clone = super().copy()
        clone.query = clone.query.clone()
        return clone

    @property
    def external_aliases(self) -> Any:
        return self.query.external_aliases

    def get_external_cols(self) -> list[Any]:
        return self.query.get_external_cols()  # type: ignore[no-any-return]

    def as_sql(
        self, compiler: Any, connection: Any, template: str | None = None, **extra_context: Any
    ) -> tuple[str, Any]:
        connection.ops.check_expression_support(self)
        subquery_sql, params = self.query.as_sql(compiler, connection)
        context = {**self.extra, **extra_context, "subquery": subquery_sql[1:-1]}
        template = template or context.get("template", self.template)
        return template % context, params

    def get_group_by_cols(self) -> list[Any]:
        return self.query.get_group_by_cols(wrapper=self)  # type: ignore[no-any-return]

    @cached_property
    def identity(self) -> tuple[Any, ...]:
        # A query has no value semantics: two subqueries are the same when they hold the same query.
        return (self.__class__, id(self.query), *sorted(self.extra.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Subquery) and self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        state.pop("identity", None)
        return state


class Exists(Subquery):
    """Whether a query has any row."""

    template = "EXISTS(%(subquery)s)"
    empty_result_set_value = False

    @cached_property
    def output_field(self) -> Any:
        return field_class("BooleanField")()

    def __init__(self, queryset: Any, **kwargs: Any) -> None:
        super().__init__(queryset, **kwargs)
        self.query = self.query.exists()

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, Any]:
        if not compiler.connection.features.supports_boolean_expr_in_select_clause:
            return f"CASE WHEN {sql} THEN 1 ELSE 0 END", params
        return sql, params

    def as_sql(self, compiler: Any, *args: Any, **kwargs: Any) -> tuple[str, Any]:
        from offbeat.core.exceptions import EmptyResultSet
        from offbeat.db.models.expressions.values import Value

        try:
            return super().as_sql(compiler, *args, **kwargs)
        except EmptyResultSet:
            features = compiler.connection.features
            if not features.supports_boolean_expr_in_select_clause:
                return "1=0", ()
            return compiler.compile(Value(False))  # type: ignore[no-any-return]
