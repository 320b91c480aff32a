"""Making requests without sending them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from offbeat.conf import settings
from offbeat.core.handlers.asgi import ASGIRequest
from offbeat.core.handlers.wsgi import LimitedStream, WSGIRequest
from offbeat.core.serializers.json import DjangoJSONEncoder
from offbeat.http import HttpHeaders
from offbeat.utils.encoding import force_bytes
from offbeat.utils.http import urlencode

from .payload import (
    BOUNDARY,
    CONTENT_TYPE_RE,
    JSON_CONTENT_TYPE_RE,
    MULTIPART_CONTENT,
    FakePayload,
    encode_multipart,
)

__all__ = ["AsyncRequestFactory", "RequestFactory"]

OCTETS = "application/octet-stream"


class RequestFactory:
    """Makes WSGI requests: ``RequestFactory().get("/path/", {"q": "x"})``.

    Keyword arguments are defaults for the environ; `headers` and `query_params` are defaults, too.
    Source: Django documentation, topics/testing/advanced.
    """

    def __init__(
        self,
        *,
        json_encoder: type[json.JSONEncoder] = DjangoJSONEncoder,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **defaults: Any,
    ) -> None:
        self.json_encoder = json_encoder
        self.defaults = defaults
        self.cookies: SimpleCookie = SimpleCookie()
        self.errors = BytesIO()
        if headers:
            self.defaults.update(HttpHeaders.to_wsgi_names(headers))
        if query_params:
            self.defaults["QUERY_STRING"] = urlencode(query_params, doseq=True)

    def _cookie_header(self) -> str:
        return "; ".join(sorted(f"{morsel.key}={morsel.coded_value}" for morsel in self.cookies.values()))

    def _base_environ(self, **request: Any) -> dict[str, Any]:
        """The environ of a request: a minimum, the defaults, and `request`."""
        return {
            "HTTP_COOKIE": self._cookie_header(),
            "PATH_INFO": "/",
            "REMOTE_ADDR": "127.0.0.1",
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": FakePayload(b""),
            "wsgi.errors": self.errors,
            "wsgi.multiprocess": True,
            "wsgi.multithread": False,
            "wsgi.run_once": False,
            **self.defaults,
            **request,
        }

    def request(self, **request: Any) -> Any:
        """The most general form: a request with this environ."""
        return WSGIRequest(self._base_environ(**request))

    def _encode_data(self, data: Any, content_type: str) -> bytes:
        if content_type is MULTIPART_CONTENT:
            return encode_multipart(BOUNDARY, data)
        # The body is in the character set that the content type names.
        match = CONTENT_TYPE_RE.match(content_type)
        return bytes(force_bytes(data, encoding=match[1] if match else settings.DEFAULT_CHARSET))

    def _encode_json(self, data: Any, content_type: str) -> Any:
        """`data` as JSON, if it is a dict, list or tuple and the content type says JSON."""
        if JSON_CONTENT_TYPE_RE.match(content_type) and isinstance(data, (dict, list, tuple)):
            return json.dumps(data, cls=self.json_encoder)
        return data

    def _get_path(self, parsed: Any) -> str:
        # urlsplit() leaves ";params" in the path. WSGI wants the bytes as Latin-1 text.
        return unquote_to_bytes(parsed.path).decode("iso-8859-1")

    def get(
        self,
        path: str,
        data: Any = None,
        secure: bool = False,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **extra: Any,
    ) -> Any:
        """A GET request; `data` are query parameters."""
        return self._query_only("GET", path, data, secure, headers, query_params, extra)

    def head(
        self,
        path: str,
        data: Any = None,
        secure: bool = False,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **extra: Any,
    ) -> Any:
        """A HEAD request; `data` are query parameters."""
        return self._query_only("HEAD", path, data, secure, headers, query_params, extra)

    def _query_only(
        self,
        method: str,
        path: str,
        data: Any,
        secure: bool,
        headers: Any,
        query_params: Any,
        extra: dict[str, Any],
    ) -> Any:
        if query_params and data:
            raise ValueError("query_params and data arguments are mutually exclusive.")
        query_params = data or query_params
        query_params = {} if query_params is None else query_params
        return self.generic(
            method,
            path,
            secure=secure,
            headers=headers,
            **{"QUERY_STRING": urlencode(query_params, doseq=True), **extra},
        )

    def trace(
        self,
        path: str,
        secure: bool = False,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **extra: Any,
    ) -> Any:
        """A TRACE request."""
        return self.generic("TRACE", path, secure=secure, headers=headers, query_params=query_params, **extra)

    def post(
        self,
        path: str,
        data: Any = None,
        content_type: str = MULTIPART_CONTENT,
        secure: bool = False,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **extra: Any,
    ) -> Any:
        """A POST request; `data` is encoded as `content_type` says."""
        data = self._encode_json({} if data is None else data, content_type)
        return self.generic(
            "POST",
            path,
            self._encode_data(data, content_type),
            content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
            **extra,
        )

    def options(
        self,
        path: str,
        data: Any = "",
        content_type: str = OCTETS,
        secure: bool = False,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **extra: Any,
    ) -> Any:
        """An OPTIONS request."""
        return self.generic(
            "OPTIONS",
            path,
            data,
            content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
            **extra,
        )

    def put(
        self,
        path: str,
        data: Any = "",
        content_type: str = OCTETS,
        secure: bool = False,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **extra: Any,
    ) -> Any:
        """A PUT request."""
        return self._encoded("PUT", path, data, content_type, secure, headers, query_params, extra)

    def patch(
        self,
        path: str,
        data: Any = "",
        content_type: str = OCTETS,
        secure: bool = False,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **extra: Any,
    ) -> Any:
        """A PATCH request."""
        return self._encoded("PATCH", path, data, content_type, secure, headers, query_params, extra)

    def delete(
        self,
        path: str,
        data: Any = "",
        content_type: str = OCTETS,
        secure: bool = False,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **extra: Any,
    ) -> Any:
        """A DELETE request."""
        return self._encoded("DELETE", path, data, content_type, secure, headers, query_params, extra)

    def _encoded(
        self,
        method: str,
        path: str,
        data: Any,
        content_type: str,
        secure: bool,
        headers: Any,
        query_params: Any,
        extra: dict[str, Any],
    ) -> Any:
        return self.generic(
            method,
            path,
            self._encode_json(data, content_type),
            content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
            **extra,
        )

    def generic(
        self,
        method: str,
        path: str,
        data: Any = "",
        content_type: str = OCTETS,
        secure: bool = False,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **extra: Any,
    ) -> Any:
        """A request with any method."""
        # The path may be lazy (reverse_lazy).
        parsed = urlsplit(str(path))
        data = force_bytes(data, settings.DEFAULT_CHARSET)
        environ: dict[str, Any] = {
            "PATH_INFO": self._get_path(parsed),
            "REQUEST_METHOD": method,
            "SERVER_PORT": "443" if secure else "80",
            "wsgi.url_scheme": "https" if secure else "http",
        }
        if data:
            environ["CONTENT_LENGTH"] = str(len(data))
            environ["CONTENT_TYPE"] = content_type
            environ["wsgi.input"] = FakePayload(data)
        if headers:
            extra.update(HttpHeaders.to_wsgi_names(headers))
        if query_params:
            extra["QUERY_STRING"] = urlencode(query_params, doseq=True)
        environ.update(extra)
        if not environ.get("QUERY_STRING") and parsed.query:
            environ["QUERY_STRING"] = parsed.query.encode().decode("iso-8859-1")
        elif (
            not environ.get("QUERY_STRING")
            and "QUERY_STRING" in environ
            and self.defaults.get("QUERY_STRING")
        ):
            # No parameters were given: the factory's default ones apply.
            del environ["QUERY_STRING"]
        return self.request(**environ)


class AsyncRequestFactory(RequestFactory):
    """Makes ASGI requests. Keyword arguments other than the named ones are headers.

    Source: Django documentation, topics/testing/advanced.
    """

    def __init__(
        self,
        *,
        json_encoder: type[json.JSONEncoder] = DjangoJSONEncoder,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **defaults: Any,
    ) -> None:
        super().__init__(
            json_encoder=json_encoder, query_params=query_params, **{**defaults, **(headers or {})}
        )

    def _base_scope(self, **request: Any) -> dict[str, Any]:
        """The scope of a request: a minimum and `request`."""
        scope = {
            "asgi": {"version": "3.0"},
            "type": "http",
            "http_version": "1.1",
            "client": ["127.0.0.1", 0],
            "server": ("testserver", "80"),
            "scheme": "http",
            "method": "GET",
            **request,
        }
        scope["headers"] = [*scope.get("headers", ())]
        scope["headers"].append((b"cookie", self._cookie_header().encode("ascii")))
        return scope

    def request(self, **request: Any) -> Any:
        """The most general form: a request with this scope. ``_body_file`` is the body."""
        body_file = request.pop("_body_file", None) or FakePayload(b"")
        scope = self._base_scope(**request)
        length = next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)
        return ASGIRequest(scope, LimitedStream(body_file, length))

    def generic(
        self,
        method: str,
        path: str,
        data: Any = "",
        content_type: str = OCTETS,
        secure: bool = False,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **extra: Any,
    ) -> Any:
        """A request with any method."""
        parsed = urlsplit(str(path))
        data = force_bytes(data, settings.DEFAULT_CHARSET)
        scope: dict[str, Any] = {
            "method": method,
            "path": unquote_to_bytes(parsed.path).decode(errors="replace"),
            "raw_path": parsed.path.encode(),
            "server": ("127.0.0.1", "443" if secure else "80"),
            "scheme": "https" if secure else "http",
            "headers": [(b"host", b"testserver")],
        }
        if data:
            scope["headers"] += [
                (b"content-length", str(len(data)).encode("ascii")),
                (b"content-type", content_type.encode("ascii")),
            ]
            scope["_body_file"] = FakePayload(data)
        query = extra.pop("QUERY_STRING", "") if not query_params else urlencode(query_params, doseq=True)
        defaults = dict(self.defaults)
        default_query = defaults.pop("QUERY_STRING", "")
        scope["query_string"] = str(query or parsed.query or default_query).encode()
        given = {
            name.lower().replace("_", "-").encode("ascii"): str(value).encode("latin1")
            for name, value in (*defaults.items(), *extra.items(), *(headers or {}).items())
        }
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in given] + list(given.items())
        return self.request(**scope)
