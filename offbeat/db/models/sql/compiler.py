"""From a query to SQL, and from its execution to rows."""

from __future__ import annotations

import contextlib
import itertools
import json
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from offbeat.core.exceptions import EmptyResultSet, FullResultSet
from offbeat.db import DatabaseError, NotSupportedError
from offbeat.db.models.expressions import Col, RawSQL, Ref
from offbeat.db.models.sql import combinators, layout, ordering
from offbeat.db.models.sql.constants import (
    CURSOR,
    GET_ITERATOR_CHUNK_SIZE,
    MULTI,
    NO_RESULTS,
    ROW_COUNT,
    SINGLE,
)
from offbeat.db.models.sql.params import BoundParam
from offbeat.db.models.sql.where import AND
from offbeat.db.transaction import TransactionManagementError
from offbeat.utils.deprecation import RemovedInDjango2028Warning
from offbeat.utils.hashable import make_hashable
from offbeat.utils.lazy_names import lazy_names

if TYPE_CHECKING:
    from offbeat.db.models.sql.writing import (
        SQLAggregateCompiler,
        SQLDeleteCompiler,
        SQLInsertCompiler,
        SQLUpdateCompiler,
    )
else:
    # Made from the class below.
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "offbeat.db.models.sql.writing": (
                "SQLAggregateCompiler",
                "SQLDeleteCompiler",
                "SQLInsertCompiler",
                "SQLUpdateCompiler",
            ),
        },
    )

__all__ = [
    "SQLAggregateCompiler",
    "SQLCompiler",
    "SQLDeleteCompiler",
    "SQLInsertCompiler",
    "SQLUpdateCompiler",
]


