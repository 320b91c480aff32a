"""Compilers of INSERT, UPDATE, DELETE, and of aggregates over a subquery."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from offbeat.core.exceptions import EmptyResultSet, FieldError, FullResultSet
from offbeat.db.models.expressions import RawSQL
from offbeat.db.models.sql.compiler import SQLCompiler
from offbeat.db.models.sql.constants import MULTI, NO_RESULTS, ROW_COUNT
from offbeat.db.models.sql.params import BoundParam, Param, Unbindable
from offbeat.db.models.sql.query import Query


def _bound(param: Param, field: Any, connection: Any) -> BoundParam:
    """The parameter of a column's new value that is given later."""
    if _placeholder(field):
        raise Unbindable("The placeholder depends on the value.")
    return BoundParam(param.index, lambda value: field.get_db_prep_save(value, connection=connection))


def _placeholder(field: Any) -> Any:
    return getattr(field, "get_placeholder_sql", None) or getattr(field, "get_placeholder", None)


def _check_saved_expression(field: Any, value: Any) -> None:
    if value.contains_aggregate:
        raise FieldError(f"Aggregate functions are not allowed in this query ({field.name}={value!r}).")
    if value.contains_over_clause:
        raise FieldError(f"Window expressions are not allowed in this query ({field.name}={value!r}).")


def value_sql(compiler: Any, field: Any, value: Any) -> tuple[str, list[Any]]:
    """The SQL and parameters of one value for a column."""
    if field is None:
        # A piece of SQL, such as DEFAULT.
        return value, []
    if type(value) is BoundParam:
        return "%s", [value]
    if hasattr(value, "as_sql"):
        sql, params = compiler.compile(value)
        return sql, list(params)
    if hasattr(field, "get_placeholder_sql"):
        sql, params = field.get_placeholder_sql(value, compiler, compiler.connection)
        return sql, list(params)
    if hasattr(field, "get_placeholder"):
        return field.get_placeholder(value, compiler, compiler.connection), [value]
    return "%s", [value]


class SQLInsertCompiler(SQLCompiler):
    """Writes INSERT."""

    returning_fields: Any = None
    returning_params: Any = ()

    def prepare_value(self, field: Any, value: Any) -> Any:
        """A value for the database; an expression resolved.

        Raises ValueError or FieldError for an expression that needs an existing row.
        """
        if type(value) is Param:
            return _bound(value, field, self.connection)
        if hasattr(value, "resolve_expression"):
            value = value.resolve_expression(self.query, allow_joins=False, for_save=True)
            if value.contains_column_references:
                raise ValueError(
                    f'Failed to insert expression "{value}" on {field}. F() expressions can only be used to update, '
                    "not to insert."
                )
            _check_saved_expression(field, value)
        return field.get_db_prep_save(value, connection=self.connection)

    def pre_save_val(self, field: Any, obj: Any) -> Any:
        """The field's value of the object, as it is to be saved."""
        if self.query.raw:
            return getattr(obj, field.attname)
        return field.pre_save(obj, add=True)

    def _row(self, fields: Any, obj: Any) -> list[Any]:
        if type(obj) is tuple:
            return [self.prepare_value(field, value) for field, value in zip(fields, obj, strict=True)]
        return [self.prepare_value(field, self.pre_save_val(field, obj)) for field in fields]

    def assemble_as_sql(self, fields: Any, value_rows: Any) -> tuple[list[list[str]], list[list[Any]]]:
        """The placeholders and the parameters of each row."""
        placeholder_rows, param_rows = [], []
        for row in value_rows:
            placeholders: list[str] = []
            params: list[Any] = []
            for field, value in zip(fields, row, strict=True):
                sql, value_params = value_sql(self, field, value)
                placeholders.append(sql)
                params.extend(value_params)
            placeholder_rows.append(placeholders)
            param_rows.append(params)
        return placeholder_rows, param_rows

    def as_sql(self) -> list[tuple[str, tuple[Any, ...]]]:  # type: ignore[override]
        """The statements: one, or one for each row where the database cannot insert several."""
        query, ops, features = self.query, self.connection.ops, self.connection.features
        opts = query.get_meta()
        fields = query.fields or [opts.pk]
        head = [
            f"{ops.insert_statement(on_conflict=query.on_conflict)} {self.quote_name(opts.db_table)}",
            f"({', '.join(self.quote_name(f.column) for f in fields)})",
        ]
        if query.fields:
            value_rows = [self._row(query.fields, obj) for obj in query.objs]
        else:
            # An object without columns still makes a row.
            value_rows = [[ops.pk_default_value()] for _ in query.objs]
            fields = [None]
        placeholder_rows, param_rows = self.assemble_as_sql(fields, value_rows)
        conflict_sql = ops.on_conflict_suffix_sql(
            query.fields,
            query.on_conflict,
            (f.column for f in query.update_fields),
            (f.column for f in query.unique_fields),
        )
        tail: list[str] = [conflict_sql] if conflict_sql else []
        tail_params: tuple[Any, ...] = ()
        if self.returning_fields and features.can_return_columns_from_insert:
            returning_sql, self.returning_params = ops.returning_columns(self.returning_fields)
            if returning_sql:
                tail.append(returning_sql)
                tail_params = tuple(self.returning_params or ())
            bulk = features.can_return_rows_from_bulk_insert
        else:
            bulk = features.has_bulk_insert
        if bulk:
            flat = tuple(param for row in param_rows for param in row)
            return [
                (" ".join([*head, ops.bulk_insert_sql(fields, placeholder_rows), *tail]), flat + tail_params)
            ]
        return [
            (" ".join([*head, f"VALUES ({', '.join(placeholders)})", *tail]), (*params, *tail_params))
            for placeholders, params in zip(placeholder_rows, param_rows, strict=True)
        ]

    def execute_sql(self, returning_fields: Any = None) -> list[Any]:  # type: ignore[override]
        """Insert; returns one row of ``returning_fields`` for each object, as far as the database tells."""
        self.returning_fields = returning_fields
        connection, opts = self.connection, self.query.get_meta()
        rows: list[Any] = []
        result = None
        for sql, params in self.as_sql():
            result = connection.run(connection.ops.to_driver_sql(sql), params)
            if returning_fields and result.rows:
                rows.extend(result.rows)
        if not returning_fields:
            return []
        if not connection.features.can_return_columns_from_insert:
            assert len(self.query.objs) == 1
            rows = [(result.lastrowid,)] if result is not None else []
            cols = [opts.pk.get_col(opts.db_table)]
        else:
            cols = [field.get_col(opts.db_table) for field in returning_fields]
        converters = self.get_converters(cols)
        return list(self.apply_converters(rows, converters)) if converters else rows


