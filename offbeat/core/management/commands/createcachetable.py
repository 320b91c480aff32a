"""``createcachetable``: the tables of the database cache."""

from __future__ import annotations

from typing import Any

from offbeat.conf import settings
from offbeat.core.cache import caches
from offbeat.core.cache.backends.db import BaseDatabaseCache
from offbeat.core.management.base import BaseCommand, CommandError, CommandParser
from offbeat.db import DEFAULT_DB_ALIAS, DatabaseError, connections, models, router, transaction


class Command(BaseCommand):
    help = "Creates the tables needed to use the SQL cache backend."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "args",
            metavar="table_name",
            nargs="*",
            help="Optional table names. Otherwise, settings.CACHES is used to find cache tables.",
        )
        parser.add_argument(
            "--database",
            default=DEFAULT_DB_ALIAS,
            choices=tuple(connections),
            help='Nominates a database onto which the cache tables will be installed. Defaults to the "default" database.',
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Does not create the table, just prints the SQL that would be run.",
        )

    def handle(self, *table_names: str, **options: Any) -> None:
        alias = options["database"]
        for table_name in table_names:
            self.create_table(alias, table_name, options["dry_run"], options["verbosity"])
        if table_names:
            return
        for cache_alias in settings.CACHES:
            cache = caches[cache_alias]
            if isinstance(cache, BaseDatabaseCache) and router.allow_migrate_model(
                alias, cache.cache_model_class
            ):
                self.create_table(alias, cache._table, options["dry_run"], options["verbosity"])

    def create_table(self, database: str, table_name: str, dry_run: bool, verbosity: int) -> None:
        """Make one table, or with ``dry_run`` print how; CommandError."""
        connection = connections[database]
        if table_name in connection.introspection.table_names():
            if verbosity > 0:
                self.stdout.write(f"Cache table '{table_name}' already exists.")
            return
        statements = _statements(connection, table_name)
        if dry_run:
            for statement in statements:
                self.stdout.write(statement)
            return
        with transaction.atomic(using=database, savepoint=connection.features.can_rollback_ddl):
            with connection.cursor() as cursor:
                try:
                    cursor.execute(statements[0])
                except DatabaseError as error:
                    raise CommandError(
                        f"Cache table '{table_name}' could not be created.\nThe error was: {error}."
                    )
                for statement in statements[1:]:
                    cursor.execute(statement)
        if verbosity > 1:
            self.stdout.write(f"Cache table '{table_name}' created.")


def _statements(connection: Any, table_name: str) -> list[str]:
    """The table, then its index."""
    quote = connection.ops.quote_name
    fields = (
        # MySQL cannot make a longer text unique in every character set.
        models.CharField(name="cache_key", max_length=255, unique=True, primary_key=True),
        models.TextField(name="value"),
        models.DateTimeField(name="expires", db_index=True),
    )
    columns = []
    for field in fields:
        key = " PRIMARY KEY" if field.primary_key else ""
        columns.append(f"{quote(field.name)} {field.db_type(connection)} NOT NULL{key}")
    index = quote(f"{table_name}_expires")
    return [
        f"CREATE TABLE {quote(table_name)} ({', '.join(columns)});",
        f"CREATE INDEX {index} ON {quote(table_name)} ({quote('expires')});",
    ]
