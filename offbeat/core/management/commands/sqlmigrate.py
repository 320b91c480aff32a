"""``sqlmigrate``: the SQL of a migration."""

from __future__ import annotations

from typing import Any

from offbeat.core.management.base import BaseCommand, CommandError, CommandParser
from offbeat.core.management.color import no_style
from offbeat.core.management.migration_names import check_app_label, find_migration
from offbeat.db import DEFAULT_DB_ALIAS, connections
from offbeat.db.migrations.loader import MigrationLoader


class Command(BaseCommand):
    help = "Prints the SQL statements for the named migration."
    output_transaction = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app_label", help="App label of the application containing the migration.")
        parser.add_argument("migration_name", help="Migration name to print the SQL for.")
        parser.add_argument(
            "--database",
            default=DEFAULT_DB_ALIAS,
            choices=tuple(connections),
            help="The database to create SQL for.",
        )
        parser.add_argument(
            "--backwards",
            action="store_true",
            help="Creates SQL to unapply the migration, rather than to apply it",
        )

    def handle(self, *args: Any, **options: Any) -> str:
        # Colours would be part of the SQL.
        self.style = no_style()
        connection = connections[options["database"]]
        loader = MigrationLoader(connection, replace_migrations=False)
        app_label, name = options["app_label"], options["migration_name"]
        check_app_label(app_label)
        if app_label not in loader.migrated_apps:
            raise CommandError(f"App '{app_label}' does not have migrations")
        migration = find_migration(loader, app_label, name, " Is it in INSTALLED_APPS?")
        self.output_transaction = migration.atomic and connection.features.can_rollback_ddl
        statements = loader.collect_sql(
            [(loader.graph.nodes[app_label, migration.name], options["backwards"])]
        )
        if not statements and options["verbosity"] >= 1:
            self.stderr.write("No operations found.")
        return "\n".join(statements)
