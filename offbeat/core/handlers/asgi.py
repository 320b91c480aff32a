"""ASGI: the request over a scope, and the application.

Nothing is copied from the scope that nobody reads, the body is pulled when it is asked for, and a disconnect is
listened for only once a request has been waiting for something for a while.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Iterator
from time import monotonic
from typing import Any
from urllib.parse import unquote_to_bytes
from weakref import ref

from offbeat.concurrency import bridged, in_thread, install, spawn, spawn_watched
from offbeat.conf import settings
from offbeat.core import signals
from offbeat.core.cache import caches, close_caches
from offbeat.core.exceptions import RequestAborted, RequestDataTooBig
from offbeat.core.handlers import base
from offbeat.core.handlers.inbox import BodyStream, Inbox
from offbeat.core.handlers.watch import unwatch_loop, watch_loop
from offbeat.db import close_old_connections, reset_queries
from offbeat.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict, parse_cookie
from offbeat.http.base import response_keeper
from offbeat.http.headers import HttpHeaders
from offbeat.urls import get_resolver, set_script_prefix
from offbeat.utils.encoding import repercent_broken_unicode
from offbeat.utils.functional import cached_property

__all__ = ["ASGIHandler", "ASGIRequest", "get_script_prefix"]

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
logger = logging.getLogger("offbeat.request")
_get_running_loop = asyncio.get_running_loop
# The header of small contents, which most answers of an API are.
_LENGTHS = [(b"Content-Length", b"%d" % length) for length in range(1024)]
NO_CONTENT_STATUS = frozenset((204, 304))
# From a synchronous stream, at most so many bytes are taken at once, for at most so many seconds.
READ_AHEAD = 2**16
READY_WITHIN = 0.001


def get_script_prefix(scope: dict[str, Any]) -> str:
    """Return FORCE_SCRIPT_NAME, or the scope's ``root_path``."""
    forced = settings.FORCE_SCRIPT_NAME
    return forced or scope.get("root_path") or ""


class ASGIRequest(HttpRequest):
    """A request over an ASGI scope; ``body_file`` is an Inbox, or has ``read(size)`` and ``readline(size)``."""

    _encoded_names: dict[str, bytes] = {}

    def __init__(self, scope: dict[str, Any], body_file: Any) -> None:
        self.scope = scope
        self._body_file = body_file
        query = scope.get("query_string")
        # What is not UTF-8 is refused here, before anything depends on it.
        self._query_string: str = (query.decode() if isinstance(query, bytes) else query) if query else ""
        self.method = scope["method"].upper()
        self.script_name = script = settings.FORCE_SCRIPT_NAME or scope.get("root_path") or ""
        path = scope["path"]
        if not path.isascii() and "\ufffd" in path:
            path = self.__dict__["path"] = _exact_path(scope)
        self.path_info = _below(script, path) if script else path

    @cached_property
    def path(self) -> str:
        return self.scope["path"]  # type: ignore[no-any-return]

    @cached_property
    def COOKIES(self) -> dict[str, str]:
        header = self._meta_value("HTTP_COOKIE")
        if not header:
            return {}
        if not header.isascii():
            # Latin-1 in META, as in every header; what browsers send is UTF-8.
            header = header.encode("latin-1", "replace").decode(errors="replace")
        return parse_cookie(header)

    def _open_stream(self) -> Any:
        body = self._body_file
        return BodyStream(body) if type(body) is Inbox else body

    def _get_scheme(self) -> str:
        return self.scope.get("scheme") or super()._get_scheme()

    @cached_property
    def GET(self) -> QueryDict:
        return QueryDict(self._query_string, encoding=self.encoding)

    def _load_headers(self) -> HttpHeaders:
        if "META" in self.__dict__:
            return HttpHeaders(self.META)
        return HttpHeaders.from_pairs(self.scope.get("headers", ()))

    def _meta_value(self, key: str) -> Any:
        meta = self.__dict__.get("META")
        if meta is not None:
            return meta.get(key)
        name = self._encoded_names.get(key)
        if name is None:
            if key == "QUERY_STRING":
                return self._query_string
            if not key.startswith("HTTP_") and key not in HttpHeaders.UNPREFIXED_HEADERS:
                return self.META.get(key)
            name = key.removeprefix("HTTP_").replace("_", "-").lower().encode("latin-1")
            if len(self._encoded_names) < 256:
                self._encoded_names[key] = name
        found = [value for header, value in self.scope.get("headers", ()) if header == name]
        if not found:
            return None
        return _join_values(name == b"cookie", [value.decode("latin-1") for value in found])

    def _load_meta(self) -> dict[str, Any]:
        scope = self.scope
        meta: dict[str, Any] = {
            "REQUEST_METHOD": self.method,
            "QUERY_STRING": self._query_string,
            "SCRIPT_NAME": self.script_name,
            "PATH_INFO": self.path_info,
            # Middleware written for WSGI looks at these.
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
        }
        client = scope.get("client")
        if client:
            meta["REMOTE_ADDR"] = meta["REMOTE_HOST"] = client[0]
            meta["REMOTE_PORT"] = client[1]
        server = scope.get("server")
        if server:
            meta["SERVER_NAME"] = server[0]
            meta["SERVER_PORT"] = str(server[1])
        else:
            meta["SERVER_NAME"] = "unknown"
            meta["SERVER_PORT"] = "0"
        meta.update(_headers_as_meta(scope.get("headers", ())))
        waiting = self.__dict__.pop("_meta_callbacks", None)
        if waiting:
            self.META = meta
            for callback in waiting:
                callback(self)
        return meta

    def _on_meta(self, callback: Callable[[Any], None]) -> None:
        """Call ``callback(request)`` when META is made, which may be never."""
        self.__dict__.setdefault("_meta_callbacks", []).append(callback)


