"""Adding, removing and changing columns with ALTER TABLE."""

from __future__ import annotations

from typing import Any

from offbeat.db.backends.base.schema import BaseDatabaseSchemaEditor
from offbeat.db.backends.base.schema_alteration import Alteration
from offbeat.db.backends.ddl_references import IndexName, Statement, Table
from offbeat.db.backends.utils import split_identifier

__all__ = ["AlterSchemaEditor"]

Action = tuple[str, list[Any]]


class AlterSchemaEditor(BaseDatabaseSchemaEditor):
    """A schema editor for databases that can change a table where it stands."""

    alteration_class = Alteration

    def add_field(self, model: Any, field: Any) -> None:
        if field.many_to_many:
            if field.remote_field.through._meta.auto_created:
                self.create_model(field.remote_field.through)
            return
        definition, params = self.column_sql(model, field, include_default=True)
        if definition is None or params is None:
            return
        check = self._field_db_check(field, field.db_parameters(connection=self.connection))
        if check:
            definition += f" {self.sql_check_constraint % check}"
        suffix = field.db_type_suffix(connection=self.connection)
        if suffix:
            definition += f" {suffix}"
        if field.remote_field and self.connection.features.supports_foreign_keys and field.db_constraint:
            definition += self._added_fk_sql(model, field)
        self.execute(
            self.sql_create_column
            % {
                "table": self.quote_name(model._meta.db_table),
                "column": self.quote_name(field.column),
                "definition": definition,
            },
            params or None,
        )
        self._finish_added_field(model, field)

    def _finish_added_field(self, model: Any, field: Any) -> None:
        if self._has_passing_default(field):
            # It was for the rows there are: from now on the model sees to it.
            changes, params = self._alter_column_default_sql(model, None, field, drop=True)
            self.execute(self._altering(model, changes), params or None)
        features = self.connection.features
        if field.db_comment and features.supports_comments and not features.supports_comments_inline:
            db_type = field.db_parameters(connection=self.connection)["type"]
            self.execute(*self._alter_column_comment_sql(model, field, db_type, field.db_comment))
        self.deferred_sql.extend(self._field_indexes_sql(model, field))

    def _has_passing_default(self, field: Any) -> bool:
        return (
            not field.generated
            and not field.has_db_default()
            and not self.skip_default(field)
            and not self.skip_default_on_alter(field)
            and self.effective_default(field) is not None
        )

    def _altering(self, model: Any, changes: str) -> str:
        return self.sql_alter_column % {"table": self.quote_name(model._meta.db_table), "changes": changes}

    def _added_fk_sql(self, model: Any, field: Any) -> str:
        """The foreign key of a new column, inside its definition where it can stand there."""
        if self.sql_create_column_inline_fk is None:
            self.deferred_sql.append(self._create_fk_sql(model, field, "_fk_%(to_table)s_%(to_column)s"))
            return ""
        target = field.target_field
        to_table, to_column = target.model._meta.db_table, target.column
        namespace, _ = split_identifier(model._meta.db_table)
        suffix = f"_fk_{split_identifier(to_table)[1]}_{to_column}"
        return " " + self.sql_create_column_inline_fk % {
            "name": self.quote_name(self._create_index_name(model._meta.db_table, [field.column], suffix)),
            "namespace": f"{self.quote_name(namespace)}." if namespace else "",
            "column": self.quote_name(field.column),
            "to_table": self.quote_name(to_table),
            "to_column": self.quote_name(to_column),
            "on_delete_db": self._create_on_delete_sql(field),
            "deferrable": self.connection.ops.deferrable_sql(),
        }

    def remove_field(self, model: Any, field: Any) -> None:
        if field.many_to_many:
            if field.remote_field.through._meta.auto_created:
                self.delete_model(field.remote_field.through)
            return
        if field.db_parameters(connection=self.connection)["type"] is None:
            return
        if field.remote_field:
            for name in self._constraint_names(model, [field.column], foreign_key=True):
                self.execute(self._delete_fk_sql(model, name))
        self._drop_column(model, field)

    def _alter_field(
        self, model: Any, old_field: Any, new_field: Any, old_type: str, new_type: str, strict: bool = False
    ) -> None:
        self.alteration_class(self, model, old_field, new_field, old_type, new_type, strict).run()

    # Parts of ALTER TABLE: each is SQL with its parameters.

    def _alter_column_type_sql(
        self,
        model: Any,
        old_field: Any,
        new_field: Any,
        new_type: str,
        old_collation: str | None,
        new_collation: str | None,
    ) -> tuple[Action, list[Action]]:
        """What changes the type, and what has to be done afterwards."""
        collation = self._collate_sql(new_collation, old_collation, model._meta.db_table)
        change = self.sql_alter_column_type % {
            "column": self.quote_name(new_field.column),
            "type": new_type,
            "collation": f" {collation}" if collation else "",
        }
        return (change, []), []

    def _alter_column_null_sql(self, model: Any, old_field: Any, new_field: Any) -> Action | None:
        """What allows NULL, or forbids it."""
        if (
            self.connection.features.interprets_empty_strings_as_nulls
            and new_field.empty_strings_allowed
            and not new_field.primary_key
        ):
            return None
        new_type = new_field.db_parameters(connection=self.connection)["type"]
        template = self.sql_alter_column_null if new_field.null else self.sql_alter_column_not_null
        return template % {"column": self.quote_name(new_field.column), "type": new_type}, []

    def _alter_column_default_sql(
        self, model: Any, old_field: Any, new_field: Any, drop: bool = False
    ) -> Action:
        """What gives the column a default, or takes it away."""
        new_type = new_field.db_parameters(connection=self.connection)["type"]
        default = self.effective_default(new_field)
        params: list[Any] = [default]
        placeholder = self._column_default_sql(new_field)
        if drop:
            params = []
        elif self.connection.features.requires_literal_defaults:
            placeholder = self.prepare_default(default)
            params = []
        if not drop:
            template = self.sql_alter_column_default
        elif new_field.null:
            template = self.sql_alter_column_no_default_null
        else:
            template = self.sql_alter_column_no_default
        values = {"column": self.quote_name(new_field.column), "type": new_type, "default": placeholder}
        return template % values, params

    def _alter_column_database_default_sql(
        self, model: Any, old_field: Any, new_field: Any, drop: bool = False
    ) -> Action:
        """What gives the column the default that the model has for the database, or takes it away."""
        sql, params = ("", []) if drop else self.db_default_sql(new_field)
        template = self.sql_alter_column_no_default if drop else self.sql_alter_column_default
        new_type = new_field.db_parameters(connection=self.connection)["type"]
        values = {"column": self.quote_name(new_field.column), "type": new_type, "default": sql}
        return template % values, list(params)

    def _create_primary_key_sql(self, model: Any, field: Any) -> Statement:
        table = model._meta.db_table
        return Statement(
            self.sql_create_pk,
            table=Table(table, self.quote_name),
            name=IndexName(table, [field.column], "_pk", self._quoted_index_name()),
            columns=self._index_columns(table, [field.column], (), ()),
        )

    def _delete_primary_key(self, model: Any, strict: bool = False) -> None:
        names = self._constraint_names(model, primary_key=True)
        # There may be none: the old one went with its column.
        if strict and len(names) > 1:
            raise ValueError(
                f"Found wrong number ({len(names)}) of PK constraints for {model._meta.db_table}"
            )
        for name in names:
            self.execute(self._delete_constraint_sql(self.sql_delete_pk, model, name))
