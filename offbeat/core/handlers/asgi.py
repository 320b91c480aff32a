"""ASGI: the request over a scope, and the application.

Nothing is copied from the scope that nobody reads, the body is pulled when it is asked for, and a disconnect is
listened for only once a request has been waiting for something for a while.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from asyncio import get_running_loop
from collections.abc import Awaitable, Callable
from io import BytesIO
from operator import itemgetter
from typing import Any
from urllib.parse import unquote_to_bytes

from offbeat.concurrency import begin, bridged, install, spawn, wait
from offbeat.conf import settings
from offbeat.core.exceptions import RequestAborted, RequestDataTooBig
from offbeat.core.handlers import base
from offbeat.core.handlers.inbox import LITTLE_PATIENCE, PATIENCE, BodyStream, Entry, Inbox, Vigil
from offbeat.core.handlers.syncstream import SyncStream
from offbeat.core.handlers.watch import unwatch_loop, watch_loop
from offbeat.core.signals import request_finished, request_started
from offbeat.http import HttpRequest, HttpResponse, QueryDict, parse_cookie
from offbeat.http.base import KEPT
from offbeat.http.headers import HttpHeaders, RawHeaders
from offbeat.http.querydict import read_query
from offbeat.urls import get_resolver
from offbeat.urls.base import enter_request
from offbeat.utils.encoding import repercent_broken_unicode
from offbeat.utils.functional import cached_property
from offbeat.utils.hooks import SAFE_METHODS

__all__ = ["ASGIHandler", "ASGIRequest", "get_script_prefix"]

_first = itemgetter(0)
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
logger = logging.getLogger("offbeat.request")


def get_script_prefix(scope: dict[str, Any]) -> str:
    """Return FORCE_SCRIPT_NAME, or the scope's ``root_path``."""
    forced = settings.FORCE_SCRIPT_NAME
    return forced or scope.get("root_path") or ""


class ASGIRequest(HttpRequest):
    """A request over an ASGI scope; ``body_file`` has ``read(size)`` and ``readline(size)``, or is None for no body."""

    _encoded_names: dict[str, bytes] = {}
    # Where the body comes from instead of a file.
    _receive: Receive | None
    _raw_headers: dict[bytes, bytes] | None
    script_name = ""

    def __init__(self, scope: dict[str, Any], body_file: Any) -> None:
        self.scope = scope
        self._body_file = body_file
        self._receive = self._found = self._raw_headers = self._get = None
        query = scope.get("query_string")
        if query:
            # What is not UTF-8 is refused here, before anything depends on it.
            self._query_string = query.decode() if isinstance(query, bytes) else query
        else:
            self._query_string = ""
        self.method = scope["method"].upper()
        path = scope["path"]
        if not path.isascii() and "\ufffd" in path:
            path = self.__dict__["path"] = _exact_path(scope)
        script = settings.FORCE_SCRIPT_NAME or scope.get("root_path")
        if script:
            self.script_name = script
            path = _below(script, path)
        self.path_info = path

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

    def _inbox(self) -> Any:
        """Where the body comes from. There is no Inbox for the many requests that have no body and are over at once."""
        body = self._body_file
        if body is None:
            body = self._body_file = BytesIO() if self._receive is None else Inbox(self._receive)
        return body

    def listen_for(self, task: asyncio.Task[Any] | None, vigil: Vigil) -> None:
        """Listen for a disconnect, which cancels the task of the request: it has been waiting for a while."""
        self._inbox().listen_for(task, vigil)

    def _open_stream(self) -> Any:
        body = self._inbox()
        return BodyStream(body) if type(body) is Inbox else body

    def _body_is_outstanding(self) -> bool:
        body = self._inbox()
        return type(body) is Inbox and not body.complete

    def _look_for_body(self) -> None:
        body = self._inbox()
        if type(body) is not Inbox or self.method in SAFE_METHODS:
            return
        headers = self._headers_by_name()
        # A client that asks first must not be told to go on for a view that may not want the body.
        if b"expect" not in headers and (
            headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
        ):
            body.look()

    def _gather_body(self) -> None:
        wait(self._inbox().gather())

    def _get_scheme(self) -> str:
        return self.scope.get("scheme") or super()._get_scheme()

    def _load_get(self) -> QueryDict:
        # Only in a content type may a charset be named, and few requests with parameters have one.
        names = self._raw_headers or map(_first, self.scope.get("headers", ()))
        if b"content-type" not in names and not self._encoding_was_set:
            return read_query(self._query_string)
        return QueryDict(self._query_string, False, self.encoding)

    def _load_headers(self) -> HttpHeaders:
        if "META" in self.__dict__:
            return HttpHeaders(self.META)
        return RawHeaders(self._headers_by_name())

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
        value = self._headers_by_name().get(name)
        return None if value is None else value.decode("latin-1")

    def _headers_by_name(self) -> dict[bytes, bytes]:
        raw = self._raw_headers
        if raw is None:
            headers = self.scope.get("headers", ())
            raw = dict(headers)
            if len(raw) != len(headers):
                raw = _joined(headers)
            self._raw_headers = raw
        return raw

    def _get_raw_host(self) -> str:
        if settings.USE_X_FORWARDED_HOST or "META" in self.__dict__:
            return super()._get_raw_host()
        host = (self._raw_headers or self._headers_by_name()).get(b"host")
        return super()._get_raw_host() if host is None else host.decode("latin-1")

    def _has_cookies(self) -> bool:
        made = self.__dict__
        if "COOKIES" in made or "META" in made:
            return super()._has_cookies()
        return b"cookie" in self._headers_by_name()

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
        return meta


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


