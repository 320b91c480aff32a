"""Database calls from coroutines, by the names that existing code uses. The ORM itself needs no adapter here."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import Context
from typing import Any, ParamSpec, TypeVar

from offbeat.concurrency import async_function
from offbeat.concurrency.adapt import SyncToAsync
from offbeat.db import close_old_connections

T = TypeVar("T")
P = ParamSpec("P")

__all__ = ["DatabaseSyncToAsync", "aclose_old_connections", "database_sync_to_async"]


class DatabaseSyncToAsync(SyncToAsync[P, T]):
    """``sync_to_async`` that tidies the thread's connections before and after."""

    def __init__(
        self,
        func: Callable[P, T],
        thread_sensitive: bool = True,
        executor: Any = None,
        context: Context | None = None,
    ) -> None:
        super().__init__(func, thread_sensitive, executor)

        @functools.wraps(func)
        def tidy(*args: P.args, **kwargs: P.kwargs) -> T:
            close_old_connections()
            try:
                return func(*args, **kwargs) if context is None else context.run(func, *args, **kwargs)
            finally:
                close_old_connections()

        self.func = tidy


database_sync_to_async = DatabaseSyncToAsync
aclose_old_connections = async_function(close_old_connections)