class SQLDeleteCompiler(SQLCompiler):
    """Writes DELETE."""

    @property
    def single_alias(self) -> bool:
        # Makes the base table count as used.
        self.query.get_initial_alias()
        return sum(self.query.alias_refcount[alias] > 0 for alias in self.query.alias_map) == 1  # type: ignore[no-any-return]

    def _refers_to_itself(self) -> bool:
        def walk(expr: Any) -> bool:
            if isinstance(expr, Query):
                return self.query.base_table in expr.table_map or any(
                    walk(child) for child in expr.where.children
                )
            inner = getattr(expr, "query", None)
            if isinstance(inner, Query):
                return walk(inner)
            if not hasattr(expr, "get_source_expressions"):
                return False
            return any(source is not None and walk(source) for source in expr.get_source_expressions())

        return walk(self.query.where)

    def _delete_sql(self, query: Any) -> tuple[str, tuple[Any, ...]]:
        delete = f"DELETE FROM {self.quote_name(query.base_table)}"
        try:
            where, params = self.compile(query.where)
        except FullResultSet:
            return delete, ()
        return f"{delete} WHERE {where}", tuple(params)

    def as_sql(self) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        features = self.connection.features
        if self.single_alias and (
            features.delete_can_self_reference_subquery or not self._refers_to_itself()
        ):
            return self._delete_sql(self.query)
        inner_query = self.query.clone()
        inner_query.__class__ = Query
        inner_query.clear_select_clause()
        pk = self.query.model._meta.pk
        inner_query.select = (pk.get_col(self.query.get_initial_alias()),)
        outer_query = Query(self.query.model)
        if not features.update_can_self_select:
            # Some databases do not read the table they change, unless it is hidden in a derived table.
            sql, params = inner_query.get_compiler(connection=self.connection).as_sql()
            inner_query = RawSQL(f"SELECT * FROM ({sql}) subquery", params)
        outer_query.add_filter("pk__in", inner_query)
        return self._delete_sql(outer_query)


