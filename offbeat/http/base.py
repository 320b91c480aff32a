"""What all responses have: status, headers, cookies (Django documentation: ref/request-response).

Making one is cheap: cookies, closers and the charset come into being when they are first asked for, and a header is
checked when it is set, not when it is sent.
"""

from __future__ import annotations

import datetime
import re
import time
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from offbeat.concurrency import subject
from offbeat.conf import settings
from offbeat.core import signals, signing
from offbeat.http.headers import BadHeaderError, ResponseHeaders
from offbeat.utils import timezone
from offbeat.utils.functional import cached_property
from offbeat.utils.http import http_date, parse_header_parameters
from offbeat.utils.lazy_pattern import lazy_pattern

if TYPE_CHECKING:
    from http.cookies import Morsel, SimpleCookie

__all__ = ["BadHeaderError", "Http404", "HttpResponseBase", "ResponseHeaders"]

NO_CONTENT_STATUS = frozenset((204, 304))
_SAMESITE = ("lax", "none", "strict")
_CONTROLS = lazy_pattern(r"[\x00-\x1f\x7f]")
_NOT_IN_ATTRIBUTES = lazy_pattern(r"[\x00-\x1f\x7f;]")


class Http404(Exception):
    """There is nothing at this URL."""


# Where in the scope of its request a response is noted that holds something: it may never reach the handler, which would
# close it.
KEPT = "offbeat.kept_responses"


@cache
def _reasons() -> dict[int, str]:
    from http import HTTPStatus

    return {status.value: status.phrase for status in HTTPStatus}


@lru_cache(maxsize=256)
def _charset_of(content_type: str) -> str | None:
    """The charset parameter of a content type."""
    if "charset=" not in content_type.lower():
        return None
    try:
        charset = parse_header_parameters(content_type)[1].get("charset")
    except ValueError:
        return None
    return charset.strip("'\"") if charset else None


@lru_cache(maxsize=256)
def _content_type(value: Any) -> tuple[str, str]:
    """The entry of a content type in ResponseHeaders, checked once."""
    headers = ResponseHeaders()
    headers["Content-Type"] = value
    return headers._store["content-type"]


@lru_cache(maxsize=16)
def _default_type(charset: str) -> tuple[str, str]:
    return _content_type(f"text/html; charset={charset}")


# Headers whose values are few and come with every response, as ASGI takes them.
_REPEATED = frozenset(
    {
        "Content-Type",
        "Cross-Origin-Opener-Policy",
        "Referrer-Policy",
        "Vary",
        "X-Content-Type-Options",
        "X-Frame-Options",
    }
)
_ENCODED: dict[tuple[str, str], tuple[bytes, bytes]] = {}
_MOST_ENCODED = 1024
# Digits of a length that comes again: small responses are those for which encoding it would count.
_SHORT_LENGTH = 3


def _encode_pair(pair: tuple[str, str]) -> tuple[bytes, bytes]:
    name, value = pair
    encoded = name.encode("ascii"), value.encode("latin-1")
    if len(value) <= _SHORT_LENGTH if name == "Content-Length" else name in _REPEATED:
        if len(_ENCODED) >= _MOST_ENCODED:
            _ENCODED.clear()
        _ENCODED[pair] = encoded
    return encoded


_LENGTHS: dict[int, tuple[bytes, bytes]] = {}
_MOST_LENGTHS = 1024


def _length_pair(length: int) -> tuple[bytes, bytes]:
    pair = b"Content-Length", b"%d" % length
    if len(_LENGTHS) < _MOST_LENGTHS:
        _LENGTHS[length] = pair
    return pair


def _one_line(text: Any, refused: re.Pattern[str]) -> Any:
    if refused.search(str(text)):
        raise BadHeaderError(f"A character of {text!r} would begin something new in the head of the response")
    return text


def _cookie_header(morsel: Morsel[str]) -> bytes:
    # As UTF-8, for so they are read.
    return str(_one_line(morsel.OutputString(), _CONTROLS)).encode()


