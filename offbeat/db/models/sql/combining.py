"""Two queries of one model made one by ``&``, ``|`` or ``^``."""

from __future__ import annotations

from typing import Any

from offbeat.db.models.sql.joins import JoinPromoter
from offbeat.db.models.sql.where import AND, OR, XOR


def combine(query: Any, rhs: Any, connector: str) -> None:
    """Merge the conditions of ``rhs`` into ``query``.

    Raises TypeError when the two cannot be merged.
    """
    if query.model != rhs.model:
        raise TypeError("Cannot combine queries on two different base models.")
    if query.is_sliced or rhs.is_sliced:
        raise TypeError("Cannot combine queries once a slice has been taken.")
    if query.distinct != rhs.distinct:
        raise TypeError("Cannot combine a unique query with a non-unique query.")
    if query.distinct_fields != rhs.distinct_fields:
        raise TypeError("Cannot combine queries with different distinct fields.")

    # The two must not share aliases that mean different joins.
    initial_alias = query.get_initial_alias()
    rhs = rhs.clone()
    rhs.bump_prefix(query, exclude={initial_alias})

    conjunction = connector == AND
    change_map: dict[str, str] = {}
    # Under AND, a multi-valued relation of rhs is one of its own; under OR (one row at a time) it can be shared.
    reuse = set() if conjunction else set(query.alias_map)
    joinpromoter = JoinPromoter(connector, 2, False)
    joinpromoter.add_votes(
        alias for alias in query.alias_map if query.alias_map[alias].join_type == "INNER JOIN"
    )
    rhs_votes: set[str] = set()
    rhs_tables = list(rhs.alias_map)[1:]
    for alias in rhs_tables:
        join = rhs.alias_map[alias].relabeled_clone(change_map)
        new_alias = query.join(join, reuse=reuse)
        if join.join_type == "INNER JOIN":
            rhs_votes.add(new_alias)
        # Each join of rhs takes a join of its own.
        reuse.discard(new_alias)
        if alias != new_alias:
            change_map[alias] = new_alias
        if not rhs.alias_refcount[alias]:
            query.unref_alias(new_alias)
    joinpromoter.add_votes(rhs_votes)
    joinpromoter.update_join_types(query)

    # rhs may have been started by its base table alone.
    w = rhs.where.clone()
    w.relabel_aliases(change_map)
    combined = query.where_class(connector=connector)
    if connector == OR and (not query.where or not w):
        # Everything, or something: everything.
        query.where = query.where_class()
    elif connector == XOR and not (query.where and w):
        _xor_with_everything(query, w)
    else:
        combined.add(query.where, connector)
        combined.add(w, connector)
        query.where = combined

    if rhs.select:
        query.set_select([col.relabeled_clone(change_map) for col in rhs.select])
    else:
        query.select = ()
    if connector in (OR, XOR):
        # Extra columns may clash, and the WHERE of extra() cannot be merged.
        if query.extra and rhs.extra:
            raise ValueError(
                f"When merging querysets using '{connector.lower()}', you cannot have extra(select=...) on both sides."
            )
    query.extra.update(rhs.extra)
    query._extra_select_cache = None
    extra_select_mask: set[str] = set()
    if query.extra_select_mask is not None:
        extra_select_mask.update(query.extra_select_mask)
    if rhs.extra_select_mask is not None:
        extra_select_mask.update(rhs.extra_select_mask)
    if extra_select_mask:
        query.set_extra_mask(extra_select_mask)
    query.extra_tables += rhs.extra_tables
    query.order_by = rhs.order_by or query.order_by
    query.extra_order_by = rhs.extra_order_by or query.extra_order_by
    query.param_preparers.update(rhs.param_preparers)


def _xor_with_everything(query: Any, rhs_where: Any) -> None:
    """XOR where one side has no condition, so is true of every row: the opposite of the other side."""
    if query.where:
        other = query.where
    elif rhs_where:
        other = rhs_where
    else:
        query.set_empty()
        return
    query.where = query.where_class([other], connector=AND, negated=True)
