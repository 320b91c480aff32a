"""``runworker``: serve channels with the ``channel`` application of ``ASGI_APPLICATION``."""

from __future__ import annotations

import logging
from typing import Any

from offbeat.channels import DEFAULT_CHANNEL_LAYER
from offbeat.channels.layers import get_channel_layer
from offbeat.channels.routing import get_default_application
from offbeat.channels.worker import Worker
from offbeat.core.management.base import BaseCommand, CommandError, CommandParser

logger = logging.getLogger("offbeat.channels.worker")


class Command(BaseCommand):
    help = "Runs a worker that serves the named channels."
    leave_locale_alone = True
    worker_class = Worker

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--layer", default=DEFAULT_CHANNEL_LAYER, help="Channel layer alias to use, if not the default."
        )
        parser.add_argument("channels", nargs="+", help="Channels to listen on.")

    def handle(self, *args: Any, **options: Any) -> None:
        layer = get_channel_layer(options["layer"])
        if layer is None:
            raise CommandError(f"You do not have any CHANNEL_LAYERS configured under {options['layer']!r}.")
        logger.info("Running worker for channels %s", options["channels"])
        self.worker_class(
            application=get_default_application(), channels=options["channels"], channel_layer=layer
        ).run()