class HttpResponseBase:
    """Status, headers and cookies, without content."""

    status_code = 200
    streaming = False
    closed: bool
    # Whether close() has more to do than to send ``request_finished``.
    _needs_closing = False
    _charset: str | None = None
    _reason_phrase: str | None = None
    # The entries of ``headers``, (name, value) by lower-case name. The mapping over them is made for who asks for it.
    _header_store: dict[str, tuple[str, str]]
    _headers: ResponseHeaders | None = None
    _cookies: SimpleCookie | None = None
    # Who handles the request: the sender of ``request_finished``.
    _handler_class: Any = None

    def __init__(
        self,
        content_type: str | None = None,
        status: int | None = None,
        reason: str | None = None,
        charset: str | None = None,
        headers: Any = None,
    ) -> None:
        self.closed = False
        store = self._header_store = ResponseHeaders(headers)._store if headers else {}
        if charset is not None:
            self._charset = charset
        if "content-type" not in store:
            if content_type is None:
                store["content-type"] = _default_type(charset or settings.DEFAULT_CHARSET)
            else:
                store["content-type"] = _content_type(content_type)
        elif content_type:
            raise ValueError(
                "'headers' must not contain 'Content-Type' when the 'content_type' parameter is provided."
            )
        if status is not None:
            self._set_status(status)
        if reason is not None:
            self.reason_phrase = reason

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._needs_closing = cls.close is not HttpResponseBase.close

    def _set_status(self, status: Any) -> None:
        try:
            self.status_code = int(status)
        except (ValueError, TypeError):
            raise TypeError("HTTP status code must be an integer.")
        if not 100 <= self.status_code <= 599:
            raise ValueError("HTTP status code must be an integer from 100 to 599.")

    @property
    def headers(self) -> ResponseHeaders:
        """The headers, a mapping with case-insensitive names."""
        if self._headers is None:
            self._headers = ResponseHeaders.over(self._header_store)
        return self._headers

    @headers.setter
    def headers(self, headers: ResponseHeaders) -> None:
        self._headers = headers
        self._header_store = headers._store

    @property
    def cookies(self) -> SimpleCookie:
        """The cookies to set."""
        if self._cookies is None:
            from http.cookies import SimpleCookie

            self._cookies = SimpleCookie()
        return self._cookies

    @cookies.setter
    def cookies(self, cookies: SimpleCookie) -> None:
        self._cookies = cookies

    @cached_property
    def _resource_closers(self) -> list[Callable[[], Any]]:
        scope = subject()
        if scope is not None:
            scope.setdefault(KEPT, []).append(self)
        self._needs_closing = True
        return []

    def _run_closers(self) -> None:
        """Release what the response holds."""
        closers = self.__dict__.get("_resource_closers")
        if closers:
            for closer in closers:
                try:
                    closer()
                except Exception:
                    # One that fails must not keep the others open.
                    pass
            closers.clear()

    @property
    def reason_phrase(self) -> str:
        """The reason phrase, that of the status code unless set."""
        if self._reason_phrase is not None:
            return self._reason_phrase
        return _reasons().get(self.status_code, "Unknown Status Code")

    @reason_phrase.setter
    def reason_phrase(self, value: str) -> None:
        self._reason_phrase = _one_line(value, _CONTROLS)

    @property
    def charset(self) -> str:
        """The charset: as given, or of the content type, or ``DEFAULT_CHARSET``."""
        if self._charset is not None:
            return self._charset
        found = self._header_store.get("content-type")
        charset = _charset_of(found[1]) if found is not None else None
        return charset or settings.DEFAULT_CHARSET

    @charset.setter
    def charset(self, value: str) -> None:
        self._charset = value

    def serialize_headers(self) -> bytes:
        """The header lines, without cookies."""
        return b"\r\n".join(
            name.encode("ascii") + b": " + value.encode("latin-1")
            for name, value in self._header_store.values()
        )

    __bytes__ = serialize_headers

    def _asgi_headers(self, length: int | None = None) -> list[tuple[bytes, bytes]]:
        """The headers and cookies as an ASGI server takes them.

        ``length``: that of the content, which a response that may have one names unless it does so already: otherwise the
        server would have to use chunked coding.
        """
        store = self._header_store
        pairs = [_ENCODED.get(pair) or _encode_pair(pair) for pair in store.values()]
        if length is not None and self.status_code not in NO_CONTENT_STATUS and "content-length" not in store:
            pairs.append(_LENGTHS.get(length) or _length_pair(length))
        if self._cookies:
            pairs += [(b"Set-Cookie", _cookie_header(morsel)) for morsel in self._cookies.values()]
        return pairs

    def _wsgi_headers(self) -> list[tuple[str, str]]:
        """The headers and cookies as a WSGI server takes them."""
        pairs = list(self._header_store.values())
        cookies = self._cookies
        if cookies:
            pairs += [("Set-Cookie", _cookie_header(morsel).decode("latin-1")) for morsel in cookies.values()]
        return pairs

    @property
    def _content_type_for_repr(self) -> str:
        return f', "{self.headers["Content-Type"]}"' if "Content-Type" in self.headers else ""

    def __setitem__(self, header: str, value: Any) -> None:
        self.headers[header] = value

    def __delitem__(self, header: str) -> None:
        del self.headers[header]

    def __getitem__(self, header: str) -> str:
        return self.headers[header]

    def has_header(self, header: str) -> bool:
        """Whether the header is there, in any case."""
        return header in self.headers

    __contains__ = has_header

    def items(self) -> Any:
        """The headers' names and values."""
        return self.headers.items()

    def get(self, header: str, alternate: Any = None) -> Any:
        """The value of a header, or ``alternate``."""
        return self.headers.get(header, alternate)

    def setdefault(self, header: str, value: Any) -> None:
        """Set a header unless it is there."""
        self.headers.setdefault(header, value)

    def set_cookie(
        self,
        key: str,
        value: str = "",
        max_age: float | datetime.timedelta | None = None,
        expires: datetime.datetime | str | None = None,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: str | None = None,
    ) -> None:
        """Set a cookie (RFC 6265). ``expires``: text or a datetime in UTC; not together with ``max_age``."""
        cookies = self.cookies
        cookies[key] = value
        morsel = cookies[key]
        if expires is not None:
            if isinstance(expires, datetime.datetime):
                if timezone.is_naive(expires):
                    expires = timezone.make_aware(expires, datetime.UTC)
                delta = expires - datetime.datetime.now(tz=datetime.UTC)
                # The fraction would make the cookie expire a second early.
                delta += datetime.timedelta(seconds=1)
                if max_age is not None:
                    raise ValueError("'expires' and 'max_age' can't be used together.")
                max_age = max(0, delta.days * 86400 + delta.seconds)
                morsel["expires"] = http_date(time.time() + max_age)
            else:
                morsel["expires"] = _one_line(expires, _NOT_IN_ATTRIBUTES)
        elif max_age is None:
            morsel["expires"] = ""
        if max_age is not None:
            if isinstance(max_age, datetime.timedelta):
                max_age = max_age.total_seconds()
            morsel["max-age"] = int(max_age)
            # Old browsers know only this one.
            if not expires:
                morsel["expires"] = http_date(time.time() + max_age)
        if path is not None:
            morsel["path"] = _one_line(path, _NOT_IN_ATTRIBUTES)
        if domain is not None:
            morsel["domain"] = _one_line(domain, _NOT_IN_ATTRIBUTES)
        if secure:
            morsel["secure"] = True
        if httponly:
            morsel["httponly"] = True
        if samesite:
            if samesite.lower() not in _SAMESITE:
                raise ValueError('samesite must be "lax", "none", or "strict".')
            morsel["samesite"] = samesite

    def set_signed_cookie(self, key: str, value: Any, salt: str = "", **kwargs: Any) -> None:
        """Set a signed cookie; read it with ``HttpRequest.get_signed_cookie()``."""
        self.set_cookie(key, signing.sign_cookie(key, value, salt), **kwargs)

    def delete_cookie(
        self, key: str, path: str | None = "/", domain: str | None = None, samesite: str | None = None
    ) -> None:
        """Make the client forget a cookie."""
        # Browsers take a deletion with these only when it is secure.
        secure = key.startswith(("__Secure-", "__Host-")) or bool(samesite and samesite.lower() == "none")
        self.set_cookie(
            key,
            max_age=0,
            path=path,
            domain=domain,
            secure=secure,
            expires="Thu, 01 Jan 1970 00:00:00 GMT",
            samesite=samesite,
        )

    def make_bytes(self, value: Any) -> bytes:
        """A piece of content as bytes."""
        if type(value) is bytes:
            return value
        if isinstance(value, bytes | memoryview):
            return bytes(value)
        return str(value).encode(self.charset)

    def close(self) -> None:
        """Release what the response holds; called by the server's side when everything is sent."""
        self._run_closers()
        self.closed = True
        signals.request_finished.send(sender=self._handler_class)

    def write(self, content: Any) -> Any:
        """A response that has content takes it here."""
        raise OSError(f"This {self.__class__.__name__} instance is not writable")

    def flush(self) -> None:
        """Nothing is buffered."""

    def tell(self) -> int:
        """The length of what was written."""
        raise OSError(f"This {self.__class__.__name__} instance cannot tell its position")

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def writable(self) -> bool:
        return False

    def writelines(self, lines: Iterable[Any]) -> Any:
        raise OSError(f"This {self.__class__.__name__} instance is not writable")
