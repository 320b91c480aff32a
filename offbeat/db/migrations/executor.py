"""Applying and undoing migrations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from offbeat.apps.registry import apps as global_apps
from offbeat.db import migrations, router
from offbeat.db.migrations.loader import MigrationLoader
from offbeat.db.migrations.recorder import MigrationRecorder
from offbeat.db.migrations.state import ProjectState


class InvalidMigrationPlan(ValueError):
    """A plan that goes both ways."""


class MigrationExecutor:
    """Brings a database from the migrations it has had to those it shall have.

    ``progress_callback(action, migration=None, fake=False)`` is told of each step.
    """

    def __init__(self, connection: Any, progress_callback: Callable[..., Any] | None = None) -> None:
        self.connection = connection
        self.loader = MigrationLoader(self.connection)
        self.recorder = MigrationRecorder(self.connection)
        self.progress_callback = progress_callback

    def _report(self, action: str, migration: Any = None, fake: bool = False) -> None:
        if self.progress_callback:
            self.progress_callback(action, migration, fake)

    def migration_plan(self, targets: Any, clean_start: bool = False) -> list[tuple[Any, bool]]:
        """(migration, backwards) pairs that lead to ``targets``; (app_label, None) means before everything."""
        plan: list[tuple[Any, bool]] = []
        applied = {} if clean_start else dict(self.loader.applied_migrations)
        graph = self.loader.graph

        def undo(key: Any) -> None:
            for node in graph.backwards_plan(key):
                if node in applied:
                    plan.append((graph.nodes[node], True))
                    applied.pop(node)

        for target in targets:
            if target[1] is not None and self.loader.keep_apart(tuple(target)):
                graph = self.loader.graph
                if not clean_start:
                    applied = {**self.loader.applied_migrations, **applied}
            if target[1] is None:
                for root in graph.root_nodes():
                    if root[0] == target[0]:
                        undo(root)
            elif target in applied:
                # Undo what comes after the target in its own application, and what hangs on that.
                for child in sorted(graph.node_map[target].children):
                    if child.key[0] == target[0]:
                        undo(child.key)
            else:
                for node in graph.forwards_plan(target):
                    if node not in applied:
                        plan.append((graph.nodes[node], False))
                        applied[node] = graph.nodes[node]
        return plan

    def _create_project_state(self, with_applied_migrations: bool = False) -> ProjectState:
        state = ProjectState(real_apps=self.loader.unmigrated_apps)
        if with_applied_migrations:
            full_plan = self.migration_plan(self.loader.graph.leaf_nodes(), clean_start=True)
            applied = {
                self.loader.graph.nodes[key]
                for key in self.loader.applied_migrations
                if key in self.loader.graph.nodes
            }
            for migration, _ in full_plan:
                if migration in applied:
                    migration.mutate_state(state, preserve=False)
        return state

    def migrate(
        self,
        targets: Any,
        plan: Any = None,
        state: Any = None,
        fake: bool = False,
        fake_initial: bool = False,
    ) -> ProjectState:
        """Run the plan for ``targets``; returns the state after it. ``fake``: only record it."""
        if plan is None:
            plan = self.migration_plan(targets)
        if plan:
            self.recorder.ensure_schema()
        elif not self.recorder.has_table():
            # Nothing to do, and nothing to write down.
            return self._create_project_state() if state is None else cast(ProjectState, state)
        directions = {backwards for _, backwards in plan}
        if len(directions) > 1:
            raise InvalidMigrationPlan(
                "Migration plans with both forwards and backwards migrations are not supported. Please split your "
                "migration process into separate plans of only forwards OR backwards migrations.",
                plan,
            )
        full_plan = self.migration_plan(self.loader.graph.leaf_nodes(), clean_start=True)
        if not plan:
            if state is None:
                state = self._create_project_state(with_applied_migrations=True)
        elif directions == {False}:
            state = self._migrate_all_forwards(state, plan, full_plan, fake, fake_initial)
        else:
            state = self._migrate_all_backwards(plan, full_plan, fake)
        self.check_replacements()
        return cast(ProjectState, state)

    def _migrate_all_forwards(
        self, state: Any, plan: Any, full_plan: Any, fake: bool, fake_initial: bool
    ) -> Any:
        waiting = {migration for migration, _ in plan}
        if state is None:
            state = self._create_project_state(with_applied_migrations=True)
        for migration, _ in full_plan:
            if not waiting:
                break
            if migration in waiting:
                if state._apps is None:
                    self._report("render_start")
                    state.apps  # noqa: B018
                    self._report("render_success")
                state = self.apply_migration(state, migration, fake, fake_initial)
                waiting.remove(migration)
        return state

    def _migrate_all_backwards(self, plan: Any, full_plan: Any, fake: bool) -> Any:
        waiting = {migration for migration, _ in plan}
        states = {}
        state = self._create_project_state()
        applied = {
            self.loader.graph.nodes[key]
            for key in self.loader.applied_migrations
            if key in self.loader.graph.nodes
        }
        self._report("render_start")
        for migration, _ in full_plan:
            if migration in waiting:
                states[migration] = state
                state = migration.mutate_state(state, preserve=True)
            elif migration in applied:
                migration.mutate_state(state, preserve=False)
        self._report("render_success")
        for migration, _ in plan:
            self.unapply_migration(states[migration], migration, fake)
            applied.discard(migration)
        state = self._create_project_state()
        for migration, _ in full_plan:
            if migration in applied:
                migration.mutate_state(state, preserve=False)
        return state

    def apply_migration(
        self, state: Any, migration: Any, fake: bool = False, fake_initial: bool = False
    ) -> Any:
        """Apply one migration and record it, in one transaction where the database can."""
        recorded = False
        self._report("apply_start", migration, fake)
        if not fake and fake_initial:
            fake, state = self.detect_soft_applied(state, migration)
        if not fake:
            with self.connection.schema_editor(atomic=migration.atomic) as editor:
                state = migration.apply(state, editor)
                if not editor.deferred_sql:
                    self.record_migration(migration)
                    recorded = True
        else:
            migration.mutate_state(state, preserve=False)
        if not recorded:
            self.record_migration(migration)
        self._report("apply_success", migration, fake)
        return state

    def unapply_migration(self, state: Any, migration: Any, fake: bool = False) -> Any:
        """Undo one migration and its record."""
        self._report("unapply_start", migration, fake)
        if not fake:
            with self.connection.schema_editor(atomic=migration.atomic) as editor:
                state = migration.unapply(state, editor)
        own = (migration.app_label, migration.name)
        for app_label, name in self.loader.all_replaced(migration):
            self.recorder.record_unapplied(app_label, name)
        self.recorder.record_unapplied(*own)
        for key, replacement in self.loader.replacements.items():
            # What this one is a part of is not whole any more.
            if own in self.loader.all_replaced(replacement):
                self.recorder.record_unapplied(*key)
        self._report("unapply_success", migration, fake)
        return state

    def record_migration(self, migration: Any) -> None:
        """Note a migration, or those that it replaces and itself."""
        for app_label, name in self.loader.all_replaced(migration):
            self.recorder.record_applied(app_label, name)
        self.recorder.record_applied(migration.app_label, migration.name)

    def check_replacements(self) -> None:
        """Record squashed migrations all of whose parts are applied."""
        applied = set(self.recorder.applied_migrations())
        grown = True
        while grown:
            grown = False
            for key, migration in self.loader.replacements.items():
                if key not in applied and all(tuple(part) in applied for part in migration.replaces):
                    self.recorder.record_applied(*key)
                    applied.add(key)
                    grown = True

    def detect_soft_applied(self, project_state: Any, migration: Any) -> tuple[bool, Any]:
        """(whether all that an initial migration makes is there already, the state after it)."""
        if migration.initial is None:
            if any(app == migration.app_label for app, _ in migration.dependencies):
                return False, project_state
        elif migration.initial is False:
            return False, project_state
        after = migration.mutate_state(project_state, preserve=True)
        with self.connection.cursor() as cursor:
            tables = {name.lower() for name in self.connection.introspection.table_names(cursor)}
        found = False
        for operation in migration.operations:
            if isinstance(operation, migrations.CreateModel):
                model = after.apps.get_model(migration.app_label, operation.name)
                if not self._looked_at(model):
                    continue
                if model._meta.db_table.lower() not in tables:
                    return False, project_state
                found = True
            elif isinstance(operation, migrations.AddField):
                model = after.apps.get_model(migration.app_label, operation.model_name)
                if not self._looked_at(model):
                    continue
                if not self._has_column(model, model._meta.get_field(operation.name), tables):
                    return False, project_state
                found = True
        return found, after

    def _looked_at(self, model: Any) -> bool:
        if model._meta.swapped:
            model = global_apps.get_model(model._meta.swapped)
        return (
            not model._meta.proxy
            and model._meta.managed
            and router.allow_migrate_model(self.connection.alias, model)
        )

    def _has_column(self, model: Any, field: Any, tables: set[str]) -> bool:
        if field.many_to_many:
            return field.remote_field.through._meta.db_table.lower() in tables
        with self.connection.cursor() as cursor:
            columns = self.connection.introspection.get_table_description(cursor, model._meta.db_table)
        return field.column.lower() in {column.name.lower() for column in columns}
