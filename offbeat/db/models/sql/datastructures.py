"""Tables and joins of a query."""

from __future__ import annotations

from typing import Any

from offbeat.core.exceptions import FullResultSet
from offbeat.db.models.sql.constants import INNER, LOUTER


class MultiJoin(Exception):
    """A filter path crossed a multi-valued relation where that was not allowed."""

    def __init__(self, names_pos: int, path_with_names: Any) -> None:
        self.level = names_pos
        # Each name of the path with the steps it took.
        self.names_with_path = path_with_names


class Empty:
    """An object whose class is set afterwards, so that no constructor runs."""


class Join:
    """A table joined to one that the query already has."""

    def __init__(
        self,
        table_name: str,
        parent_alias: str,
        table_alias: str | None,
        join_type: str,
        join_field: Any,
        nullable: bool,
        filtered_relation: Any = None,
    ) -> None:
        self.table_name = table_name
        self.parent_alias = parent_alias
        # Set when the query gives the join an alias.
        self.table_alias = table_alias
        self.join_type: str | None = join_type
        self.join_fields = join_field.get_joining_fields()
        self.join_cols = tuple((lhs.column, rhs.column) for lhs, rhs in self.join_fields)
        # Tells two joins of the same columns through different relations apart.
        self.join_field = join_field
        self.nullable = nullable
        self.filtered_relation = filtered_relation

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """``JOIN table alias ON (…)``."""
        conditions: list[str] = []
        params: list[Any] = []
        qn = compiler.quote_name
        for lhs, rhs in self.join_fields:
            sides = connection.ops.prepare_join_on_clause(self.parent_alias, lhs, self.table_alias, rhs)
            lhs_sql, lhs_params = compiler.compile(sides[0])
            rhs_sql, rhs_params = compiler.compile(sides[1])
            conditions.append(f"{lhs_sql} = {rhs_sql}")
            params.extend((*lhs_params, *rhs_params))
        extra = self.join_field.get_extra_restriction(self.table_alias, self.parent_alias)
        for condition in (extra, self.filtered_relation):
            if not condition:
                continue
            try:
                sql, condition_params = compiler.compile(condition)
            except FullResultSet:
                continue
            conditions.append(sql if condition is not extra else f"({sql})")
            params.extend(condition_params)
        if not conditions:
            raise ValueError(
                f"Join generated an empty ON clause. {self.join_field} did not yield either joining columns or extra "
                "restrictions."
            )
        alias = "" if self.table_alias == self.table_name else f" {qn(self.table_alias)}"
        return f"{self.join_type} {qn(self.table_name)}{alias} ON ({' AND '.join(conditions)})", tuple(params)

    def _replaced(self, table_alias: Any, join_type: Any, parent_alias: Any, filtered_relation: Any) -> Any:
        return self.__class__(
            self.table_name,
            parent_alias,
            table_alias,
            join_type,
            self.join_field,
            self.nullable,
            filtered_relation,
        )

    def relabeled_clone(self, change_map: dict[Any, Any]) -> Any:
        filtered_relation = self.filtered_relation
        if filtered_relation is not None:
            filtered_relation = filtered_relation.relabeled_clone(change_map)
        return self._replaced(
            change_map.get(self.table_alias, self.table_alias),
            self.join_type,
            change_map.get(self.parent_alias, self.parent_alias),
            filtered_relation,
        )

    @property
    def identity(self) -> tuple[Any, ...]:
        return self.__class__, self.table_name, self.parent_alias, self.join_field, self.filtered_relation

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Join):
            return NotImplemented
        return self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity[:4])

    def demote(self) -> Any:
        return self._replaced(self.table_alias, INNER, self.parent_alias, self.filtered_relation)

    def promote(self) -> Any:
        return self._replaced(self.table_alias, LOUTER, self.parent_alias, self.filtered_relation)


class BaseTable:
    """The first table of FROM."""

    join_type: str | None = None
    parent_alias: str | None = None
    filtered_relation = None

    def __init__(self, table_name: str, alias: str | None) -> None:
        self.table_name = table_name
        self.table_alias = alias

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        qn = compiler.quote_name
        alias = "" if self.table_alias == self.table_name else f" {qn(self.table_alias)}"
        return qn(self.table_name) + alias, ()

    def relabeled_clone(self, change_map: dict[Any, Any]) -> BaseTable:
        return self.__class__(self.table_name, change_map.get(self.table_alias, self.table_alias))

    @property
    def identity(self) -> tuple[Any, ...]:
        return self.__class__, self.table_name, self.table_alias

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BaseTable):
            return NotImplemented
        return self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)