class SQLCompiler:
    """Writes one query for one connection. The layout of ``select`` and ``klass_info`` is described in layout.py."""

    def __init__(self, query: Any, connection: Any, using: str | None, elide_empty: bool = True) -> None:
        self.query = query
        self.connection = connection
        self.using = using
        # Raise EmptyResultSet for a query that can match nothing, instead of running it.
        self.elide_empty = elide_empty
        self.quote_cache: dict[str, str] = {"*": "*"}
        self.select: Any = None
        self.annotation_col_map: dict[str, int] | None = None
        self.klass_info: dict[str, Any] | None = None
        self.col_count: int | None = None
        # Set when the ordering comes from the model, which does not take part in GROUP BY.
        self._meta_ordering: Any = None
        self.has_extra_select = False
        self.where: Any = None
        self.having: Any = None
        # What HAVING compares has to be what GROUP BY names.
        self.in_having = False
        self.qualify: Any = None
        self._order_by: Any = None

    def __repr__(self) -> str:
        return (
            f"<{self.__class__.__qualname__} model={self.query.model.__qualname__} connection={self.connection!r} "
            f"using={self.using!r}>"
        )

    def __call__(self, name: str) -> str:
        return self.quote_name(name)

    def quote_name(self, name: str) -> str:
        """A table, alias or column name, quoted."""
        quoted = self.quote_cache.get(name)
        if quoted is None:
            # The text is a %-format until it reaches the driver.
            quoted = self.connection.ops.quote_name(name).replace("%", "%%")
            self.quote_cache[name] = quoted
        return quoted

    def quote_name_unless_alias(self, name: str) -> str:
        """The former name of ``quote_name()``."""
        warnings.warn(
            "SQLCompiler.quote_name_unless_alias() is deprecated. Use .quote_name() instead.",
            RemovedInDjango2028Warning,
            stacklevel=2,
        )
        return self.quote_name(name)

    def compile(self, node: Any) -> tuple[str, Any]:
        """The SQL and parameters of an expression; its ``as_VENDOR()`` goes before ``as_sql()``."""
        vendor_impl = getattr(node, "as_" + self.connection.vendor, None)
        if vendor_impl is not None:
            return vendor_impl(self, self.connection)  # type: ignore[no-any-return]
        return node.as_sql(self, self.connection)  # type: ignore[no-any-return]

    @staticmethod
    def hashable_params(params: Any) -> Any:
        """Parameters in a form for comparing terms."""
        return make_hashable(tuple(params))

    def setup_query(self, with_col_aliases: bool = False) -> None:
        """Find the SELECT list."""
        query = self.query
        if not any(query.alias_refcount.values()):
            query.get_initial_alias()
        self.select, self.klass_info, self.annotation_col_map = self.get_select(with_col_aliases)
        self.col_count = len(self.select)

    def pre_sql_setup(self, with_col_aliases: bool = False) -> tuple[Any, Any, Any]:
        """All that adds joins, before FROM is written: extra columns, ordering, grouping."""
        self.setup_query(with_col_aliases=with_col_aliases)
        order_by = self.get_order_by()
        self.where, self.having, self.qualify = self.query.where.split_having_qualify(
            must_group_by=self.query.group_by is not None
        )
        extra_select = self.get_extra_select(order_by, self.select)
        self.has_extra_select = bool(extra_select)
        group_by = self.get_group_by(self.select + extra_select, order_by)
        return extra_select, order_by, group_by

    def get_select(self, with_col_aliases: bool = False) -> Any:
        return layout.get_select(self, with_col_aliases)

    def get_default_columns(
        self, select_mask: Any, start_alias: Any = None, opts: Any = None, from_parent: Any = None
    ) -> list[Any]:
        return layout.get_default_columns(self, select_mask, start_alias, opts, from_parent)

    def get_related_selections(self, *args: Any, **kwargs: Any) -> Any:
        return layout.get_related_selections(self, *args, **kwargs)

    def get_order_by(self) -> Any:
        return ordering.get_order_by(self)

    def find_ordering_name(self, *args: Any, **kwargs: Any) -> Any:
        return ordering.find_ordering_name(self, *args, **kwargs)

    def get_combinator_sql(self, combinator: str, all: bool) -> tuple[list[str], list[Any]]:
        return combinators.get_combinator_sql(self, combinator, all)

    def _setup_joins(self, pieces: list[str], opts: Any, alias: Any) -> Any:
        alias = alias or self.query.get_initial_alias()
        info = self.query.setup_joins(pieces, opts, alias)
        return (
            info.final_field,
            info.targets,
            info.joins[-1],
            info.joins,
            info.path,
            info.opts,
            info.transform_function,
        )

    def get_extra_select(self, order_by: Any, select: Any) -> list[Any]:
        """Ordering columns that DISTINCT requires to be selected."""
        extra_select = []
        if self.query.distinct and not self.query.distinct_fields:
            select_sql = [item[1] for item in select]
            for expr, (sql, params, is_ref) in order_by:
                plain = ordering._without_direction(sql)
                if not is_ref and (plain, params) not in select_sql:
                    extra_select.append((expr, (plain, params), None))
        return extra_select

    def get_group_by(self, select: Any, order_by: Any) -> list[tuple[str, Any]]:
        """The GROUP BY terms."""
        query = self.query
        if query.group_by is None:
            return []
        expressions: list[Any] = []
        group_by_refs: set[str] = set()
        if query.group_by is not True:
            for expr in query.group_by:
                if not hasattr(expr, "as_sql"):
                    expr = query.resolve_ref(expr)
                if isinstance(expr, Ref):
                    if expr.refs in group_by_refs:
                        continue
                    group_by_refs.add(expr.refs)
                    if expr.refs not in query.annotation_select and not query.selected:
                        # The name is not selected, so the expression stands for itself.
                        expr = expr.source
                expressions.append(expr)
        ref_sources = {id(expr.source) for expr in expressions if isinstance(expr, Ref)}
        for expr, _, alias in select:
            # Columns grouped by their name need not be named again.
            if id(expr) in ref_sources or alias in group_by_refs:
                continue
            expressions.extend(expr.get_group_by_cols())
        if not self._meta_ordering:
            for expr, (_, _, is_ref) in order_by:
                if not is_ref:
                    expressions.extend(expr.get_group_by_cols())
        having_group_by = self.having.get_group_by_cols() if self.having else []
        if self.qualify:
            having_group_by = [*having_group_by, *self.qualify.get_group_by_cols()]
        expressions.extend(having_group_by)
        expressions = self.collapse_group_by(expressions, having_group_by)
        result = []
        seen: set[Any] = set()
        positions = self._positions(select)
        for expr in expressions:
            position = positions.get(("name", expr.refs) if isinstance(expr, Ref) else id(expr))
            if position is not None:
                if position not in seen:
                    result.append((str(position), ()))
                    seen.add(position)
                continue
            try:
                sql, params = self.compile(expr)
            except (EmptyResultSet, FullResultSet):
                continue
            sql, params = expr.select_format(self, sql, params)
            key = (sql, self.hashable_params(params))
            if key not in seen:
                result.append((sql, params))
                seen.add(key)
        return result

    def _positions(self, select: Any) -> dict[Any, int]:
        """The numbers by which GROUP BY may call computed columns, which spares repeating them."""
        if not self.connection.features.allows_group_by_select_index:
            return {}
        positions: dict[Any, int] = {}
        for position, (expr, _, alias) in enumerate(select, 1):
            if alias is not None:
                positions["name", alias] = position
                if not isinstance(expr, Col):
                    positions[id(expr)] = position
        return positions

    def collapse_group_by(self, expressions: list[Any], having: Any) -> list[Any]:
        """Leave out columns that a grouped primary key decides, where the database knows that."""
        features = self.connection.features
        if not features.allows_group_by_selected_pks:
            return expressions
        pks = [
            expr
            for expr in expressions
            if hasattr(expr, "target")
            and expr.target.primary_key
            and features.allows_group_by_selected_pks_on_model(expr.target.model)
        ]
        aliases = {expr.alias for expr in pks}
        return [
            expr
            for expr in expressions
            if any(expr is pk for pk in pks) or expr in having or getattr(expr, "alias", None) not in aliases
        ]

    def get_from_clause(self) -> tuple[list[str], list[Any]]:
        """The tables and joins in use."""
        query = self.query
        result: list[str] = []
        params: list[Any] = []
        # A copy, since compiling a join may add another.
        for alias in tuple(query.alias_map):
            if not query.alias_refcount[alias]:
                continue
            clause_sql, clause_params = self.compile(query.alias_map[alias])
            result.append(clause_sql)
            params.extend(clause_params)
        for table in query.extra_tables:
            alias, _ = query.table_alias(table)
            # A table that is joined already need not be listed.
            if alias not in query.alias_map or query.alias_refcount[alias] == 1:
                result.append(f", {self.quote_name(alias)}")
        return result, params

    def get_distinct(self) -> tuple[list[str], list[Any]]:
        """The columns of DISTINCT ON."""
        result: list[str] = []
        params: list[Any] = []
        opts = self.query.get_meta()
        for name in self.query.distinct_fields:
            parts = name.split("__")
            _, targets, alias, joins, path, _, transform_function = self._setup_joins(parts, opts, None)
            targets, alias, _ = self.query.trim_joins(targets, joins, path)
            for target in targets:
                if name in self.query.annotation_select:
                    result.append(self.quote_name(name))
                else:
                    sql, col_params = self.compile(transform_function(target, alias))
                    result.append(sql)
                    params.extend(col_params)
        return result, params

    def _having_sql(self) -> tuple[str, Any]:
        self.in_having = True
        try:
            return self._where_sql(self.having, "")
        finally:
            self.in_having = False

    def _where_sql(self, where: Any, always: str) -> tuple[str, list[Any]]:
        try:
            sql, params = self.compile(where) if where is not None and where.children else ("", [])
        except EmptyResultSet:
            if self.elide_empty:
                raise
            # A query that combines this one wants columns all the same.
            return "0 = 1", []
        except FullResultSet:
            return always, []
        return sql, list(params)

    def as_sql(self, with_limits: bool = True, with_col_aliases: bool = False) -> tuple[str, tuple[Any, ...]]:
        """The SELECT statement and its parameters.

        Raises EmptyResultSet when it can match nothing.
        """
        query = self.query
        refcounts_before = query.alias_refcount.copy()
        try:
            combinator = query.combinator
            extra_select, order_by, group_by = self.pre_sql_setup(
                with_col_aliases=with_col_aliases or bool(combinator)
            )
            self._order_by = order_by
            features = self.connection.features
            for_update_part = None
            if combinator:
                if not getattr(features, f"supports_select_{combinator}"):
                    raise NotSupportedError(f"{combinator} is not supported on this database backend.")
                result, params = self.get_combinator_sql(combinator, query.combinator_all)
            elif self.qualify:
                result, params = self.get_qualify_sql()
                order_by = None
            else:
                distinct_fields, distinct_params = self.get_distinct()
                # Tables are listed after everything that may join one.
                where_sql, where_params = self._where_sql(self.where, "")
                having_sql, having_params = self._having_sql()
                from_, from_params = self.get_from_clause()
                result, params = ["SELECT"], []
                if query.distinct:
                    distinct_result, distinct_params = self.connection.ops.distinct_sql(
                        distinct_fields, distinct_params
                    )
                    result += distinct_result
                    params += distinct_params
                out_cols = []
                for _, (s_sql, s_params), alias in self.select + extra_select:
                    if alias:
                        s_sql = f"{s_sql} AS {self.quote_name(alias)}"
                    params.extend(s_params)
                    out_cols.append(s_sql)
                result.append(", ".join(out_cols))
                if from_:
                    result += ["FROM", *from_]
                elif features.bare_select_suffix:
                    result.append(features.bare_select_suffix.strip())
                params.extend(from_params)
                for_update_part = self._for_update()
                if for_update_part and features.for_update_after_from:
                    result.append(for_update_part)
                if where_sql:
                    result += ["WHERE", where_sql]
                    params.extend(where_params)
                grouping = []
                for g_sql, g_params in group_by:
                    grouping.append(g_sql)
                    params.extend(g_params)
                if grouping:
                    if distinct_fields:
                        raise NotImplementedError("annotate() + distinct(fields) is not implemented.")
                    order_by = order_by or self.connection.ops.force_no_ordering()
                    result.append(f"GROUP BY {', '.join(grouping)}")
                    if self._meta_ordering:
                        # A model's ordering would split the groups.
                        order_by = None
                if having_sql:
                    if not grouping:
                        result.extend(self.connection.ops.force_group_by())
                    result += ["HAVING", having_sql]
                    params.extend(having_params)
            if query.explain_info:
                result.insert(
                    0,
                    self.connection.ops.explain_query_prefix(
                        query.explain_info.format, **query.explain_info.options
                    ),
                )
            if order_by:
                ordering_sql = []
                for _, (o_sql, o_params, _) in order_by:
                    ordering_sql.append(o_sql)
                    params.extend(o_params)
                result.append(f"ORDER BY {', '.join(ordering_sql)}")
            if with_limits and query.is_sliced:
                limit_sql, limit_params = self._limits()
                if limit_sql:
                    result.append(limit_sql)
                params.extend(limit_params)
            if for_update_part and not features.for_update_after_from:
                result.append(for_update_part)
            if query.subquery and extra_select:
                # The ordering columns must not reach the outer query: wrap, and select the others by name.
                return self._without_extra(result, params)
            return " ".join(result), tuple(params)
        finally:
            # Joins for the ordering and the like are made anew by each compilation.
            query.reset_refcounts(refcounts_before)

    def _without_extra(self, result: list[str], params: list[Any]) -> tuple[str, tuple[Any, ...]]:
        sub_selects = []
        sub_params: list[Any] = []
        for select, _, alias in self.select:
            if alias:
                name = self.quote_name(alias)
                sub_selects.append(f"{self.quote_name('subquery')}.{name}")
            else:
                clone = select.relabeled_clone({select.alias: "subquery"})
                sub_select, more_params = clone.as_sql(self, self.connection)
                sub_selects.append(sub_select)
                sub_params.extend(more_params)
        sql = f"SELECT {', '.join(sub_selects)} FROM ({' '.join(result)}) {self.quote_name('subquery')}"
        return sql, tuple(sub_params + params)

    def _limits(self) -> tuple[str, list[Any]]:
        query = self.query
        if query.limit_param is None and query.offset_param is None:
            return self.connection.ops.limit_offset_sql(query.low_mark, query.high_mark), []
        parts, params = [], []
        if query.limit_param is not None:
            parts.append("LIMIT %s")
            params.append(BoundParam(query.limit_param.index))
        elif (no_limit := self.connection.ops.no_limit_value()) is not None:
            parts.append(f"LIMIT {no_limit}")
        if query.offset_param is not None:
            parts.append("OFFSET %s")
            params.append(BoundParam(query.offset_param.index))
        return " ".join(parts), params

    def _for_update(self) -> str | None:
        query = self.query
        features = self.connection.features
        if not query.select_for_update or not features.has_select_for_update:
            return None
        if self.connection.get_autocommit():
            raise TransactionManagementError("select_for_update cannot be used outside of a transaction.")
        if query.is_sliced and not features.supports_select_for_update_with_limit:
            raise NotSupportedError(
                "LIMIT/OFFSET is not supported with select_for_update on this database backend."
            )
        if query.select_for_update_nowait and not features.has_select_for_update_nowait:
            raise NotSupportedError("NOWAIT is not supported on this database backend.")
        if query.select_for_update_skip_locked and not features.has_select_for_update_skip_locked:
            raise NotSupportedError("SKIP LOCKED is not supported on this database backend.")
        if query.select_for_update_of and not features.has_select_for_update_of:
            raise NotSupportedError("FOR UPDATE OF is not supported on this database backend.")
        if query.select_for_no_key_update and not features.has_select_for_no_key_update:
            raise NotSupportedError("FOR NO KEY UPDATE is not supported on this database backend.")
        return self.connection.ops.for_update_sql(  # type: ignore[no-any-return]
            nowait=query.select_for_update_nowait,
            skip_locked=query.select_for_update_skip_locked,
            of=combinators.for_update_of_arguments(self),
            no_key=query.select_for_no_key_update,
        )

    def get_qualify_sql(self) -> tuple[list[str], list[Any]]:
        """A filter on window results: the windows are computed inside, the filter stands outside."""
        return combinators.get_qualify_sql(self)

    def get_converters(self, expressions: Any) -> dict[int, Any]:
        return layout.get_converters(self, expressions)

    def apply_converters(self, rows: Any, converters: dict[int, Any]) -> Any:
        return layout.apply_converters(rows, converters, self.connection)

    def has_composite_fields(self, expressions: Any) -> bool:
        """Whether any of the expressions takes several columns of a row."""
        return any(getattr(expression, "is_composite", False) for expression in expressions)

    def composite_fields_to_tuples(self, rows: Any, expressions: Any) -> Iterator[Any]:
        """The rows with the columns of each composite field made one tuple."""
        widths = [len(e) if getattr(e, "is_composite", False) else 0 for e in expressions]
        for row in rows:
            columns = iter(row)
            merged = [tuple(itertools.islice(columns, width)) if width else next(columns) for width in widths]
            yield type(row)([*merged, *columns])

    def has_results(self) -> bool:
        """Whether the query, which ``exists()`` prepared, has a row."""
        return bool(self.execute_sql(SINGLE))

    def results_iter(
        self,
        results: Any = None,
        tuple_expected: bool = False,
        chunked_fetch: bool = False,
        chunk_size: int = GET_ITERATOR_CHUNK_SIZE,
    ) -> Any:
        """The rows, with their columns converted."""
        if results is None:
            results = self.execute_sql(MULTI, chunked_fetch=chunked_fetch, chunk_size=chunk_size)
        fields = [item[0] for item in self.select[: self.col_count]]
        converters = self.get_converters(fields)
        rows: Any = itertools.chain.from_iterable(results or ())
        if converters:
            rows = self.apply_converters(rows, converters)
        if self.has_composite_fields(fields):
            rows = self.composite_fields_to_tuples(rows, fields)
        if tuple_expected:
            rows = map(tuple, rows)
        return rows

    def execute_sql(
        self,
        result_type: str | None = MULTI,
        chunked_fetch: bool = False,
        chunk_size: int = GET_ITERATOR_CHUNK_SIZE,
    ) -> Any:
        """Run the query.

        MULTI: lists of rows, one list unless ``chunked_fetch``. SINGLE: one row or None. ROW_COUNT: the number of
        rows changed. CURSOR: the cursor. NO_RESULTS: None.
        """
        result_type = result_type or NO_RESULTS
        try:
            sql, params = self.as_sql()
            if not sql:
                raise EmptyResultSet
        except EmptyResultSet:
            return iter([]) if result_type == MULTI else 0 if result_type == ROW_COUNT else None
        connection = self.connection
        if result_type == CURSOR:
            cursor = connection.cursor()
            try:
                cursor.execute(sql, params)
            except BaseException:
                # The cursor may have been closed by the failure.
                with contextlib.suppress(DatabaseError):
                    cursor.close()
                raise
            return cursor
        driver_sql = connection.ops.to_driver_sql(sql)
        if result_type == ROW_COUNT:
            return connection.run(driver_sql, params).rowcount
        if result_type == NO_RESULTS:
            connection.run(driver_sql, params)
            return None
        if result_type == MULTI and chunked_fetch and connection.features.can_use_chunked_reads:
            return self._chunks(sql, params, chunk_size)
        rows = connection.fetch_all(driver_sql, params)
        if result_type == SINGLE:
            return rows[0][: self._width()] if rows else None
        return [rows] if not self.has_extra_select else [[row[: self._width()] for row in rows]]

    def _width(self) -> int | None:
        if self.select is None or self.has_composite_fields(item[0] for item in self.select):
            return None
        return self.col_count

    def _chunks(self, sql: str, params: Any, chunk_size: int) -> Iterator[Any]:
        connection = self.connection
        cursor = connection.streaming_cursor()
        try:
            cursor.execute(sql, params)
        except BaseException:
            # The cursor may have been closed by the failure.
            with contextlib.suppress(DatabaseError):
                cursor.close()
            raise
        width = self._width() if self.has_extra_select else None
        return cursor_iter(cursor, connection.features.empty_fetchmany_value, width, chunk_size)

    def as_subquery_condition(self, alias: str, columns: Any, compiler: Any) -> tuple[str, Any]:
        """EXISTS of this query with its columns tied to ``columns`` of ``alias``."""
        inner = self.query
        for index, select_col in enumerate(inner.select):
            lhs_sql, lhs_params = self.compile(select_col)
            rhs = f"{compiler.quote_name(alias)}.{compiler.quote_name(columns[index])}"
            inner.where.add(RawSQL(f"{lhs_sql} = {rhs}", lhs_params), AND)
        sql, params = self.as_sql()
        return f"EXISTS ({sql})", params

    def explain_query(self) -> Iterator[str]:
        """The lines of the database's plan."""
        result = list(self.execute_sql(MULTI))
        # Some databases answer with several columns, some with JSON.
        formatter = str if not self.query.explain_info.format else _explained
        for rows in result:
            for row in rows:
                if isinstance(row, str):
                    yield row
                else:
                    yield " ".join([formatter(column) for column in row])


def cursor_iter(cursor: Any, sentinel: Any, col_count: int | None, itersize: int) -> Iterator[Any]:
    """Lists of at most ``itersize`` rows, cut to ``col_count`` columns; the cursor is closed at the end."""
    try:
        for rows in iter((lambda: cursor.fetchmany(itersize)), sentinel):
            yield rows if col_count is None else [row[:col_count] for row in rows]
    finally:
        cursor.close()


def _explained(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
