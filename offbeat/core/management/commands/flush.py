"""``flush``: delete all rows of all tables."""

from __future__ import annotations

from typing import Any

from offbeat.core.management.base import BaseCommand, CommandError, CommandParser
from offbeat.core.management.color import no_style
from offbeat.core.management.sql import emit_post_migrate_signal, sql_flush
from offbeat.db import DEFAULT_DB_ALIAS, connections


class Command(BaseCommand):
    help = 'Removes ALL DATA from the database, including data added during migrations. Does not achieve a "fresh install" state.'
    stealth_options = ("reset_sequences", "allow_cascade", "inhibit_post_migrate")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="Do NOT prompt the user.",
        )
        parser.add_argument(
            "--database", default=DEFAULT_DB_ALIAS, choices=tuple(connections), help="The database to flush."
        )

    def handle(self, **options: Any) -> None:
        connection = connections[options["database"]]
        statements = sql_flush(
            no_style(),
            connection,
            reset_sequences=options.get("reset_sequences", True),
            allow_cascade=options.get("allow_cascade", False),
        )
        if options["interactive"]:
            answer = input(
                f"You have requested a flush of the database.\nThis will IRREVERSIBLY DESTROY all data currently in the "
                f'"{connection.settings_dict["NAME"]}" database,\nand return each table to an empty state.\n'
                "Are you sure you want to do this?\n\n    Type 'yes' to continue, or 'no' to cancel: "
            )
            if answer != "yes":
                self.stdout.write("Flush cancelled.")
                return
        try:
            connection.ops.execute_sql_flush(statements)
        except Exception as error:
            raise CommandError(
                f"Database {connection.settings_dict['NAME']} couldn't be flushed. Possible reasons:\n"
                "  * The database isn't running or isn't configured correctly.\n"
                "  * At least one of the expected database tables doesn't exist.\n"
                "  * The SQL was invalid."
            ) from error
        if statements and not options.get("inhibit_post_migrate", False):
            emit_post_migrate_signal(
                options["verbosity"], options["interactive"], options["database"], stdout=self.stdout
            )
