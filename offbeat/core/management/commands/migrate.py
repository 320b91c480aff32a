"""``migrate``: bring the database to the state of the migrations."""

from __future__ import annotations

import sys
import time
from importlib import import_module
from typing import Any

from offbeat.apps import apps
from offbeat.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from offbeat.core.management.migration_names import check_app_label, find_migration
from offbeat.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from offbeat.db import DEFAULT_DB_ALIAS, connections, router
from offbeat.db.migrations.autodetector import MigrationAutodetector
from offbeat.db.migrations.executor import MigrationExecutor
from offbeat.db.migrations.state import ModelState, ProjectState
from offbeat.utils.module_loading import module_has_submodule
from offbeat.utils.text import Truncator


def describe_operation(operation: Any, backwards: bool) -> tuple[str, bool]:
    """(what the operation does, with its code's own words; whether it is a warning)."""
    prefix = ""
    is_error = False
    if hasattr(operation, "code"):
        code = operation.reverse_code if backwards else operation.code
        action = (code.__doc__ or "") if code else None
    elif hasattr(operation, "sql"):
        action = operation.reverse_sql if backwards else operation.sql
    else:
        action = ""
        if backwards:
            prefix = "Undo "
    if action is not None:
        text = str(action).strip().splitlines()[0] if str(action).strip() else ""
        action = Truncator(text).chars(36)
    elif backwards:
        action, is_error = "IRREVERSIBLE", True
    return f"{prefix}{operation.describe()}{f' -> {action}' if action else ''}", is_error


