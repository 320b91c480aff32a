"""Creating and changing tables. Source: Django documentation, ref/schema-editor."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any

from offbeat.db.backends.base.schema_columns import ColumnEditor
from offbeat.db.backends.base.schema_constraints import ConstraintEditor
from offbeat.db.backends.ddl_references import Statement, Table
from offbeat.utils import timezone

__all__ = ["BaseDatabaseSchemaEditor", "logger"]

logger = logging.getLogger("offbeat.db.backends.schema")


class BaseDatabaseSchemaEditor(ColumnEditor, ConstraintEditor):
    """Emits the statements that bring tables from one model to another; used as a context manager.

    With `collect_sql` nothing is run: the statements are in `collected_sql`. Indexes and the like of new tables wait
    in `deferred_sql` until the end.
    """

    sql_create_table = "CREATE TABLE %(table)s (%(definition)s)"
    sql_rename_table = "ALTER TABLE %(old_table)s RENAME TO %(new_table)s"
    sql_retablespace_table = "ALTER TABLE %(table)s SET TABLESPACE %(new_tablespace)s"
    sql_delete_table = "DROP TABLE %(table)s CASCADE"
    sql_alter_table_comment: str | None = "COMMENT ON TABLE %(table)s IS %(comment)s"
    sql_delete_procedure = "DROP PROCEDURE %(procedure)s"

    def __init__(self, connection: Any, collect_sql: bool = False, atomic: bool = True) -> None:
        self.connection = connection
        self.collect_sql = collect_sql
        self.collected_sql: list[str] = []
        self.atomic_migration = bool(connection.features.can_rollback_ddl and atomic)
        self.deferred_sql: list[Any] = []
        self.atomic: Any = None

    def __enter__(self) -> BaseDatabaseSchemaEditor:
        self.deferred_sql = []
        if self.atomic_migration:
            from offbeat.db.transaction import atomic

            self.atomic = atomic(self.connection.alias)
            self.atomic.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if exc_type is None:
                for sql in self.deferred_sql:
                    self.execute(sql, None)
        except BaseException as exc:
            if self.atomic_migration:
                self.atomic.__exit__(type(exc), exc, exc.__traceback__)
            raise
        if self.atomic_migration:
            self.atomic.__exit__(exc_type, exc_value, traceback)

    def execute(self, sql: Any, params: Any = ()) -> None:
        """Run (or collect) a statement; `params` fill `%s` placeholders, None means that there are none."""
        if (
            not self.collect_sql
            and self.connection.in_atomic_block
            and not self.connection.features.can_rollback_ddl
        ):
            from offbeat.db.transaction import TransactionManagementError

            raise TransactionManagementError(
                "Executing DDL statements while in a transaction on databases that can't perform a rollback is "
                "prohibited."
            )
        text = str(sql)
        logger.debug("%s; (params %r)", text, params, extra={"params": params, "sql": text})
        if self.collect_sql:
            ending = "" if text.rstrip().endswith(";") else ";"
            if params is not None:
                text = text % tuple(map(self.quote_value, params))
            self.collected_sql.append(text + ending)
        else:
            with self.connection.cursor() as cursor:
                cursor.execute(text, params)

    def quote_name(self, name: str) -> str:
        return self.connection.ops.quote_name(name)  # type: ignore[no-any-return]

    def quote_value(self, value: Any) -> str:
        """A value as a literal, only for where the database takes no parameters."""
        raise NotImplementedError(f"{type(self).__name__} has no quote_value()")

    def table_sql(self, model: Any) -> tuple[str, list[Any]]:
        """The CREATE TABLE statement of a model. What it cannot hold goes to `deferred_sql`."""
        definitions: list[str] = []
        params: list[Any] = []
        for field in model._meta.local_fields:
            definition, extra_params = self.column_sql(model, field)
            if definition is None:
                continue
            definitions.append(
                f"{self.quote_name(field.column)} {self._with_constraints(model, field, definition)}"
            )
            params.extend(extra_params or ())
            if field.get_internal_type() in {"AutoField", "BigAutoField", "SmallAutoField"}:
                autoinc_sql = self.connection.ops.autoinc_sql(model._meta.db_table, field.column)
                if autoinc_sql:
                    self.deferred_sql.extend(autoinc_sql)
        for field_names in model._meta.unique_together:
            fields = [model._meta.get_field(name) for name in field_names]
            self.deferred_sql.append(self._create_unique_sql(model, fields))
        if model._meta.is_composite_pk:
            definitions.append(self._pk_constraint_sql(model._meta.pk.columns))
        for constraint in model._meta.constraints:
            # Constraints that the statement cannot hold are put off by the methods called here.
            sql = constraint.constraint_sql(model, self)
            if sql:
                definitions.append(str(sql))
        sql = self.sql_create_table % {
            "table": self.quote_name(model._meta.db_table),
            "definition": ", ".join(definitions),
        }
        if model._meta.db_tablespace:
            tablespace_sql = self.connection.ops.tablespace_sql(model._meta.db_tablespace)
            if tablespace_sql:
                sql += " " + tablespace_sql
        return sql, params

    def _with_constraints(self, model: Any, field: Any, definition: str) -> str:
        check = self._field_db_check(field, field.db_parameters(connection=self.connection))
        if check:
            definition += f" {self.sql_check_constraint % check}"
        suffix = field.db_type_suffix(connection=self.connection)
        if suffix:
            definition += f" {suffix}"
        if field.remote_field and field.db_constraint:
            definition += self._inline_or_deferred_fk(model, field)
        return definition

    def create_model(self, model: Any) -> None:
        """Create the table of a model, those of its many-to-many relations, and (at the end) its indexes."""
        sql, params = self.table_sql(model)
        # Without parameters a percent sign in a default or a check is just that.
        self.execute(sql, params or None)
        if self.connection.features.supports_comments:
            self._create_comments(model)
        self.deferred_sql.extend(self._model_indexes_sql(model))
        for field in model._meta.local_many_to_many:
            if field.remote_field.through._meta.auto_created:
                self.create_model(field.remote_field.through)

    def _create_comments(self, model: Any) -> None:
        if model._meta.db_table_comment:
            self.alter_db_table_comment(model, None, model._meta.db_table_comment)
        if not self.connection.features.supports_comments_inline:
            for field in model._meta.local_fields:
                if field.db_comment:
                    db_type = field.db_parameters(connection=self.connection)["type"]
                    self.execute(*self._alter_column_comment_sql(model, field, db_type, field.db_comment))

    def delete_model(self, model: Any) -> None:
        """Drop the table of a model and those of its many-to-many relations."""
        for field in model._meta.local_many_to_many:
            if field.remote_field.through._meta.auto_created:
                self.delete_model(field.remote_field.through)
        self.execute(self.sql_delete_table % {"table": self.quote_name(model._meta.db_table)})
        self._forget_table(model._meta.db_table)

    def _forget_table(self, table: str) -> None:
        self.deferred_sql = [
            sql
            for sql in self.deferred_sql
            if not (isinstance(sql, Statement) and sql.references_table(table))
        ]

    def _drop_column(self, model: Any, field: Any) -> None:
        self.execute(
            self.sql_delete_column
            % {"table": self.quote_name(model._meta.db_table), "column": self.quote_name(field.column)}
        )
        self._forget_column(model._meta.db_table, field.column)

    def _forget_column(self, table: str, column: str) -> None:
        self.deferred_sql = [
            sql
            for sql in self.deferred_sql
            if not (isinstance(sql, Statement) and sql.references_column(table, column))
        ]

    def alter_db_table(self, model: Any, old_db_table: str, new_db_table: str) -> None:
        """Rename a model's table."""
        if old_db_table == new_db_table or (
            self.connection.features.ignores_table_name_case and old_db_table.lower() == new_db_table.lower()
        ):
            return
        self.execute(
            self.sql_rename_table
            % {"old_table": self.quote_name(old_db_table), "new_table": self.quote_name(new_db_table)}
        )
        for sql in self.deferred_sql:
            if isinstance(sql, Statement):
                sql.rename_table_references(old_db_table, new_db_table)

    def alter_db_table_comment(
        self, model: Any, old_db_table_comment: str | None, new_db_table_comment: str | None
    ) -> None:
        """Change the comment on a model's table, where the database has comments."""
        if self.sql_alter_table_comment and self.connection.features.supports_comments:
            self.execute(
                self.sql_alter_table_comment
                % {
                    "table": self.quote_name(model._meta.db_table),
                    "comment": self.quote_value(new_db_table_comment or ""),
                },
                None,
            )

    def alter_db_tablespace(self, model: Any, old_db_tablespace: str, new_db_tablespace: str) -> None:
        """Move a model's table to another tablespace."""
        self.execute(
            self.sql_retablespace_table
            % {
                "table": self.quote_name(model._meta.db_table),
                "old_tablespace": self.quote_name(old_db_tablespace),
                "new_tablespace": self.quote_name(new_db_tablespace),
            }
        )

    def remove_procedure(self, procedure_name: str, param_types: Sequence[str] = ()) -> None:
        """Drop a stored procedure."""
        self.execute(
            self.sql_delete_procedure
            % {"procedure": self.quote_name(procedure_name), "param_types": ",".join(param_types)}
        )

    def alter_field(self, model: Any, old_field: Any, new_field: Any, strict: bool = False) -> None:
        """Change a column from one field to another: type, name, null, default, index, unique, foreign key.

        Many-to-many fields may change only their tables. Raises ValueError for what cannot be turned into each other.
        """
        if not self._field_should_be_altered(old_field, new_field):
            return
        old_type = old_field.db_parameters(connection=self.connection)["type"]
        new_type = new_field.db_parameters(connection=self.connection)["type"]
        if _lacks_type(old_field, old_type) or _lacks_type(new_field, new_type):
            raise ValueError(
                f"Cannot alter field {old_field} into {new_field} - they do not properly define db_type (are you "
                "using a badly-written custom field?)"
            )
        if old_type is None and new_type is None:
            old_through, new_through = _through(old_field), _through(new_field)
            if old_through is not None and new_through is not None:
                created = old_through._meta.auto_created, new_through._meta.auto_created
                if all(created):
                    self._alter_many_to_many(model, old_field, new_field, strict)
                    return
                if not any(created):
                    return
        if old_type is None or new_type is None:
            raise ValueError(
                f"Cannot alter field {old_field} into {new_field} - they are not compatible types (you cannot "
                "alter to or from M2M fields, or add or remove through= on M2M fields)"
            )
        if old_field.generated != new_field.generated or (
            new_field.generated and _expression_changed(old_field, new_field)
        ):
            raise ValueError(
                f"Modifying GeneratedFields is not supported - the field {new_field} must be removed and re-added "
                "with the new definition."
            )
        self._alter_field(model, old_field, new_field, old_type, new_type, strict)

    def _alter_field(
        self, model: Any, old_field: Any, new_field: Any, old_type: str, new_type: str, strict: bool = False
    ) -> None:
        raise NotImplementedError(f"{type(self).__name__} has no _alter_field()")

    def _alter_many_to_many(self, model: Any, old_field: Any, new_field: Any, strict: bool) -> None:
        """Rename the table of a relation and the columns that follow the names of the models."""
        old_through, new_through = old_field.remote_field.through, new_field.remote_field.through
        if old_through._meta.db_table != new_through._meta.db_table:
            self.alter_db_table(old_through, old_through._meta.db_table, new_through._meta.db_table)
        for find in ("m2m_reverse_field_name", "m2m_field_name"):
            self.alter_field(
                new_through,
                old_through._meta.get_field(getattr(old_field, find)()),
                new_through._meta.get_field(getattr(new_field, find)()),
            )

    def _field_should_be_altered(
        self, old_field: Any, new_field: Any, ignore: Iterable[str] | None = None
    ) -> bool:
        """Whether the difference of two fields is one of the database."""
        if not old_field.concrete and not new_field.concrete:
            if not (old_field.many_to_many and new_field.many_to_many):
                return False
            old_through, new_through = _through(old_field), _through(new_field)
            if old_through is None or new_through is None:
                return True
            if old_through._meta.db_table != new_through._meta.db_table:
                return True
            if _through_columns(old_field) != _through_columns(new_field):
                return True
        _, old_path, old_args, old_kwargs = old_field.deconstruct()
        _, new_path, new_args, new_kwargs = new_field.deconstruct()
        for name in {*(ignore or ()), *old_field.non_db_attrs}:
            old_kwargs.pop(name, None)
        for name in {*(ignore or ()), *new_field.non_db_attrs}:
            new_kwargs.pop(name, None)
        self._forget_names_of_relations(old_field, old_kwargs, new_field, new_kwargs)
        if (old_path, old_args, old_kwargs) != (new_path, new_args, new_kwargs):
            if not self._same_database_default(old_field, old_kwargs, new_field, new_kwargs):
                return True
        if not (old_field.concrete and new_field.concrete):
            return False
        return bool(
            self.quote_name(old_field.column) != self.quote_name(new_field.column)
            or self._on_delete_of(old_field) != self._on_delete_of(new_field)
        )

    def _same_database_default(
        self, old_field: Any, old_kwargs: dict[str, Any], new_field: Any, new_kwargs: dict[str, Any]
    ) -> bool:
        """Whether two fields differ in how their database default is written only."""
        if not ("db_default" in old_kwargs and "db_default" in new_kwargs):
            return False
        rest = {name: value for name, value in old_kwargs.items() if name != "db_default"}
        if rest != {name: value for name, value in new_kwargs.items() if name != "db_default"}:
            return False
        return type(old_field) is type(new_field) and self.db_default_sql(old_field) == self.db_default_sql(
            new_field
        )

    def _on_delete_of(self, field: Any) -> str:
        has_key = field.remote_field and getattr(field, "db_constraint", False)
        return self._create_on_delete_sql(field) if has_key else ""

    def _forget_names_of_relations(
        self, old_field: Any, old_kwargs: dict[str, Any], new_field: Any, new_kwargs: dict[str, Any]
    ) -> None:
        # A renamed model is another "to", but the same table.
        if not (old_field.remote_field and new_field.remote_field) or "to" not in old_kwargs:
            return
        old_model, new_model = old_field.remote_field.model, new_field.remote_field.model
        if (
            hasattr(old_model, "_meta")
            and hasattr(new_model, "_meta")
            and old_model._meta.db_table == new_model._meta.db_table
            and old_field.many_to_one == new_field.many_to_one
            and not old_field.many_to_many
        ):
            old_kwargs.pop("to", None)
            new_kwargs.pop("to", None)

    @staticmethod
    def _effective_default(field: Any) -> Any:
        if field.has_default():
            return field.get_default()
        if not field.null and field.blank and field.empty_strings_allowed:
            return b"" if field.get_internal_type() == "BinaryField" else ""
        if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
            return _now_for(field)
        return None

    def remove_field(self, model: Any, field: Any) -> None:
        """Drop a field's column, or a many-to-many relation's table."""
        raise NotImplementedError(f"{type(self).__name__} has no remove_field()")

    def add_field(self, model: Any, field: Any) -> None:
        """Add a field's column, or a many-to-many relation's table."""
        raise NotImplementedError(f"{type(self).__name__} has no add_field()")

    def _table(self, model: Any) -> Table:
        return Table(model._meta.db_table, self.quote_name)


def _through(field: Any) -> Any:
    return getattr(field.remote_field, "through", None) if field.remote_field else None


def _through_columns(field: Any) -> tuple[str, str] | None:
    """The columns of a many-to-many field's own table; None where the table is somebody else's."""
    if not field.remote_field.through._meta.auto_created:
        return None
    return field.m2m_column_name(), field.m2m_reverse_name()


def _lacks_type(field: Any, db_type: str | None) -> bool:
    return db_type is None and field.remote_field is None


def _expression_changed(old_field: Any, new_field: Any) -> bool:
    return bool(old_field.expression != new_field.expression or old_field.db_persist != new_field.db_persist)


def _now_for(field: Any) -> Any:
    internal_type = field.get_internal_type()
    if internal_type == "DateTimeField":
        return timezone.now()
    moment = datetime.now()
    if internal_type == "DateField":
        return moment.date()
    if internal_type == "TimeField":
        return moment.time()
    return moment
