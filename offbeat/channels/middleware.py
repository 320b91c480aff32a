"""Base of ASGI middleware."""

from __future__ import annotations

from typing import Any


class BaseMiddleware:
    """Calls ``inner`` with a copy of the scope, so that changes stay below."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Handle the connection."""
        return await self.inner(dict(scope), receive, send)
