"""ORDER BY of a compiler: from names and expressions to SQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from offbeat.core.exceptions import EmptyResultSet, FieldError, FullResultSet
from offbeat.db import DatabaseError
from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.db.models.expressions import F, OrderBy, RawSQL, Ref, Value
from offbeat.db.models.query_utils import refs_expression
from offbeat.db.models.sql.constants import ORDER_DIR


def get_order_dir(field: str, default: str = "ASC") -> tuple[str, str]:
    """A name without its minus sign, and its direction; ``default`` DESC reverses both."""
    same, opposite = ORDER_DIR[default]
    if field[0] == "-":
        return field[1:], opposite
    return field, same


class PositionRef(Ref):
    """A column of the result by its number, the only name that a combined query's columns have."""

    def __init__(self, ordinal: int, refs: str, source: Any) -> None:
        self.ordinal = ordinal
        super().__init__(refs, source)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return str(self.ordinal), ()


def order_by_pairs(compiler: Any) -> Iterator[tuple[Any, bool]]:
    """Each ORDER BY term, and whether it refers to a selected column by name."""
    query = compiler.query
    if query.extra_order_by:
        ordering = query.extra_order_by
    elif not query.default_ordering or query.order_by:
        ordering = query.order_by
    elif (meta := query.get_meta()) and meta.ordering:
        ordering = meta.ordering
        compiler._meta_ordering = ordering
    else:
        ordering = []
    default_order = "ASC" if query.standard_ordering else "DESC"
    for field in ordering:
        if hasattr(field, "resolve_expression"):
            yield _expression_term(compiler, field), False
        elif field == "?":
            from offbeat.db.models.functions import Random

            yield OrderBy(Random()), False
        else:
            yield from _name_terms(compiler, field, default_order)


def _expression_term(compiler: Any, field: Any) -> Any:
    query = compiler.query
    if isinstance(field, Value):
        from offbeat.db.models.functions import Cast

        # A bare constant would be read as a column's number.
        field = Cast(field, field.output_field)
    if not isinstance(field, OrderBy):
        field = field.asc()
    if not query.standard_ordering:
        field = field.copy()
        field.reverse_ordering()
    return field


def _name_terms(compiler: Any, field: str, default_order: str) -> Iterator[tuple[Any, bool]]:
    query = compiler.query
    col, order = get_order_dir(field, default_order)
    descending = order == "DESC"
    annotation, transforms = refs_expression(col.split(LOOKUP_SEP), query.annotations)
    if query.combinator and col not in query.annotation_select:
        if annotation and transforms:
            raise NotImplementedError("Ordering combined queries by transforms is not implemented.")
        # Which column of the result is meant is found later.
        yield OrderBy(F(col), descending=descending), False
        return
    if col in query.annotation_select:
        # Selected already, so its name will do.
        yield OrderBy(Ref(col, query.annotation_select[col]), descending=descending), True
        return
    if col in query.annotations:
        expr = query.annotations[col]
        if isinstance(expr, Value):
            from offbeat.db.models.functions import Cast

            expr = Cast(expr, expr.output_field)
        yield OrderBy(expr, descending=descending), False
        return
    if annotation and transforms:
        expr = query.annotations[annotation]
        for name in transforms:
            expr = query.try_transform(expr, name)
        yield OrderBy(expr, descending=descending), False
        return
    if "." in field and query.extra_order_by:
        table, col = col.split(".", 1)
        quoted = f"{compiler.quote_name(table)}.{compiler.quote_name(col)}"
        yield OrderBy(RawSQL(quoted, []), descending=descending), False
        return
    if query.extra and col in query.extra:
        if col in query.extra_select:
            yield OrderBy(Ref(col, RawSQL(*query.extra[col])), descending=descending), True
        else:
            yield OrderBy(RawSQL(*query.extra[col]), descending=descending), False
        return
    yield from find_ordering_name(compiler, field, query.get_meta(), default_order=default_order)


