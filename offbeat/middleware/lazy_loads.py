"""Warn of "N + 1 queries" in each request: for development."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offbeat.concurrency.marks import iscoroutinefunction, markcoroutinefunction
from offbeat.db.lazy_loads import watch_lazy_loads

__all__ = ["LazyLoadsMiddleware"]


class LazyLoadsMiddleware:
    """Logs, after each request, the lines that loaded one relation object by object (docs: async)."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: Any) -> Any:
        if iscoroutinefunction(self):
            return self.__acall__(request)
        with watch_lazy_loads():
            return self.get_response(request)

    async def __acall__(self, request: Any) -> Any:
        with watch_lazy_loads():
            return await self.get_response(request)
