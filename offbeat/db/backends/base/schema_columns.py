"""The SQL of columns: types, defaults, generated columns, inline foreign keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from offbeat.db.backends.ddl_references import Statement

__all__ = ["ColumnEditor"]


class ColumnEditor:
    """The part of a schema editor that describes columns."""

    sql_create_column = "ALTER TABLE %(table)s ADD COLUMN %(column)s %(definition)s"
    sql_alter_column = "ALTER TABLE %(table)s %(changes)s"
    sql_delete_column = "ALTER TABLE %(table)s DROP COLUMN %(column)s CASCADE"
    sql_rename_column = "ALTER TABLE %(table)s RENAME COLUMN %(old_column)s TO %(new_column)s"
    sql_alter_column_type = "ALTER COLUMN %(column)s TYPE %(type)s%(collation)s"
    sql_alter_column_null = "ALTER COLUMN %(column)s DROP NOT NULL"
    sql_alter_column_not_null = "ALTER COLUMN %(column)s SET NOT NULL"
    sql_alter_column_default = "ALTER COLUMN %(column)s SET DEFAULT %(default)s"
    sql_alter_column_no_default = "ALTER COLUMN %(column)s DROP DEFAULT"
    sql_alter_column_no_default_null = sql_alter_column_no_default
    sql_update_with_default = "UPDATE %(table)s SET %(column)s = %(default)s WHERE %(column)s IS NULL"
    sql_alter_column_comment: str | None = "COMMENT ON COLUMN %(table)s.%(column)s IS %(comment)s"
    sql_create_inline_fk: str | None = None
    sql_create_column_inline_fk: str | None = None

    connection: Any
    deferred_sql: list[Any]

    def quote_name(self, name: str) -> str:
        raise NotImplementedError

    def quote_value(self, value: Any) -> str:
        raise NotImplementedError

    def execute(self, sql: Any, params: Any = ()) -> None:
        raise NotImplementedError

    if TYPE_CHECKING:
        # The other half of the editor has it.
        def _create_fk_sql(self, model: Any, field: Any, suffix: str) -> Any: ...

    def column_sql(
        self, model: Any, field: Any, include_default: bool = False
    ) -> tuple[str | None, list[Any] | None]:
        """Type and modifiers of a field's column with their parameters; (None, None) without a column."""
        db_params = field.db_parameters(connection=self.connection)
        if db_params["type"] is None:
            return None, None
        params: list[Any] = []
        return " ".join(self._iter_column_sql(db_params, params, model, field, include_default)), params

    def _iter_column_sql(
        self, db_params: dict[str, Any], params: list[Any], model: Any, field: Any, include_default: bool
    ) -> Iterator[str]:
        yield db_params["type"]
        if collation := db_params.get("collation"):
            yield self._collate_sql(collation)
        features = self.connection.features
        if features.supports_comments_inline and field.db_comment:
            yield self._comment_sql(field.db_comment)
        if field.generated:
            sql, generated_params = self._column_generated_sql(field)
            params.extend(generated_params)
            yield sql
            return
        if field.has_db_default():
            sql, default_params = self.db_default_sql(field)
            params.extend(default_params)
            yield f"DEFAULT {sql}"
        elif include_default:
            default = self.effective_default(field)
            if default is not None and not self.skip_default(field):
                column_default = "DEFAULT " + self._column_default_sql(field)
                if features.requires_literal_defaults:
                    yield column_default % self.prepare_default(default)
                else:
                    yield column_default
                    params.append(default)
        yield self._null_sql(field)
        if field.primary_key:
            yield "PRIMARY KEY"
        elif field.unique:
            yield "UNIQUE"
        tablespace = field.db_tablespace or model._meta.db_tablespace
        if tablespace and features.supports_tablespaces and field.unique:
            yield self.connection.ops.tablespace_sql(tablespace, inline=True)

    def _null_sql(self, field: Any) -> str:
        null = field.null
        # A database that stores the empty text as NULL must allow it.
        if (
            field.empty_strings_allowed
            and not field.primary_key
            and self.connection.features.interprets_empty_strings_as_nulls
        ):
            null = True
        if not null:
            return "NOT NULL"
        return "" if self.connection.features.implied_column_null else "NULL"

    def _collate_sql(
        self, collation: str | None, old_collation: str | None = None, table_name: Any = None
    ) -> str:
        return f"COLLATE {self.quote_name(collation)}" if collation else ""

    def _comment_sql(self, comment: str | None) -> str:
        return f"COMMENT {self.quote_value(comment or '')}"

    def _alter_column_comment_sql(
        self, model: Any, new_field: Any, new_type: str, new_db_comment: str | None
    ) -> tuple[str, list[Any] | None]:
        assert self.sql_alter_column_comment is not None
        # The comment is a literal: percent signs in it are meant.
        return (
            self.sql_alter_column_comment
            % {
                "table": self.quote_name(model._meta.db_table),
                "column": self.quote_name(new_field.column),
                "comment": self._comment_sql(new_db_comment),
            },
            None,
        )

    def _column_generated_persistency_sql(self, field: Any) -> str:
        return "STORED" if field.db_persist else "VIRTUAL"

    def _column_generated_sql(self, field: Any) -> tuple[str, tuple[Any, ...]]:
        """The expression of a generated column."""
        expression_sql, params = field.generated_sql(self.connection)
        if self.connection.features.requires_literal_defaults:
            expression_sql = expression_sql % tuple(map(self.quote_value, params))
            params = ()
        return (
            f"GENERATED ALWAYS AS ({expression_sql}) {self._column_generated_persistency_sql(field)}",
            params,
        )

    def db_default_sql(self, field: Any) -> tuple[str, list[Any]]:
        """A database default: a literal, or an expression in parentheses."""
        from offbeat.db.models.expressions import Value

        db_default = field._db_default_expression
        sql = self._column_default_sql(field) if isinstance(db_default, Value) else "(%s)"
        query = _query_without_aliases(field.model)
        compiler = query.get_compiler(connection=self.connection)
        default_sql, params = compiler.compile(db_default)
        if self.connection.features.requires_literal_defaults:
            # Texts with percent signs in the SQL are escaped; quoted parameters are not.
            default_sql = default_sql % tuple(map(self.prepare_default, params))
            params = []
        return sql % default_sql, list(params)

    def _column_default_sql(self, field: Any) -> str:
        """The placeholder of a default."""
        return "%s"

    def prepare_default(self, value: Any) -> str:
        """A default as a literal, where the database takes no parameters for it."""
        raise NotImplementedError(f"{type(self).__name__} has no prepare_default()")

    def skip_default(self, field: Any) -> bool:
        """Whether columns of this type cannot have a default."""
        return False

    def skip_default_on_alter(self, field: Any) -> bool:
        """Whether columns of this type cannot be given a default by ALTER."""
        return False

    def _effective_default(self, field: Any) -> Any:
        raise NotImplementedError

    def effective_default(self, field: Any) -> Any:
        """What existing rows get in a new column: the default, or what comes nearest to one."""
        return field.get_db_prep_save(self._effective_default(field), self.connection)

    def _field_db_check(self, field: Any, field_db_params: dict[str, Any]) -> dict[str, Any] | None:
        # A generated column needs no check: nobody writes to it.
        check = field_db_params.get("check")
        return {"check": check} if check else None

    def _inline_or_deferred_fk(self, model: Any, field: Any) -> str:
        """A foreign key in the column's definition, or, where it cannot stand there, a deferred constraint."""
        if self.sql_create_inline_fk:
            return " " + self._inline_fk_sql(self.sql_create_inline_fk, field)
        if self.connection.features.supports_foreign_keys:
            self.deferred_sql.append(self._create_fk_sql(model, field, "_fk_%(to_table)s_%(to_column)s"))
        return ""

    def _inline_fk_sql(self, template: str, field: Any) -> str:
        target = field.remote_field
        return template % {
            "to_table": self.quote_name(target.model._meta.db_table),
            "to_column": self.quote_name(target.model._meta.get_field(target.field_name).column),
            "on_delete_db": self._create_on_delete_sql(field),
        }

    def _create_on_delete_sql(self, field: Any) -> str:
        """ON DELETE, for relations that leave deleting to the database."""
        on_delete = field.remote_field.on_delete
        if hasattr(on_delete, "on_delete_sql"):
            return on_delete.on_delete_sql(self)  # type: ignore[no-any-return]
        operation = getattr(on_delete, "operation", "")
        return self.connection.ops.fk_on_delete_sql(operation)  # type: ignore[no-any-return]

    def _rename_field_sql(self, table: str, old_field: Any, new_field: Any, new_type: str) -> Any:
        return self.sql_rename_column % {
            "table": self.quote_name(table),
            "old_column": self.quote_name(old_field.column),
            "new_column": self.quote_name(new_field.column),
            "type": new_type,
        }

    def _rename_column_references(self, table: str, old_column: str, new_column: str) -> None:
        for sql in self.deferred_sql:
            if isinstance(sql, Statement):
                sql.rename_column_references(table, old_column, new_column)


def _query_without_aliases(model: Any) -> Any:
    from offbeat.db.models.sql import Query

    return Query(model, alias_cols=False)
