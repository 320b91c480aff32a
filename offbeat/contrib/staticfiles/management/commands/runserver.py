"""``runserver`` with static files."""

from __future__ import annotations

from typing import Any

from offbeat.conf import settings
from offbeat.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from offbeat.core.management.base import CommandParser
from offbeat.core.management.commands.runserver import Command as RunserverCommand


class Command(RunserverCommand):
    help = "Starts the development server: HTTP, WebSocket and static files."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--nostatic",
            action="store_false",
            dest="use_static_handler",
            help="Don't serve static files at STATIC_URL.",
        )
        parser.add_argument(
            "--insecure",
            action="store_true",
            dest="insecure_serving",
            help="Serve static files even if DEBUG is False.",
        )

    def get_handler(self, *args: Any, **options: Any) -> Any:
        handler = super().get_handler(*args, **options)
        if options["use_static_handler"] and (settings.DEBUG or options["insecure_serving"]):
            return ASGIStaticFilesHandler(handler)
        return handler