def get_order_by(compiler: Any) -> list[tuple[Any, tuple[str, Any, bool]]]:
    """The ORDER BY terms with their SQL, without repeats."""
    result = []
    seen: set[Any] = set()
    query = compiler.query
    for expr, is_ref in order_by_pairs(compiler):
        if query.combinator and compiler.select:
            expr = _combined_term(compiler, expr)
            query = compiler.query
            is_ref = True
        resolved = expr.resolve_expression(query, allow_joins=True, reuse=None)
        if not is_ref:
            is_ref = isinstance(resolved.get_source_expressions()[0], Ref)
        try:
            sql, params = compiler.compile(resolved)
        except (EmptyResultSet, FullResultSet):
            # A constant orders nothing.
            continue
        # A second mention of the same column changes nothing, whatever its direction.
        without_ordering = _without_direction(sql)
        key = (without_ordering, compiler.hashable_params(params))
        if key in seen:
            continue
        seen.add(key)
        result.append((resolved, (sql, params, is_ref)))
    return result


def _without_direction(sql: str) -> str:
    for suffix in (" NULLS FIRST", " NULLS LAST"):
        sql = sql.removesuffix(suffix)
    for suffix in (" ASC", " DESC"):
        if sql.endswith(suffix):
            return sql.removesuffix(suffix)
    return sql


def _combined_term(compiler: Any, expr: Any) -> Any:
    """The term as a position in the result, where the column is added if need be."""
    source = expr.expression
    name = source.name if isinstance(source, F) else source.refs if isinstance(source, Ref) else None
    position = next((i for i, (_, _, alias) in enumerate(compiler.select, 1) if name and alias == name), None)
    if position is None:
        resolved = source.resolve_expression(compiler.query)
        position = next(
            (i for i, (selected, _, _) in enumerate(compiler.select, 1) if selected == resolved), None
        )
    if position is None:
        position = _add_to_parts(compiler, source)
    term = expr.copy()
    term.set_source_expressions([PositionRef(position, name or f"__orderbycol{position}", source)])
    return term


def _add_to_parts(compiler: Any, source: Any) -> int:
    position = len(compiler.select) + 1
    parts = []
    for part in compiler.query.combined_queries:
        # What values() chose is what the result must have.
        if part.has_select_fields:
            raise DatabaseError("ORDER BY term does not match any column in the result set.")
        part = part.clone()
        part.add_annotation(source, f"__orderbycol{position}")
        parts.append(part)
    compiler.query = compiler.query.clone()
    compiler.query.combined_queries = tuple(parts)
    return position


def find_ordering_name(
    compiler: Any,
    name: str,
    opts: Any,
    alias: Any = None,
    default_order: str = "ASC",
    already_seen: set[Any] | None = None,
    prefix: str = "",
) -> list[tuple[Any, bool]]:
    """The terms for ordering by a path; a relation is ordered by its model's ordering.

    Raises FieldError when models order by each other.
    """
    name, order = get_order_dir(name, default_order)
    descending = order == "DESC"
    pieces = name.split(LOOKUP_SEP)
    field, targets, alias, joins, path, opts, transform_function = compiler._setup_joins(pieces, opts, alias)
    if (
        field.is_relation
        and opts.ordering
        and getattr(field, "attname", None) != pieces[-1]
        and name != "pk"
        and not getattr(transform_function, "is_transform", False)
    ):
        already_seen = set() if already_seen is None else already_seen
        join_tuple = tuple(getattr(compiler.query.alias_map[j], "join_cols", None) for j in joins)
        if join_tuple in already_seen:
            raise FieldError("Infinite loop caused by ordering.")
        already_seen.add(join_tuple)
        results = []
        for item in opts.ordering:
            if hasattr(item, "resolve_expression") and not isinstance(item, OrderBy):
                item = item.desc() if descending else item.asc()
            elif isinstance(item, OrderBy) and descending:
                item = item.copy()
                item.reverse_ordering()
            if isinstance(item, OrderBy):
                results.append((item.prefix_references(f"{prefix}{name}{LOOKUP_SEP}"), False))
                continue
            below = f"{prefix}{name}{LOOKUP_SEP}"
            results.extend(find_ordering_name(compiler, item, opts, alias, order, already_seen, below))
        return results
    targets, alias, _ = compiler.query.trim_joins(targets, joins, path)
    return [(OrderBy(transform_function(target, alias), descending=descending), False) for target in targets]
