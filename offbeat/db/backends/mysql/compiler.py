"""Compilers with what MySQL and MariaDB allow beyond the others."""

from __future__ import annotations

from typing import Any

from offbeat.db.models.aggregates import Min
from offbeat.db.models.expressions import Col
from offbeat.db.models.sql import compiler as base
from offbeat.db.models.sql.compiler import (
    SQLAggregateCompiler,
    SQLDeleteCompiler,
    SQLInsertCompiler,
)
from offbeat.db.models.sql.where import WhereNode

__all__ = [
    "SQLAggregateCompiler",
    "SQLCompiler",
    "SQLDeleteCompiler",
    "SQLInsertCompiler",
    "SQLUpdateCompiler",
]


class SQLCompiler(base.SQLCompiler):
    """Writes conditions of groups for servers whose HAVING knows only columns and names, not the expressions of GROUP BY."""

    def _having_sql(self) -> tuple[str, Any]:
        if self.having is not None:
            self.having = _of_groups(self.having)
        return super()._having_sql()


def _of_groups(condition: Any) -> Any:
    """The condition with MIN() around what is the same for each row of a group."""
    if isinstance(condition, WhereNode):
        children = [_of_groups(child) for child in condition.children]
        return condition.create(children, condition.connector, condition.negated)
    if condition.contains_aggregate or all(isinstance(col, Col) for col in condition.get_group_by_cols()):
        return condition
    return Min(condition)


class SQLUpdateCompiler(base.SQLUpdateCompiler):
    """Writes UPDATE … ORDER BY: the order decides whether unique values collide on the way."""

    def as_sql(self) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        sql, params = super().as_sql()
        if not sql or not self.query.order_by:
            return sql, params
        joined = self._joined()
        terms = [term for _, term in self.get_order_by()]
        if self._joined() != joined:
            # The order is by something that only a join reaches, which an UPDATE does not have.
            return sql, params
        order_by = ", ".join([term for term, _, _ in terms])
        order_params = [param for _, term_params, _ in terms for param in term_params]
        return f"{sql} ORDER BY {order_by}", (*params, *order_params)

    def _joined(self) -> int:
        return sum(1 for count in self.query.alias_refcount.values() if count)
