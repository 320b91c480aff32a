"""One migration: operations, and what they depend on."""

from __future__ import annotations

import re
from typing import Any

from offbeat.db.migrations.exceptions import IrreversibleError
from offbeat.db.migrations.utils import get_migration_name_timestamp
from offbeat.db.transaction import atomic

INITIAL_NAME = "initial"
_NAME_LIMIT = 52


class Migration:
    """Subclassed in each migration file; class attributes say what it does.

    ``dependencies``: (app_label, migration name) pairs; ``run_before``, ``replaces``: likewise; ``initial``: whether it
    makes the application's first tables; ``atomic``: whether it runs in one transaction where the database can do so.
    """

    operations: list[Any] = []
    dependencies: list[Any] = []
    run_before: list[Any] = []
    replaces: list[Any] = []
    initial: bool | None = None
    atomic = True

    def __init__(self, name: str, app_label: str) -> None:
        self.name = name
        self.app_label = app_label
        self.operations = list(type(self).operations)
        self.dependencies = list(type(self).dependencies)
        self.run_before = list(type(self).run_before)
        self.replaces = list(type(self).replaces)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Migration) and self.name == other.name and self.app_label == other.app_label

    def __repr__(self) -> str:
        return f"<Migration {self.app_label}.{self.name}>"

    def __str__(self) -> str:
        return f"{self.app_label}.{self.name}"

    def __hash__(self) -> int:
        return hash(f"{self.app_label}.{self.name}")

    def mutate_state(self, project_state: Any, preserve: bool = True) -> Any:
        """The state after this migration; ``preserve`` leaves the given one as it is."""
        state = project_state.clone() if preserve else project_state
        for operation in self.operations:
            operation.state_forwards(self.app_label, state)
        return state

    def apply(self, project_state: Any, schema_editor: Any, collect_sql: bool = False) -> Any:
        """Run the operations; returns the state after them."""
        for operation in self.operations:
            if collect_sql:
                self._describe(operation, schema_editor)
                if not operation.reduces_to_sql:
                    continue
                collected = len(schema_editor.collected_sql)
            before = project_state.clone()
            operation.state_forwards(self.app_label, project_state)
            with _separate_transaction(self, operation, schema_editor):
                operation.database_forwards(self.app_label, schema_editor, before, project_state)
            if collect_sql and collected == len(schema_editor.collected_sql):
                schema_editor.collected_sql.append("-- (no-op)")
        return project_state

    def unapply(self, project_state: Any, schema_editor: Any, collect_sql: bool = False) -> Any:
        """Undo the operations, last first; ``project_state`` is the one before the migration. IrreversibleError."""
        steps: list[tuple[Any, Any, Any]] = []
        state = project_state
        for operation in self.operations:
            if not operation.reversible:
                raise IrreversibleError(f"Operation {operation} in {self} is not reversible")
            state = state.clone()
            before = state.clone()
            operation.state_forwards(self.app_label, state)
            steps.insert(0, (operation, state, before))
        for operation, after, before in steps:
            if collect_sql:
                self._describe(operation, schema_editor)
                if not operation.reduces_to_sql:
                    continue
                collected = len(schema_editor.collected_sql)
            with _separate_transaction(self, operation, schema_editor):
                operation.database_backwards(self.app_label, schema_editor, after, before)
            if collect_sql and collected == len(schema_editor.collected_sql):
                schema_editor.collected_sql.append("-- (no-op)")
        return project_state

    @staticmethod
    def _describe(operation: Any, schema_editor: Any) -> None:
        schema_editor.collected_sql += ["--", f"-- {operation.describe()}", "--"]
        if not operation.reduces_to_sql:
            schema_editor.collected_sql.append("-- THIS OPERATION CANNOT BE WRITTEN AS SQL")

    def suggest_name(self) -> str:
        """A name after what the operations do."""
        if self.initial:
            return INITIAL_NAME
        fragments = [
            re.sub(r"\W+", "_", fragment)
            for op in self.operations
            if (fragment := op.migration_name_fragment)
        ]
        if not fragments or len(fragments) != len(self.operations):
            return f"auto_{get_migration_name_timestamp()}"
        name = fragments[0]
        for fragment in fragments[1:]:
            longer = f"{name}_{fragment}"
            if len(longer) > _NAME_LIMIT:
                return f"{name}_and_more"
            name = longer
        return name


def _separate_transaction(migration: Migration, operation: Any, schema_editor: Any) -> Any:
    """A transaction for one operation, where the migration as a whole has none but the operation wants one."""
    wanted = operation.atomic or (migration.atomic and operation.atomic is not False)
    if wanted and not schema_editor.atomic_migration:
        return atomic(schema_editor.connection.alias)
    from contextlib import nullcontext

    return nullcontext()


class SwappableTuple(tuple[str, str]):
    """A dependency that remembers the setting it came from."""

    setting: str

    def __new__(cls, value: tuple[str, str], setting: str) -> SwappableTuple:
        self = super().__new__(cls, value)
        self.setting = setting
        return self


def swappable_dependency(value: str) -> SwappableTuple:
    """The dependency on the first migration of the application of a swappable model, such as AUTH_USER_MODEL."""
    return SwappableTuple((value.split(".", 1)[0], "__first__"), value)
