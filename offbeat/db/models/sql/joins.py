"""Tables, aliases and joins of a query: making, reusing, promoting and renaming them."""

from __future__ import annotations

import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import count, product
from string import ascii_uppercase
from typing import Any

from offbeat.core.exceptions import FieldError
from offbeat.db.models.expressions import Col
from offbeat.db.models.sql.constants import INNER, LOUTER
from offbeat.db.models.sql.datastructures import BaseTable, Join
from offbeat.db.models.sql.where import AND, OR
from offbeat.utils.deprecation import RemovedInDjango2028Warning

# Anything that could end an identifier or start a comment, on any database.
FORBIDDEN_ALIAS_PATTERN = re.compile(r"['`\"\]\[;\s\x00-\x1f\x7f-\x9f#]|--|/\*|\*/")


def check_alias(query: Any, alias: Any) -> None:
    """Raise ValueError for a column alias that could change the SQL it is written into."""
    if not isinstance(alias, str):
        raise TypeError(f"Column aliases must be strings, not {type(alias).__name__}.")
    if FORBIDDEN_ALIAS_PATTERN.search(alias):
        raise ValueError(
            "Column aliases cannot contain whitespace characters, hashes, control characters, "
            "quotation marks, semicolons, or SQL comments."
        )
    if "%" in alias:
        warnings.warn(
            "Using percent signs in a column alias is deprecated.", RemovedInDjango2028Warning, stacklevel=5
        )


def gen_cols(
    exprs: Iterable[Any], include_external: bool = False, resolve_refs: bool = True
) -> Iterator[Col]:
    """Every column that the expressions use."""
    for expr in exprs:
        if isinstance(expr, Col):
            yield expr
        elif include_external and callable(getattr(expr, "get_external_cols", None)):
            yield from expr.get_external_cols()
        elif hasattr(expr, "get_source_expressions"):
            if not resolve_refs and hasattr(expr, "refs"):
                continue
            yield from gen_cols(
                [source for source in expr.get_source_expressions() if source is not None],
                include_external=include_external,
                resolve_refs=resolve_refs,
            )


def col_aliases(exprs: Iterable[Any]) -> Iterator[Any]:
    """The table alias of every column that the expressions use."""
    return (col.alias for col in gen_cols(exprs))


def table_alias(
    query: Any, table_name: str, create: bool = False, filtered_relation: Any = None
) -> tuple[str, bool]:
    """An alias for the table and whether it is new; an existing one is used unless ``create``."""
    aliases = query.table_map.get(table_name)
    if not create and aliases:
        alias = aliases[0]
        query.alias_refcount[alias] += 1
        return alias, False
    if aliases:
        alias = f"{query.alias_prefix}{len(query.alias_map) + 1}"
        aliases.append(alias)
    else:
        # The first use of a table goes by the table's own name, which must not be taken by an outer query's alias.
        alias = filtered_relation.alias if filtered_relation is not None else table_name
        query.table_map[table_name] = [alias]
    query.alias_refcount[alias] = 1
    return alias, True


def ref_alias(query: Any, alias: str) -> None:
    """Count one more use of the alias."""
    query.alias_refcount[alias] += 1


def unref_alias(query: Any, alias: str, amount: int = 1) -> None:
    """Count fewer uses of the alias; an unused one is left out of FROM."""
    query.alias_refcount[alias] -= amount


def reset_refcounts(query: Any, to_counts: dict[str, int]) -> None:
    """Take back the uses counted since ``to_counts`` was copied."""
    for alias, current in query.alias_refcount.copy().items():
        query.unref_alias(alias, current - to_counts.get(alias, 0))


def promote_joins(query: Any, aliases: Iterable[Any]) -> None:
    """Turn joins into outer joins where the joined row may be missing, and those that hang on them."""
    pending = list(aliases)
    while pending:
        alias = pending.pop(0)
        join = query.alias_map[alias]
        if join.join_type is None:
            # The base table is not a join.
            continue
        parent_outer = query.alias_map[join.parent_alias].join_type == LOUTER
        if (join.nullable or parent_outer) and join.join_type != LOUTER:
            query.alias_map[alias] = join.promote()
            # An inner join on a row that may be missing would undo the outer join.
            pending.extend(
                other
                for other, other_join in query.alias_map.items()
                if other_join.parent_alias == alias and other not in pending
            )


