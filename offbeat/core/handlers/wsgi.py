"""WSGI: the request over an environ, and the application."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from offbeat.conf import settings
from offbeat.core import signals
from offbeat.core.exceptions import BadRequest
from offbeat.core.handlers import base
from offbeat.http import HttpRequest, HttpResponse, QueryDict
from offbeat.urls import set_script_prefix
from offbeat.utils.encoding import repercent_broken_unicode
from offbeat.utils.functional import cached_property

__all__ = [
    "ChunkedStream",
    "LimitedStream",
    "WSGIHandler",
    "WSGIRequest",
    "get_bytes_from_wsgi",
    "get_path_info",
    "get_script_name",
    "get_str_from_wsgi",
]


class LimitedStream:
    """A stream that ends after ``limit`` bytes, whatever the server's one does."""

    def __init__(self, stream: Any, limit: int) -> None:
        self._stream = stream
        self._left = limit

    def _size(self, size: int | None) -> int:
        return self._left if size is None or size < 0 else min(size, self._left)

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to ``size`` bytes."""
        size = self._size(size)
        if not size:
            return b""
        data: bytes = self._stream.read(size)
        self._left -= len(data)
        return data

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return up to ``size`` bytes of a line."""
        size = self._size(size)
        if not size:
            return b""
        data: bytes = self._stream.readline(size)
        self._left -= len(data)
        return data


class ChunkedStream:
    """The stream of a body in chunks, whose end the server knows; BadRequest for chunks that are none."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, size: int | None = None, /) -> bytes:
        """Return up to ``size`` bytes."""
        return self._call(self._stream.read, size)

    def readline(self, size: int | None = None, /) -> bytes:
        """Return up to ``size`` bytes of a line."""
        return self._call(self._stream.readline, size)

    def _call(self, method: Any, size: int | None) -> bytes:
        try:
            # No server takes a negative size and None alike.
            data: bytes = method() if size is None or size < 0 else method(size)
        except OSError:
            # The connection, not the body, is broken.
            raise
        except Exception as error:
            # Each server has classes of its own for what breaks the chunked coding.
            raise BadRequest("The body cannot be read") from error
        return data


class WSGIRequest(HttpRequest):
    """A request over a WSGI environ (PEP 3333)."""

    non_picklable_attrs = frozenset(("resolver_match", "_found", "_stream", "environ"))

    def __init__(self, environ: dict[str, Any]) -> None:
        script_name = get_script_name(environ)
        # Several slashes at the end of the prefix count as one.
        self.path_info = get_path_info(environ) or "/"
        self._found = self._get = None
        self.environ = environ
        self.path = f"{script_name.rstrip('/')}/{self.path_info.replace('/', '', 1)}"
        self.META = environ
        environ["PATH_INFO"] = self.path_info
        environ["SCRIPT_NAME"] = script_name
        self.method = environ["REQUEST_METHOD"].upper()
        if "*=" in environ.get("CONTENT_TYPE", ""):
            # Only an extended parameter (RFC 8187) can be malformed: the rest is parsed when it is asked for.
            self._set_content_type_params(environ)

    def _open_stream(self) -> Any:
        try:
            length = int(self.environ.get("CONTENT_LENGTH") or 0)
        except (ValueError, TypeError):
            length = 0
        stream = self.environ["wsgi.input"]
        if not length and self.environ.get("wsgi.input_terminated"):
            return ChunkedStream(stream)
        return LimitedStream(stream, length)

    def _get_scheme(self) -> str:
        return self.environ.get("wsgi.url_scheme") or "http"

    def _load_get(self) -> QueryDict:
        # Servers disagree about the encoding; the bytes are what the client sent.
        query = get_bytes_from_wsgi(self.META, "QUERY_STRING", "")
        return QueryDict(query, encoding=self.encoding)

    @cached_property
    def COOKIES(self) -> dict[str, str]:
        from offbeat.http import parse_cookie

        return parse_cookie(get_str_from_wsgi(self.META, "HTTP_COOKIE", ""))


class WSGIHandler(base.BaseHandler):
    """The WSGI application."""

    request_class = WSGIRequest

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.load_middleware()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request; the server closes the response, which ends the request."""
        set_script_prefix(get_script_name(environ))
        signals.request_started.send(sender=self.__class__, environ=environ)
        response: Any
        try:
            request = self.request_class(environ)
        except (UnicodeDecodeError, BadRequest) as error:
            base.logger.warning(
                "Bad Request (%s)", type(error).__name__, exc_info=True, extra={"status_code": 400}
            )
            response = HttpResponse(status=400)
        else:
            response = self.get_response(request)
        response._handler_class = self.__class__
        if not response.streaming and response.status_code not in (204, 304):
            # Without it the server would have to use chunked coding.
            response.headers.setdefault("Content-Length", str(len(response.content)))
        start_response(f"{response.status_code} {response.reason_phrase}", response._wsgi_headers())
        file = getattr(response, "file_to_stream", None)
        wrapper = environ.get("wsgi.file_wrapper")
        if file is not None and wrapper:
            # The server closes what it iterates over, which must be the response as well.
            file.close = response.close
            return wrapper(file, response.block_size)  # type: ignore[no-any-return]
        return response  # type: ignore[no-any-return]


def get_path_info(environ: dict[str, Any]) -> str:
    """Return PATH_INFO as text; bytes that are not UTF-8 stay percent-encoded."""
    path = get_bytes_from_wsgi(environ, "PATH_INFO", "/")
    return repercent_broken_unicode(path).decode()


def get_script_name(environ: dict[str, Any]) -> str:
    """Return FORCE_SCRIPT_NAME, or the prefix of the URL before any rewriting that the server has done."""
    if settings.FORCE_SCRIPT_NAME is not None:
        return str(settings.FORCE_SCRIPT_NAME)
    # The URL before Apache's mod_rewrite was at work, where there is one.
    script_url = get_bytes_from_wsgi(environ, "SCRIPT_URL", "") or get_bytes_from_wsgi(
        environ, "REDIRECT_URL", ""
    )
    if script_url:
        if b"//" in script_url:
            script_url = _merge_slashes(script_url)
        path_info = get_bytes_from_wsgi(environ, "PATH_INFO", "")
        script_name = script_url.removesuffix(path_info) if path_info else script_url
    else:
        script_name = get_bytes_from_wsgi(environ, "SCRIPT_NAME", "")
    return script_name.decode()


def _merge_slashes(path: bytes) -> bytes:
    merged = bytearray()
    for byte in path:
        if byte != 0x2F or not merged.endswith(b"/"):
            merged.append(byte)
    return bytes(merged)


def get_bytes_from_wsgi(environ: dict[str, Any], key: str, default: str) -> bytes:
    """Return the bytes behind a value of the environ, which PEP 3333 hands over as Latin-1 text."""
    value: str = environ.get(key, default)
    return value.encode("iso-8859-1")


def get_str_from_wsgi(environ: dict[str, Any], key: str, default: str) -> str:
    """Return a value of the environ as UTF-8 text."""
    return get_bytes_from_wsgi(environ, key, default).decode(errors="replace")
