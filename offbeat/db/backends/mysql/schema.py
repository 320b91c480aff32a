"""Creating and changing tables in MySQL and MariaDB, which commit at each such statement."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

from offbeat.db.backends.base.schema_alter import AlterSchemaEditor
from offbeat.db.backends.ddl_references import Statement
from offbeat.db.backends.mysql.alteration import Modification

__all__ = ["DatabaseSchemaEditor"]


class DatabaseSchemaEditor(AlterSchemaEditor):
    """Changes a column by stating its whole definition anew (MODIFY)."""

    alteration_class = Modification
    sql_rename_table = "RENAME TABLE %(old_table)s TO %(new_table)s"
    sql_delete_table = "DROP TABLE %(table)s"
    sql_delete_column = "ALTER TABLE %(table)s DROP COLUMN %(column)s"
    sql_delete_unique = "ALTER TABLE %(table)s DROP INDEX %(name)s"
    sql_delete_fk = "ALTER TABLE %(table)s DROP FOREIGN KEY %(name)s"
    sql_delete_index = "DROP INDEX %(name)s ON %(table)s"
    sql_rename_index = "ALTER TABLE %(table)s RENAME INDEX %(old_name)s TO %(new_name)s"
    sql_delete_pk = "ALTER TABLE %(table)s DROP PRIMARY KEY"
    sql_alter_table_comment = "ALTER TABLE %(table)s COMMENT = %(comment)s"
    sql_alter_column_comment = None
    # Without a default, MySQL wants a value even where NULL is allowed.
    sql_alter_column_no_default_null = "ALTER COLUMN %(column)s SET DEFAULT NULL"
    sql_create_column_inline_fk = ", ADD CONSTRAINT %(name)s FOREIGN KEY (%(column)s) REFERENCES %(to_table)s (%(to_column)s)%(on_delete_db)s"
    sql_modify_column = "MODIFY %(column)s %(definition)s"

    @property
    def sql_delete_check(self) -> str:  # type: ignore[override]
        kind = "CONSTRAINT IF EXISTS" if self.connection.mysql_is_mariadb else "CHECK"
        return f"ALTER TABLE %(table)s DROP {kind} %(name)s"

    def quote_value(self, value: Any) -> str:
        return self.connection.ops.literal(value)  # type: ignore[no-any-return]

    def prepare_default(self, value: Any) -> str:
        return self.quote_value(value)

    # Columns.

    def _is_limited_data_type(self, field: Any) -> bool:
        db_type = field.db_type(self.connection)
        return db_type is not None and db_type.lower() in self.connection.ops.types_without_index

    def _column_default_sql(self, field: Any) -> str:
        # MySQL takes expressions, but no literals, as defaults of these types.
        if not self.connection.mysql_is_mariadb and self._is_limited_data_type(field):
            return "(%s)"
        return super()._column_default_sql(field)

    def _iter_column_sql(
        self, db_params: dict[str, Any], params: list[Any], model: Any, field: Any, include_default: bool
    ) -> Iterator[str]:
        comment = self._comment_sql(field.db_comment) if field.db_comment else None
        for part in super()._iter_column_sql(db_params, params, model, field, include_default):
            if part != comment:
                yield part
        if comment:
            # Behind the expression of a generated column, the only place where it may stand there.
            yield comment

    def _field_should_be_indexed(self, model: Any, field: Any) -> bool:
        if not super()._field_should_be_indexed(model, field) or self._is_limited_data_type(field):
            return False
        # A foreign key makes an index for itself.
        return not (
            self.connection.features.indexes_foreign_keys
            and field.remote_field
            and field.many_to_one
            and field.db_constraint
        )

    def column_definition(self, model: Any, field: Any) -> str:
        """All that MODIFY states of a column: what it leaves out is lost."""
        db_params = field.db_parameters(connection=self.connection)
        parts = [
            part
            for part in self._iter_column_sql(db_params, [], model, field, False)
            # Keys are not the column's own.
            if part not in {"PRIMARY KEY", "UNIQUE"}
        ]
        check = self._field_db_check(field, db_params)
        if check and self.connection.mysql_is_mariadb and not field.generated:
            parts.append(self.sql_check_constraint % check)
        return " ".join(parts)

    def _alter_column_default_sql(
        self, model: Any, old_field: Any, new_field: Any, drop: bool = False
    ) -> tuple[str, list[Any]]:
        if (
            drop
            and new_field.null
            and not self.connection.mysql_is_mariadb
            and self._is_limited_data_type(new_field)
        ):
            # MySQL lets no NULL be set as a default of these types, but takes it for one where none is stated.
            definition = self.column_definition(model, new_field)
            values = {"column": self.quote_name(new_field.column), "definition": definition}
            return self.sql_modify_column % values, []
        return super()._alter_column_default_sql(model, old_field, new_field, drop)

    def modify_column(self, model: Any, field: Any, definition: str) -> None:
        """Give a column a definition."""
        values = {"column": self.quote_name(field.column), "definition": definition}
        self.execute(self._altering(model, self.sql_modify_column % values), None)

    def add_field(self, model: Any, field: Any) -> None:
        if not field.many_to_many:
            if not hasattr(field, "model"):
                # The expression of a generated column is read as one of the model's.
                field = copy.copy(field)
                field.model = model
            if field.primary_key:
                self._delete_primary_key(model)
        super().add_field(model, field)

    def forget_foreign_keys(self, table: str, column: str) -> None:
        """Drop statements that have not run yet and would make the foreign keys of a column."""
        self.deferred_sql = [
            statement
            for statement in self.deferred_sql
            if not (
                isinstance(statement, Statement)
                and "to_table" in statement.parts
                and statement.parts["column"].references_column(table, column)
            )
        ]

    def _delete_primary_key(self, model: Any, strict: bool = False) -> None:
        # Only a key may count up.
        with self.connection.cursor() as cursor:
            columns = self.connection.introspection.get_table_description(cursor, model._meta.db_table)
        for column in columns:
            if "auto_increment" in column.extra:
                unsigned = " UNSIGNED" if column.is_unsigned else ""
                values = {
                    "column": self.quote_name(column.name),
                    "definition": f"{column.data_type}{unsigned} NOT NULL",
                }
                self.execute(self._altering(model, self.sql_modify_column % values), None)
        super()._delete_primary_key(model, strict)

    # Indexes.

    def _index_condition_sql(self, condition: str | None) -> str:
        # There are no partial indexes: they cover the whole table.
        return ""

    def _keep_index_for_keys(self, model: Any, fields: Sequence[Any], dropped: str | None = None) -> None:
        """A foreign key needs an index that begins with its column: make one before the only one is dropped."""
        if not fields or not self.connection.features.indexes_foreign_keys:
            return
        first = fields[0]
        if not (first.remote_field and getattr(first, "db_constraint", False)):
            return
        with self.connection.cursor() as cursor:
            found = self.connection.introspection.get_constraints(cursor, model._meta.db_table)
        others = [
            name
            for name, details in found.items()
            if details["index"] and details["columns"][:1] == [first.column] and name != dropped
        ]
        if not others:
            self.execute(self._create_index_sql(model, fields=[first], suffix=""))

    def remove_constraint(self, model: Any, constraint: Any) -> None:
        from offbeat.db.models import UniqueConstraint

        if isinstance(constraint, UniqueConstraint) and constraint.create_sql(model, self) is not None:
            fields = self._leading_fields(model, constraint.name, constraint.fields)
            self._keep_index_for_keys(model, fields, constraint.name)
        super().remove_constraint(model, constraint)

    def remove_index(self, model: Any, index: Any) -> None:
        fields = self._leading_fields(model, index.name, [name for name, _ in index.fields_orders])
        self._keep_index_for_keys(model, fields, index.name)
        super().remove_index(model, index)

    def _leading_fields(self, model: Any, index_name: str, names: Sequence[str]) -> list[Any]:
        """The fields that an index has names for, or the one that an index of expressions begins with."""
        if names or not self.connection.features.supports_expression_indexes:
            return [model._meta.get_field(name) for name in names]
        with self.connection.cursor() as cursor:
            found = self.connection.introspection.get_constraints(cursor, model._meta.db_table)
        first = found[index_name]["columns"][:1] if index_name in found else []
        return [field for field in model._meta.local_concrete_fields if field.column in first]

    def _delete_composed_index(
        self, model: Any, fields: Sequence[str], constraint_kwargs: dict[str, Any], sql: str
    ) -> None:
        objects = [model._meta.get_field(name) for name in fields]
        columns = [field.column for field in objects]
        names = self._constraint_names(model, columns, **constraint_kwargs)
        self._keep_index_for_keys(model, objects, names[0] if len(names) == 1 else None)
        super()._delete_composed_index(model, fields, constraint_kwargs, sql)
