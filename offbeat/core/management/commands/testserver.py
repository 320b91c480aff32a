"""``testserver``: serve the project on a test database with fixtures."""

from __future__ import annotations

from typing import Any

from offbeat.core.management import call_command
from offbeat.core.management.base import BaseCommand, CommandParser
from offbeat.db import connection


class Command(BaseCommand):
    help = "Runs a development server with data from the given fixture(s)."
    requires_system_checks: Any = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("args", metavar="fixture", nargs="*", help="Path(s) to fixtures to load.")
        parser.add_argument(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="Do NOT prompt the user.",
        )
        parser.add_argument("--addrport", default="", help="Port number or ipaddr:port to run the server on.")
        parser.add_argument("--ipv6", "-6", action="store_true", dest="use_ipv6", help="Use an IPv6 address.")

    def handle(self, *fixture_labels: str, **options: Any) -> None:
        verbosity = options["verbosity"]
        name = connection.creation.create_test_db(verbosity=verbosity, autoclobber=not options["interactive"])
        if fixture_labels:
            call_command("loaddata", *fixture_labels, verbosity=verbosity)
        # Reloading would make the test database once more.
        call_command(
            "runserver",
            addrport=options["addrport"],
            shutdown_message=(
                f"\nServer stopped.\nNote that the test database, {name!r}, has not been deleted. You can explore "
                "it on your own."
            ),
            use_reloader=False,
            use_ipv6=options["use_ipv6"],
            use_threading=connection.features.test_db_allows_multiple_connections,
        )
