"""``sqlflush``: the SQL of a flush."""

from __future__ import annotations

from typing import Any

from offbeat.core.management.base import BaseCommand, CommandParser
from offbeat.core.management.sql import sql_flush
from offbeat.db import DEFAULT_DB_ALIAS, connections


class Command(BaseCommand):
    help = "Returns a list of the SQL statements required to return all tables in the database to the state they were in just after they were installed."
    output_transaction = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--database",
            default=DEFAULT_DB_ALIAS,
            choices=tuple(connections),
            help="The database to create SQL for.",
        )

    def handle(self, **options: Any) -> str:
        statements = sql_flush(self.style, connections[options["database"]], allow_cascade=True)
        if not statements and options["verbosity"] >= 1:
            self.stderr.write("No tables found.")
        return "\n".join(statements)