def _exact_path(scope: dict[str, Any]) -> str:
    """Return the path of a URL that is not all UTF-8; what is not stays percent-encoded, as under WSGI."""
    raw = scope.get("raw_path")
    if not raw:
        return scope["path"]  # type: ignore[no-any-return]
    return repercent_broken_unicode(unquote_to_bytes(raw.partition(b"?")[0])).decode()


def _below(script: str, path: str) -> str:
    """Return the part of a path below a prefix, the whole of it when the prefix ends within a segment."""
    prefix = script.rstrip("/")
    rest = path.removeprefix(prefix)
    if rest == "":
        return "/"
    return rest if rest.startswith("/") else path


def _headers_as_meta(headers: Any) -> dict[str, str]:
    collected: dict[str, list[str]] = {}
    for raw_name, raw_value in headers:
        if b"_" in raw_name:
            # It would take the place of the name with a hyphen, which a proxy may vouch for (CVE-2026-3902).
            continue
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        if name not in HttpHeaders.UNPREFIXED_HEADERS:
            name = f"HTTP_{name}"
        collected.setdefault(name, []).append(raw_value.decode("latin-1"))
    return {name: _join_values(name == "HTTP_COOKIE", values) for name, values in collected.items()}


def _join_values(cookies: bool, values: list[str]) -> str:
    """Return the value of a repeated header (RFC 9110 §5.3; cookies: RFC 9113 §8.2.3)."""
    if len(values) == 1:
        return values[0]
    return "; ".join(value.rstrip("; ") for value in values) if cookies else ",".join(values)


class _Edge:
    """Tells whether anybody has something to do when a signal of the request cycle is sent.

    The framework's own receivers mostly have nothing to do: queries are logged in debug mode, connections of the loop
    are given back by themselves, and caches matter once one is in use.
    """

    __slots__ = ("always", "receivers", "signal", "when_cached", "when_debugging")

    def __init__(self, signal: Any) -> None:
        self.signal = signal
        self._learn()

    def needed(self) -> bool:
        """Whether the signal has to be sent."""
        if self.signal.receivers is not self.receivers:
            self._learn()
        return self.always or (self.when_debugging and settings.DEBUG) or (self.when_cached and caches.used)

    def _learn(self) -> None:
        self.receivers = self.signal.receivers
        references = [reference for _, reference, *_ in self.receivers]
        found = {reference() if isinstance(reference, ref) else reference for reference in references}
        self.when_debugging = reset_queries in found
        self.when_cached = close_caches in found
        self.always = bool(found - {None, reset_queries, close_caches, close_old_connections})


def _pull(parts: Iterator[bytes]) -> tuple[list[bytes], bool]:
    """Take what an iterator has ready, so that many small pieces share a visit to the thread."""
    deadline = monotonic() + READY_WITHIN
    some = []
    size = 0
    for part in parts:
        some.append(part)
        size += len(part)
        if size >= READ_AHEAD or monotonic() > deadline:
            return some, True
    return some, False


