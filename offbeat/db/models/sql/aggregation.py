"""Annotations, GROUP BY and the queries behind ``aggregate()`` and ``count()``."""

from __future__ import annotations

from typing import Any

from offbeat.db.models.expressions import Ref, Value
from offbeat.db.models.sql.constants import SINGLE
from offbeat.db.models.sql.joins import gen_cols

_SUBQUERY_ALIAS = "subquery"


def add_annotation(query: Any, annotation: Any, alias: str, select: bool = True) -> None:
    """Add a computed column; without ``select`` it can be referred to but is not fetched.

    Raises ValueError for an alias that is not a plain name.
    """
    query.check_alias(alias)
    annotation = annotation.resolve_expression(query, allow_joins=True, reuse=None)
    if select:
        query.append_annotation_mask([alias])
    else:
        query.set_annotation_mask([name for name in query.annotation_select if name != alias])
    query.annotations[alias] = annotation
    query._annotation_select_cache = None
    if query.selected and select:
        query.selected[alias] = alias


def get_aggregation(query: Any, using: str, aggregate_exprs: dict[str, Any]) -> dict[str, Any]:
    """The values of the aggregates over this query's rows. Changes the query: call it on a clone."""
    if not aggregate_exprs:
        return {}
    outer_query, empty_result = query.prepare_aggregation(aggregate_exprs)
    # When every aggregate has a value for no rows, a query that cannot match need not run.
    elide_empty = not any(result is NotImplemented for result in empty_result)
    compiler = outer_query.get_compiler(using, elide_empty=elide_empty)
    result = compiler.execute_sql(SINGLE)
    if result is None:
        result = empty_result
    else:
        cols = outer_query.annotation_select.values()
        converters = compiler.get_converters(cols)
        rows = compiler.apply_converters((result,), converters)
        if compiler.has_composite_fields(cols):
            rows = compiler.composite_fields_to_tuples(rows, cols)
        result = next(iter(rows))
    return dict(zip(outer_query.annotation_select, result, strict=False))


def prepare_aggregation(query: Any, aggregate_exprs: dict[str, Any]) -> tuple[Any, list[Any]]:
    """The query that computes the aggregates in one row, and the values they have where nothing can match."""
    aggregates, refs_subquery, refs_window = _resolve_aggregates(query, aggregate_exprs)
    existing = {
        alias: annotation for alias, annotation in query.annotation_select.items() if alias not in aggregates
    }
    # What groups the rows already has to stay inside.
    has_existing_aggregation = any(
        getattr(annotation, "contains_aggregate", True)
        for annotation in query.annotations.values()
        if annotation not in aggregates.values()
    )
    set_returning = {
        alias for alias, annotation in existing.items() if getattr(annotation, "set_returning", False)
    }
    _, having, qualify = query.where.split_having_qualify(must_group_by=query.group_by is not None)
    in_subquery = (
        isinstance(query.group_by, tuple)
        or query.is_sliced
        or has_existing_aggregation
        or refs_subquery
        or refs_window
        or qualify
        or having
        or set_returning
        or query.distinct
        or query.combinator
    )
    if in_subquery:
        outer_query = _aggregate_over_subquery(
            query, aggregates, has_existing_aggregation, refs_subquery, refs_window, qualify, set_returning
        )
    else:
        outer_query = _aggregate_directly(query, aggregates, existing)
    outer_query.clear_ordering(force=True)
    outer_query.clear_limits()
    outer_query.select_for_update = False
    outer_query.select_related = False
    empty_result = [
        getattr(expression, "empty_result_set_value", NotImplemented)
        for expression in outer_query.annotation_select.values()
    ]
    return outer_query, empty_result


