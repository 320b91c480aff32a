"""The client for ASGI requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult

from .base import REDIRECT_STATUS_CODES, ClientMixin, FollowingVerbs
from .capture import capture
from .factory import AsyncRequestFactory
from .handlers import AsyncClientHandler

__all__ = ["AsyncClient"]


class AsyncClient(ClientMixin, FollowingVerbs, AsyncRequestFactory):  # type: ignore[misc]
    """Like Client, with methods to be awaited: ``await client.get("/path/")``. Keyword arguments are headers.

    A response has ``asgi_request`` in place of ``wsgi_request``. Source: Django documentation, topics/testing/tools.
    """

    def __init__(
        self,
        enforce_csrf_checks: bool = False,
        raise_request_exception: bool = True,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **defaults: Any,
    ) -> None:
        super().__init__(headers=headers, query_params=query_params, **defaults)
        self.handler: Any = AsyncClientHandler(enforce_csrf_checks)
        self.raise_request_exception = raise_request_exception
        self.extra = {}
        self.headers = None

    async def request(self, **request: Any) -> Any:
        """Make a request with this scope and return the response."""
        scope = self._base_scope(**request)
        with capture() as captured:
            response = await self.handler(scope)
        self.check_exception(response, captured)
        self._decorate(response, request, captured, request["path"], response.asgi_request)
        return response

    async def _end(self, response: Any, follow: bool, **again: Any) -> Any:
        response = await response
        return await self._ahandle_redirects(response, **again) if follow else response

    async def _ahandle_redirects(self, response: Any, **again: Any) -> Any:
        """Follow redirects to their end; RedirectCycleError."""
        chain: list[tuple[str, int]] = []
        response.redirect_chain = chain
        again.setdefault("extra", {})
        while response.status_code in REDIRECT_STATUS_CODES:
            chain.append((response.url, response.status_code))
            response = await self._redirect(response, **again)
            self._check_cycle(chain, response)
        return response

    def _target_server(self, url: SplitResult) -> dict[str, Any]:
        return {"host": url.netloc} if url.netloc else {}
