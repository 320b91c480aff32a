"""The steps of a change of a column, where the column's whole definition is stated anew (MODIFY)."""

from __future__ import annotations

import copy
from typing import Any

from offbeat.db.backends.base.schema_alteration import Alteration

__all__ = ["Modification"]

COUNTING = " AUTO_INCREMENT"


class Modification(Alteration):
    """Type, collation, NULL, default and comment change by one statement."""

    @property
    def _checks_belong_to_columns(self) -> bool:
        # MariaDB keeps a check that stands in a column's definition with the column: MODIFY states it anew.
        return bool(self.connection.mysql_is_mariadb)

    def drop_foreign_key(self) -> None:
        super().drop_foreign_key()
        if self._has_key(self.old_field) and self._key_changes():
            # It may not be found in the database, because it waits for the end of the editor, or because SQL is only
            # collected: it has to be made anew all the same.
            self.had_foreign_key = True
            self.editor.forget_foreign_keys(self.table, self.old_field.column)

    def drop_primary_key(self) -> None:
        if self.old_field.primary_key and not self.new_field.primary_key:
            self.editor._delete_primary_key(self.model)

    def drop_check(self) -> None:
        if not self._checks_belong_to_columns:
            super().drop_check()

    def add_check(self) -> None:
        if not self._checks_belong_to_columns:
            super().add_check()

    def change_column(self) -> None:
        editor, model, old, new = self.editor, self.model, self.old_field, self.new_field
        before, after = editor.column_definition(model, old), editor.column_definition(model, new)
        if before == after and not (old.primary_key and not new.primary_key):
            return
        if old.null and not new.null and not new.generated:
            self._fill_nulls()
        if self._becomes_primary_key():
            # It counts up when it is the key.
            after = after.replace(COUNTING, "")
        editor.modify_column(model, new, after)

    def _fill_nulls(self) -> None:
        """Put the default where NULL is not allowed any more."""
        if self._filling() is None:
            return
        if self.retyped or self.recollated:
            # The column may not hold the default before it has its new type.
            relaxed = copy.copy(self.new_field)
            relaxed.null = True
            relaxed.primary_key = False
            definition = self.editor.column_definition(self.model, relaxed).replace(COUNTING, "")
            self.editor.modify_column(self.model, relaxed, definition)
        self._fill()

    def drop_passing_default(self) -> None:
        """There was none."""

    def add_index(self) -> None:
        old, new = self.old_field, self.new_field
        if new.db_index and not new.unique and (not old.db_index or old.unique):
            for statement in self.editor._field_indexes_sql(self.model, new):
                self.editor.execute(statement, None)

    def change_primary_key(self) -> None:
        super().change_primary_key()
        if self._becomes_primary_key() and COUNTING in self.new_type:
            definition = self.editor.column_definition(self.model, self.new_field)
            self.editor.modify_column(self.model, self.new_field, definition)

    def change_referring(self, incoming: list[tuple[Any, Any]]) -> None:
        """A foreign key must have the very type of the column that it points at."""
        new_type = self.new_field.rel_db_type(self.connection) or self.new_type
        for _, relation in incoming:
            model, field = relation.related_model, relation.field
            definition = self.editor.column_definition(model, field)
            known_type = field.db_parameters(connection=self.connection)["type"]
            self.editor.modify_column(model, field, new_type + definition.removeprefix(known_type))
