"""Responses with their content in memory, one class to a status that the documentation names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Self
from urllib.parse import urlsplit

from offbeat.core.exceptions import DisallowedRedirect
from offbeat.core.serializers.encoding import DjangoJSONEncoder
from offbeat.http.base import HttpResponseBase
from offbeat.http.jsontext import encode_json
from offbeat.utils.encoding import iri_to_uri
from offbeat.utils.http import MAX_URL_REDIRECT_LENGTH


class HttpResponse(HttpResponseBase):
    """A response with its content in memory: text, bytes, or an iterator that is read at once."""

    streaming = False
    # Whether setting the content means no more than keeping it.
    _has_plain_content = True
    # What a cached copy does not need, and could not be pickled with.
    non_picklable_attrs = frozenset(
        {
            "resolver_match",
            "_resource_closers",
            "client",
            "context",
            "json",
            "templates",
            "_request",
            "wsgi_request",
            "asgi_request",
        }
    )

    def __init__(
        self,
        content: Any = b"",
        content_type: str | None = None,
        status: int | None = None,
        reason: str | None = None,
        charset: str | None = None,
        headers: Any = None,
    ) -> None:
        super().__init__(content_type, status, reason, charset, headers)
        if type(content) is bytes and self._has_plain_content:
            self._container = [content]
        else:
            self.content = content

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._has_plain_content = cls.content is HttpResponse.content

    def __copy__(self) -> Self:
        # Unlike a pickle, a copy keeps everything.
        copy = self.__class__.__new__(self.__class__)
        copy.__dict__.update(self.__dict__)
        return copy

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        for name in self.non_picklable_attrs:
            state.pop(name, None)
        return state

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__} status_code={self.status_code}{self._content_type_for_repr}>"

    def serialize(self) -> bytes:
        """Headers and content as bytes."""
        return b"\r\n\r\n".join((self.serialize_headers(), self.content))

    __bytes__ = serialize

    @property
    def content(self) -> Any:
        """The content as bytes."""
        container = self._container
        return container[0] if len(container) == 1 else b"".join(container)

    @content.setter
    def content(self, value: Any) -> None:
        kind = type(value)
        if kind is bytes:
            self._container = [value]
            return
        if kind is str:
            self._container = [value.encode(self.charset)]
            return
        if hasattr(value, "__iter__") and not isinstance(value, bytes | memoryview | str):
            content = b"".join(self.make_bytes(chunk) for chunk in value)
            if hasattr(value, "close"):
                try:
                    value.close()
                except Exception:
                    # The content has been read; what closing has to say comes too late.
                    pass
        else:
            content = self.make_bytes(value)
        self._container = [content]

    @property
    def text(self) -> str:
        """The content as text."""
        return str(self.content.decode(self.charset or "utf-8"))

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._container)

    def write(self, content: Any) -> None:
        """Add to the content."""
        self._container.append(self.make_bytes(content))

    def tell(self) -> int:
        """The length of the content."""
        return len(self.content)

    def getvalue(self) -> Any:
        """The content."""
        return self.content

    def writable(self) -> bool:
        return True

    def writelines(self, lines: Iterable[Any]) -> None:
        """Add each of the lines, as they are."""
        for line in lines:
            self.write(line)


def _is_longer(text: str, limit: int | None) -> bool:
    return limit is not None and len(text) > limit


class HttpResponseRedirectBase(HttpResponse):
    """A redirect to ``redirect_to``, with a scheme that is allowed.

    DisallowedRedirect for another scheme, or for a URL longer than ``max_length``. ``preserve_request``: the client
    keeps the method and the body (status 307 or 308).
    """

    allowed_schemes = ["http", "https", "ftp"]
    status_code_preserve_request: int

    def __init__(
        self,
        redirect_to: Any,
        preserve_request: bool = False,
        *args: Any,
        max_length: int | None = MAX_URL_REDIRECT_LENGTH,
        **kwargs: Any,
    ) -> None:
        target = str(redirect_to)
        # Before anything is done with it, for quoting a very long one takes long; and after, for it grows.
        location = target if _is_longer(target, max_length) else iri_to_uri(target)
        if _is_longer(location, max_length):
            raise DisallowedRedirect(f"Unsafe redirect exceeding {max_length} characters")
        super().__init__(*args, **kwargs)
        self["Location"] = location
        try:
            scheme = urlsplit(target).scheme
        except ValueError as error:
            raise DisallowedRedirect("Unsafe redirect to a malformed URL") from error
        if preserve_request:
            self.status_code = self.status_code_preserve_request
        if scheme and scheme not in self.allowed_schemes:
            raise DisallowedRedirect(f"Unsafe redirect to URL with protocol '{scheme}'")

    @property
    def url(self) -> str:
        """Where to."""
        return self["Location"]

    def __repr__(self) -> str:
        return (
            f"<{self.__class__.__name__} status_code={self.status_code}{self._content_type_for_repr}, "
            f'url="{self.url}">'
        )


class HttpResponseRedirect(HttpResponseRedirectBase):
    """302 Found, or 307 Temporary Redirect."""

    status_code = 302
    status_code_preserve_request = 307


class HttpResponsePermanentRedirect(HttpResponseRedirectBase):
    """301 Moved Permanently, or 308 Permanent Redirect."""

    status_code = 301
    status_code_preserve_request = 308


class HttpResponseNotModified(HttpResponse):
    """304 Not Modified, which has no content."""

    status_code = 304

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self["content-type"]

    @property
    def content(self) -> Any:
        return b"".join(self._container)

    @content.setter
    def content(self, value: Any) -> None:
        if value:
            raise AttributeError("You cannot set content to a 304 (Not Modified) response")
        self._container = []


class HttpResponseBadRequest(HttpResponse):
    """400 Bad Request."""

    status_code = 400


class HttpResponseNotFound(HttpResponse):
    """404 Not Found."""

    status_code = 404


class HttpResponseForbidden(HttpResponse):
    """403 Forbidden."""

    status_code = 403


class HttpResponseNotAllowed(HttpResponse):
    """405 Method Not Allowed, with the methods that are."""

    status_code = 405

    def __init__(self, permitted_methods: Iterable[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self["Allow"] = ", ".join(permitted_methods)

    def __repr__(self) -> str:
        return (
            f"<{self.__class__.__name__} [{self['Allow']}] status_code={self.status_code}"
            f"{self._content_type_for_repr}>"
        )


class HttpResponseGone(HttpResponse):
    """410 Gone."""

    status_code = 410


class HttpResponseServerError(HttpResponse):
    """500 Internal Server Error."""

    status_code = 500


_JSON_TYPE = ("Content-Type", "application/json")


class JsonResponse(HttpResponse):
    """``data`` as JSON.

    ``safe``: only dictionaries, else TypeError; ``json_dumps_params``: passed to ``json.dumps()``.
    """

    def __init__(
        self,
        data: Any,
        encoder: type[json.JSONEncoder] = DjangoJSONEncoder,
        safe: bool = True,
        json_dumps_params: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if safe and not isinstance(data, dict):
            raise TypeError(
                "In order to allow non-dict objects to be serialized set the safe parameter to False."
            )
        content: Any
        if encoder is DjangoJSONEncoder and not json_dumps_params:
            content = encode_json(data)
            if not kwargs:
                # The content type names no charset, so there is nothing to look up and nothing to check.
                self.closed = False
                self._header_store = {"content-type": _JSON_TYPE}
                self._container = [content]
                return
        else:
            content = json.dumps(data, cls=encoder, **(json_dumps_params or {}))
        kwargs.setdefault("content_type", "application/json")
        super().__init__(content=content, **kwargs)