class Command(BaseCommand):
    autodetector = MigrationAutodetector
    help = "Updates database schema. Manages both apps with migrations and those without."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "app_label", nargs="?", help="App label of an application to synchronize the state."
        )
        parser.add_argument(
            "migration_name",
            nargs="?",
            help='Database state will be brought to the state after that migration. Use the name "zero" to unapply all migrations.',
        )
        parser.add_argument(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="Do NOT prompt the user.",
        )
        parser.add_argument(
            "--database",
            default=DEFAULT_DB_ALIAS,
            choices=tuple(connections),
            help="The database to synchronize.",
        )
        parser.add_argument(
            "--fake", action="store_true", help="Mark migrations as run without actually running them."
        )
        parser.add_argument(
            "--fake-initial", action="store_true", help="Skip initial migrations whose tables exist already."
        )
        parser.add_argument(
            "--plan",
            action="store_true",
            help="Shows a list of the migration actions that will be performed.",
        )
        parser.add_argument(
            "--run-syncdb", action="store_true", help="Creates tables for apps without migrations."
        )
        parser.add_argument(
            "--check",
            action="store_true",
            dest="check_unapplied",
            help="Exits with a non-zero status if unapplied migrations exist.",
        )
        parser.add_argument(
            "--prune",
            action="store_true",
            dest="prune",
            help="Delete nonexistent migrations from the django_migrations table.",
        )

    def get_check_kwargs(self, options: dict[str, Any]) -> dict[str, Any]:
        return {**super().get_check_kwargs(options), "databases": [options["database"]]}

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        self.verbosity = options["verbosity"]
        self.interactive = options["interactive"]
        for config in apps.get_app_configs():
            if module_has_submodule(config.module, "management"):
                import_module(".management", config.name)
        connection = connections[options["database"]]
        connection.prepare_database()
        executor = MigrationExecutor(connection, self.migration_progress_callback)
        executor.loader.check_consistent_history(connection)
        self._refuse_conflicts(executor)
        targets = self._targets(executor, options)
        if options["prune"]:
            self._prune(executor, options["app_label"])
            return
        plan = executor.migration_plan(targets)
        if options["plan"] or options["check_unapplied"]:
            if options["plan"]:
                self._show_plan(plan)
            if plan and options["check_unapplied"]:
                sys.exit(1)
            return
        self._run(executor, connection, targets, plan, options)

    @staticmethod
    def _refuse_conflicts(executor: MigrationExecutor) -> None:
        conflicts = executor.loader.detect_conflicts()
        if conflicts:
            shown = "; ".join(f"{', '.join(names)} in {app}" for app, names in conflicts.items())
            raise CommandError(
                f"Conflicting migrations detected; multiple leaf nodes in the migration graph: ({shown}).\n"
                "To fix them run 'python manage.py makemigrations --merge'"
            )

    def _targets(self, executor: MigrationExecutor, options: dict[str, Any]) -> Any:
        app_label, name = options["app_label"], options["migration_name"]
        self.target_app_labels_only = True
        self.run_syncdb_apps: set[str] = set()
        if not app_label:
            if options["run_syncdb"]:
                self.run_syncdb_apps = executor.loader.unmigrated_apps
            return executor.loader.graph.leaf_nodes()
        check_app_label(app_label)
        if options["run_syncdb"]:
            if app_label in executor.loader.migrated_apps:
                raise CommandError(f"Can't use run_syncdb with app '{app_label}' as it has migrations.")
            self.run_syncdb_apps = {app_label}
            return []
        if app_label not in executor.loader.migrated_apps:
            raise CommandError(f"App '{app_label}' does not have migrations.")
        if not name:
            return [key for key in executor.loader.graph.leaf_nodes() if key[0] == app_label]
        if name == "zero":
            self.target_app_labels_only = False
            return [(app_label, None)]
        migration = find_migration(executor.loader, app_label, name)
        target = (app_label, migration.name)
        if target not in executor.loader.graph.nodes and target in executor.loader.replacements:
            # Partly applied: what it replaces is still there, and its last part means the same.
            target = tuple(executor.loader.replacements[target].replaces[-1])
        self.target_app_labels_only = False
        return [target]

    def _prune(self, executor: MigrationExecutor, app_label: str | None) -> None:
        if not app_label:
            raise CommandError("Migrations can be pruned only when an app is specified.")
        if self.verbosity > 0:
            style: Any = self.style
            self.stdout.write("Pruning migrations:", style.MIGRATE_HEADING)
        gone = sorted(
            key
            for key in set(executor.loader.applied_migrations) - set(executor.loader.disk_migrations)
            if key[0] == app_label
        )
        squashed = [
            str(migration)
            for migration in executor.loader.replacements.values()
            if any(tuple(part) in gone for part in migration.replaces)
        ]
        if squashed:
            self.stdout.write(
                self.style.NOTICE(
                    "  Cannot use --prune because the following squashed migrations have their 'replaces' attributes and "
                    "may not be recorded as applied:"
                )
            )
            for name in squashed:
                self.stdout.write(f"    {name}")
            self.stdout.write(
                self.style.NOTICE(
                    "  Re-run 'manage.py migrate' if they are not marked as applied, and remove 'replaces' attributes in "
                    "their Migration classes."
                )
            )
            return
        if not gone and self.verbosity > 0:
            self.stdout.write("  No migrations to prune.")
        for key in gone:
            executor.recorder.record_unapplied(*key)
            if self.verbosity > 0:
                self.stdout.write(f"  Pruning {key[0]}.{key[1]} OK")

    def _show_plan(self, plan: Any) -> None:
        style: Any = self.style
        self.stdout.write("Planned operations:", style.MIGRATE_LABEL)
        if not plan:
            self.stdout.write("  No planned migration operations.")
        for migration, backwards in plan:
            self.stdout.write(str(migration), style.MIGRATE_HEADING)
            for operation in migration.operations:
                message, is_error = describe_operation(operation, backwards)
                self.stdout.write(f"    {message}", style.WARNING if is_error else None)

    def _run(
        self, executor: MigrationExecutor, connection: Any, targets: Any, plan: Any, options: dict[str, Any]
    ) -> None:
        style: Any = self.style
        if self.verbosity >= 1:
            self._announce(executor, targets, options)
        pre_state = executor._create_project_state(with_applied_migrations=True)
        emit_pre_migrate_signal(
            self.verbosity,
            self.interactive,
            connection.alias,
            stdout=self.stdout,
            apps=pre_state.apps,
            plan=plan,
        )
        if self.run_syncdb_apps:
            if self.verbosity >= 1:
                self.stdout.write(style.MIGRATE_HEADING("Synchronizing apps without migrations:"))
            self.sync_apps(connection, self.run_syncdb_apps)
        if self.verbosity >= 1:
            self.stdout.write(style.MIGRATE_HEADING("Running migrations:"))
        if not plan and self.verbosity >= 1:
            self.stdout.write("  No migrations to apply.")
            self._mention_missing(executor)
        fake = options["fake"]
        post_state = executor.migrate(
            targets, plan=plan, state=pre_state.clone(), fake=fake, fake_initial=options["fake_initial"]
        )
        post_state.clear_delayed_apps_cache()
        # Models of apps without migrations were rendered without relations, which receivers may well use.
        with_relations = {
            (state.app_label, state.name_lower): ModelState.from_model(
                apps.get_model(state.app_label, state.name_lower)
            )
            for state in post_state.apps.real_models
        }
        if with_relations:
            post_state.apps.rerender(set(with_relations), with_relations)
        emit_post_migrate_signal(
            self.verbosity,
            self.interactive,
            connection.alias,
            stdout=self.stdout,
            apps=post_state.apps,
            plan=plan,
        )

    def _announce(self, executor: MigrationExecutor, targets: Any, options: dict[str, Any]) -> None:
        style: Any = self.style
        self.stdout.write(style.MIGRATE_HEADING("Operations to perform:"))
        if self.run_syncdb_apps:
            names = ", ".join(sorted(self.run_syncdb_apps))
            noun = "app" if options["app_label"] else "apps"
            self.stdout.write(style.MIGRATE_LABEL(f"  Synchronize unmigrated {noun}: ") + names)
        if self.target_app_labels_only:
            names = ", ".join(sorted({app for app, _ in targets})) or "(none)"
            self.stdout.write(style.MIGRATE_LABEL("  Apply all migrations: ") + names)
        elif targets[0][1] is None:
            self.stdout.write(style.MIGRATE_LABEL("  Unapply all migrations: ") + str(targets[0][0]))
        else:
            self.stdout.write(
                style.MIGRATE_LABEL("  Target specific migration: ")
                + f"{targets[0][1]}, from {targets[0][0]}"
            )

    def _mention_missing(self, executor: MigrationExecutor) -> None:
        style: Any = self.style
        detector = self.autodetector(executor.loader.project_state(), ProjectState.from_apps(apps))
        changes = detector.changes(graph=executor.loader.graph)
        if changes:
            names = ", ".join(repr(app) for app in sorted(changes))
            self.stdout.write(
                style.NOTICE(
                    f"  Your models in app(s): {names} have changes that are not yet reflected in a migration, and so "
                    "won't be applied."
                )
            )
            self.stdout.write(
                style.NOTICE(
                    "  Run 'manage.py makemigrations' to make new migrations, and then re-run 'manage.py migrate' to apply them."
                )
            )

    def migration_progress_callback(self, action: str, migration: Any = None, fake: bool = False) -> None:
        """Show one step."""
        if self.verbosity < 1:
            return
        compute_time = self.verbosity > 1
        style: Any = self.style
        if action in ("apply_start", "unapply_start", "render_start"):
            self.start = time.monotonic()
            verb = {"apply_start": "Applying", "unapply_start": "Unapplying"}.get(action)
            text = f"  {verb} {migration}..." if verb else "  Rendering model states..."
            self.stdout.write(text, ending="")
            self.stdout.flush()
        else:
            elapsed = f" ({time.monotonic() - self.start:.3f}s)" if compute_time else ""
            word = " FAKED" if fake else " DONE" if action == "render_success" else " OK"
            self.stdout.write(style.SUCCESS(word + elapsed))

    def sync_apps(self, connection: Any, app_labels: set[str]) -> None:
        """Make the tables of applications without migrations."""
        with connection.cursor() as cursor:
            tables = {
                connection.introspection.identifier_converter(name)
                for name in connection.introspection.table_names(cursor)
            }
        wanted = []
        for config in apps.get_app_configs():
            if config.models_module is None or config.label not in app_labels:
                continue
            for model in router.get_migratable_models(config, connection.alias, include_auto_created=False):
                meta = model._meta
                exists = connection.introspection.identifier_converter(meta.db_table) in tables
                if not exists and model._meta.can_migrate(connection):
                    wanted.append(model)
        if self.verbosity >= 1:
            self.stdout.write("  Creating tables...")
        with connection.schema_editor() as editor:
            for model in wanted:
                if self.verbosity >= 1:
                    self.stdout.write(f"    Creating table {model._meta.db_table}")
                editor.create_model(model)
            if self.verbosity >= 1:
                self.stdout.write("    Running deferred SQL...")
