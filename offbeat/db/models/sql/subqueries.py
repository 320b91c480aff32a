"""Queries that change data, and the one that aggregates over another."""

from __future__ import annotations

from typing import Any

from offbeat.core.exceptions import FieldError
from offbeat.db.models.sql.constants import GET_ITERATOR_CHUNK_SIZE, NO_RESULTS, ROW_COUNT
from offbeat.db.models.sql.params import Param, Unbindable
from offbeat.db.models.sql.query import Query

__all__ = ["AggregateQuery", "DeleteQuery", "InsertQuery", "UpdateQuery"]


class DeleteQuery(Query):
    """DELETE of one table's rows."""

    compiler = "SQLDeleteCompiler"

    def do_query(self, table: str, where: Any, using: str) -> int:
        """Delete the table's rows that match; returns their number."""
        self.alias_map = {table: self.alias_map[table]}
        self.where = where
        self.__dict__.pop("base_table", None)
        return self.get_compiler(using).execute_sql(ROW_COUNT) or 0

    def delete_batch(self, pk_list: Any, using: str) -> int:
        """Delete by primary key, as many at a time as the database takes; returns the number of rows."""
        num_deleted = 0
        field = self.get_meta().pk
        for offset in range(0, len(pk_list), GET_ITERATOR_CHUNK_SIZE):
            self.clear_where()
            self.add_filter(f"{field.attname}__in", pk_list[offset : offset + GET_ITERATOR_CHUNK_SIZE])
            num_deleted += self.do_query(self.get_meta().db_table, self.where, using=using)
        return num_deleted


class UpdateQuery(Query):
    """UPDATE of one table's rows, with the updates of its parents' tables beside it."""

    compiler = "SQLUpdateCompiler"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._setup_query()

    def _setup_query(self) -> None:
        if not hasattr(self, "values"):
            self.values: list[tuple[Any, Any, Any]] = []
            # Fields of parent models by model, and the ids to update there.
            self.related_updates: dict[Any, list[tuple[Any, Any, Any]]] = {}
            self.related_ids: Any = None

    def clone(self) -> Any:
        obj = super().clone()
        obj.related_updates = {model: values[:] for model, values in self.related_updates.items()}
        obj.values = self.values[:]
        return obj

    def update_batch(self, pk_list: Any, values: dict[str, Any], using: str) -> None:
        """Set the values on the rows with these primary keys."""
        self.add_update_values(values)
        for offset in range(0, len(pk_list), GET_ITERATOR_CHUNK_SIZE):
            self.clear_where()
            self.add_filter("pk__in", pk_list[offset : offset + GET_ITERATOR_CHUNK_SIZE])
            self.get_compiler(using).execute_sql(NO_RESULTS)

    def add_update_values(self, values: dict[str, Any]) -> None:
        """Set fields by name.

        Raises FieldError for a name that is not a column.
        """
        values_seq = []
        for name, value in values.items():
            field = self.get_meta().get_field(name)
            model = field.model._meta.concrete_model
            if field.name == "pk" and model._meta.is_composite_pk:
                raise FieldError("Composite primary key fields must be updated individually.")
            if (field.is_relation and field.many_to_many) or not field.concrete:
                raise FieldError(f"Cannot update model field {field!r} (only concrete fields are permitted).")
            if model is not self.get_meta().concrete_model:
                self.add_related_update(model, field, value)
                continue
            values_seq.append((field, model, value))
        self.add_update_fields(values_seq)

    def add_update_fields(self, values_seq: Any) -> None:
        """Set fields; expressions among the values are resolved."""
        for field, model, value in values_seq:
            if getattr(field, "generated", False):
                continue
            if hasattr(value, "resolve_expression"):
                # Joins are not possible in the SET clause.
                value = value.resolve_expression(self, allow_joins=False, for_save=True)
                if getattr(value, "is_composite", False):
                    raise FieldError(
                        f"Composite primary keys expressions are not allowed in this query ({field.name}=F('pk'))."
                    )
            self.values.append((field, model, value))

    def add_related_update(self, model: Any, field: Any, value: Any) -> None:
        """Set a field of a parent model's table."""
        if type(value) is Param:
            raise Unbindable("Parents are updated by the ids that the query finds.")
        self.related_updates.setdefault(model, []).append((field, None, value))

    def get_related_updates(self) -> list[Any]:
        """One query for each parent table that changes."""
        result = []
        for model, values in self.related_updates.items():
            query = UpdateQuery(model)
            query.values = values
            if self.related_ids is not None:
                query.add_filter("pk__in", self.related_ids[model])
            result.append(query)
        return result


class InsertQuery(Query):
    """INSERT of one or more rows."""

    compiler = "SQLInsertCompiler"

    def __init__(
        self,
        *args: Any,
        on_conflict: Any = None,
        update_fields: Any = None,
        unique_fields: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields: list[Any] = []
        self.objs: list[Any] = []
        self.on_conflict = on_conflict
        self.update_fields = update_fields or []
        self.unique_fields = unique_fields or []
        self.raw = False

    def insert_values(self, fields: Any, objs: Any, raw: bool = False) -> None:
        """Insert these fields of these objects; ``raw``: without the fields' ``pre_save()``.

        An object may also be a plain tuple of values (or placeholders), one for each field.
        """
        self.fields = fields
        self.objs = objs
        self.raw = raw


class AggregateQuery(Query):
    """SELECT of aggregates FROM a subquery."""

    compiler = "SQLAggregateCompiler"

    def __init__(self, model: Any, inner_query: Any) -> None:
        self.inner_query = inner_query
        super().__init__(model)
