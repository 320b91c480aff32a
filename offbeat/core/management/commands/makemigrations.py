"""``makemigrations``: write migrations for what changed in the models."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any

from offbeat.apps import apps
from offbeat.conf import settings
from offbeat.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from offbeat.core.management.utils import run_formatters
from offbeat.db import DEFAULT_DB_ALIAS, OperationalError, connections, router
from offbeat.db.migrations import Migration
from offbeat.db.migrations.autodetector import MigrationAutodetector
from offbeat.db.migrations.loader import MigrationLoader
from offbeat.db.migrations.optimizer import MigrationOptimizer
from offbeat.db.migrations.questioner import (
    InteractiveMigrationQuestioner,
    MigrationQuestioner,
    NonInteractiveMigrationQuestioner,
)
from offbeat.db.migrations.state import ProjectState
from offbeat.db.migrations.utils import get_migration_name_timestamp
from offbeat.db.migrations.writer import MigrationWriter


class Command(BaseCommand):
    autodetector = MigrationAutodetector
    help = "Creates new migration(s) for apps."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "args", metavar="app_label", nargs="*", help="Specify the app label(s) to create migrations for."
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Just show what migrations would be made; don't actually write them.",
        )
        parser.add_argument("--merge", action="store_true", help="Enable fixing of migration conflicts.")
        parser.add_argument("--empty", action="store_true", help="Create an empty migration.")
        parser.add_argument(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="Do NOT prompt the user.",
        )
        parser.add_argument("-n", "--name", help="Use this name for migration file(s).")
        parser.add_argument(
            "--no-header", action="store_false", dest="include_header", help="Do not add header comments."
        )
        parser.add_argument(
            "--check",
            action="store_true",
            dest="check_changes",
            help="Exit with a non-zero status if model changes are missing migrations and don't actually write them.",
        )
        parser.add_argument(
            "--scriptable",
            action="store_true",
            help="Divert log output to stderr, writing only paths to stdout.",
        )
        parser.add_argument(
            "--update", action="store_true", help="Merge model changes into the latest migration."
        )

    @property
    def log_output(self) -> Any:
        """Where messages go."""
        return self.stderr if self.scriptable else self.stdout

    def log(self, msg: str) -> None:
        """Show a message."""
        self.log_output.write(msg)

    @no_translations
    def handle(self, *app_labels: str, **options: Any) -> None:
        self.written_files: list[str] = []
        self.options = options
        self.verbosity = options["verbosity"]
        self.interactive = options["interactive"]
        self.dry_run = options["dry_run"]
        self.scriptable = options["scriptable"]
        self.migration_name = options["name"]
        if self.migration_name and not self.migration_name.isidentifier():
            raise CommandError("The migration name must be a valid Python identifier.")
        if self.scriptable:
            self.stderr.style_func = None
        labels = set(app_labels)
        self._check_labels(labels)
        loader = MigrationLoader(None, ignore_no_migrations=True)
        self._check_history(loader)
        conflicts = {
            app: names for app, names in loader.detect_conflicts().items() if not labels or app in labels
        }
        if conflicts and not options["merge"]:
            shown = "; ".join(f"{', '.join(names)} in {app}" for app, names in conflicts.items())
            raise CommandError(
                f"Conflicting migrations detected; multiple leaf nodes in the migration graph: ({shown}).\n"
                "To fix them run 'python manage.py makemigrations --merge'"
            )
        if options["merge"]:
            if conflicts:
                return self.handle_merge(loader, conflicts)
            self.log("No conflicts detected to merge.")
            return None
        questioner = self._questioner(labels)
        autodetector = self.autodetector(loader.project_state(), ProjectState.from_apps(apps), questioner)
        if options["empty"]:
            if not labels:
                raise CommandError("You must supply at least one app label when using --empty.")
            made = {app: [Migration("custom", app)] for app in labels}
            self.write_migration_files(
                autodetector.arrange_for_graph(made, loader.graph, self.migration_name)
            )
            return None
        changes = autodetector.changes(
            graph=loader.graph,
            trim_to_apps=labels or None,
            convert_apps=labels or None,
            migration_name=self.migration_name,
        )
        if not changes:
            if self.verbosity >= 1:
                where = (
                    f" in app '{labels.pop()}'"
                    if len(labels) == 1
                    else f" in apps {labels}"
                    if labels
                    else ""
                )
                self.log(f"No changes detected{where}")
            return None
        if options["check_changes"]:
            if self.verbosity >= 1:
                self.write_migration_files(changes, dry_run=True)
            sys.exit(1)
        if options["update"]:
            self.write_to_last_migration(changes)
        else:
            self.write_migration_files(changes)
        return None

    def _check_labels(self, labels: set[str]) -> None:
        bad = False
        for label in sorted(labels):
            try:
                apps.get_app_config(label)
            except LookupError as error:
                self.stderr.write(str(error))
                bad = True
        if bad:
            sys.exit(2)

    def _check_history(self, loader: MigrationLoader) -> None:
        aliases = connections if settings.DATABASE_ROUTERS else [DEFAULT_DB_ALIAS]
        for alias in sorted(aliases):
            connection = connections[alias]
            if connection.settings_dict["ENGINE"].endswith(".dummy") or not any(
                router.allow_migrate(connection.alias, config.label, model_name=model._meta.object_name)
                for config in apps.get_app_configs()
                for model in config.get_models()
            ):
                continue
            try:
                loader.check_consistent_history(connection)
            except OperationalError as error:
                warnings.warn(
                    f"Got an error checking a consistent migration history performed for database connection '{alias}': {error}",
                    RuntimeWarning,
                    stacklevel=2,
                )

    def _questioner(self, labels: set[str]) -> MigrationQuestioner:
        if self.interactive:
            return InteractiveMigrationQuestioner(
                specified_apps=labels, dry_run=self.dry_run, prompt_output=self.log_output
            )
        return NonInteractiveMigrationQuestioner(
            specified_apps=labels, dry_run=self.dry_run, verbosity=self.verbosity, log=self.log
        )

    def write_to_last_migration(self, changes: dict[str, list[Any]]) -> None:
        """Put new operations into the latest migration of their application."""
        loader = MigrationLoader(connections[DEFAULT_DB_ALIAS])
        for app_label, (first, *_) in list(changes.items()):
            leaves = loader.graph.leaf_nodes(app_label)
            if not leaves:
                raise CommandError(f"App {app_label} has no migration, cannot update last migration.")
            last = loader.graph.nodes[leaves[0]]
            self._refuse_update(loader, leaves[0], last)
            last.operations = MigrationOptimizer().optimize([*last.operations, *first.operations], app_label)
            known = {tuple(dependency) for dependency in last.dependencies}
            last.dependencies += [
                d for d in first.dependencies if tuple(d) != leaves[0] and tuple(d) not in known
            ]
            old_path = MigrationWriter(last).path
            self._rename_updated(last)
            self.write_migration_files({app_label: [last]}, update_previous_path=old_path)

    @staticmethod
    def _refuse_update(loader: MigrationLoader, key: Any, last: Any) -> None:
        if last.replaces:
            raise CommandError(f"Cannot update squash migration '{last}'.")
        if key in loader.applied_migrations:
            raise CommandError(f"Cannot update applied migration '{last}'.")
        dependent = [
            migration
            for migration in loader.graph.nodes.values()
            if key in map(tuple, migration.dependencies)
        ]
        if dependent:
            names = ", ".join(repr(str(migration)) for migration in dependent)
            raise CommandError(f"Cannot update migration '{last}' that migrations {names} depend on.")

    def _rename_updated(self, migration: Any) -> None:
        number = migration.name.split("_", 1)[0]
        suffix = self.migration_name or migration.suggest_name()
        name = f"{number}_{suffix}"
        migration.name = f"{migration.name}_updated" if name == migration.name else name

    def write_migration_files(
        self,
        changes: dict[str, list[Any]],
        dry_run: bool | None = None,
        update_previous_path: str | None = None,
    ) -> None:
        """Write, or with ``dry_run`` only show, the migrations."""
        dry_run = self.dry_run if dry_run is None else dry_run
        style: Any = self.style
        for app_label, app_migrations in sorted(changes.items()):
            if self.verbosity >= 1:
                self.log(style.MIGRATE_HEADING(f"Migrations for '{app_label}':"))
            for migration in app_migrations:
                writer = MigrationWriter(migration, self.options["include_header"])
                if self.verbosity >= 1:
                    self.log(f"  {style.MIGRATE_LABEL(_shown(writer.path))}")
                    for operation in migration.operations:
                        self.log(f"    {operation.formatted_description()}")
                    if self.scriptable:
                        self.stdout.write(_shown(writer.path))
                if not dry_run:
                    os.makedirs(writer.basedir, exist_ok=True)
                    # Written first: what cannot be written must not leave an empty file.
                    text = writer.as_string()
                    with open(writer.path, "w", encoding="utf-8") as file:
                        file.write(text)
                    self.written_files.append(writer.path)
                    if update_previous_path:
                        self._remove_previous(writer, update_previous_path)
                elif self.verbosity == 3:
                    self.log(style.MIGRATE_HEADING(f"Full migrations file '{writer.filename}':"))
                    self.log(writer.as_string())
        if self.written_files:
            run_formatters(self.written_files, stderr=self.stderr)

    def _remove_previous(self, writer: MigrationWriter, path: str) -> None:
        style: Any = self.style
        if writer.needs_manual_porting:
            self.log(
                style.WARNING(
                    f"Updated migration {_shown(writer.path)} requires manual porting.\nPrevious migration {_shown(path)} "
                    "was kept and must be deleted after porting functions manually."
                )
            )
            return
        os.remove(path)
        self.log(f"Deleted {_shown(path)}")

    @staticmethod
    def _branches(loader: MigrationLoader, app_label: str, names: list[str]) -> list[tuple[Any, list[Any]]]:
        """(last migration, operations since the common ancestor) of each branch."""
        plans = [
            [key for key in loader.graph.forwards_plan((app_label, name)) if key[0] == app_label]
            for name in names
        ]
        common = set(plans[0]).intersection(*plans[1:])
        if not common:
            raise ValueError(f"Could not find common ancestor of {set(names)}")
        return [
            (
                loader.get_migration(*plan[-1]),
                [op for key in plan if key not in common for op in loader.get_migration(*key).operations],
            )
            for plan in plans
        ]

    def handle_merge(self, loader: MigrationLoader, conflicts: dict[str, list[str]]) -> None:
        """Write a migration that joins the branches of each application."""
        style: Any = self.style
        questioner = (
            InteractiveMigrationQuestioner(prompt_output=self.log_output)
            if self.interactive
            else MigrationQuestioner(defaults={"ask_merge": True})
        )
        for app_label, names in conflicts.items():
            branches = self._branches(loader, app_label, names)
            if self.verbosity > 0:
                self.log(style.MIGRATE_HEADING(f"Merging {app_label}"))
                for migration, operations in branches:
                    self.log(style.MIGRATE_LABEL(f"  Branch {migration.name}"))
                    for operation in operations:
                        self.log(f"    {operation.formatted_description()}")
            if not questioner.ask_merge(app_label):
                continue
            numbers = [MigrationAutodetector.parse_number(migration.name) or 0 for migration, _ in branches]
            suffix = self.migration_name or f"merge_{'_'.join(sorted(names))}"
            name = f"{max(numbers) + 1:04}_{suffix}"
            if len(suffix) > 47 and not self.migration_name:
                name = f"{max(numbers) + 1:04}_merge_{get_migration_name_timestamp()}"
            merged = type("Migration", (Migration,), {"dependencies": [(app_label, each) for each in names]})(
                name, app_label
            )
            writer = MigrationWriter(merged, self.options["include_header"])
            text = writer.as_string()
            if not self.dry_run:
                with open(writer.path, "w", encoding="utf-8") as file:
                    file.write(text)
                run_formatters([writer.path], stderr=self.stderr)
                if self.verbosity > 0:
                    self.log(f"\nCreated new merge migration {writer.path}")
                    if self.scriptable:
                        self.stdout.write(writer.path)
            elif self.verbosity == 3:
                self.log(
                    style.MIGRATE_HEADING(f"Full merge migrations file '{writer.filename}':") + f"\n{text}"
                )


def _shown(path: str) -> str:
    try:
        relative = os.path.relpath(path)
    except ValueError:
        return path
    return path if relative.startswith("..") else relative
