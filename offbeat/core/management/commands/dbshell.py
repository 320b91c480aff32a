"""``dbshell``: the database's own prompt."""

from __future__ import annotations

import subprocess
from typing import Any

from offbeat.core.management.base import BaseCommand, CommandError, CommandParser
from offbeat.db import DEFAULT_DB_ALIAS, connections


class Command(BaseCommand):
    help = "Runs the command-line client for the specified database, or the default database if none is provided."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--database",
            default=DEFAULT_DB_ALIAS,
            choices=tuple(connections),
            help="Alias of the database to open.",
        )
        parser.add_argument("parameters", nargs="*", help="Arguments for the client, after a --.")

    def handle(self, **options: Any) -> None:
        connection = connections[options["database"]]
        try:
            connection.client.runshell(options["parameters"])
        except FileNotFoundError:
            raise CommandError(
                f"You appear not to have the {connection.client.executable_name!r} program installed or on your path."
            )
        except subprocess.CalledProcessError as error:
            raise CommandError(
                f'"{" ".join(map(str, error.cmd))}" returned non-zero exit status {error.returncode}.',
                returncode=error.returncode,
            )