# Names seen before, as META has them: the same few come with every request.
_META_NAMES: dict[bytes, str] = {}
_MOST_NAMES = 512
_LONGEST_NAME = 64


def _meta_name(raw_name: bytes) -> str:
    name = raw_name.decode("latin-1").upper().replace("-", "_")
    if b"_" in raw_name:
        # It would take the place of the name with a hyphen, which a proxy may vouch for (CVE-2026-3902).
        name = ""
    elif name not in HttpHeaders.UNPREFIXED_HEADERS:
        name = f"HTTP_{name}"
    if len(_META_NAMES) < _MOST_NAMES and len(raw_name) <= _LONGEST_NAME:
        _META_NAMES[raw_name] = name
    return name


def _headers_as_meta(headers: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    repeated: dict[str, list[str]] = {}
    for raw_name, raw_value in headers:
        name = _META_NAMES.get(raw_name) or _meta_name(raw_name)
        if not name:
            continue
        value = raw_value.decode("latin-1")
        if name in found:
            repeated.setdefault(name, [found[name]]).append(value)
        else:
            found[name] = value
    for name, values in repeated.items():
        found[name] = _join_values(name == "HTTP_COOKIE", values)
    return found


def _joined(headers: Any) -> dict[bytes, bytes]:
    """Headers by name, some of which are repeated."""
    found: dict[bytes, bytes] = {}
    repeated: dict[bytes, list[bytes]] | None = None
    for name, value in headers:
        if name not in found:
            found[name] = value
        else:
            if repeated is None:
                repeated = {}
            # Gathered first, for adding one to the other would take quadratic time (CVE-2025-14550).
            repeated.setdefault(name, [found[name]]).append(value)
    if repeated is not None:
        for name, values in repeated.items():
            cookies = name == b"cookie"
            found[name] = b"; ".join([v.rstrip(b"; ") for v in values]) if cookies else b",".join(values)
    return found


def _join_values(cookies: bool, values: list[str]) -> str:
    """Return the value of a repeated header (RFC 9110 §5.3; cookies: RFC 9113 §8.2.3)."""
    return "; ".join(value.rstrip("; ") for value in values) if cookies else ",".join(values)


class ASGIHandler(base.BaseHandler):
    """The ASGI application."""

    request_class = ASGIRequest
    # How much of a body is sent in one message at most.
    chunk_size = 2**20

    def __init__(self) -> None:
        super().__init__()
        # By another name: what the class has by the same one, too, is looked up anew for every request.
        self._make_request = self.request_class
        self.load_middleware(is_async=True)
        overridden = type(self).get_response_async is not base.BaseHandler.get_response_async
        self._respond_to = self._keep_response if overridden else self._respond
        self._answers_alone = not overridden and self._is_bare
        self._loop: asyncio.AbstractEventLoop | None = None
        self._vigil: Vigil

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one HTTP request, take part in the lifespan protocol, or refuse a WebSocket."""
        kind = scope["type"]
        if kind != "http":
            await self._handle_other(kind, scope, receive, send)
            return
        loop = get_running_loop()
        if loop is not self._loop:
            self._serve_on(loop)
        request: Any = None
        inbox: Any = None
        watched: set[Entry] | None = None
        try:
            # Queries are logged in debug mode: each request has a log of its own.
            if request_started.due or settings.DEBUG:
                await spawn(request_started.send, sender=self.__class__, scope=scope)
            try:
                request = self._make_request(scope, None)
            except (UnicodeDecodeError, RequestDataTooBig) as error:
                response = self._refuse(error)
            else:
                request._receive = receive
                enter_request(request.script_name)
                try:
                    # Only what makes the response can meet the database: plain content is sent outside the bridge.
                    # One coroutine less where there is no middleware.
                    work = (
                        self._answer(request, None, True)
                        if self._answers_alone
                        else self._respond_to(request)
                    )
                    rest = begin(work, scope)
                    if rest is not None:
                        entry = (request, asyncio.current_task())
                        patience = PATIENCE if request.method in SAFE_METHODS else LITTLE_PATIENCE
                        watched = self._vigil.add(entry, patience)
                        await rest
                    inbox = request._body_file
                    response = request._response
                except BaseException:
                    await spawn(self._abandon, request)
                    raise
                # The two would be in a circle where the response knows its request.
                request._response = None
            try:
                if inbox is None or not inbox.disconnected:
                    if response.streaming:
                        if watched is None:
                            entry = (request, asyncio.current_task())
                            watched = self._vigil.add(entry, LITTLE_PATIENCE)
                        await bridged(self._stream_response(response, send, scope["method"] == "HEAD"))
                    else:
                        content = response.content
                        headers = response._asgi_headers(len(content))
                        await send(
                            {
                                "type": "http.response.start",
                                "status": response.status_code,
                                "headers": headers,
                            }
                        )
                        if len(content) > self.chunk_size:
                            content = await self._send_all_but_last(content, send)
                        await send({"type": "http.response.body", "body": content})
            finally:
                if response._needs_closing or request_finished.due:
                    response._handler_class = self.__class__
                    await spawn(response.close)
                else:
                    response.closed = True
        except asyncio.CancelledError:
            task = asyncio.current_task()
            inbox = None if request is None else request._body_file
            # Only the cancellation that the disconnect caused ends here.
            if inbox is None or not inbox.cancelled or task is None or task.uncancel():
                raise
        except RequestAborted:
            return
        finally:
            if watched is not None:
                watched.discard(entry)
                inbox = request._body_file
            if inbox is not None:
                inbox.stop()
            if KEPT in scope:
                await _release(scope.pop(KEPT))

    def _serve_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Prepare a loop: tasks that a view starts must be able to suspend in synchronous code, too."""
        install(loop)
        watch_loop(loop)
        self._loop = loop
        self._vigil = Vigil(loop)

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

    async def _keep_response(self, request: Any) -> None:
        request._response = await self.get_response_async(request)

    @staticmethod
    def _refuse(error: Exception) -> Any:
        """Return the response to a scope that makes no request."""
        if isinstance(error, RequestDataTooBig):
            return HttpResponse(status=413)
        logger.warning("Bad Request (UnicodeDecodeError)", exc_info=error, extra={"status_code": 400})
        return HttpResponse(status=400)

    async def _send_all_but_last(self, content: bytes, send: Send) -> bytes:
        """Send a large content piece by piece, and return the last one."""
        size = self.chunk_size
        view = memoryview(content)
        start = 0
        while len(content) - start > size:
            await send(
                {"type": "http.response.body", "body": bytes(view[start : start + size]), "more_body": True}
            )
            start += size
        return bytes(view[start:])

    async def _stream_response(self, response: Any, send: Send, head_only: bool) -> None:
        """Send the head and the content piece by piece, each when the server has taken the last; runs in a bridge."""
        headers = response._asgi_headers()
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        if not head_only:
            await self._send_stream(response, send)
        await send({"type": "http.response.body"})

    async def _send_stream(self, response: Any, send: Send) -> None:
        if response.is_async:
            parts = response._iterator
            make_bytes = response.make_bytes
            try:
                async for part in parts:
                    if type(part) is not bytes:
                        part = make_bytes(part)
                    await send({"type": "http.response.body", "body": part, "more_body": True})
            finally:
                # A generator that is not read to its end must run its finally blocks now.
                close = getattr(parts, "aclose", None)
                if close is not None:
                    await close()
            return
        await SyncStream(iter(response.streaming_content), send).run()

    def _abandon(self, request: Any) -> None:
        """End a request that was cancelled before it had a response."""
        request.close()
        if request_finished.due:
            request_finished.send(sender=self.__class__)

    def handle_uncaught_exception(self, request: Any, resolver: Any, exc_info: Any) -> Any:
        """Answer an unexpected exception; also where the URLconf cannot be imported."""
        from offbeat.core.handlers.exception import handle_uncaught_exception

        return handle_uncaught_exception(request, resolver, exc_info)


async def _release(responses: list[Any]) -> None:
    """Release what responses hold that were replaced, or lost when the request was cancelled."""
    # Most have released it when they were closed.
    for response in [response for response in responses if response._resource_closers]:
        await spawn(response._run_closers)


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
