"""Conditions: from Q objects and keyword filters to WHERE nodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from offbeat.core.exceptions import FieldError
from offbeat.db import DEFAULT_DB_ALIAS, NotSupportedError, connections
from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.db.models.expressions import Col, ColPairs, Exists, F, OuterRef, ResolvedOuterRef
from offbeat.db.models.lookups import Lookup
from offbeat.db.models.query_utils import Q, check_rel_lookup_compatibility
from offbeat.db.models.sql.constants import INNER, LOUTER
from offbeat.db.models.sql.datastructures import BaseTable, MultiJoin
from offbeat.db.models.sql.joins import JoinPromoter
from offbeat.db.models.sql.params import Param, Unbindable
from offbeat.db.models.sql.paths import get_col
from offbeat.db.models.sql.where import AND, OR

NO_JOINS: tuple[str, ...] = ()


def add_filter(query: Any, filter_lhs: str, filter_rhs: Any) -> None:
    """AND one condition to the query."""
    query.add_q(Q((filter_lhs, filter_rhs)))


def add_q(query: Any, q_object: Q, reuse_all: bool = False) -> None:
    """AND the conditions to the query, joining what they need."""
    # Joins that were inner stay inner: a new condition can only narrow the rows.
    existing_inner = {alias for alias, join in query.alias_map.items() if join.join_type == INNER}
    can_reuse = set(query.alias_map) if reuse_all else query.used_aliases
    clause, _ = query._add_q(q_object, can_reuse)
    if clause:
        query.where.add(clause, AND)
    query.demote_joins(existing_inner)


def add_q_tree(
    query: Any,
    q_object: Any,
    used_aliases: Any,
    branch_negated: bool = False,
    current_negated: bool = False,
    allow_joins: bool = True,
    split_subq: bool = True,
    check_filterable: bool = True,
    summarize: bool = False,
    update_join_types: bool = True,
) -> tuple[Any, Any]:
    """The WHERE node of a Q, and the aliases that it needs inner."""
    connector = q_object.connector
    current_negated ^= q_object.negated
    branch_negated = branch_negated or q_object.negated
    target_clause = query.where_class(connector=connector, negated=q_object.negated)
    joinpromoter = JoinPromoter(connector, len(q_object.children), current_negated)
    for child in q_object.children:
        child_clause, needed_inner = query.build_filter(
            child,
            can_reuse=used_aliases,
            branch_negated=branch_negated,
            current_negated=current_negated,
            allow_joins=allow_joins,
            split_subq=split_subq,
            check_filterable=check_filterable,
            summarize=summarize,
            update_join_types=update_join_types,
        )
        joinpromoter.add_votes(needed_inner)
        if child_clause:
            target_clause.add(child_clause, connector)
    if not update_join_types:
        return target_clause, set()
    return target_clause, joinpromoter.update_join_types(query)


def build_filter(
    query: Any,
    filter_expr: Any,
    branch_negated: bool = False,
    current_negated: bool = False,
    can_reuse: Any = None,
    allow_joins: bool = True,
    split_subq: bool = True,
    check_filterable: bool = True,
    summarize: bool = False,
    update_join_types: bool = True,
) -> tuple[Any, Any]:
    """The WHERE node of one condition, and the aliases that it needs inner.

    ``current_negated``: an odd number of NOTs stand around it; ``branch_negated``: at least one does.
    """
    if isinstance(filter_expr, dict):
        raise FieldError("Cannot parse keyword query as dict")
    if isinstance(filter_expr, Q):
        return query._add_q(  # type: ignore[no-any-return]
            filter_expr,
            branch_negated=branch_negated,
            current_negated=current_negated,
            used_aliases=can_reuse,
            allow_joins=allow_joins,
            split_subq=split_subq,
            check_filterable=check_filterable,
            summarize=summarize,
            update_join_types=update_join_types,
        )
    if hasattr(filter_expr, "resolve_expression"):
        return _expression_filter(query, filter_expr, can_reuse, allow_joins, check_filterable, summarize)
    arg, value = filter_expr
    if not arg:
        raise FieldError(f"Cannot parse keyword query {arg!r}")
    lookups, parts, reffed_expression = query.solve_lookup_type(arg, summarize)
    if check_filterable:
        check_is_filterable(reffed_expression)
    if not allow_joins and len(parts) > 1:
        raise FieldError("Joined field references are not permitted in this query")

    refs_before = query.alias_refcount.copy()
    value = query.resolve_lookup_value(value, can_reuse, allow_joins, summarize)
    used_joins = {alias for alias, refs in query.alias_refcount.items() if refs > refs_before.get(alias, 0)}
    if check_filterable:
        check_is_filterable(value)
    if reffed_expression:
        condition = query.build_lookup(list(lookups), reffed_expression, value)
        return query.where_class([condition], connector=AND), []

    opts = query.get_meta()
    alias = query.get_initial_alias()
    allow_many = not branch_negated or not split_subq
    try:
        join_info = query.setup_joins(parts, opts, alias, can_reuse=can_reuse, allow_many=allow_many)
        if isinstance(value, Iterator):
            value = list(value)
        query.check_related_objects(join_info.final_field, value, join_info.opts)
    except MultiJoin as e:
        return query.split_exclude(filter_expr, can_reuse, e.names_with_path)  # type: ignore[no-any-return]

    # Trimmed joins are not used, but they were set up, so later filters of the same call share them.
    used_joins.update(join_info.joins)
    targets, alias, join_list = query.trim_joins(join_info.targets, join_info.joins, join_info.path)
    if can_reuse is not None:
        can_reuse.update(join_list)

    if join_info.final_field.is_relation:
        if len(targets) == 1:
            col = get_col(targets[0], join_info.final_field, alias, not query.alias_cols)
        else:
            col = ColPairs(alias, targets, join_info.targets, join_info.final_field)
    else:
        col = get_col(targets[0], join_info.targets[0], alias, not query.alias_cols)

    condition = query.build_lookup(list(lookups), col, value)
    clause = query.where_class([condition], connector=AND)
    needs_outer = _admit_nulls(
        query, clause, condition, current_negated, targets, join_info.targets, alias, join_list, value
    )
    return clause, NO_JOINS if needs_outer else used_joins


def _expression_filter(
    query: Any, expression: Any, can_reuse: Any, allow_joins: bool, check_filterable: bool, summarize: bool
) -> tuple[Any, Any]:
    if not getattr(expression, "conditional", False):
        raise TypeError("Cannot filter against a non-conditional expression.")
    condition = expression.resolve_expression(
        query, allow_joins=allow_joins, reuse=can_reuse, summarize=summarize
    )
    if not isinstance(condition, Lookup):
        condition = query.build_lookup(["exact"], condition, True)
    if check_filterable:
        check_is_filterable(expression)
    return query.where_class([condition], connector=AND), []


def _admit_nulls(
    query: Any,
    clause: Any,
    condition: Any,
    current_negated: bool,
    targets: Any,
    original_targets: Any,
    alias: str,
    join_list: list[str],
    value: Any,
) -> bool:
    """Whether the condition needs outer joins; a negated one also gets its NULL checks.

    NOT (x = 1) is unknown where x is NULL, but exclude(x=1) must keep those rows: it becomes
    NOT (x = 1 AND x IS NOT NULL).
    """
    lookup_type = condition.lookup_name
    if lookup_type == "isnull" and condition.rhs is True and not current_negated:
        return True
    if not current_negated or (lookup_type == "isnull" and condition.rhs is True) or condition.rhs is None:
        return False
    if lookup_type == "isnull":
        return True
    if lookup_type == "in" and isinstance(value, (list, tuple, set, frozenset)) and None in value:
        # To exclude None is to exclude NULL, which IN never matches.
        is_null = targets[0].get_lookup("isnull")
        col = get_col(targets[0], original_targets[0], alias, not query.alias_cols)
        clause.children = [query.where_class([condition, is_null(col, True)], connector=OR)]
        return True
    if query.is_nullable(targets[0]) or query.alias_map[join_list[-1]].join_type == LOUTER:
        is_null = targets[0].get_lookup("isnull")
        col = get_col(targets[0], original_targets[0], alias, not query.alias_cols)
        clause.add(is_null(col, False), AND)
    # The other side may be NULL as well.
    if isinstance(value, Col) and query.is_nullable(value.target):
        is_null = value.target.get_lookup("isnull")
        clause.add(is_null(value, False), AND)
    return True


def build_lookup(query: Any, lookups: Sequence[str], lhs: Any, rhs: Any) -> Any:
    """The condition ``lhs lookup rhs``, with the transforms before the lookup applied."""
    *transforms, lookup_name = lookups or ["exact"]
    for position, name in enumerate(transforms):
        lhs = query.try_transform(lhs, name, lookups[position:])
    lookup_class = lhs.get_lookup(lookup_name)
    if not lookup_class:
        # The last name may be a transform, compared exactly.
        lhs = query.try_transform(lhs, lookup_name)
        lookup_name = "exact"
        lookup_class = lhs.get_lookup(lookup_name)
        if not lookup_class:
            raise FieldError(f"Unsupported lookup '{lookup_name}' for {type(lhs.output_field).__name__}.")
    lookup = lookup_class(lhs, rhs)
    if type(rhs) is Param and rhs.sample is None and not lookup.can_use_none_as_rhs:
        raise Unbindable("A comparison with None is written as IS NULL.")
    # A comparison with None is a test for NULL, unless the lookup knows what to do with it.
    if lookup.rhs is None and not lookup.can_use_none_as_rhs:
        if lookup_name not in ("exact", "iexact"):
            raise ValueError("Cannot use None as a query value")
        return lhs.get_lookup("isnull")(lhs, True)
    _note_params(query, lookup, rhs)
    # Some databases store '' as NULL.
    if (
        lookup_name == "exact"
        and lookup.rhs == ""
        and connections[DEFAULT_DB_ALIAS].features.interprets_empty_strings_as_nulls
    ):
        return lhs.get_lookup("isnull")(lhs, True)
    return lookup


def _note_params(query: Any, lookup: Any, rhs: Any) -> None:
    """Record how placeholder values are to be checked when they are given."""
    values = rhs if isinstance(rhs, (list, tuple)) else (rhs,)
    for value in values:
        if type(value) is Param:
            if not hasattr(lookup, "param_preparer"):
                raise Unbindable(f"{type(lookup).__name__} cannot take placeholders.")
            prepare = lookup.param_preparer()
            if prepare is not None:
                query.param_preparers[value.index] = _unless_none(prepare)


def _unless_none(prepare: Any) -> Any:
    """The preparer, made to refuse values that become None; those of built-in fields give none."""
    owner = getattr(prepare, "__self__", None)
    if type(owner if owner is not None else prepare).__module__.startswith("offbeat.") or owner is None:
        return prepare

    def checked(value: Any) -> Any:
        value = prepare(value)
        if value is None:
            raise Unbindable("A comparison with None is written as IS NULL.")
        return value

    return checked


def resolve_lookup_value(
    query: Any, value: Any, can_reuse: Any, allow_joins: bool, summarize: bool = False
) -> Any:
    """The right-hand side with expressions inside it resolved."""
    if hasattr(value, "resolve_expression"):
        return value.resolve_expression(query, reuse=can_reuse, allow_joins=allow_joins, summarize=summarize)
    if isinstance(value, (list, tuple)):
        values = [query.resolve_lookup_value(item, can_reuse, allow_joins, summarize) for item in value]
        # A named tuple is built from arguments, other sequences from one iterable.
        return type(value)(*values) if hasattr(type(value), "_make") else type(value)(values)
    return value


def check_is_filterable(expression: Any) -> None:
    """Raise NotSupportedError for an expression that may not be used in WHERE."""
    if hasattr(expression, "resolve_expression") and not getattr(expression, "filterable", True):
        raise NotSupportedError(f"{expression.__class__.__name__} is disallowed in the filter clause.")
    if hasattr(expression, "get_source_expressions"):
        for source in expression.get_source_expressions():
            check_is_filterable(source)


def check_query_object_type(query: Any, value: Any, opts: Any, field: Any) -> None:
    """Raise ValueError when a model instance is compared with a relation to another model."""
    if hasattr(value, "_meta") and not check_rel_lookup_compatibility(value._meta.model, opts, field):
        raise ValueError(f'Cannot query "{value}": Must be "{opts.object_name}" instance.')


def check_related_objects(query: Any, field: Any, value: Any, opts: Any) -> None:
    """Check the type of every object that a relation is compared with."""
    if not field.is_relation:
        return
    from offbeat.db.models.sql.query import Query

    if type(value) is Param:
        value = value.sample
    inner = value if isinstance(value, Query) else getattr(value, "query", None)
    if isinstance(inner, Query):
        # Without chosen columns, the model's primary key is what is compared.
        if (
            not inner.has_select_fields
            and inner.model is not None
            and not check_rel_lookup_compatibility(inner.model, opts, field)
        ):
            raise ValueError(
                f'Cannot use QuerySet for "{inner.model._meta.object_name}": Use a QuerySet for "{opts.object_name}".'
            )
    elif hasattr(value, "_meta"):
        query.check_query_object_type(value, opts, field)
    elif hasattr(value, "__iter__") and not isinstance(value, (str, bytes)):
        for item in value:
            query.check_query_object_type(item.sample if type(item) is Param else item, opts, field)


def split_exclude(
    query: Any, filter_expr: tuple[str, Any], can_reuse: Any, names_with_path: Any
) -> tuple[Any, Any]:
    """``exclude()`` across a multi-valued relation: no related row may match, so NOT EXISTS (…).

    The subquery starts at the first multi-valued step; what comes before stays in this query.
    """
    from offbeat.db.models.sql.query import Query

    filter_lhs, filter_rhs = filter_expr
    if isinstance(filter_rhs, OuterRef):
        filter_rhs = OuterRef(filter_rhs)  # type: ignore[arg-type]
    elif isinstance(filter_rhs, F):
        filter_rhs = OuterRef(filter_rhs.name)
    inner = Query(query.model)
    inner._filtered_relations = query._filtered_relations
    inner.param_preparers = query.param_preparers
    inner.add_filter(filter_lhs, filter_rhs)
    inner.clear_ordering(force=True)
    trimmed_prefix, contains_louter = inner.trim_start(names_with_path)

    col = inner.select[0]
    select_field = col.target
    alias = col.alias
    if alias in can_reuse:
        # The inner query uses a table of the outer one: tie the two by primary key.
        pk = select_field.model._meta.pk
        inner.bump_prefix(query)
        exact = select_field.get_lookup("exact")
        inner.where.add(exact(pk.get_col(inner.select[0].alias), pk.get_col(alias)), AND)
        inner.external_aliases[alias] = True
    else:
        exact = select_field.get_lookup("exact")
        inner.where.add(exact(inner.select[0], ResolvedOuterRef(trimmed_prefix)), AND)
    condition, needed_inner = query.build_filter(Exists(inner), allow_joins=True)

    if contains_louter:
        # A row without the relation has no related row that matches.
        or_null_condition, _ = query.build_filter(
            (f"{trimmed_prefix}__isnull", True),
            current_negated=True,
            branch_negated=True,
            can_reuse=can_reuse,
        )
        condition.add(or_null_condition, OR)
    return condition, needed_inner


def trim_start(query: Any, names_with_path: Any) -> tuple[str, bool]:
    """Drop the joins before the first multi-valued one and select the column that ties to them.

    Returns the dropped part of the path and whether it holds an outer join.
    """
    all_paths = [path for _, steps in names_with_path for path in steps]
    # Only the joins that the condition uses.
    tables = [alias for alias in query.alias_map if query.alias_refcount[alias] or alias == query.base_table]
    contains_louter = False
    first_many = 0
    for first_many, path in enumerate(all_paths):
        if path.m2m:
            break
        if query.alias_map[tables[first_many + 1]].join_type == LOUTER:
            contains_louter = True
        query.unref_alias(tables[first_many])
    join_field = getattr(path.join_field, "field", path.join_field)

    prefix = []
    steps_left = first_many
    for name, steps in names_with_path:
        if steps_left < len(steps):
            break
        prefix.append(name)
        steps_left -= len(steps)
    prefix.append(join_field.foreign_related_fields[0].name)

    near, far = tables[first_many], tables[first_many + 1]
    if query.alias_map[far].join_type != LOUTER and not query.alias_map[far].filtered_relation:
        # The multi-valued table itself holds the column that ties it to the outer query.
        query.unref_alias(near)
        query.select = tuple(source.get_col(far) for source, _ in join_field.related_fields)
        extra_restriction = join_field.get_extra_restriction(None, far)
        if extra_restriction:
            query.where.add(extra_restriction, AND)
    else:
        query.select = tuple(target.get_col(near) for _, target in join_field.related_fields)
    # What is first in FROM now cannot be a join.
    for alias, table in query.alias_map.items():
        if query.alias_refcount[alias] > 0:
            query.alias_map[alias] = BaseTable(table.table_name, alias)
            break
    return LOOKUP_SEP.join(prefix), contains_louter