def demote_joins(query: Any, aliases: Iterable[Any]) -> None:
    """Turn joins into inner joins, and the ones they hang on."""
    pending = list(aliases)
    while pending:
        alias = pending.pop(0)
        join = query.alias_map[alias]
        if join.join_type == LOUTER:
            query.alias_map[alias] = join.demote()
            parent = join.parent_alias
            if query.alias_map[parent].join_type == LOUTER:
                pending.append(parent)


def join(query: Any, new_join: Any, reuse: Any = None) -> str:
    """The alias of the join, which is an equal existing one if it may be reused (``reuse`` None: any may)."""
    reusable = [
        alias
        for alias, existing in query.alias_map.items()
        if (reuse is None or alias in reuse) and existing == new_join
    ]
    if reusable:
        alias = new_join.table_alias if new_join.table_alias in reusable else reusable[-1]
        query.ref_alias(alias)
        return alias  # type: ignore[no-any-return]
    alias, _ = query.table_alias(
        new_join.table_name, create=True, filtered_relation=new_join.filtered_relation
    )
    if new_join.join_type:
        outer = query.alias_map[new_join.parent_alias].join_type == LOUTER or new_join.nullable
        new_join.join_type = LOUTER if outer else INNER
    new_join.table_alias = alias
    query.alias_map[alias] = new_join
    if new_join.filtered_relation is not None:
        _resolve_condition(query, new_join, reuse)
    return alias  # type: ignore[no-any-return]


def _resolve_condition(query: Any, new_join: Any, reuse: Any) -> None:
    """Resolve the condition of a filtered relation; the tables it needs are put before the join."""
    alias = new_join.table_alias
    before = set(query.alias_map)
    if reuse is not None:
        # The joins that lead here are shared.
        reuse = {*reuse}
        ancestor = alias
        while ancestor is not None:
            reuse.add(ancestor)
            ancestor = query.alias_map[ancestor].parent_alias
    new_join.filtered_relation = new_join.filtered_relation.resolve_expression(query, reuse)
    if len(query.alias_map) > len(before):
        query.alias_map[alias] = query.alias_map.pop(alias)
        query.alias_map = {name: query.alias_map[name] for name in _order_by_parent(query.alias_map)}


def join_parent_model(query: Any, opts: Any, model: Any, alias: str, seen: dict[Any, Any]) -> Any:
    """The alias of the table of ``model``, a parent of ``opts``, joined step by step."""
    if model in seen:
        return seen[model]
    chain = opts.get_base_chain(model)
    if not chain:
        return alias
    current = opts
    for int_model in chain:
        if int_model in seen:
            current = int_model._meta
            alias = seen[int_model]
            continue
        # A proxy has no table of its own.
        if not current.parents.get(int_model):
            current = int_model._meta
            continue
        link_field = current.get_ancestor_link(int_model)
        join_info = query.setup_joins([link_field.name], current, alias)
        current = int_model._meta
        alias = seen[int_model] = join_info.joins[-1]
    return alias or seen[None]


def get_initial_alias(query: Any) -> Any:
    """The alias of the query's first table, made at first use."""
    if query.alias_map:
        alias = query.base_table
        query.ref_alias(alias)
    elif query.model:
        alias = query.join(BaseTable(query.get_meta().db_table, None))
    else:
        alias = None
    return alias


def change_aliases(query: Any, change_map: dict[str, str]) -> None:
    """Rename aliases everywhere in the query."""
    query.where.relabel_aliases(change_map)
    if isinstance(query.group_by, tuple):
        query.group_by = tuple(col.relabeled_clone(change_map) for col in query.group_by)
    query.select = tuple(col.relabeled_clone(change_map) for col in query.select)
    query.annotations = query.annotations and {
        key: annotation.relabeled_clone(change_map) for key, annotation in query.annotations.items()
    }
    query.combined_queries = tuple(part.relabeled_clone(change_map) for part in query.combined_queries)
    query.order_by = tuple(
        item.relabeled_clone(change_map) if hasattr(item, "relabeled_clone") else item
        for item in query.order_by
    )
    # In two rounds, since one alias's new name may be another's old one.
    moved = {}
    for old_alias, new_alias in change_map.items():
        if old_alias not in query.alias_map:
            continue
        moved[new_alias] = (
            query.alias_map.pop(old_alias).relabeled_clone(change_map),
            query.alias_refcount.pop(old_alias),
        )
        table_aliases = query.table_map[moved[new_alias][0].table_name]
        for pos, alias in enumerate(table_aliases):
            if alias == old_alias:
                table_aliases[pos] = new_alias
                break
    rest = {alias: existing.relabeled_clone(change_map) for alias, existing in query.alias_map.items()}
    query.alias_map = {**rest, **{alias: moved_join for alias, (moved_join, _) in moved.items()}}
    query.alias_map = {alias: query.alias_map[alias] for alias in _order_by_parent(query.alias_map)}
    query.alias_refcount.update({alias: refcount for alias, (_, refcount) in moved.items()})
    query.external_aliases = {
        change_map.get(alias, alias): (aliased or alias in change_map)
        for alias, aliased in query.external_aliases.items()
    }
    query.__dict__.pop("base_table", None)


