"""The steps that bring one column from one field to another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["Alteration"]


class Alteration:
    """What refers to the column goes first, then the column changes, then what is to refer to it comes back."""

    def __init__(
        self,
        editor: Any,
        model: Any,
        old_field: Any,
        new_field: Any,
        old_type: str,
        new_type: str,
        strict: bool,
    ) -> None:
        self.editor = editor
        self.connection = editor.connection
        self.model = model
        self.table: str = model._meta.db_table
        self.old_field = old_field
        self.new_field = new_field
        self.old_type = old_type
        self.new_type = new_type
        self.strict = strict
        self.old_params = old_field.db_parameters(connection=self.connection)
        self.new_params = new_field.db_parameters(connection=self.connection)
        self.old_collation = self.old_params.get("collation")
        self.new_collation = self.new_params.get("collation")
        self.actions: list[tuple[str, list[Any]]] = []
        self.afterwards: list[tuple[str, list[Any] | None]] = []
        self.had_foreign_key = False

    @property
    def retyped(self) -> bool:
        """Whether the column's type changes."""
        return self._type_with_suffix(self.old_field, self.old_type) != self._type_with_suffix(
            self.new_field, self.new_type
        )

    def _type_with_suffix(self, field: Any, db_type: str) -> tuple[Any, ...]:
        return db_type, field.db_type_suffix(connection=self.connection)

    @property
    def recollated(self) -> bool:
        return bool(self.old_collation != self.new_collation)

    def run(self) -> None:
        """Do it."""
        self.drop_foreign_key()
        self.drop_unique()
        self.drop_primary_key()
        incoming = self.drop_incoming()
        self.drop_index()
        self.drop_check()
        self.rename()
        self.change_column()
        self.add_unique()
        self.add_index()
        self.change_primary_key()
        self.change_referring(incoming)
        self.add_foreign_key()
        self.restore_incoming(incoming)
        self.add_check()
        self.drop_passing_default()

    # What goes first.

    def _names(self, model: Any, column: str, kind: str, **qualities: Any) -> list[str]:
        names: list[str] = self.editor._constraint_names(model, [column], **qualities)
        if self.strict and len(names) != 1:
            raise ValueError(
                f"Found wrong number ({len(names)}) of {kind} constraints for {model._meta.db_table}.{column}"
            )
        return names

    def _has_key(self, field: Any) -> bool:
        return bool(
            self.connection.features.supports_foreign_keys and field.remote_field and field.db_constraint
        )

    def _key_changes(self) -> bool:
        return (
            not self._has_key(self.new_field)
            or self.retyped
            or self.recollated
            or self.editor._on_delete_of(self.old_field) != self.editor._on_delete_of(self.new_field)
            or self.editor._field_should_be_altered(
                self.old_field, self.new_field, ignore={"db_comment", "null"}
            )
        )

    def drop_foreign_key(self) -> None:
        if not self._has_key(self.old_field) or not self._key_changes():
            return
        for name in self._names(self.model, self.old_field.column, "foreign key", foreign_key=True):
            self.had_foreign_key = True
            self.editor.execute(self.editor._delete_fk_sql(self.model, name))

    def _own_names(self) -> set[str]:
        """Names that Meta gives: what has one of them is not the field's."""
        meta = self.model._meta
        return {item.name for item in (*meta.constraints, *meta.indexes)}

    def drop_unique(self) -> None:
        old, new = self.old_field, self.new_field
        if not old.unique or old.primary_key or (new.unique and not self._becomes_primary_key()):
            return
        names = self._names(
            self.model,
            old.column,
            "unique",
            unique=True,
            primary_key=False,
            exclude=self._own_names(),
        )
        for name in names:
            self.editor.execute(self.editor._delete_unique_sql(self.model, name))

    def drop_primary_key(self) -> None:
        if self.old_field.primary_key and not self.new_field.primary_key:
            for name in self.editor._constraint_names(self.model, [self.old_field.column], primary_key=True):
                self.editor.execute(
                    self.editor._delete_constraint_sql(self.editor.sql_delete_pk, self.model, name)
                )

    def _becomes_primary_key(self) -> bool:
        return bool(self.new_field.primary_key and not self.old_field.primary_key)

    def drop_incoming(self) -> list[tuple[Any, Any]]:
        """Drop the keys that refer to a column whose type changes; the relations as they were and will be."""
        is_key = self.old_field.primary_key and self.new_field.primary_key
        is_unique = self.old_field.unique and self.new_field.unique
        if not (is_key or is_unique) or not (self.retyped or self.recollated):
            return []
        if not self.connection.features.supports_foreign_keys:
            return []
        incoming = list(_referring(self.old_field, self.new_field, set()))
        for _, relation in incoming:
            names = self.editor._constraint_names(
                relation.related_model, [relation.field.column], foreign_key=True
            )
            for name in names:
                self.editor.execute(self.editor._delete_fk_sql(relation.related_model, name))
        return incoming

    def drop_index(self) -> None:
        old, new = self.old_field, self.new_field
        if not (old.db_index and not old.unique) or (new.db_index and not new.unique):
            return
        names = self.editor._constraint_names(
            self.model,
            [old.column],
            index=True,
            type_=self._index_type(),
            exclude=self._own_names(),
        )
        for name in names:
            self.editor.execute(self.editor._delete_index_sql(self.model, name))

    def _index_type(self) -> str:
        from offbeat.db.models import Index

        return Index.suffix

    def drop_check(self) -> None:
        if self.old_params["check"] == self.new_params["check"] or not self.old_params["check"]:
            return
        names = self._names(self.model, self.old_field.column, "check", check=True, exclude=self._own_names())
        for name in names:
            self.editor.execute(self.editor._delete_check_sql(self.model, name))

    # The column itself.

    def rename(self) -> None:
        old, new = self.old_field.column, self.new_field.column
        if old != new:
            self.editor.execute(
                self.editor._rename_field_sql(self.table, self.old_field, self.new_field, self.new_type)
            )
            self.editor._rename_column_references(self.table, old, new)

    def needs_passing_default(self) -> bool:
        """Whether rows without a value need one, which the database does not know."""
        old, new = self.old_field, self.new_field
        if not (old.null and not new.null) or new.has_db_default() or self.editor.skip_default_on_alter(new):
            return False
        return self.editor.effective_default(new) is not None

    def change_column(self) -> None:
        editor, model, old, new = self.editor, self.model, self.old_field, self.new_field
        self.change_type()
        self.change_comment()
        self.change_database_default()
        null_change = editor._alter_column_null_sql(model, old, new) if old.null != new.null else None
        fills = null_change is not None and not new.null and self._filling() is not None
        if self.needs_passing_default():
            self.actions.append(editor._alter_column_default_sql(model, old, new))
        if null_change is not None and not fills:
            self.actions.append(null_change)
        self._run_actions()
        if fills and null_change is not None:
            self._fill()
            editor.execute(editor._altering(model, null_change[0]), null_change[1] or None)
        for sql, params in self.afterwards:
            editor.execute(sql, params or None)

    def change_type(self) -> None:
        if not (self.retyped or self.recollated):
            return
        action, others = self.editor._alter_column_type_sql(
            self.model, self.old_field, self.new_field, self.new_type, self.old_collation, self.new_collation
        )
        if action is not None:
            self.actions.append(action)
        self.afterwards.extend(others)

    def change_comment(self) -> None:
        features = self.connection.features
        if not features.supports_comments or self.old_field.db_comment == self.new_field.db_comment:
            return
        sql = self.editor._alter_column_comment_sql(
            self.model, self.new_field, self.new_type, self.new_field.db_comment
        )
        if sql[0]:
            self.afterwards.append(sql)

    def change_database_default(self) -> None:
        old, new, editor = self.old_field, self.new_field, self.editor
        if not new.has_db_default():
            if old.has_db_default():
                self.actions.append(
                    editor._alter_column_database_default_sql(self.model, old, new, drop=True)
                )
            return
        if (
            not old.has_db_default()
            or self.retyped
            or editor.db_default_sql(old) != editor.db_default_sql(new)
        ):
            self.actions.append(editor._alter_column_database_default_sql(self.model, old, new))

    def _filling(self) -> tuple[str, list[Any]] | None:
        """The value for rows that have none."""
        if self.new_field.has_db_default():
            sql, params = self.editor.db_default_sql(self.new_field)
            return sql, list(params)
        if not self.needs_passing_default():
            return None
        return "%s", [self.editor.effective_default(self.new_field)]

    def _fill(self) -> None:
        filling = self._filling()
        assert filling is not None
        sql = self.editor.sql_update_with_default % {
            "table": self.editor.quote_name(self.table),
            "column": self.editor.quote_name(self.new_field.column),
            "default": filling[0],
        }
        self.editor.execute(sql, filling[1] or None)

    def _run_actions(self) -> None:
        if not self.actions:
            return
        if self.connection.features.supports_combined_alters:
            changes = ", ".join([sql for sql, _ in self.actions])
            params = [param for _, params in self.actions for param in params]
            self.editor.execute(self.editor._altering(self.model, changes), params or None)
        else:
            for sql, params in self.actions:
                self.editor.execute(self.editor._altering(self.model, sql), params or None)

    # What comes back.

    def add_unique(self) -> None:
        old, new = self.old_field, self.new_field
        if new.unique and not new.primary_key and (not old.unique or old.primary_key):
            self.editor.execute(self.editor._create_unique_sql(self.model, [new]))

    def add_index(self) -> None:
        old, new = self.old_field, self.new_field
        if (not old.db_index or old.unique) and new.db_index and not new.unique:
            self.editor.execute(self.editor._create_index_sql(self.model, fields=[new]), None)

    def change_primary_key(self) -> None:
        if self._becomes_primary_key():
            self.editor._delete_primary_key(self.model, self.strict)
            self.editor.execute(self.editor._create_primary_key_sql(self.model, self.new_field))

    def change_referring(self, incoming: list[tuple[Any, Any]]) -> None:
        """Foreign keys have the type of the column they point at."""
        editor = self.editor
        for old_relation, relation in incoming:
            params = relation.field.db_parameters(connection=self.connection)
            old_params = old_relation.field.db_parameters(connection=self.connection)
            action, others = editor._alter_column_type_sql(
                relation.related_model,
                old_relation.field,
                relation.field,
                params["type"],
                old_params.get("collation"),
                params.get("collation"),
            )
            editor.execute(editor._altering(relation.related_model, action[0]), action[1] or None)
            for sql, sql_params in others:
                editor.execute(sql, sql_params or None)

    def add_foreign_key(self) -> None:
        if not self._has_key(self.new_field):
            return
        if self.had_foreign_key or not self._has_key(self.old_field):
            self.editor.execute(
                self.editor._create_fk_sql(self.model, self.new_field, "_fk_%(to_table)s_%(to_column)s")
            )

    def restore_incoming(self, incoming: list[tuple[Any, Any]]) -> None:
        for _, relation in incoming:
            if relation.field.db_constraint:
                self.editor.execute(self.editor._create_fk_sql(relation.related_model, relation.field, "_fk"))

    def add_check(self) -> None:
        check = self.new_params["check"]
        if check and check != self.old_params["check"]:
            name = self.editor._create_index_name(self.table, [self.new_field.column], suffix="_check")
            self.editor.execute(self.editor._create_check_sql(self.model, name, check), None)

    def drop_passing_default(self) -> None:
        if self.needs_passing_default():
            sql, params = self.editor._alter_column_default_sql(
                self.model, self.old_field, self.new_field, drop=True
            )
            self.editor.execute(self.editor._altering(self.model, sql), params or None)


def _relations_to(field: Any) -> dict[Any, Any]:
    """The relations that point at a field's column, by whose they are."""
    found = {}
    for relation in field.model._meta.get_fields(include_hidden=True):
        if not relation.auto_created or relation.concrete or relation.many_to_many:
            continue
        if not (relation.one_to_many or relation.one_to_one):
            continue
        related = relation.field
        if not getattr(related, "column", None) or getattr(related, "is_composite", False):
            continue
        # A key may name the field it points at by its column's attribute.
        if relation.field_name in (field.name, field.attname) or (
            field.primary_key and relation.field_name is None
        ):
            found[(relation.related_model._meta.label_lower, related.column)] = relation
    return found


def _referring(old_field: Any, new_field: Any, seen: set[Any]) -> Iterator[tuple[Any, Any]]:
    """Pairs of relations, before and after, that point at the column, and at columns that do so in turn."""
    before, after = _relations_to(old_field), _relations_to(new_field)
    for key, relation in after.items():
        if key in seen:
            continue
        seen.add(key)
        old_relation = before.get(key, relation)
        yield old_relation, relation
        if relation.field.primary_key or relation.field.unique:
            yield from _referring(old_relation.field, relation.field, seen)