class SQLUpdateCompiler(SQLCompiler):
    """Writes UPDATE, and runs the updates of parents' tables that belong to it."""

    returning_fields: Any = None

    def as_sql(self) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        self.pre_sql_setup()
        query = self.query
        if not query.values:
            return "", ()
        assignments: list[str] = []
        params: list[Any] = []
        for field, _, value in query.values:
            sql, value_params = self._assignment(field, value)
            assignments.append(f"{self.quote_name(field.column)} = {sql}")
            params.extend(value_params)
        result = [f"UPDATE {self.quote_name(query.base_table)} SET", ", ".join(assignments)]
        try:
            where, where_params = self.compile(query.where)
        except FullResultSet:
            where_params = ()
        else:
            result.append(f"WHERE {where}")
            params.extend(where_params)
        if self.returning_fields:
            returning_sql, returning_params = self.connection.ops.returning_columns(self.returning_fields)
            if returning_sql:
                result.append(returning_sql)
                params.extend(returning_params or ())
        return " ".join(result), tuple(params)

    def _assignment(self, field: Any, value: Any) -> tuple[str, Iterable[Any]]:
        if type(value) is Param:
            return "%s", [_bound(value, field, self.connection)]
        if hasattr(value, "resolve_expression"):
            value = value.resolve_expression(self.query, allow_joins=False, for_save=True)
            _check_saved_expression(field, value)
        elif hasattr(value, "prepare_database_save"):
            if not field.remote_field:
                raise TypeError(
                    f"Tried to update field {field} with a model instance, {value!r}. Use a value compatible with "
                    f"{field.__class__.__name__}."
                )
            value = value.prepare_database_save(field)
        value = field.get_db_prep_save(value, connection=self.connection)
        if value is None and not _placeholder(field):
            return "NULL", ()
        return value_sql(self, field, value)

    def execute_sql(self, result_type: str | None = NO_RESULTS) -> Any:  # type: ignore[override]
        """Update; with ROW_COUNT, the number of rows of the first table that changed."""
        row_count = super().execute_sql(ROW_COUNT) or 0
        is_empty = not row_count and not self.query.values
        for query in self.query.get_related_updates():
            # A model with fields in its parents only has its rows counted there.
            aux_row_count = query.get_compiler(self.using).execute_sql(result_type)
            if is_empty and aux_row_count:
                row_count = aux_row_count
                is_empty = False
        return row_count if result_type == ROW_COUNT else None

    def execute_returning_sql(self, returning_fields: Any) -> list[Any]:
        """Update, and return these columns of the rows that changed."""
        self.returning_fields = returning_fields
        connection = self.connection
        try:
            sql, params = self.as_sql()
        except EmptyResultSet:
            return []
        rows = connection.run(connection.ops.to_driver_sql(sql), params).rows or []
        for query in self.query.get_related_updates():
            query.get_compiler(self.using).execute_sql(NO_RESULTS)
        cols = [field.get_col(self.query.get_meta().db_table) for field in returning_fields]
        converters = self.get_converters(cols)
        return list(self.apply_converters(rows, converters)) if converters else rows

    def pre_sql_setup(self) -> None:  # type: ignore[override]
        """Turn conditions over several tables into one on the primary key."""
        refcounts_before = self.query.alias_refcount.copy()
        # Makes the base table count as used.
        self.query.get_initial_alias()
        count = sum(refs > 0 for refs in self.query.alias_refcount.values())
        if not self.query.related_updates and count == 1:
            return
        query = self.query.chain(klass=Query)
        query.clear_ordering(force=True)
        query.extra = {}
        query.select = ()
        query.select_related = False
        meta = query.get_meta()
        fields = [meta.pk.name]
        related_ids_index = []
        for related in self.query.related_updates:
            if all(path.join_field.primary_key for path in meta.get_path_to_parent(related)):
                # The parent's key is the child's.
                related_ids_index.append((related, 0))
            else:
                related_ids_index.append((related, len(fields)))
                fields.append(related._meta.pk.name)
        query.add_fields(fields)
        must_pre_select = count > 1 and not self.connection.features.update_can_self_select
        self.query.clear_where()
        if self.query.related_updates or must_pre_select:
            # The rows are found first, as the update may change whether they match.
            idents: list[Any] = []
            related_ids: dict[Any, list[Any]] = defaultdict(list)
            for rows in query.get_compiler(self.using).execute_sql(MULTI):
                idents.extend(row[0] for row in rows)
                for parent, index in related_ids_index:
                    related_ids[parent].extend(row[index] for row in rows)
            self.query.add_filter("pk__in", idents)
            self.query.related_ids = related_ids
        else:
            self.query.add_filter("pk__in", query)
        self.query.reset_refcounts(refcounts_before)


class SQLAggregateCompiler(SQLCompiler):
    """Writes SELECT aggregates FROM (subquery)."""

    def as_sql(self) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        parts: list[str] = []
        params: list[Any] = []
        for annotation in self.query.annotation_select.values():
            sql, annotation_params = self.compile(annotation)
            sql, annotation_params = annotation.select_format(self, sql, annotation_params)
            parts.append(sql)
            params.extend(annotation_params)
        self.col_count = len(self.query.annotation_select)
        inner_sql, inner_params = self.query.inner_query.get_compiler(
            self.using, connection=self.connection, elide_empty=self.elide_empty
        ).as_sql(with_col_aliases=True)
        sql = f"SELECT {', '.join(parts)} FROM ({inner_sql}) {self.quote_name('subquery')}"
        return sql, (*params, *inner_params)
