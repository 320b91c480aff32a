"""The tree of conditions behind WHERE, HAVING and QUALIFY."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from functools import reduce
from typing import Any

from offbeat.core.exceptions import EmptyResultSet, FullResultSet
from offbeat.db.models.expressions import Case, When
from offbeat.db.models.expressions.base import field_class
from offbeat.db.models.lookups import Exact
from offbeat.utils import tree
from offbeat.utils.functional import cached_property

AND = "AND"
OR = "OR"
XOR = "XOR"


class WhereNode(tree.Node):
    """Conditions joined by AND, OR or XOR; children are nodes or anything with ``as_sql()``."""

    default = AND
    resolved = False
    conditional = True

    def split_having_qualify(
        self, negated: bool = False, must_group_by: bool = False
    ) -> tuple[Any, Any, Any]:
        """This tree as three: what can filter rows, what filters groups, what filters window results."""
        if not self.contains_aggregate and not self.contains_over_clause:
            return self, None, None
        in_negated = negated ^ self.negated
        # Only conditions that must all hold can be moved apart.
        separable = self.connector == (OR if in_negated else AND)
        if not separable:
            if not self.contains_over_clause:
                return None, self, None
            if must_group_by and any(
                not leaf.contains_over_clause and not leaf.contains_aggregate for leaf in self.leaves()
            ):
                raise NotImplementedError(
                    "Heterogeneous disjunctive predicates against window functions are not implemented when performing "
                    "conditional aggregation."
                )
            return None, None, self
        parts: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
        for child in self.children:
            if hasattr(child, "split_having_qualify"):
                split = child.split_having_qualify(in_negated, must_group_by)
                for part, node in zip(parts, split, strict=True):
                    if node is not None:
                        part.append(node)
            elif child.contains_over_clause:
                parts[2].append(child)
            elif child.contains_aggregate:
                parts[1].append(child)
            else:
                parts[0].append(child)
        where, having, qualify = (
            self.create(part, self.connector, self.negated) if part else None for part in parts
        )
        return where, having, qualify

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """The SQL of all conditions.

        Raises EmptyResultSet when nothing can match, FullResultSet when everything does.
        """
        if self.connector == XOR:
            if connection.features.supports_logical_xor:
                return self._xor_sql(compiler)
            return self._computed_xor_sql(compiler, connection)
        parts: list[str] = []
        params: list[Any] = []
        # How many children may be full (or empty) before the whole is.
        full_needed, empty_needed = (
            (len(self.children), 1) if self.connector == AND else (1, len(self.children))
        )
        for child in self.children:
            try:
                sql, child_params = compiler.compile(child)
            except EmptyResultSet:
                empty_needed -= 1
            except FullResultSet:
                full_needed -= 1
            else:
                if sql:
                    parts.append(sql)
                    params.extend(child_params)
                else:
                    full_needed -= 1
            if empty_needed == 0:
                if self.negated:
                    raise FullResultSet
                raise EmptyResultSet
            if full_needed == 0:
                if self.negated:
                    raise EmptyResultSet
                raise FullResultSet
        if not parts:
            raise FullResultSet
        return self._joined(parts, self.negated), params

    def _joined(self, parts: list[str], negated: bool) -> str:
        sql_string = f" {self.connector} ".join(parts)
        if negated:
            # Some backends read NOT as binding tighter than a comparison.
            return f"NOT ({sql_string})"
        return f"({sql_string})" if len(parts) > 1 or self.resolved else sql_string

    def _xor_sql(self, compiler: Any) -> tuple[str, list[Any]]:
        parts: list[str] = []
        params: list[Any] = []
        negated = self.negated
        for child in self.children:
            try:
                sql, child_params = compiler.compile(child)
            except EmptyResultSet:
                continue
            except FullResultSet:
                sql = ""
            if sql:
                parts.append(sql)
                params.extend(child_params)
            else:
                # What is always true turns the others around.
                negated = not negated
        if not parts:
            raise FullResultSet if negated or not self.children else EmptyResultSet
        return self._joined(parts, negated), params

    def _computed_xor_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        # True when an odd number of children is: (a OR b OR c) AND MOD(a + b + c, 2) = 1
        from offbeat.db.models.functions import Mod

        at_least_one = self.__class__(self.children[:], OR)
        total: Any = reduce(operator.add, (Case(When(child, then=1), default=0) for child in self.children))
        if len(self.children) > 2:
            total = Mod(total, 2)
        exactly = Exact(total, 1)
        return self.__class__([at_least_one, exactly], AND, self.negated).as_sql(compiler, connection)

    def get_group_by_cols(self) -> list[Any]:
        cols = []
        for child in self.children:
            cols.extend(child.get_group_by_cols())
        return cols

    def get_source_expressions(self) -> list[Any]:
        return self.children[:]

    def set_source_expressions(self, children: list[Any]) -> None:
        assert len(children) == len(self.children)
        self.children = children

    def relabel_aliases(self, change_map: dict[Any, Any]) -> None:
        if not change_map:
            return
        for pos, child in enumerate(self.children):
            if hasattr(child, "relabel_aliases"):
                child.relabel_aliases(change_map)
            elif hasattr(child, "relabeled_clone"):
                self.children[pos] = child.relabeled_clone(change_map)

    def clone(self) -> Any:
        clone = self.create(connector=self.connector, negated=self.negated)
        clone.resolved = self.resolved
        clone.children = [child.clone() if hasattr(child, "clone") else child for child in self.children]
        return clone

    def copy(self) -> Any:
        return self.clone()

    def relabeled_clone(self, change_map: dict[Any, Any]) -> Any:
        clone = self.clone()
        clone.relabel_aliases(change_map)
        return clone

    def replace_expressions(self, replacements: dict[Any, Any]) -> Any:
        if not replacements:
            return self
        if self in replacements:
            return replacements[self]
        clone = self.create(connector=self.connector, negated=self.negated)
        clone.resolved = self.resolved
        clone.children = [child.replace_expressions(replacements) for child in self.children]
        return clone

    def get_refs(self) -> set[str]:
        refs: set[str] = set()
        for child in self.children:
            refs |= child.get_refs()
        return refs

    @property
    def contains_aggregate(self) -> bool:
        return any(child.contains_aggregate for child in self.children)

    @property
    def contains_over_clause(self) -> bool:
        return any(child.contains_over_clause for child in self.children)

    @property
    def is_summary(self) -> bool:
        return any(child.is_summary for child in self.children)

    def resolve_expression(self, query: Any = None, *args: Any, **kwargs: Any) -> Any:
        clone = self.clone()
        clone._resolve(query, args, kwargs)
        clone.resolved = True
        return clone

    def _resolve(self, query: Any, args: Any, kwargs: Any) -> None:
        for pos, child in enumerate(self.children):
            if isinstance(child, WhereNode):
                child._resolve(query, args, kwargs)
            elif hasattr(child, "resolve_expression"):
                self.children[pos] = child.resolve_expression(query, *args, **kwargs)

    @cached_property
    def output_field(self) -> Any:
        return field_class("BooleanField")()

    @property
    def _output_field_or_none(self) -> Any:
        return self.output_field

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, Any]:
        if not compiler.connection.features.supports_boolean_expr_in_select_clause:
            return f"CASE WHEN {sql} THEN 1 ELSE 0 END", params
        return sql, params

    def get_db_converters(self, connection: Any) -> list[Any]:
        return self.output_field.get_db_converters(connection)  # type: ignore[no-any-return]

    def get_lookup(self, lookup: str) -> Any:
        return self.output_field.get_lookup(lookup)

    def get_transform(self, name: str) -> Any:
        return self.output_field.get_transform(name)

    def leaves(self) -> Iterator[Any]:
        """Every condition that is not itself a node."""
        for child in self.children:
            if isinstance(child, WhereNode):
                yield from child.leaves()
            else:
                yield child

    def flatten(self) -> Iterator[Any]:
        yield self
        for child in self.children:
            yield from child.flatten() if hasattr(child, "flatten") else (child,)

    @cached_property
    def allowed_default(self) -> bool:
        return all(child.allowed_default for child in self.children)

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        for name in ("output_field", "allowed_default"):
            state.pop(name, None)
        return state


class NothingNode:
    """A condition that nothing fulfils."""

    contains_aggregate = False
    contains_over_clause = False
    is_summary = False

    def as_sql(self, compiler: Any = None, connection: Any = None) -> tuple[str, tuple[Any, ...]]:
        raise EmptyResultSet

    def get_group_by_cols(self) -> list[Any]:
        return []

    def get_refs(self) -> set[str]:
        return set()

    def replace_expressions(self, replacements: dict[Any, Any]) -> Any:
        return self


class ExtraWhere:
    """Literal conditions given to ``extra()``."""

    contains_aggregate = False
    contains_over_clause = False
    is_summary = False

    def __init__(self, sqls: Any, params: Any) -> None:
        self.sqls = sqls
        self.params = params

    def as_sql(self, compiler: Any = None, connection: Any = None) -> tuple[str, tuple[Any, ...]]:
        return " AND ".join(f"({sql})" for sql in self.sqls), tuple(self.params or ())

    def get_group_by_cols(self) -> list[Any]:
        return []

    def get_refs(self) -> set[str]:
        return set()

    def replace_expressions(self, replacements: dict[Any, Any]) -> Any:
        return self
