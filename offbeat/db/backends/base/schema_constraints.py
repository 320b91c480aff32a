"""The SQL of indexes and constraints, and their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from offbeat.db.backends.ddl_references import (
    Columns,
    Expressions,
    ForeignKeyName,
    IndexName,
    Statement,
    Table,
)
from offbeat.db.backends.utils import names_digest, split_identifier, truncate_name

__all__ = ["ConstraintEditor"]

# How long names may get in a database that sets no limit.
LONGEST_NAME = 200


class ConstraintEditor:
    """The part of a schema editor that knows indexes, UNIQUE, CHECK, keys."""

    sql_constraint = "CONSTRAINT %(name)s %(constraint)s"
    sql_pk_constraint = "PRIMARY KEY (%(columns)s)"
    sql_create_pk = "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s PRIMARY KEY (%(columns)s)"
    sql_unique_constraint = "UNIQUE%(nulls_distinct)s (%(columns)s)%(deferrable)s"
    sql_check_constraint = "CHECK (%(check)s)"
    sql_delete_constraint = "ALTER TABLE %(table)s DROP CONSTRAINT %(name)s"
    sql_create_check: str | None = "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s CHECK (%(check)s)"
    sql_create_unique = (
        "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s UNIQUE%(nulls_distinct)s (%(columns)s)%(deferrable)s"
    )
    sql_delete_unique = sql_delete_constraint
    sql_delete_check = sql_delete_constraint
    sql_delete_fk = sql_delete_constraint
    sql_delete_pk = sql_delete_constraint
    sql_create_fk: str | None = (
        "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s FOREIGN KEY (%(column)s) "
        "REFERENCES %(to_table)s (%(to_column)s)%(on_delete_db)s%(deferrable)s"
    )
    sql_create_index = "CREATE INDEX %(name)s ON %(table)s (%(columns)s)%(include)s%(extra)s%(condition)s"
    sql_create_unique_index = (
        "CREATE UNIQUE INDEX %(name)s ON %(table)s (%(columns)s)%(include)s%(nulls_distinct)s%(condition)s"
    )
    sql_rename_index = "ALTER INDEX %(old_name)s RENAME TO %(new_name)s"
    sql_delete_index = "DROP INDEX %(name)s"

    connection: Any
    deferred_sql: list[Any]
    collect_sql: bool

    def quote_name(self, name: str) -> str:
        raise NotImplementedError

    def quote_value(self, value: Any) -> str:
        raise NotImplementedError

    def execute(self, sql: Any, params: Any = ()) -> None:
        raise NotImplementedError

    def _create_on_delete_sql(self, field: Any) -> str:
        raise NotImplementedError

    # Names.

    def _create_index_name(self, table_name: str, column_names: Sequence[str], suffix: str = "") -> str:
        """`table_column_digest_suffix`, shortened evenly where that is longer than the database allows."""
        _, table_name = split_identifier(table_name)
        columns = "_".join(column_names)
        ending = f"{names_digest(table_name, *column_names, length=8)}{suffix}"
        limit = self.connection.ops.max_name_length() or LONGEST_NAME
        name = f"{table_name}_{columns}_{ending}"
        if len(name) <= limit:
            return name
        ending = ending[: limit // 3]
        share = (limit - len(ending)) // 2 - 1
        name = f"{table_name[:share]}_{columns[:share]}_{ending}"
        # Some databases refuse names that begin like this.
        if name[0] == "_" or name[0].isdigit():
            name = f"D{name[:-1]}"
        return name

    def _quoted_index_name(self) -> Callable[[str, Sequence[str], str], str]:
        return lambda *args: self.quote_name(self._create_index_name(*args))

    def _name(self, table: str, columns: Sequence[str], name: str | None, suffix: str) -> Any:
        if name is not None:
            return self.quote_name(name)
        return IndexName(table, columns, suffix, self._quoted_index_name())

    # Indexes.

    def add_index(self, model: Any, index: Any) -> None:
        """Create an index of a model."""
        if index.contains_expressions and not self.connection.features.supports_expression_indexes:
            return
        # Its SQL is complete: percent signs in it are meant.
        self.execute(index.create_sql(model, self), params=None)

    def remove_index(self, model: Any, index: Any) -> None:
        """Drop an index of a model."""
        if index.contains_expressions and not self.connection.features.supports_expression_indexes:
            return
        self.execute(index.remove_sql(model, self))

    def rename_index(self, model: Any, old_index: Any, new_index: Any) -> None:
        """Rename an index, or drop it and create it anew."""
        if self.connection.features.can_rename_index:
            self.execute(self._rename_index_sql(model, old_index.name, new_index.name), params=None)
        else:
            self.remove_index(model, old_index)
            self.add_index(model, new_index)

    def _rename_index_sql(self, model: Any, old_name: str, new_name: str) -> Statement:
        return Statement(
            self.sql_rename_index,
            table=Table(model._meta.db_table, self.quote_name),
            old_name=self.quote_name(old_name),
            new_name=self.quote_name(new_name),
        )

    def _index_columns(
        self, table: str, columns: Sequence[str], col_suffixes: Sequence[str], opclasses: Sequence[str]
    ) -> Any:
        return Columns(table, columns, self.quote_name, col_suffixes=col_suffixes)

    def _index_condition_sql(self, condition: str | None) -> str:
        return f" WHERE {condition}" if condition else ""

    def _index_include_sql(self, model: Any, columns: Sequence[str] | None) -> Any:
        if not columns or not self.connection.features.supports_covering_indexes:
            return ""
        return Statement(
            " INCLUDE (%(columns)s)", columns=Columns(model._meta.db_table, columns, self.quote_name)
        )

    def _get_index_tablespace_sql(
        self, model: Any, fields: Sequence[Any], db_tablespace: str | None = None
    ) -> str:
        if db_tablespace is None:
            if len(fields) == 1 and fields[0].db_tablespace:
                db_tablespace = fields[0].db_tablespace
            elif model._meta.db_tablespace:
                db_tablespace = model._meta.db_tablespace
        if db_tablespace is None:
            return ""
        return " " + self.connection.ops.tablespace_sql(db_tablespace)  # type: ignore[no-any-return]

    def _compiled_expressions(self, model: Any, expressions: Any) -> Expressions:
        from offbeat.db.models.sql import Query

        compiler = Query(model, alias_cols=False).get_compiler(connection=self.connection)
        return Expressions(model._meta.db_table, expressions, compiler, self.quote_value)

    def _create_index_sql(
        self,
        model: Any,
        *,
        fields: Sequence[Any] | None = None,
        name: str | None = None,
        suffix: str = "",
        using: str = "",
        db_tablespace: str | None = None,
        col_suffixes: Sequence[str] = (),
        sql: str | None = None,
        opclasses: Sequence[str] = (),
        condition: str | None = None,
        include: Sequence[str] | None = None,
        expressions: Any = None,
    ) -> Statement:
        """CREATE INDEX over fields or expressions; without a name one is made from the columns."""
        fields = fields or []
        table = model._meta.db_table
        columns = [field.column for field in fields]
        return Statement(
            sql or self.sql_create_index,
            table=Table(table, self.quote_name),
            name=self._name(table, columns, name, suffix),
            using=using,
            columns=(
                self._compiled_expressions(model, expressions)
                if expressions
                else self._index_columns(table, columns, col_suffixes, opclasses)
            ),
            extra=self._get_index_tablespace_sql(model, fields, db_tablespace=db_tablespace),
            condition=self._index_condition_sql(condition),
            include=self._index_include_sql(model, include),
        )

    def _delete_index_sql(self, model: Any, name: str, sql: str | None = None) -> Statement:
        return self._delete_constraint_sql(sql or self.sql_delete_index, model, name)

    def _model_indexes_sql(self, model: Any) -> list[Any]:
        """Statements for all indexes of a model's own table."""
        meta = model._meta
        if not meta.managed or meta.proxy or meta.swapped:
            return []
        output: list[Any] = []
        for field in meta.local_fields:
            output += self._field_indexes_sql(model, field)
        # Set on models of old migrations only.
        for names in getattr(meta, "index_together", ()):
            fields = [meta.get_field(name) for name in names]
            output.append(self._create_index_sql(model, fields=fields, suffix="_idx"))
        supported = self.connection.features.supports_expression_indexes
        output += [
            index.create_sql(model, self)
            for index in meta.indexes
            if supported or not index.contains_expressions
        ]
        return output

    def _field_indexes_sql(self, model: Any, field: Any) -> list[Any]:
        if self._field_should_be_indexed(model, field):
            return [self._create_index_sql(model, fields=[field])]
        return []

    def _field_should_be_indexed(self, model: Any, field: Any) -> bool:
        return bool(field.db_index and not field.unique)

    # Constraints.

    def add_constraint(self, model: Any, constraint: Any) -> None:
        """Add a constraint to a model's table."""
        sql = constraint.create_sql(model, self)
        if sql:
            self.execute(sql, params=None)

    def remove_constraint(self, model: Any, constraint: Any) -> None:
        """Drop a constraint of a model's table."""
        sql = constraint.remove_sql(model, self)
        if sql:
            self.execute(sql)

    def alter_unique_together(self, model: Any, old_unique_together: Any, new_unique_together: Any) -> None:
        """Change the unique_together of a model; both are iterables of sequences of field names."""
        old, new = _as_sets(old_unique_together), _as_sets(new_unique_together)
        for names in [names for names in old if names not in new]:
            self._delete_composed_index(
                model, names, {"unique": True, "primary_key": False}, self.sql_delete_unique
            )
        for names in [names for names in new if names not in old]:
            self.execute(self._create_unique_sql(model, [model._meta.get_field(name) for name in names]))

    def alter_index_together(self, model: Any, old_index_together: Any, new_index_together: Any) -> None:
        """Change the index_together of a model, an option of old migrations."""
        old, new = _as_sets(old_index_together), _as_sets(new_index_together)
        for names in [names for names in old if names not in new]:
            self._delete_composed_index(model, names, {"index": True, "unique": False}, self.sql_delete_index)
        for names in [names for names in new if names not in old]:
            fields = [model._meta.get_field(name) for name in names]
            self.execute(self._create_index_sql(model, fields=fields, suffix="_idx"))

    def _delete_composed_index(
        self, model: Any, fields: Sequence[str], constraint_kwargs: dict[str, Any], sql: str
    ) -> None:
        named = {constraint.name for constraint in model._meta.constraints}
        named |= {index.name for index in model._meta.indexes}
        columns = [model._meta.get_field(name).column for name in fields]
        found = self._constraint_names(model, columns, exclude=named, **constraint_kwargs)
        if len(found) > 1 and constraint_kwargs.get("unique"):
            # Another one over the same columns exists: ours is known by its name.
            default = self._unique_constraint_name(model._meta.db_table, columns, quote=False)
            if default in found:
                found = [default]
        if not found and self._forget_deferred(model, fields, bool(constraint_kwargs.get("unique"))):
            return
        if len(found) != 1:
            raise ValueError(
                f"Found wrong number ({len(found)}) of constraints for {model._meta.db_table}({', '.join(columns)})"
            )
        self.execute(self._delete_constraint_sql(sql, model, found[0]))

    def _forget_deferred(self, model: Any, names: Sequence[str], unique: bool) -> bool:
        """Drop a statement that has not run yet and would make the index over these fields; whether there was one."""
        fields = [model._meta.get_field(name) for name in names]
        statement = (
            self._create_unique_sql(model, fields)
            if unique
            else self._create_index_sql(model, fields=fields, suffix="_idx")
        )
        kept = [other for other in self.deferred_sql if str(other) != str(statement)]
        forgotten = len(kept) < len(self.deferred_sql)
        self.deferred_sql = kept
        return forgotten

    def _constraint_names(
        self,
        model: Any,
        column_names: Sequence[str] | None = None,
        unique: bool | None = None,
        primary_key: bool | None = None,
        index: bool | None = None,
        foreign_key: bool | None = None,
        check: bool | None = None,
        type_: str | None = None,
        exclude: Iterable[str] | None = None,
    ) -> list[str]:
        """Names of the constraints in the database that have these columns and qualities."""
        if column_names is not None:
            convert = self.connection.introspection.identifier_converter
            length = self.connection.ops.max_name_length()
            column_names = [
                convert(truncate_name(name, length))
                if self.connection.features.truncates_names
                else convert(name)
                for name in column_names
            ]
        with self.connection.cursor() as cursor:
            constraints = self.connection.introspection.get_constraints(cursor, model._meta.db_table)
        wanted = {"unique": unique, "primary_key": primary_key, "index": index, "check": check, "type": type_}
        result = []
        for name, details in constraints.items():
            if column_names is not None and column_names != details["columns"]:
                continue
            if any(value is not None and details.get(key) != value for key, value in wanted.items()):
                continue
            if foreign_key is not None and bool(details["foreign_key"]) != foreign_key:
                continue
            if not exclude or name not in exclude:
                result.append(name)
        return result

    def _delete_constraint_sql(self, template: str, model: Any, name: str) -> Statement:
        return Statement(
            template, table=Table(model._meta.db_table, self.quote_name), name=self.quote_name(name)
        )

    def _deferrable_constraint_sql(self, deferrable: Any) -> str:
        if deferrable is None:
            return ""
        return f" DEFERRABLE INITIALLY {deferrable.name}"

    # UNIQUE.

    def _unique_supported(
        self,
        condition: str | None = None,
        deferrable: Any = None,
        include: Any = None,
        expressions: Any = None,
        nulls_distinct: bool | None = None,
    ) -> bool:
        features = self.connection.features
        return bool(
            (not condition or features.supports_partial_indexes)
            and (not deferrable or features.supports_deferrable_unique_constraints)
            and (not include or features.supports_covering_indexes)
            and (not expressions or features.supports_expression_indexes)
            and (nulls_distinct is None or features.supports_nulls_distinct_unique_constraints)
        )

    def _unique_index_nulls_distinct_sql(self, nulls_distinct: bool | None) -> str:
        if nulls_distinct is None:
            return ""
        return " NULLS DISTINCT" if nulls_distinct else " NULLS NOT DISTINCT"

    def _unique_constraint_name(self, table: str, columns: Sequence[str], quote: bool = True) -> Any:
        if not quote:
            return self._create_index_name(table, columns, "_uniq")
        return IndexName(table, columns, "_uniq", self._quoted_index_name())

    def _unique_sql(
        self,
        model: Any,
        fields: Sequence[Any],
        name: str,
        condition: str | None = None,
        deferrable: Any = None,
        include: Any = None,
        opclasses: Any = None,
        nulls_distinct: bool | None = None,
        expressions: Any = None,
    ) -> str | None:
        """A UNIQUE constraint inside CREATE TABLE; None if it has to be an index, which is put off then."""
        if not self._unique_supported(condition, deferrable, include, expressions, nulls_distinct):
            return None
        if condition or include or opclasses or expressions:
            sql = self._create_unique_sql(
                model,
                fields,
                name=name,
                condition=condition,
                include=include,
                opclasses=opclasses,
                nulls_distinct=nulls_distinct,
                expressions=expressions,
            )
            if sql:
                self.deferred_sql.append(sql)
            return None
        constraint = self.sql_unique_constraint % {
            "columns": ", ".join([self.quote_name(field.column) for field in fields]),
            "nulls_distinct": self._unique_index_nulls_distinct_sql(nulls_distinct),
            "deferrable": self._deferrable_constraint_sql(deferrable),
        }
        return self.sql_constraint % {"name": self.quote_name(name), "constraint": constraint}

    def _create_unique_sql(
        self,
        model: Any,
        fields: Sequence[Any],
        name: str | None = None,
        condition: str | None = None,
        deferrable: Any = None,
        include: Any = None,
        opclasses: Any = None,
        nulls_distinct: bool | None = None,
        expressions: Any = None,
    ) -> Statement | None:
        """A UNIQUE constraint of an existing table, as a constraint or as an index."""
        if not self._unique_supported(condition, deferrable, include, expressions, nulls_distinct):
            return None
        table = model._meta.db_table
        columns = [field.column for field in fields]
        as_index = condition or include or opclasses or expressions
        return Statement(
            self.sql_create_unique_index if as_index else self.sql_create_unique,
            table=Table(table, self.quote_name),
            name=(self._unique_constraint_name(table, columns) if name is None else self.quote_name(name)),
            columns=(
                self._compiled_expressions(model, expressions)
                if expressions
                else self._index_columns(table, columns, col_suffixes=(), opclasses=opclasses or ())
            ),
            condition=self._index_condition_sql(condition),
            deferrable=self._deferrable_constraint_sql(deferrable),
            include=self._index_include_sql(model, include),
            nulls_distinct=self._unique_index_nulls_distinct_sql(nulls_distinct),
        )

    def _delete_unique_sql(
        self,
        model: Any,
        name: str,
        condition: str | None = None,
        deferrable: Any = None,
        include: Any = None,
        opclasses: Any = None,
        nulls_distinct: bool | None = None,
        expressions: Any = None,
    ) -> Statement | None:
        if not self._unique_supported(condition, deferrable, include, expressions, nulls_distinct):
            return None
        as_index = condition or include or opclasses or expressions
        sql = self.sql_delete_index if as_index else self.sql_delete_unique
        return self._delete_constraint_sql(sql, model, name)

    # CHECK.

    def _check_sql(self, name: str, check: str) -> str:
        return self.sql_constraint % {
            "name": self.quote_name(name),
            "constraint": self.sql_check_constraint % {"check": check},
        }

    def _create_check_sql(self, model: Any, name: str, check: str) -> Statement | None:
        if not self.connection.features.supports_table_check_constraints:
            return None
        assert self.sql_create_check is not None
        return Statement(
            self.sql_create_check,
            table=Table(model._meta.db_table, self.quote_name),
            name=self.quote_name(name),
            check=check,
        )

    def _delete_check_sql(self, model: Any, name: str) -> Statement | None:
        if not self.connection.features.supports_table_check_constraints:
            return None
        return self._delete_constraint_sql(self.sql_delete_check, model, name)

    # Keys.

    def _pk_constraint_sql(self, columns: Sequence[str]) -> str:
        return self.sql_pk_constraint % {"columns": ", ".join(self.quote_name(column) for column in columns)}

    def _create_fk_sql(self, model: Any, field: Any, suffix: str) -> Statement:
        """A foreign key constraint of an existing table."""
        assert self.sql_create_fk is not None
        table = model._meta.db_table
        target = field.target_field
        to_table = target.model._meta.db_table
        return Statement(
            self.sql_create_fk,
            table=Table(table, self.quote_name),
            name=ForeignKeyName(
                table,
                [field.column],
                split_identifier(to_table)[1],
                [target.column],
                suffix,
                self._quoted_index_name(),
            ),
            column=Columns(table, [field.column], self.quote_name),
            to_table=Table(to_table, self.quote_name),
            to_column=Columns(to_table, [target.column], self.quote_name),
            deferrable=self.connection.ops.deferrable_sql(),
            on_delete_db=self._create_on_delete_sql(field),
        )

    def _delete_fk_sql(self, model: Any, name: str) -> Statement:
        return self._delete_constraint_sql(self.sql_delete_fk, model, name)


def _as_sets(together: Any) -> list[tuple[str, ...]]:
    """Distinct tuples of field names, in order."""
    return list(dict.fromkeys(tuple(names) for names in together or ()))
