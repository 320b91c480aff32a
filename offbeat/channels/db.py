"""Database calls from coroutines, by the names that existing code uses. The ORM itself needs no adapter here."""

from __future__ import annotations

from typing import Any

from asgiref.sync import SyncToAsync

from offbeat.concurrency import async_function
from offbeat.db import close_old_connections


class DatabaseSyncToAsync(SyncToAsync[Any, Any]):
    """``sync_to_async`` that tidies the thread's connections before and after."""

    def thread_handler(self, loop: Any, *args: Any, **kwargs: Any) -> Any:
        """Run the function in its thread."""
        close_old_connections()
        try:
            return super().thread_handler(loop, *args, **kwargs)
        finally:
            close_old_connections()


database_sync_to_async = DatabaseSyncToAsync
aclose_old_connections = async_function(close_old_connections)
