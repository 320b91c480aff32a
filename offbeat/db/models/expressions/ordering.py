"""ORDER BY terms."""

from __future__ import annotations

from typing import Any

from offbeat.db.models.expressions.base import Expression
from offbeat.utils.deconstruct import deconstructible


@deconstructible(path="offbeat.db.models.OrderBy")
class OrderBy(Expression):
    """An expression with a direction and a place for NULLs."""

    template = "%(expression)s %(ordering)s"
    conditional = False
    constraint_validation_compatible = False
    allows_composite_expressions = True

    def __init__(
        self,
        expression: Any,
        descending: bool = False,
        nulls_first: bool | None = None,
        nulls_last: bool | None = None,
    ) -> None:
        if nulls_first and nulls_last:
            raise ValueError("nulls_first and nulls_last are mutually exclusive")
        if nulls_first is False or nulls_last is False:
            raise ValueError("nulls_first and nulls_last values must be True or None.")
        self.nulls_first = nulls_first
        self.nulls_last = nulls_last
        self.descending = descending
        if not hasattr(expression, "resolve_expression"):
            raise ValueError("expression must be an expression type")
        super().__init__()
        self.expression = expression

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.expression}, descending={self.descending})"

    def set_source_expressions(self, exprs: list[Any]) -> None:
        self.expression = exprs[0]

    def get_source_expressions(self) -> list[Any]:
        return [self.expression]

    def as_sql(
        self, compiler: Any, connection: Any, template: str | None = None, **extra_context: Any
    ) -> tuple[str, Any]:
        if getattr(self.expression, "is_composite", False):
            return self._composite_sql(compiler)
        template = template or self.template
        if connection.features.supports_order_by_nulls_modifier:
            if self.nulls_last:
                template = f"{template} NULLS LAST"
            elif self.nulls_first:
                template = f"{template} NULLS FIRST"
        elif self.nulls_last and not (self.descending and connection.features.order_by_nulls_first is False):
            template = f"%(expression)s IS NULL, {template}"
        elif self.nulls_first and not (not self.descending and connection.features.order_by_nulls_first):
            template = f"%(expression)s IS NOT NULL, {template}"
        connection.ops.check_expression_support(self)
        expression_sql, params = compiler.compile(self.expression)
        context = {
            "expression": expression_sql,
            "ordering": "DESC" if self.descending else "ASC",
            **extra_context,
        }
        # The expression appears once more for each IS NULL test.
        repeat = template.count("%(expression)s")
        return (template % context).rstrip(), tuple(params) * repeat

    def _composite_sql(self, compiler: Any) -> tuple[str, Any]:
        parts, params = [], []
        for col in self.expression.get_cols():
            clone = self.copy()
            clone.expression = col
            sql, col_params = compiler.compile(clone)
            parts.append(sql)
            params.extend(col_params)
        return ", ".join(parts), tuple(params)

    def get_group_by_cols(self) -> list[Any]:
        cols = []
        for source in self.get_source_expressions():
            cols.extend(source.get_group_by_cols())
        return cols

    def reverse_ordering(self) -> Any:
        self.descending = not self.descending
        if self.nulls_first:
            self.nulls_last, self.nulls_first = True, None
        elif self.nulls_last:
            self.nulls_first, self.nulls_last = True, None
        return self

    def asc(self) -> None:  # type: ignore[override]
        self.descending = False

    def desc(self) -> None:  # type: ignore[override]
        self.descending = True