def _order_by_parent(alias_map: dict[str, Any]) -> list[str]:
    """The aliases with every join after the table it hangs on."""
    ordered: list[str] = []
    waiting = list(alias_map)
    while waiting:
        ready = [a for a in waiting if alias_map[a].parent_alias not in waiting]
        if not ready:
            return ordered + waiting
        ordered += ready
        waiting = [a for a in waiting if a not in ready]
    return ordered


def _prefixes(after: str) -> Iterator[str]:
    """Alias prefixes following ``after``: U, V, … Z, AA, AB, …"""
    alphabet = ascii_uppercase
    prefix_length = count(len(after))
    for length in prefix_length:
        started = length > len(after)
        for letters in product(alphabet, repeat=length):
            candidate = "".join(letters)
            if started:
                yield candidate
            elif candidate == after:
                started = True


def bump_prefix(query: Any, other_query: Any, exclude: Any = None) -> None:
    """Give the query aliases that cannot meet those of ``other_query``, its surroundings."""
    if query.alias_prefix != other_query.alias_prefix:
        # No clash, and subqueries of subqueries have been seen to.
        return
    limit = sys.getrecursionlimit() // 16
    for number, prefix in enumerate(_prefixes(query.alias_prefix)):
        # Resolving and compiling descend once for each level.
        if number > limit:
            raise RecursionError("Maximum recursion depth exceeded: too many subqueries.")
        if prefix not in query.subq_aliases:
            query.alias_prefix = prefix
            break
    query.subq_aliases = query.subq_aliases.union([query.alias_prefix])
    other_query.subq_aliases = other_query.subq_aliases.union(query.subq_aliases)
    query.change_aliases(
        {
            alias: f"{query.alias_prefix}{pos}"
            for pos, alias in enumerate(query.alias_map)
            if alias not in (exclude or ())
        }
    )


def resolve_lookup_joins(query: Any, annotation: Any) -> Iterator[Any]:
    """The joins under the columns of an annotation."""
    for alias in col_aliases([annotation]):
        yield query.alias_map.get(alias)


def forbid_joined(query: Any, annotation: Any) -> None:
    """Raise FieldError when the annotation uses a joined table."""
    if any(isinstance(found, Join) for found in resolve_lookup_joins(query, annotation)):
        raise FieldError("Joined field references are not permitted in this query")


class JoinPromoter:
    """Decides which joins of a filter must be outer joins.

    Each child of an AND or OR votes for the joins it needs to be inner. Under OR a join that not every child needs
    must be outer, or rows that only another child matches would be lost; under AND one vote is enough for inner.
    """

    def __init__(self, connector: str, num_children: int, negated: bool) -> None:
        self.connector = connector
        self.negated = negated
        if negated and connector in (AND, OR):
            self.effective_connector = OR if connector == AND else AND
        else:
            self.effective_connector = connector
        self.num_children = num_children
        self.votes: Counter[str] = Counter()

    def __repr__(self) -> str:
        return (
            f"{self.__class__.__qualname__}(connector={self.connector!r}, num_children={self.num_children!r}, "
            f"negated={self.negated!r})"
        )

    def add_votes(self, votes: Iterable[str]) -> None:
        self.votes.update(votes)

    def update_join_types(self, query: Any) -> set[str]:
        """Change the query's joins; returns the aliases that are certainly inner."""
        to_promote: set[str] = set()
        to_demote: set[str] = set()
        every = self.num_children
        for alias, votes in self.votes.items():
            if self.effective_connector == OR and votes < every:
                to_promote.add(alias)
            elif self.effective_connector == AND or (self.effective_connector == OR and votes == every):
                to_demote.add(alias)
            elif self.effective_connector not in (AND, OR):
                # XOR: rows matching one side only count, so no side may drop rows.
                if votes < every:
                    to_promote.add(alias)
        query.promote_joins(to_promote)
        query.demote_joins(to_demote)
        return to_demote