class ASGIHandler(base.BaseHandler):
    """The ASGI application."""

    request_class = ASGIRequest
    # How much of a body is sent in one message at most.
    chunk_size = 2**20

    def __init__(self) -> None:
        super().__init__()
        self.load_middleware(is_async=True)
        self._started = _Edge(signals.request_started)
        self._finished = _Edge(signals.request_finished)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one HTTP request, take part in the lifespan protocol, or refuse a WebSocket."""
        kind = scope["type"]
        if kind != "http":
            await self._handle_other(kind, scope, receive, send)
            return
        loop = _get_running_loop()
        if loop is not self._loop:
            # Tasks that a view starts must be able to suspend in synchronous code, too.
            install(loop)
            watch_loop(loop)
            self._loop = loop
        inbox = Inbox(receive)
        try:
            # Only what makes the response can meet the database: plain content is sent outside the bridge.
            response = await spawn_watched(inbox.watch, self.respond, scope, inbox)
            try:
                if not inbox.disconnected:
                    if response.streaming:
                        await bridged(self._stream_response(response, inbox, send, scope["method"] == "HEAD"))
                    else:
                        await self.send_response(response, send)
            finally:
                if (
                    "_resource_closers" in response.__dict__
                    or self._finished.needed()
                    or type(response).close is not HttpResponseBase.close
                ):
                    response._handler_class = self.__class__
                    await spawn(response.close)
                else:
                    response.closed = True
        except asyncio.CancelledError:
            task = asyncio.current_task()
            # Only the cancellation that the disconnect caused ends here.
            if not inbox.cancelled or task is None or task.uncancel():
                raise
        except RequestAborted:
            return
        finally:
            if inbox.task is not None:
                inbox.stop()
            if inbox.kept is not None:
                await spawn(inbox.release)

    async def _handle_other(self, kind: str, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if kind == "lifespan":
            await self._handle_lifespan(receive, send)
        elif kind == "websocket":
            message = await receive()
            if message["type"] == "websocket.connect":
                await send({"type": "websocket.close", "code": 1000, "reason": ""})
        else:
            raise ValueError(f"Django can only handle ASGI/HTTP connections, not {kind}.")

    async def _handle_lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await spawn(_load_routes)
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                unwatch_loop(asyncio.get_running_loop())
                try:
                    await spawn(_close_connections)
                except Exception as error:
                    logger.error("Closing connections failed", exc_info=error)
                    await send({"type": "lifespan.shutdown.failed", "message": str(error)})
                else:
                    await send({"type": "lifespan.shutdown.complete"})
                return

    def respond(self, scope: dict[str, Any], inbox: Inbox) -> Any:
        """Return the response to one HTTP request; runs in a bridge."""
        started = self._started
        if (
            started.always
            or started.receivers is not signals.request_started.receivers
            or (started.when_debugging and settings.DEBUG)
        ) and started.needed():
            signals.request_started.send(sender=self.__class__, scope=scope)
        try:
            request = self.request_class(scope, inbox)
        except (UnicodeDecodeError, RequestDataTooBig) as error:
            response = self._refuse(error)
        else:
            response_keeper.set(inbox)
            set_script_prefix(request.script_name or "/")
            try:
                response = self.get_response(request)
            except BaseException:
                self._abandon(request)
                raise
        return response

    @staticmethod
    def _refuse(error: Exception) -> Any:
        """Return the response to a scope that makes no request."""
        if isinstance(error, RequestDataTooBig):
            return HttpResponse(status=413)
        logger.warning("Bad Request (UnicodeDecodeError)", exc_info=error, extra={"status_code": 400})
        return HttpResponse(status=400)

    async def send_response(self, response: Any, send: Send) -> None:
        """Send the head and the content of a response that is in memory."""
        headers = response._asgi_headers()
        content = response.content
        if "content-length" not in response.headers._store and response.status_code not in NO_CONTENT_STATUS:
            # Without it the server would have to use chunked coding.
            length = len(content)
            headers.append(_LENGTHS[length] if length < 1024 else (b"Content-Length", b"%d" % length))
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        size = self.chunk_size
        if len(content) > size:
            view = memoryview(content)
            end = len(content) - size
            start = 0
            while start < end:
                await send(
                    {
                        "type": "http.response.body",
                        "body": bytes(view[start : start + size]),
                        "more_body": True,
                    }
                )
                start += size
            content = bytes(view[start:])
        await send({"type": "http.response.body", "body": content})

    async def _stream_response(self, response: Any, inbox: Inbox, send: Send, head_only: bool) -> None:
        """Send the head and the content piece by piece, each when the server has taken the last; runs in a bridge."""
        if inbox.task is None:
            inbox.watch()
        headers = response._asgi_headers()
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        if not head_only:
            await self._send_stream(response, send)
        await send({"type": "http.response.body"})

    async def _send_stream(self, response: Any, send: Send) -> None:
        if response.is_async:
            parts = response.streaming_content
            try:
                async for part in parts:
                    await send({"type": "http.response.body", "body": part, "more_body": True})
            finally:
                # Generators that are not read to their end must run their finally blocks now.
                for generator in (parts, response._iterator):
                    close = getattr(generator, "aclose", None)
                    if close is not None:
                        await close()
            return
        parts = iter(response.streaming_content)
        more = True
        while more:
            some, more = await in_thread(_pull, parts)
            for part in some:
                await send({"type": "http.response.body", "body": part, "more_body": True})

    def _abandon(self, request: Any) -> None:
        """End a request that was cancelled before it had a response."""
        request.close()
        if self._finished.needed():
            signals.request_finished.send(sender=self.__class__)

    def handle_uncaught_exception(self, request: Any, resolver: Any, exc_info: Any) -> Any:
        """Answer an unexpected exception; also where the URLconf cannot be imported."""
        from offbeat.core.handlers.exception import handle_uncaught_exception

        return handle_uncaught_exception(request, resolver, exc_info)


def _load_routes() -> None:
    """Import the URLconf before the first request has to wait for it. What is wrong with it, that request tells."""
    try:
        get_resolver().find("/")
    except Exception:
        logger.debug("The URLconf cannot be loaded yet", exc_info=True)


def _close_connections() -> None:
    """Close the pools of databases and caches that were in use."""
    for module, name in (("offbeat.db", "connections"), ("offbeat.core.cache", "caches")):
        if module in sys.modules:
            getattr(sys.modules[module], name).close_all()
