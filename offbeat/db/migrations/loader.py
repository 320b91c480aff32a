"""Reading migrations from disk, and what of them a database has had."""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Iterator
from importlib import import_module, reload
from typing import Any

from offbeat.apps import apps
from offbeat.conf import settings
from offbeat.core.management.base import CommandError
from offbeat.db.migrations.exceptions import (
    AmbiguityError,
    BadMigrationError,
    InconsistentMigrationHistory,
    NodeNotFoundError,
)
from offbeat.db.migrations.graph import Key, MigrationGraph
from offbeat.db.migrations.recorder import MigrationRecorder
from offbeat.utils.module_loading import own_path

MIGRATIONS_MODULE_NAME = "migrations"


class MigrationLoader:
    """``disk_migrations``, ``applied_migrations`` and the ``graph`` made of both."""

    def __init__(
        self,
        connection: Any,
        load: bool = True,
        ignore_no_migrations: bool = False,
        replace_migrations: bool = True,
    ) -> None:
        self.connection = connection
        self.disk_migrations: dict[Key, Any] = {}
        self.applied_migrations: dict[Key, Any] = {}
        self.ignore_no_migrations = ignore_no_migrations
        self.replace_migrations = replace_migrations
        self._kept_apart: set[Key] = set()
        if load:
            self.build_graph()

    @classmethod
    def migrations_module(cls, app_label: str) -> tuple[str | None, bool]:
        """(module of the application's migrations, whether ``MIGRATION_MODULES`` names it)."""
        if app_label in settings.MIGRATION_MODULES:
            module = settings.MIGRATION_MODULES[app_label]
            return (None if module is None else own_path(module)), True
        return f"{apps.get_app_config(app_label).name}.{MIGRATIONS_MODULE_NAME}", False

    def load_disk(self) -> None:
        """Read the migrations of every application."""
        self.disk_migrations = {}
        self.unmigrated_apps: set[str] = set()
        self.migrated_apps: set[str] = set()
        for config in apps.get_app_configs():
            module_name, explicit = self.migrations_module(config.label)
            module = None if module_name is None else self._import(module_name, explicit)
            if module is None:
                self.unmigrated_apps.add(config.label)
                continue
            names = {
                name
                for _, name, is_package in pkgutil.iter_modules(module.__path__)
                if not is_package and name[0] not in "_~"
            }
            self.migrated_apps.add(config.label)
            for name in names:
                path = f"{module_name}.{name}"
                try:
                    migration_module = import_module(path)
                except ImportError as error:
                    if "bad magic number" in str(error):
                        raise ImportError(
                            f"Couldn't import {path!r} as it appears to be a stale .pyc file."
                        ) from error
                    raise
                if not hasattr(migration_module, "Migration"):
                    raise BadMigrationError(f"Migration {name} in app {config.label} has no Migration class")
                self.disk_migrations[config.label, name] = migration_module.Migration(name, config.label)

    def _import(self, module_name: str, explicit: bool) -> Any:
        was_loaded = module_name in sys.modules
        try:
            module = import_module(module_name)
        except ModuleNotFoundError as error:
            parent = module_name.rpartition(".")[0]
            missing = error.name in (module_name, parent) or module_name.startswith(f"{error.name}.")
            if missing and (not explicit or self.ignore_no_migrations):
                return None
            raise
        if not hasattr(module, "__path__"):
            return None
        # A folder without __init__.py is not taken for a package of migrations.
        if getattr(module, "__file__", None) is None and not isinstance(module.__path__, list):
            return None
        if was_loaded:
            reload(module)
        return module

    def get_migration(self, app_label: str, name_prefix: str) -> Any:
        """The migration with this exact name; KeyError."""
        return self.graph.nodes[app_label, name_prefix]

    def get_migration_by_prefix(self, app_label: str, name_prefix: str) -> Any:
        """The migration whose name begins so; AmbiguityError for several, KeyError for none."""
        found = [
            key for key in self.disk_migrations if key[0] == app_label and key[1].startswith(name_prefix)
        ]
        if len(found) > 1:
            raise AmbiguityError(
                f"There is more than one migration for '{app_label}' with the prefix '{name_prefix}'"
            )
        if not found:
            raise KeyError(f"There is no migration for '{app_label}' with the prefix '{name_prefix}'")
        return self.disk_migrations[found[0]]

    def check_key(self, key: Any, current_app: str) -> Any:
        """``__first__`` and ``__latest__`` as a real key; None for what an application without migrations provides."""
        if key[1] not in ("__first__", "__latest__") or key in self.graph:
            return key
        if key[0] == current_app or key[0] in self.unmigrated_apps:
            return None
        if key[0] in self.migrated_apps:
            nodes = self.graph.root_nodes(key[0]) if key[1] == "__first__" else self.graph.leaf_nodes(key[0])
            if nodes:
                return nodes[0]
            if self.ignore_no_migrations:
                return None
            raise ValueError(f"Dependency on app with no migrations: {key[0]}")
        raise ValueError(f"Dependency on unknown app: {key[0]}")

    def build_graph(self) -> None:
        """Read the disk and the database, and connect the migrations."""
        self.load_disk()
        recorder = None if self.connection is None else MigrationRecorder(self.connection)
        self.applied_migrations = recorder.applied_migrations() if recorder else {}
        self.graph = MigrationGraph()
        self.replacements: dict[Key, Any] = {}
        for key, migration in sorted(self.disk_migrations.items(), key=lambda item: item[0]):
            self.graph.add_node(key, migration)
            if migration.replaces:
                self.replacements[key] = migration
        for key, migration in self.disk_migrations.items():
            for parent in migration.dependencies:
                if parent[0] == key[0] and parent[1] != "__first__":
                    self.graph.add_dependency(migration, key, parent, skip_validation=True)
        for key, migration in self.disk_migrations.items():
            for parent in migration.dependencies:
                if parent[0] != key[0] and (real := self.check_key(parent, key[0])) is not None:
                    self.graph.add_dependency(migration, key, real, skip_validation=True)
            for child in migration.run_before:
                if (real := self.check_key(child, key[0])) is not None:
                    self.graph.add_dependency(migration, real, key, skip_validation=True)
        if self.replace_migrations:
            self._apply_replacements()
        try:
            self.graph.validate_consistency()
        except NodeNotFoundError as error:
            self._explain_missing(error)
        self.graph.ensure_not_cyclic()

    def _apply_replacements(self) -> None:
        done: dict[Key, bool] = {}

        def apply(key: Key) -> None:
            # A squashed migration may itself replace squashed ones: those first.
            done[key] = False
            migration = self.replacements[key]
            parts = [tuple(part) for part in migration.replaces]
            for part in parts:
                if part in self.replacements:
                    if part not in done:
                        apply(part)
                    elif not done[part]:
                        raise CommandError(f"Cyclical squash replacement found, starting at {part!r}")
            done[key] = True
            self._apply_replacement(key, migration, parts)

        for key in self.replacements:
            if key not in done:
                apply(key)

    def _apply_replacement(self, key: Key, migration: Any, parts: list[Any]) -> None:
        all_applied = all(part in self.applied_migrations for part in parts)
        if all_applied and key not in self._kept_apart:
            self.applied_migrations[key] = migration
        else:
            self.applied_migrations.pop(key, None)
        begun = any(self._is_begun(part) for part in parts)
        if key not in self._kept_apart and (all_applied or not begun):
            self.graph.remove_replaced_nodes(key, parts)
        else:
            self.graph.remove_replacement_node(key, parts)

    def _is_begun(self, key: Any) -> bool:
        """Whether a migration, or any that it replaces, is applied."""
        if key in self.applied_migrations:
            return True
        replacement = self.replacements.get(key)
        return replacement is not None and any(self._is_begun(tuple(part)) for part in replacement.replaces)

    def keep_apart(self, target: Key) -> bool:
        """Put a replaced migration back into the graph, instead of the one that replaces it; whether it could be."""
        while target not in self.graph.nodes:
            around = {
                key
                for key, migration in self.replacements.items()
                if target in map(tuple, migration.replaces) and key not in self._kept_apart
            }
            if not around or target not in self.disk_migrations:
                return False
            self._kept_apart |= around
            self.build_graph()
        return True

    def all_replaced(self, migration: Any) -> Iterator[Key]:
        """Every migration that this one replaces, also those that replaced ones replace."""
        for part in map(tuple, migration.replaces):
            if part in self.replacements:
                yield from self.all_replaced(self.replacements[part])
            yield part

    def _explain_missing(self, error: NodeNotFoundError) -> None:
        candidates = [
            key
            for key, migration in self.replacements.items()
            if error.node in map(tuple, migration.replaces)
        ]
        if candidates and not any(key in self.graph.nodes for key in candidates):
            tries = ", ".join(f"{app}.{name}" for app, name in candidates)
            raise NodeNotFoundError(
                f"Migration {error.origin} depends on nonexistent node ('{error.node[0]}', '{error.node[1]}'). Django tried "
                f"to replace migration {error.node[0]}.{error.node[1]} with any of [{tries}] but wasn't able to because "
                "some of the replaced migrations are already applied.",
                error.node,
            ) from error
        raise error

    def check_consistent_history(self, connection: Any) -> None:
        """InconsistentMigrationHistory when something was applied before what it depends on."""
        applied = MigrationRecorder(connection).applied_migrations()
        for migration in applied:
            if migration not in self.graph.nodes:
                continue
            for parent in (node.key for node in self.graph.node_map[migration].parents):
                if parent not in applied:
                    if self._is_covered(parent, applied):
                        continue
                    raise InconsistentMigrationHistory(
                        f"Migration {migration[0]}.{migration[1]} is applied before its dependency "
                        f"{parent[0]}.{parent[1]} on database '{connection.alias}'."
                    )

    def _is_covered(self, key: Key, applied: Any) -> bool:
        """Whether all that a squashed migration replaces is applied."""
        replacement = self.replacements.get(key)
        return replacement is not None and all(
            part in applied or self._is_covered(part, applied) for part in map(tuple, replacement.replaces)
        )

    def all_leaf_nodes(self) -> list[Key]:
        """The last migration of each application."""
        return self.graph.leaf_nodes()

    def detect_conflicts(self) -> dict[str, list[str]]:
        """Applications with more than one last migration, and their names."""
        leaves: dict[str, list[str]] = {}
        for app_label, name in self.graph.leaf_nodes():
            leaves.setdefault(app_label, []).append(name)
        return {app_label: sorted(names) for app_label, names in leaves.items() if len(names) > 1}

    def project_state(self, nodes: Any = None, at_end: bool = True) -> Any:
        """The state after the given migrations, by default after all."""
        return self.graph.make_state(nodes=nodes, at_end=at_end, real_apps=self.unmigrated_apps)

    def collect_sql(self, plan: Any) -> list[str]:
        """The SQL of a plan, as lines."""
        statements: list[str] = []
        state = None
        for migration, backwards in plan:
            with self.connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
                if state is None:
                    state = self.project_state((migration.app_label, migration.name), at_end=False)
                if backwards:
                    state = migration.unapply(state, editor, collect_sql=True)
                else:
                    state = migration.apply(state, editor, collect_sql=True)
            statements += editor.collected_sql
        return statements
