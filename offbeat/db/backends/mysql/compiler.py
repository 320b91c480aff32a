"""Compilers with what MySQL and MariaDB allow beyond the others."""

from __future__ import annotations

from typing import Any

from offbeat.db.models.sql import compiler as base
from offbeat.db.models.sql.compiler import (
    SQLAggregateCompiler,
    SQLCompiler,
    SQLDeleteCompiler,
    SQLInsertCompiler,
)

__all__ = [
    "SQLAggregateCompiler",
    "SQLCompiler",
    "SQLDeleteCompiler",
    "SQLInsertCompiler",
    "SQLUpdateCompiler",
]


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
