"""Handlers which answer the requests of the clients in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from offbeat.concurrency import bridged, spawn
from offbeat.core.handlers.asgi import ASGIRequest
from offbeat.core.handlers.base import BaseHandler
from offbeat.core.handlers.wsgi import LimitedStream, WSGIRequest
from offbeat.core.signals import request_finished, request_started
from offbeat.db import close_old_connections

from .payload import FakePayload

__all__ = [
    "AsyncClientHandler",
    "ClientHandler",
    "aclosing_iterator_wrapper",
    "closing_iterator_wrapper",
    "conditional_content_removal",
]


def conditional_content_removal(request: Any, response: Any) -> Any:
    """Drop the content where a server must: HEAD requests, and statuses without content (RFC 9110 §6.4.1)."""
    if 100 <= response.status_code < 200 or response.status_code in (204, 304) or request.method == "HEAD":
        if response.streaming:
            response.streaming_content = []
        else:
            response.content = b""
    return response


class _Connections:
    """The connections of a test stay open at the edges of its requests."""

    def __init__(self, signal: Any) -> None:
        self.signal = signal

    def __enter__(self) -> None:
        self.disconnected = self.signal.disconnect(close_old_connections)

    def __exit__(self, *exc_info: Any) -> None:
        if self.disconnected:
            self.signal.connect(close_old_connections)


def _close_quietly(close: Callable[[], None]) -> None:
    with _Connections(request_finished):
        close()


def closing_iterator_wrapper(iterable: Any, close: Callable[[], None]) -> Iterator[bytes]:
    """Iterate over a streamed response, then close it."""
    try:
        yield from iterable
    finally:
        _close_quietly(close)


async def aclosing_iterator_wrapper(iterable: Any, close: Callable[[], None]) -> AsyncIterator[bytes]:
    """The same for a response that is streamed asynchronously."""
    try:
        async for chunk in iterable:
            yield chunk
    finally:
        await spawn(_close_quietly, close)


class _Answering(BaseHandler):
    def __init__(self, enforce_csrf_checks: bool = True, *args: Any, **kwargs: Any) -> None:
        self.enforce_csrf_checks = enforce_csrf_checks
        super().__init__(*args, **kwargs)

    def _prepare(self, request: Any) -> Any:
        # Views that are protected against forgery can be tested without a token.
        request._dont_enforce_csrf_checks = not self.enforce_csrf_checks
        return request

    def _conclude(self, request: Any, response: Any) -> None:
        """End the request as a server would when it has sent the response; a streamed one when it has been read."""
        response._handler_class = type(self)
        conditional_content_removal(request, response)
        if not response.streaming:
            _close_quietly(response.close)
        elif getattr(response, "is_async", False):
            response.streaming_content = aclosing_iterator_wrapper(response.streaming_content, response.close)
        else:
            response.streaming_content = closing_iterator_wrapper(response.streaming_content, response.close)


class ClientHandler(_Answering):
    """Takes an environ and returns the response; the request is its attribute ``wsgi_request``."""

    def __call__(self, environ: dict[str, Any]) -> Any:
        if self._middleware_chain is None:
            self.load_middleware()
        with _Connections(request_started):
            request_started.send(sender=type(self), environ=environ)
        request = self._prepare(WSGIRequest(environ))
        response = self.get_response(request)
        response.wsgi_request = request
        self._conclude(request, response)
        return response


class AsyncClientHandler(_Answering):
    """Takes a scope and returns the response; the request is its attribute ``asgi_request``."""

    async def __call__(self, scope: dict[str, Any]) -> Any:
        if self._middleware_chain is None:
            self.load_middleware(is_async=True)
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        body_file = LimitedStream(scope.pop("_body_file", None) or FakePayload(b""), int(length))
        with _Connections(request_started):
            await request_started.asend(sender=type(self), scope=scope)
        request = self._prepare(ASGIRequest(scope, body_file))
        response = await bridged(self.get_response_async(request))
        response.asgi_request = request
        await spawn(self._conclude, request, response)
        return response