def _resolve_aggregates(query: Any, aggregate_exprs: dict[str, Any]) -> tuple[dict[str, Any], bool, bool]:
    aggregates: dict[str, Any] = {}
    replacements: dict[Any, Any] = {}
    refs_subquery = refs_window = False
    # So that later aggregates may refer to earlier ones by name; taken back below.
    mask = query.annotation_select_mask
    selected = query.selected
    for alias, aggregate_expr in aggregate_exprs.items():
        query.check_alias(alias)
        aggregate = aggregate_expr.resolve_expression(query, allow_joins=True, reuse=None, summarize=True)
        if not aggregate.contains_aggregate:
            raise TypeError(f"{alias} is not an aggregate expression")
        for ref in aggregate.get_refs():
            annotation = query.annotations.get(ref)
            refs_subquery |= getattr(annotation, "contains_subquery", False) or getattr(
                annotation, "subquery", False
            )
            refs_window |= getattr(annotation, "contains_over_clause", False)
        aggregate = aggregate.replace_expressions(replacements)
        query.annotations[alias] = aggregate
        query._annotation_select_cache = None
        replacements[Ref(alias, aggregate)] = aggregate
        aggregates[alias] = aggregate
        if query.annotation_select_mask is not None:
            query.append_annotation_mask([alias])
    query.annotations = {k: v for k, v in query.annotations.items() if k not in aggregates}
    query.selected = selected
    query.annotation_select_mask = mask
    query._annotation_select_cache = None
    return aggregates, refs_subquery, refs_window


def _aggregate_over_subquery(
    query: Any,
    aggregates: dict[str, Any],
    has_existing_aggregation: bool,
    refs_subquery: bool,
    refs_window: bool,
    qualify: Any,
    set_returning: set[str],
) -> Any:
    from offbeat.db.models.sql.subqueries import AggregateQuery

    inner_query = query.clone()
    inner_query.subquery = True
    outer_query = AggregateQuery(query.model, inner_query)
    inner_query.select_for_update = False
    inner_query.select_related = False
    inner_query.set_annotation_mask(query.annotation_select)
    _group_by_ordering(inner_query)
    # Ordering says nothing about a sum, unless it decides which rows there are, or which groups are different ones.
    if not (query.distinct and isinstance(query.group_by, tuple)):
        inner_query.clear_ordering(force=False)
    if not inner_query.is_sliced and not inner_query.distinct_fields and not inner_query.combinator:
        if inner_query.default_cols and has_existing_aggregation:
            # One group per object.
            inner_query.group_by = (query.model._meta.pk.get_col(inner_query.get_initial_alias()),)
        inner_query.default_cols = inner_query.default_cols and inner_query.distinct
        if not qualify and not inner_query.distinct:
            # Annotations that nothing refers to need not be computed.
            used: set[str] = set(set_returning)
            for alias, aggregate in aggregates.items():
                used |= aggregate.get_refs() | {alias}
            for annotation in inner_query.group_by or () if isinstance(inner_query.group_by, tuple) else ():
                used |= annotation.get_refs()
            used |= _referenced(inner_query, used)
            if inner_query.group_by is not None:
                # Taking a column from GROUP BY would change the number of groups.
                used |= {
                    alias
                    for alias, annotation in inner_query.annotation_select.items()
                    if annotation.get_group_by_cols()
                }
            inner_query.set_annotation_mask([name for name in inner_query.annotation_select if name in used])
        # What the aggregates refer to must be selected, though values() may have left it out.
        for name in sorted({ref for aggregate in aggregates.values() for ref in aggregate.get_refs()}):
            if name in inner_query.annotations and name not in inner_query.annotation_select:
                inner_query.append_annotation_mask([name])
                if inner_query.selected:
                    inner_query.selected[name] = name
    relabels: dict[Any, str] = dict.fromkeys(inner_query.alias_map, _SUBQUERY_ALIAS)
    relabels[None] = _SUBQUERY_ALIAS
    # Columns that the aggregates use are selected inside, and referred to by name outside.
    counter = 0
    for alias, aggregate in aggregates.items():
        replacements: dict[Any, Any] = {}
        for col in gen_cols([aggregate], resolve_refs=False):
            if not (col_ref := replacements.get(col)):
                name = None
                for existing, annotation in inner_query.annotations.items():
                    if existing.startswith("__col") and annotation == col:
                        name = existing
                        break
                if name is None:
                    counter += 1
                    name = f"__col{counter}"
                    inner_query.annotations[name] = col
                    inner_query._annotation_select_cache = None
                    inner_query.append_annotation_mask([name])
                    if inner_query.selected:
                        inner_query.selected[name] = name
                col_ref = Ref(name, col)
                replacements[col] = col_ref
        outer_query.annotations[alias] = aggregate.replace_expressions(replacements).relabeled_clone(relabels)
    if (
        inner_query.select == ()
        and not inner_query.default_cols
        and not inner_query.annotation_select_mask
        and not (inner_query.annotation_select_mask is None and inner_query.annotations)
    ):
        # The subquery needs some column, or there would be no rows to count.
        inner_query.select = (query.model._meta.pk.get_col(inner_query.get_initial_alias()),)
    return outer_query


