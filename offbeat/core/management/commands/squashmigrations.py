"""``squashmigrations``: one migration in place of many."""

from __future__ import annotations

import os
from typing import Any

from offbeat.core.management.base import BaseCommand, CommandError, CommandParser
from offbeat.core.management.migration_names import check_app_label, find_migration
from offbeat.core.management.utils import run_formatters
from offbeat.db import migrations
from offbeat.db.migrations.loader import MigrationLoader
from offbeat.db.migrations.migration import SwappableTuple
from offbeat.db.migrations.optimizer import MigrationOptimizer
from offbeat.db.migrations.writer import MigrationWriter


class Command(BaseCommand):
    help = "Squashes an existing set of migrations (from first until specified) into a single new one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app_label", help="App label of the application to squash migrations for.")
        parser.add_argument(
            "start_migration_name",
            nargs="?",
            help="Migrations will be squashed starting from and including this migration.",
        )
        parser.add_argument(
            "migration_name",
            help="Migrations will be squashed until and including this migration.",
        )
        parser.add_argument(
            "--no-optimize", action="store_true", help="Do not try to optimize the squashed operations."
        )
        parser.add_argument(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="Do NOT prompt the user.",
        )
        parser.add_argument("--squashed-name", help="Sets the name of the new squashed migration.")
        parser.add_argument(
            "--no-header",
            action="store_false",
            dest="include_header",
            help="Do not add a header comment to the new squashed migration.",
        )

    def handle(self, **options: Any) -> None:
        self.verbosity = options["verbosity"]
        app_label, start_name = options["app_label"], options["start_migration_name"]
        check_app_label(app_label)
        loader = MigrationLoader(None)
        if app_label not in loader.migrated_apps:
            raise CommandError(
                f"App '{app_label}' does not have migrations (so squashmigrations on it makes no sense)"
            )
        last = find_migration(loader, app_label, options["migration_name"])
        squashed = [
            loader.get_migration(label, name)
            for label, name in loader.graph.forwards_plan((last.app_label, last.name))
            if label == last.app_label
        ]
        if start_name:
            start = loader.get_migration(app_label, find_migration(loader, app_label, start_name).name)
            if start not in squashed:
                raise CommandError(
                    f"The migration '{start}' cannot be found. Maybe it comes after the migration '{last}'?\nHave a "
                    f"look at:\n  python manage.py showmigrations {app_label}\nto debug this issue."
                )
            squashed = squashed[squashed.index(start) :]
        self._confirm(squashed, options["interactive"])
        migration = self._joined(squashed, optimize=not options["no_optimize"])
        self._name(migration, squashed, start_name, options)
        self._write(migration, options["include_header"])

    def _confirm(self, squashed: list[Any], interactive: bool) -> None:
        if self.verbosity > 0 or interactive:
            self.stdout.write(self.style.MIGRATE_HEADING("Will squash the following migrations:"))
            for migration in squashed:
                self.stdout.write(f" - {migration.name}")
        if interactive:
            answer = ""
            while not answer or answer not in "yn":
                answer = input("Do you wish to proceed? [y/N] ").strip().lower()[:1] or "n"
            if answer != "y":
                raise SystemExit(0)

    def _joined(self, squashed: list[Any], optimize: bool) -> Any:
        """A migration with the operations and outer dependencies of all."""
        operations: list[Any] = []
        dependencies: dict[Any, None] = {}
        own = {(migration.app_label, migration.name) for migration in squashed}
        own |= {(migration.app_label, "__first__") for migration in squashed}
        for migration in squashed:
            operations += migration.operations
            for dependency in migration.dependencies:
                if isinstance(dependency, SwappableTuple) or tuple(dependency) not in own:
                    dependencies[dependency] = None
        if optimize:
            if self.verbosity > 0:
                self.stdout.write(self.style.MIGRATE_HEADING("Optimizing..."))
            before = len(operations)
            operations = MigrationOptimizer().optimize(operations, squashed[0].app_label)
            if self.verbosity > 0:
                self.stdout.write(
                    "  No optimizations possible."
                    if len(operations) == before
                    else f"  Optimized from {before} operations to {len(operations)} operations."
                )
        elif self.verbosity > 0:
            self.stdout.write(self.style.MIGRATE_HEADING("(Skipping optimization.)"))
        body = {
            "dependencies": list(dependencies),
            "operations": operations,
            "replaces": [(migration.app_label, migration.name) for migration in squashed],
        }
        joined = type("Migration", (migrations.Migration,), body)("0001_squashed", squashed[0].app_label)
        joined.initial = True if squashed[0].initial else None
        return joined

    @staticmethod
    def _name(migration: Any, squashed: list[Any], start_name: str | None, options: dict[str, Any]) -> None:
        first, last = squashed[0], squashed[-1]
        number = first.name.split("_", 1)[0] if start_name else "0001"
        if options["squashed_name"]:
            migration.name = f"{number}_{options['squashed_name']}"
        elif start_name:
            migration.name = f"{first.name}_squashed_{last.name}"
        else:
            migration.name = f"0001_squashed_{last.name}"

    def _write(self, migration: Any, include_header: bool) -> None:
        writer = MigrationWriter(migration, include_header)
        text = writer.as_string()
        if os.path.exists(writer.path):
            raise CommandError(f"Migration {migration.name} already exists. Use a different name.")
        with open(writer.path, "w", encoding="utf-8") as file:
            file.write(text)
        run_formatters([writer.path], stderr=self.stderr)
        if self.verbosity > 0:
            self.stdout.write(
                self.style.MIGRATE_HEADING(f"Created new squashed migration {writer.path}")
                + "\n  You should commit this migration but leave the old ones in place;\n  the new migration will be "
                "used for new installs. Once you are sure\n  all instances of the codebase have applied the "
                "migrations you squashed,\n  you can delete them."
            )
            if writer.needs_manual_porting:
                self.stdout.write(
                    self.style.MIGRATE_HEADING("Manual porting required")
                    + "\n  Your migrations contained functions that must be manually copied over,\n  as we could not "
                    "safely copy their implementation.\n  See the comment at the top of the squashed migration for "
                    "details."
                )
