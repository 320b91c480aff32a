"""Creating and changing tables in SQLite, which changes most things by making a table anew."""

from __future__ import annotations

import copy
import datetime
import decimal
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from offbeat.db.backends.base.schema import BaseDatabaseSchemaEditor
from offbeat.db.backends.ddl_references import Statement
from offbeat.db.backends.sqlite3.remake import stand_in
from offbeat.db.backends.utils import strip_quotes
from offbeat.db.utils import NotSupportedError

__all__ = ["DatabaseSchemaEditor"]


class DatabaseSchemaEditor(BaseDatabaseSchemaEditor):
    """Works with foreign keys switched off, and checks them all at the end."""

    sql_delete_table = "DROP TABLE %(table)s"
    sql_create_fk = None
    sql_create_inline_fk = (
        "REFERENCES %(to_table)s (%(to_column)s)%(on_delete_db)s DEFERRABLE INITIALLY DEFERRED"
    )
    sql_create_column_inline_fk = sql_create_inline_fk
    sql_delete_column = "ALTER TABLE %(table)s DROP COLUMN %(column)s"
    sql_create_unique = "CREATE UNIQUE INDEX %(name)s ON %(table)s (%(columns)s)"
    sql_delete_unique = "DROP INDEX %(name)s"
    sql_alter_table_comment = None
    sql_alter_column_comment = None

    _pinned: ExitStack

    def __enter__(self) -> DatabaseSchemaEditor:
        self._pinned = ExitStack()
        # Switching the checks off is a setting of one connection, made before its transaction begins.
        self._pinned.enter_context(self.connection.session())
        try:
            if not self.connection.disable_constraint_checking():
                raise NotSupportedError(
                    "SQLite schema editor cannot be used while foreign key constraint checks are enabled. Make sure to "
                    "disable them before entering a transaction.atomic() context because SQLite does not support "
                    "disabling them in the middle of a multi-statement transaction."
                )
            super().__enter__()
        except BaseException:
            self._pinned.close()
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._pinned:
            try:
                try:
                    if exc_value is None:
                        self.connection.check_constraints()
                except BaseException as exc:
                    super().__exit__(type(exc), exc, exc.__traceback__)
                    raise
                super().__exit__(exc_type, exc_value, traceback)
            finally:
                self.connection.enable_constraint_checking()

    def quote_value(self, value: Any) -> str:
        if isinstance(value, bool):
            return str(int(value))
        if isinstance(value, (decimal.Decimal, datetime.date, datetime.time)):
            value = value.isoformat(" ") if isinstance(value, datetime.datetime) else str(value)
        if isinstance(value, str):
            return "'" + value.replace("'", "''") + "'"
        if isinstance(value, (int, float)):
            return str(value)
        if value is None:
            return "NULL"
        if isinstance(value, (bytes, bytearray, memoryview)):
            return f"X'{bytes(value).hex()}'"
        raise ValueError(f"Cannot quote parameter value {value!r} of type {type(value)}")

    def prepare_default(self, value: Any) -> str:
        return self.quote_value(value)

    def _collate_sql(
        self, collation: str | None, old_collation: str | None = None, table_name: Any = None
    ) -> str:
        return f"COLLATE {collation}" if collation else ""

    def delete_model(self, model: Any, handle_autom2m: bool = True) -> None:
        """Drop a model's table; without `handle_autom2m`, that table only."""
        if handle_autom2m:
            super().delete_model(model)
            return
        self.execute(self.sql_delete_table % {"table": self.quote_name(model._meta.db_table)})
        self._forget_table(model._meta.db_table)

    def add_field(self, model: Any, field: Any) -> None:
        if field.many_to_many:
            if field.remote_field.through._meta.auto_created:
                self.create_model(field.remote_field.through)
            return
        if field.db_parameters(connection=self.connection)["type"] is None:
            return
        if (
            field.primary_key
            or field.unique
            or not field.null
            or field.generated
            or self.effective_default(field) is not None
            or (field.has_db_default() and hasattr(field.db_default, "resolve_expression"))
        ):
            self._remake_table(model, create_field=field)
            return
        definition, params = self.column_sql(model, field)
        assert definition is not None
        definition = self._with_constraints(model, field, definition)
        self.execute(
            self.sql_create_column
            % {
                "table": self.quote_name(model._meta.db_table),
                "column": self.quote_name(field.column),
                "definition": definition,
            },
            params or None,
        )
        self.deferred_sql.extend(self._field_indexes_sql(model, field))

    def remove_field(self, model: Any, field: Any) -> None:
        if field.many_to_many:
            if field.remote_field.through._meta.auto_created:
                self.delete_model(field.remote_field.through)
            return
        if field.db_parameters(connection=self.connection)["type"] is None:
            return
        if (
            field.primary_key
            or field.unique
            or field.db_index
            or (field.remote_field and field.db_constraint)
            or _is_mentioned(model, field.name)
        ):
            self._remake_table(model, delete_field=field)
            return
        self._drop_column(model, field)

    def _alter_field(
        self, model: Any, old_field: Any, new_field: Any, old_type: str, new_type: str, strict: bool = False
    ) -> None:
        if old_field.column != new_field.column and self._only_renamed(model, old_field, new_field):
            table = model._meta.db_table
            self.execute(self._rename_field_sql(table, old_field, new_field, new_type))
            self._rename_column_references(table, old_field.column, new_field.column)
            return
        self._remake_table(model, alter_fields=[(old_field, new_field)])
        if new_field.unique and (
            old_type != new_type
            or old_field.column != new_field.column
            or self._collation_of(old_field) != self._collation_of(new_field)
        ):
            self._remake_referring_tables(new_field)

    def _collation_of(self, field: Any) -> Any:
        return field.db_parameters(connection=self.connection).get("collation")

    def _only_renamed(self, model: Any, old_field: Any, new_field: Any) -> bool:
        for field in (old_field, new_field):
            # The name of a referred column stands in the definition of the other table, too.
            if field.remote_field and field.db_constraint:
                return False
        return (
            self.column_sql(model, old_field) == self.column_sql(model, new_field)
            and old_field.db_parameters(connection=self.connection).get("check") is None
        )

    def _remake_referring_tables(self, new_field: Any) -> None:
        """Foreign keys have the type of the column they point at."""
        meta = new_field.model._meta
        referring: dict[Any, None] = {}
        further: list[Any] = []
        for relation in meta.related_objects:
            if relation.related_model == new_field.model:
                continue
            if not relation.many_to_many:
                if relation.field_name in (new_field.name, new_field.attname):
                    referring[relation.related_model] = None
                    if relation.field.unique:
                        further.append(relation.field)
            elif new_field.primary_key and relation.through._meta.auto_created:
                referring[relation.through] = None
        if new_field.primary_key:
            for many_to_many in meta.many_to_many:
                if many_to_many.remote_field.through._meta.auto_created:
                    referring[many_to_many.remote_field.through] = None
        for related_model in referring:
            self._remake_table(related_model)
        for field in further:
            # Other keys may point at this key in turn.
            self._remake_referring_tables(field)

    def _alter_many_to_many(self, model: Any, old_field: Any, new_field: Any, strict: bool) -> None:
        old_through, new_through = old_field.remote_field.through, new_field.remote_field.through
        if old_through._meta.db_table != new_through._meta.db_table:
            self.alter_db_table(old_through, old_through._meta.db_table, new_through._meta.db_table)
        pairs = [
            (
                old_through._meta.get_field(getattr(old_field, name)()),
                new_through._meta.get_field(getattr(new_field, name)()),
            )
            for name in ("m2m_field_name", "m2m_reverse_field_name")
        ]
        if any(self._field_should_be_altered(old, new) for old, new in pairs):
            self._remake_table(new_through, alter_fields=pairs)

    def add_constraint(self, model: Any, constraint: Any) -> None:
        if _is_index(constraint):
            super().add_constraint(model, constraint)
        else:
            others = [other for other in model._meta.constraints if other.name != constraint.name]
            self._remake_table(model, constraints=[*others, constraint])

    def remove_constraint(self, model: Any, constraint: Any) -> None:
        if _is_index(constraint):
            super().remove_constraint(model, constraint)
        else:
            others = [other for other in model._meta.constraints if other.name != constraint.name]
            self._remake_table(model, constraints=others)

    def _remake_table(
        self,
        model: Any,
        create_field: Any = None,
        delete_field: Any = None,
        alter_fields: Sequence[tuple[Any, Any]] = (),
        constraints: Sequence[Any] | None = None,
    ) -> None:
        """Make the table anew under another name, copy the rows, and let it take the old one's place."""
        meta = model._meta
        fields = list(meta.local_fields)
        sources = {
            field.column: self.quote_name(field.column)
            for field in meta.local_concrete_fields
            if not field.generated
        }
        names: dict[str, Any] = {}
        for old_field, new_field in alter_fields:
            fields = _replaced(fields, old_field, new_field)
            sources.pop(old_field.column, None)
            if not new_field.generated:
                sources[new_field.column] = self._copied_column(old_field, new_field)
            names[old_field.name] = names[old_field.attname] = new_field
        if create_field is not None:
            fields = [*(field for field in fields if field.name != create_field.name), create_field]
            if not create_field.generated and not create_field.has_db_default() and create_field.concrete:
                sources[create_field.column] = self.quote_value(self.effective_default(create_field))
        if delete_field is not None:
            fields = [field for field in fields if field.name != delete_field.name]
            sources.pop(delete_field.column, None)
        fields = self._with_one_primary_key(fields, create_field, alter_fields, sources)
        columns = {field.column for field in fields if field.concrete}
        sources = {column: source for column, source in sources.items() if column in columns}

        new_model = stand_in(
            model,
            fields,
            table=f"new__{strip_quotes(meta.db_table)}",
            names=names,
            removed=None if delete_field is None else delete_field.name,
            constraints=constraints,
        )
        self._replace_table(model, new_model, _in_order(sources, fields))

    def _copied_column(self, old_field: Any, new_field: Any) -> str:
        source = self.quote_name(old_field.column)
        if not (old_field.null and not new_field.null):
            return source
        if new_field.has_db_default():
            default, params = self.db_default_sql(new_field)
            default = default % tuple(map(self.quote_value, params)) if params else default
        else:
            default = self.quote_value(self.effective_default(new_field))
        return f"coalesce({source}, {default})"

    def _with_one_primary_key(
        self, fields: list[Any], create_field: Any, alter_fields: Sequence[Any], sources: dict[str, str]
    ) -> list[Any]:
        """A new primary key takes the place of the old one, of which an automatic one vanishes."""
        fresh = [field for field in (create_field, *(new for _, new in alter_fields)) if field is not None]
        chosen = next((field for field in fresh if field.primary_key), None)
        if chosen is None:
            return fields
        kept = []
        for field in fields:
            if field.primary_key and field is not chosen:
                if field.auto_created:
                    sources.pop(field.column, None)
                    continue
                field = copy.copy(field)
                field.primary_key = False
            kept.append(field)
        return kept

    def _replace_table(self, model: Any, new_model: Any, sources: dict[str, str]) -> None:
        table, new_table = model._meta.db_table, new_model._meta.db_table
        # What waits for this table is made anew with it; the rest goes on waiting.
        self._forget_table(table)
        waiting, self.deferred_sql = self.deferred_sql, []
        sql, params = self.table_sql(new_model)
        own, self.deferred_sql = self.deferred_sql, waiting
        self.execute(sql, params or None)
        self.execute(
            f"INSERT INTO {self.quote_name(new_table)} ({', '.join(map(self.quote_name, sources))}) "
            f"SELECT {', '.join(sources.values())} FROM {self.quote_name(table)}",
            None,
        )
        self.execute(self.sql_delete_table % {"table": self.quote_name(table)})
        self.execute(
            self.sql_rename_table
            % {"old_table": self.quote_name(new_table), "new_table": self.quote_name(table)}
        )
        for statement in own:
            if isinstance(statement, Statement):
                statement.rename_table_references(new_table, table)
            self.execute(statement, None)
        new_model._meta.db_table = table
        for statement in self._model_indexes_sql(new_model):
            self.execute(statement, None)

    def _with_constraints(self, model: Any, field: Any, definition: str) -> str:
        if field.db_type_suffix(connection=self.connection) and not field.primary_key:
            # Only a primary key counts up.
            plain = copy.copy(field)
            plain.db_type_suffix = lambda connection: None
            field = plain
        return super()._with_constraints(model, field, definition)


def _replaced(fields: Sequence[Any], old_field: Any, new_field: Any) -> list[Any]:
    """The fields with one in the place of another. The model may know both of them already, or neither."""
    result: list[Any] = []
    for field in fields:
        if field.name == old_field.name or field is new_field:
            field = new_field
        if all(field is not other for other in result):
            result.append(field)
    if all(field is not new_field for field in result):
        result.append(new_field)
    return [field for field in result if field is new_field or field.name != new_field.name]


def _in_order(sources: dict[str, str], fields: Sequence[Any]) -> dict[str, str]:
    return {field.column: sources[field.column] for field in fields if field.column in sources}


def _is_index(constraint: Any) -> bool:
    """Whether SQLite can hold a constraint only as an index of its own."""
    from offbeat.db.models.constraints import UniqueConstraint

    return isinstance(constraint, UniqueConstraint) and bool(
        constraint.condition or constraint.contains_expressions or constraint.include or constraint.deferrable
    )


def _is_mentioned(model: Any, name: str) -> bool:
    """Whether an index or a constraint may need the column; in doubt yes."""
    meta = model._meta
    return any(name in names for names in meta.unique_together) or any(
        name in repr(item.deconstruct()) for item in (*meta.indexes, *meta.constraints)
    )