def _group_by_ordering(query: Any) -> None:
    """Add the columns that the query is ordered by to its groups, as they are when it is run by itself."""
    if not isinstance(query.group_by, tuple):
        return
    for term in query.extra_order_by or query.order_by:
        if isinstance(term, str):
            name = term.removeprefix("-")
            if name == "?" or name in query.extra:
                continue
            term = query.resolve_ref(name)
        else:
            term = term.resolve_expression(query)
        query.group_by += tuple(term.get_group_by_cols())


def _referenced(inner_query: Any, names: set[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        annotation = inner_query.annotations.get(name)
        if annotation is not None:
            found |= annotation.get_refs()
    return found


def _aggregate_directly(query: Any, aggregates: dict[str, Any], existing: dict[str, Any]) -> Any:
    query.selected = None
    query.select = ()
    query.default_cols = False
    query.extra = {}
    query._extra_select_cache = None
    if query.annotations:
        # Referred annotations are written out, as they are not selected themselves.
        replacements = {Ref(alias, annotation): annotation for alias, annotation in query.annotations.items()}
        query.annotations = {
            **query.annotations,
            **{alias: aggregate.replace_expressions(replacements) for alias, aggregate in aggregates.items()},
        }
    else:
        query.annotations = aggregates
    query.set_annotation_mask(aggregates)
    return query


def get_count(query: Any, using: str) -> int:
    """The number of rows."""
    from offbeat.db.models.aggregates import Count

    obj = query.clone()
    return obj.get_aggregation(using, {"__count": Count("*")})["__count"]  # type: ignore[no-any-return]


def exists(query: Any, limit: bool = True) -> Any:
    """The query changed to select only whether there is a row."""
    q = query.clone()
    if not (q.distinct and q.is_sliced):
        if q.group_by is True:
            q.add_fields((f.attname for f in query.model._meta.concrete_fields), False)
            # Names cannot be used, since the columns they name go.
            q.set_group_by(allow_aliases=False)
        q.clear_select_clause()
    if q.combined_queries and q.combinator == "union":
        q.combined_queries = tuple(combined.exists(limit=False) for combined in q.combined_queries)
    q.clear_ordering(force=True)
    if limit:
        q.set_limits(high=1)
    q.add_annotation(Value(1), "a")
    return q


def set_group_by(query: Any, allow_aliases: bool = True) -> None:
    """Group by the selected columns and by what the annotations need."""
    if allow_aliases and query.values_select:
        # A name that is also a column's would be taken for the column by some databases.
        group_by_annotations = {}
        values_select = {}
        for alias, expr in zip(query.values_select, query.select, strict=False):
            if getattr(expr, "alias", None) is not None or hasattr(expr, "target"):
                values_select[alias] = expr
            else:
                group_by_annotations[alias] = expr
        query.annotations = {**group_by_annotations, **query.annotations}
        query._annotation_select_cache = None
        query.append_annotation_mask(group_by_annotations)
        query.select = tuple(values_select.values())
        query.values_select = tuple(values_select)
        if query.selected is not None:
            positions = {name: pos for pos, name in enumerate(query.values_select)}
            query.selected = {name: positions.get(name, name) for name in query.selected}
    group_by = list(query.select)
    for alias, annotation in query.annotation_select.items():
        cols = annotation.get_group_by_cols()
        if not cols:
            continue
        if allow_aliases and not annotation.contains_aggregate:
            group_by.append(Ref(alias, annotation))
        else:
            group_by.extend(cols)
    query.group_by = tuple(group_by)
