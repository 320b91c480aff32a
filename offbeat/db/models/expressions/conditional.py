"""CASE … WHEN (Django documentation: ref/models/conditional-expressions)."""

from __future__ import annotations

from typing import Any

from offbeat.core.exceptions import EmptyResultSet, FullResultSet
from offbeat.db.models.expressions.base import Expression, SQLiteNumericMixin
from offbeat.db.models.query_utils import Q
from offbeat.utils.deconstruct import deconstructible
from offbeat.utils.functional import cached_property


@deconstructible(path="offbeat.db.models.When")
class When(Expression):
    """One branch of a ``Case``: a condition and its result."""

    template = "WHEN %(condition)s THEN %(result)s"
    # Only meaningful inside a Case.
    conditional = False

    def __init__(self, condition: Any = None, then: Any = None, **lookups: Any) -> None:
        if invalid := lookups.keys() & {"_connector", "_negated"}:
            # Q would take them for its own, and one of them is written into SQL.
            names = ", ".join(f"'{name}'" for name in sorted(invalid))
            raise TypeError(f"The following kwargs are invalid: {names}")
        if lookups:
            if condition is None:
                condition, lookups = Q(**lookups), {}
            elif getattr(condition, "conditional", False):
                condition, lookups = Q(condition, **lookups), {}
        if condition is None or not getattr(condition, "conditional", False) or lookups:
            raise TypeError("When() supports a Q object, a boolean expression, or lookups as a condition.")
        if isinstance(condition, Q) and not condition:
            raise ValueError("An empty Q() can't be used as a When() condition.")
        super().__init__(output_field=None)
        self.condition = condition
        self.result = self._parse_expressions(then)[0]

    def __str__(self) -> str:
        return f"WHEN {self.condition!r} THEN {self.result!r}"

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self}>"

    def get_source_expressions(self) -> list[Any]:
        return [self.condition, self.result]

    def set_source_expressions(self, exprs: list[Any]) -> None:
        self.condition, self.result = exprs

    def get_source_fields(self) -> list[Any]:
        # The condition says nothing about the type of the result.
        return [self.result._output_field_or_none]

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
        if hasattr(resolved.condition, "resolve_expression"):
            resolved.condition = resolved.condition.resolve_expression(
                query, allow_joins, reuse, summarize, False
            )
        resolved.result = resolved.result.resolve_expression(query, allow_joins, reuse, summarize, for_save)
        if getattr(resolved.result, "is_composite", False):
            raise ValueError(f"{self.__class__.__name__} expression does not support composite primary keys.")
        return resolved

    def as_sql(
        self, compiler: Any, connection: Any, template: str | None = None, **extra_context: Any
    ) -> tuple[str, Any]:
        connection.ops.check_expression_support(self)
        condition_sql, condition_params = compiler.compile(self.condition)
        result_sql, result_params = compiler.compile(self.result)
        context = {**extra_context, "condition": condition_sql, "result": result_sql}
        return (template or self.template) % context, (*condition_params, *result_params)

    def get_group_by_cols(self) -> list[Any]:
        cols = []
        for source in self.get_source_expressions():
            cols.extend(source.get_group_by_cols())
        return cols

    @cached_property
    def allowed_default(self) -> Any:
        return self.condition.allowed_default and self.result.allowed_default


@deconstructible(path="offbeat.db.models.Case")
class Case(SQLiteNumericMixin, Expression):
    """The result of the first ``When`` whose condition holds, else ``default``."""

    template = "CASE %(cases)s ELSE %(default)s END"
    case_joiner = " "

    def __init__(self, *cases: Any, default: Any = None, output_field: Any = None, **extra: Any) -> None:
        if not all(isinstance(case, When) for case in cases):
            raise TypeError("Positional arguments must all be When objects.")
        super().__init__(output_field)
        self.cases = list(cases)
        self.default = self._parse_expressions(default)[0]
        self.extra = extra

    def __str__(self) -> str:
        return f"CASE {', '.join(str(case) for case in self.cases)}, ELSE {self.default!r}"

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self}>"

    def get_source_expressions(self) -> list[Any]:
        return [*self.cases, self.default]

    def set_source_expressions(self, exprs: list[Any]) -> None:
        *self.cases, self.default = exprs

    def copy(self) -> Any:
        clone = super().copy()
        clone.cases = clone.cases[:]
        return clone

    def as_sql(
        self,
        compiler: Any,
        connection: Any,
        template: str | None = None,
        case_joiner: str | None = None,
        **extra_context: Any,
    ) -> tuple[str, Any]:
        connection.ops.check_expression_support(self)
        if not self.cases:
            return compiler.compile(self.default)  # type: ignore[no-any-return]
        case_parts: list[str] = []
        params: list[Any] = []
        default_sql, default_params = compiler.compile(self.default)
        for case in self.cases:
            try:
                case_sql, case_params = compiler.compile(case)
            except EmptyResultSet:
                # This branch can never be taken.
                continue
            except FullResultSet:
                # This branch is always taken, so nothing after it matters.
                default_sql, default_params = compiler.compile(case.result)
                break
            case_parts.append(case_sql)
            params.extend(case_params)
        if not case_parts:
            return default_sql, default_params
        joiner = case_joiner or self.case_joiner
        context = {**self.extra, **extra_context, "cases": joiner.join(case_parts), "default": default_sql}
        params.extend(default_params)
        sql = (template or context.get("template", self.template)) % context
        if self._output_field_or_none is not None:
            sql = connection.ops.unification_cast_sql(self.output_field) % sql
        return sql, tuple(params)

    def get_group_by_cols(self) -> list[Any]:
        if not self.cases:
            return self.default.get_group_by_cols()  # type: ignore[no-any-return]
        return super().get_group_by_cols()

    @cached_property
    def allowed_default(self) -> Any:
        return self.default.allowed_default and all(case.allowed_default for case in self.cases)
