"""UNION and its kin, QUALIFY emulation, and FOR UPDATE OF."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from offbeat.core.exceptions import EmptyResultSet, FieldError
from offbeat.db import DatabaseError
from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.db.models.expressions import Ref
from offbeat.db.models.lookups import Lookup


def get_combinator_sql(compiler: Any, combinator: str, all: bool) -> tuple[list[str], list[Any]]:
    """The SQL of a combined query, without its ordering and limits.

    Raises EmptyResultSet when it can have no row, DatabaseError for what the database cannot combine.
    """
    query, connection = compiler.query, compiler.connection
    features = connection.features
    compilers = [
        combined.get_compiler(compiler.using, connection, compiler.elide_empty)
        for combined in query.combined_queries
    ]
    if not features.supports_slicing_ordering_in_compound:
        for inner in compilers:
            if inner.query.is_empty():
                continue
            if inner.query.is_sliced:
                raise DatabaseError("LIMIT/OFFSET not allowed in subqueries of compound statements.")
            if inner.query.order_by or inner.query.extra_order_by:
                raise DatabaseError("ORDER BY not allowed in subqueries of compound statements.")
    parts: list[tuple[str, Any]] = []
    empty = False
    for i, inner in enumerate(compilers):
        if not inner.query.order_by and not inner.query.extra_order_by and not inner.query.is_sliced:
            # A model's ordering says nothing about a part of the result.
            inner.query = inner.query.clone()
            inner.query.clear_ordering(force=True)
        try:
            sql, args = _part(compiler, inner)
        except EmptyResultSet:
            # Nothing united with the rest is the rest; anything but the first subtracted changes nothing.
            if combinator == "union" or (combinator == "difference" and i and parts):
                continue
            empty = True
            break
        parts.append((_in_parentheses(compiler, inner, sql), args))
    if empty or not parts:
        raise EmptyResultSet
    word = connection.ops.set_operators[combinator]
    if all and combinator == "union":
        word += " ALL"
    braces = "{}"
    if not query.subquery and features.supports_slicing_ordering_in_compound:
        braces = "({})"
    sql_parts, args_parts = zip(*((braces.format(sql), args) for sql, args in parts), strict=True)
    result = [f" {word} ".join(sql_parts)]
    params: list[Any] = []
    for part in args_parts:
        params.extend(part)
    return result, params


def _part(compiler: Any, inner: Any) -> tuple[str, Any]:
    query = compiler.query
    # All parts must have the columns of the first.
    if query.selected and not inner.query.has_select_fields:
        inner.query = inner.query.clone()
        ordering = [name for name in inner.query.annotations if name.startswith("__orderbycol")]
        inner.query.set_values((*query.selected, *ordering))
    return inner.as_sql(with_col_aliases=True)  # type: ignore[no-any-return]


def _in_parentheses(compiler: Any, inner: Any, sql: str) -> str:
    features = compiler.connection.features
    if inner.query.combinator:
        # A combined part must stay whole.
        if not features.supports_parentheses_in_compound:
            return f"SELECT * FROM ({sql})"
        if compiler.query.subquery or not features.supports_slicing_ordering_in_compound:
            return f"({sql})"
    elif compiler.query.subquery and features.supports_slicing_ordering_in_compound:
        return f"({sql})"
    return sql


def get_qualify_sql(compiler: Any) -> tuple[list[str], list[Any]]:
    """A filter on window results: the windows are computed in a subquery, which the filter stands outside of."""
    query = compiler.query
    where_parts = []
    if compiler.where:
        where_parts.append(compiler.where)
    if compiler.having:
        where_parts.append(compiler.having)
    inner_query = query.clone()
    inner_query.subquery = True
    inner_query.where = inner_query.where_class(where_parts)
    # The outer query wants every selected column by a name.
    inner_compiler = inner_query.get_compiler(
        compiler.using, connection=compiler.connection, elide_empty=compiler.elide_empty
    )
    select = {expr: alias for expr, _, alias in inner_compiler.get_select(with_col_aliases=True)[0]}
    select_aliases = set(select.values())
    qual_aliases: set[str] = set()
    replacements: dict[Any, Any] = {}

    def collect(expressions: list[Any]) -> None:
        while expressions:
            expr = expressions.pop()
            if expr is None or expr in replacements:
                continue
            if select_alias := select.get(expr):
                replacements[expr] = select_alias
            elif hasattr(expr, "children") or isinstance(expr, Lookup):
                expressions.extend(expr.get_source_expressions())
            elif isinstance(expr, Ref):
                if expr.refs not in select_aliases:
                    expressions.extend(expr.get_source_expressions())
            else:
                num_qual_alias = len(qual_aliases)
                select_alias = f"qual{num_qual_alias}"
                qual_aliases.add(select_alias)
                inner_query.add_annotation(expr, select_alias)
                replacements[expr] = select_alias

    collect(list(compiler.qualify.leaves()))
    qualify = compiler.qualify.replace_expressions(
        {expr: Ref(alias, expr) for expr, alias in replacements.items()}
    )
    order_by = []
    for order_by_expr, *_ in compiler.get_order_by():
        collect(order_by_expr.get_source_expressions())
        order_by.append(
            order_by_expr.replace_expressions(
                {expr: Ref(alias, expr) for expr, alias in replacements.items()}
            )
        )
    # Slicing and ordering happen after the filter.
    inner_query.clear_limits()
    inner_query.clear_ordering(force=True)
    inner_query_compiler = inner_query.get_compiler(
        compiler.using, connection=compiler.connection, elide_empty=compiler.elide_empty
    )
    inner_sql, inner_params = inner_query_compiler.as_sql(with_col_aliases=True)
    qualify_sql, qualify_params = compiler.compile(qualify)
    quote = compiler.quote_name
    result = ["SELECT * FROM (", inner_sql, ")", quote("qualify"), "WHERE", qualify_sql]
    if qual_aliases:
        # Columns computed for the filter alone are not selected.
        cols = [quote(alias) for alias in select.values()]
        result = ["SELECT", ", ".join(cols), "FROM (", *result, ")", quote("qualify_mask")]
    params = [*inner_params, *qualify_params]
    if order_by:
        ordering_sqls = []
        for ordering in order_by:
            ordering_sql, ordering_params = compiler.compile(ordering)
            ordering_sqls.append(ordering_sql)
            params.extend(ordering_params)
        result.extend(["ORDER BY", ", ".join(ordering_sqls)])
    return result, params


def for_update_of_arguments(compiler: Any) -> list[str]:
    """The quoted tables or columns of FOR UPDATE OF.

    Raises FieldError for a name that the query does not select.
    """
    query = compiler.query
    if not query.select_for_update_of:
        return []
    by_column = compiler.connection.features.select_for_update_of_column
    if compiler.klass_info is None:
        return [_of_joined(compiler, by_column, name) for name in _joined_names(query)]
    result: list[str] = []
    invalid: list[str] = []
    for name in query.select_for_update_of:
        info = compiler.klass_info
        col = None
        if name == "self":
            col = _first_own_column(compiler, info)
        else:
            for part in name.split(LOOKUP_SEP):
                for related in (*info.get("related_klass_infos", ()), *_parent_infos(info)):
                    field = related["field"]
                    field_name = field.related_query_name() if related["reverse"] else field.name
                    if field_name == part:
                        info = related
                        break
                else:
                    info = None
                    break
            if info is not None:
                col = _first_own_column(compiler, info)
        if col is None:
            invalid.append(name)
        elif by_column:
            result.append(compiler.compile(col)[0])
        else:
            result.append(compiler.quote_name(col.alias))
    if invalid:
        raise FieldError(
            f"Invalid field name(s) given in select_for_update(of=(...)): {', '.join(invalid)}. Only relational fields "
            f"followed in the query are allowed. Choices are: {', '.join(_of_choices(compiler.klass_info))}."
        )
    return result


def _joined_names(query: Any) -> list[str]:
    """The tables that a query without whole objects (values(), exists()) reads, of those that are to be locked."""
    base = query.get_initial_alias()
    found = [
        _joined_alias(query, base, [] if name == "self" else name.split(LOOKUP_SEP))
        for name in query.select_for_update_of
    ]
    return list(dict.fromkeys(alias for alias in found if alias is not None)) or [base]


def _joined_alias(query: Any, alias: str, parts: list[str]) -> str | None:
    for part in parts:
        for name, join in query.alias_map.items():
            field = getattr(join, "join_field", None)
            if (
                getattr(join, "parent_alias", None) != alias
                or field is None
                or not query.alias_refcount[name]
            ):
                continue
            if part in (getattr(field, "name", None), getattr(field, "get_accessor_name", str)()):
                alias = name
                break
        else:
            return None
    return alias


def _of_joined(compiler: Any, by_column: bool, alias: str) -> str:
    quoted: str = compiler.quote_name(alias)
    if not by_column:
        return quoted
    return f"{quoted}.{compiler.quote_name(compiler.query.get_meta().pk.column)}"


def _first_own_column(compiler: Any, info: Any) -> Any:
    model = info["model"]._meta.concrete_model
    for index in info["select_fields"]:
        col = compiler.select[index][0]
        if col.target.model._meta.concrete_model is model:
            return col
    return None


def _parent_infos(info: Any) -> Iterator[dict[str, Any]]:
    model = info["model"]._meta.concrete_model
    for parent_model, parent_link in model._meta.parents.items():
        if parent_link is not None:
            yield {
                "model": parent_model,
                "field": parent_link,
                "reverse": False,
                "select_fields": info["select_fields"],
            }


def _of_choices(info: Any, prefix: tuple[str, ...] = ()) -> Iterator[str]:
    if not prefix:
        yield "self"
    for related in (*_parent_infos(info), *info.get("related_klass_infos", ())):
        field = related["field"]
        path = (*prefix, field.related_query_name() if related["reverse"] else field.name)
        yield LOOKUP_SEP.join(path)
        yield from _of_choices(related, path)
