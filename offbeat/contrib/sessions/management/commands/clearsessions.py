"""``clearsessions``: deletes the sessions that have expired."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from offbeat.conf import settings
from offbeat.core.management.base import BaseCommand, CommandError
from offbeat.utils.module_loading import own_path


class Command(BaseCommand):
    """To be run regularly, where the store keeps sessions that have expired."""

    help = "Can be run as a cronjob or directly to clean out expired sessions when the backend supports it."

    def handle(self, **options: Any) -> None:
        """Clear the store of ``SESSION_ENGINE``; CommandError if it cannot be cleared."""
        engine = import_module(own_path(settings.SESSION_ENGINE))
        try:
            engine.SessionStore.clear_expired()
        except NotImplementedError:
            raise CommandError(
                f"Session engine '{settings.SESSION_ENGINE}' doesn't support clearing expired sessions."
            )
