"""QuerySet._insert(): INSERT statements, compiled once for each set of fields."""

from __future__ import annotations

from typing import Any

from offbeat.db import connections
from offbeat.db.models.sql.params import Unbindable
from offbeat.db.models.write_plans import InsertPlan, insert_plan

__all__ = ["insert"]


def insert(
    queryset: Any,
    objs: Any,
    fields: Any,
    returning_fields: Any,
    raw: bool,
    using: str,
    on_conflict: Any,
    update_fields: Any,
    unique_fields: Any,
) -> Any:
    """Insert `objs`; returns a list with a row of `returning_fields` for each, as far as the database can."""
    if on_conflict is None:
        connection = connections[using]
        plan = insert_plan(queryset.model, connection, fields, returning_fields, raw)
        if plan is not None and (len(objs) == 1 or connection.features.has_bulk_insert):
            try:
                rows = [plan.bind(obj) for obj in objs]
            except Unbindable:
                rows = []
            if rows and (
                len(rows) == 1 or not plan.returns or connection.features.can_return_rows_from_bulk_insert
            ):
                return _run(plan, connection, rows)
    from offbeat.db.models.sql import InsertQuery

    query = InsertQuery(
        queryset.model, on_conflict=on_conflict, update_fields=update_fields, unique_fields=unique_fields
    )
    query.insert_values(fields, objs, raw=raw)
    return query.get_compiler(using=using).execute_sql(returning_fields)


def _run(plan: InsertPlan, connection: Any, rows: list[Any]) -> list[Any]:
    result = connection.run(*plan.statement(rows))
    if plan.tells_key:
        return [(result.lastrowid,)]
    return (result.rows or []) if plan.returns else []
