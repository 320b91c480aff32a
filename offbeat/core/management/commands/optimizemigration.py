"""``optimizemigration``: rewrite a migration with fewer operations."""

from __future__ import annotations

import shutil
import sys
from typing import Any

from offbeat.core.management.base import BaseCommand, CommandError, CommandParser
from offbeat.core.management.migration_names import check_app_label, find_migration
from offbeat.core.management.utils import run_formatters
from offbeat.db import migrations
from offbeat.db.migrations.loader import MigrationLoader
from offbeat.db.migrations.optimizer import MigrationOptimizer
from offbeat.db.migrations.writer import MigrationWriter
from offbeat.utils.version import get_docs_version


class Command(BaseCommand):
    help = "Optimizes the operations for the named migration."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app_label", help="App label of the application to optimize the migration for.")
        parser.add_argument("migration_name", help="Migration name to optimize the operations for.")
        parser.add_argument(
            "--check",
            action="store_true",
            help="Exit with a non-zero status if the migration can be optimized.",
        )
        parser.add_argument(
            "--no-header",
            action="store_false",
            dest="include_header",
            help="Do not add a header comment to the written file.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        verbosity = options["verbosity"]
        migration = self._migration(options["app_label"], options["migration_name"])
        before = len(migration.operations)
        operations = MigrationOptimizer().optimize(migration.operations, migration.app_label)
        if len(operations) == before:
            if verbosity > 0:
                self.stdout.write("No optimizations possible.")
            return
        if verbosity > 0:
            self.stdout.write(f"Optimizing from {before} operations to {len(operations)} operations.")
        if options["check"]:
            sys.exit(1)
        migration.operations = operations
        writer = MigrationWriter(migration, options["include_header"])
        text = writer.as_string()
        if writer.needs_manual_porting:
            if migration.replaces:
                raise CommandError(
                    "Migration will require manual porting but is already a squashed migration.\nTransition to a "
                    f"normal migration first: https://docs.djangoproject.com/en/{get_docs_version()}/topics/migrations/"
                    "#squashing-migrations"
                )
            # A new migration beside the old one: functions must be copied by hand.
            optimized = type("OptimizedMigration", (migrations.Migration,), {})(
                f"{migration.name}_optimized", migration.app_label
            )
            optimized.dependencies = migration.dependencies
            optimized.operations = operations
            optimized.replaces = [(migration.app_label, migration.name)]
            writer = MigrationWriter(optimized, options["include_header"])
            text = writer.as_string()
            if verbosity > 0:
                self.stdout.write(self.style.MIGRATE_HEADING("Manual porting required"))
                self.stdout.write(
                    "  Your migrations contained functions that must be manually copied over,\n  as we could not safely "
                    "copy their implementation.\n  See the comment at the top of the optimized migration for details."
                )
                if shutil.which("black"):
                    self.stdout.write(
                        self.style.WARNING(
                            "Optimized migration couldn't be formatted using the black command."
                        )
                    )
        with open(writer.path, "w", encoding="utf-8") as file:
            file.write(text)
        run_formatters([writer.path], stderr=self.stderr)
        if verbosity > 0:
            self.stdout.write(self.style.MIGRATE_HEADING(f"Optimized migration {writer.path}"))

    @staticmethod
    def _migration(app_label: str, name: str) -> Any:
        check_app_label(app_label)
        loader = MigrationLoader(None)
        if app_label not in loader.migrated_apps:
            raise CommandError(f"App '{app_label}' does not have migrations.")
        return find_migration(loader, app_label, name)
