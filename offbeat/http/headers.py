"""Header mappings: case-insensitive; read-only for requests, checked on writing for responses."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from offbeat.utils.datastructures import CaseInsensitiveMapping
from offbeat.utils.functional import cached_property

# Names seen before, as (lower case, title case): the same few come with every request.
_NAMES: dict[bytes, tuple[str, str]] = {}
_MOST_NAMES = 512
_LONGEST_NAME = 64


def _names_of(raw_name: bytes) -> tuple[str, str]:
    lower = raw_name.decode("latin-1").lower()
    # With an underscore it would pass for the name with a hyphen in META, so it is left out.
    names = ("", "") if "_" in lower else (lower, lower.title())
    if len(_NAMES) < _MOST_NAMES and len(raw_name) <= _LONGEST_NAME:
        _NAMES[raw_name] = names
    return names


class BadHeaderError(ValueError):
    """A header would break out of its line."""


class HttpHeaders(CaseInsensitiveMapping[Any]):
    """The headers of a request, from its ``META``; underscores may stand for hyphens when reading."""

    HTTP_PREFIX = "HTTP_"
    # CGI gives these two without the prefix (RFC 3875 §4.1).
    UNPREFIXED_HEADERS = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})

    def __init__(self, environ: Mapping[str, Any]) -> None:
        store: dict[str, tuple[str, Any]] = {}
        for key, value in environ.items():
            name = self.parse_header_name(key)
            if name:
                store[name.lower()] = (name, value)
        self._store = store

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[bytes, bytes]]) -> HttpHeaders:
        """From the header list of an ASGI scope; repeated fields are joined as META joins them."""
        store: dict[str, tuple[str, Any]] = {}
        repeated: dict[str, list[str]] = {}
        for raw_name, raw_value in pairs:
            names = _NAMES.get(raw_name) or _names_of(raw_name)
            lower = names[0]
            if not lower:
                continue
            value = raw_value.decode("latin-1")
            if lower not in store:
                store[lower] = (names[1], value)
            else:
                repeated.setdefault(lower, [store[lower][1]]).append(value)
        for lower, values in repeated.items():
            if lower == "cookie":
                joined = "; ".join([value.rstrip("; ") for value in values])
            else:
                joined = ",".join(values)
            store[lower] = (store[lower][0], joined)
        headers = cls.__new__(cls)
        headers._store = store
        return headers

    def __getitem__(self, key: str) -> Any:
        return self._store[key.lower().replace("_", "-")][1]

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a header, or ``default``."""
        found = self._store.get(key.lower().replace("_", "-"))
        return default if found is None else found[1]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower().replace("_", "-") in self._store

    @classmethod
    def parse_header_name(cls, header: str) -> str | None:
        """``HTTP_USER_AGENT`` to ``User-Agent``; None for a META key which is no header."""
        if header.startswith(cls.HTTP_PREFIX):
            header = header[len(cls.HTTP_PREFIX) :]
        elif header not in cls.UNPREFIXED_HEADERS:
            return None
        return header.replace("_", "-").title()

    @classmethod
    def to_wsgi_name(cls, header: str) -> str:
        """``User-Agent`` to ``HTTP_USER_AGENT``."""
        header = header.replace("-", "_").upper()
        return header if header in cls.UNPREFIXED_HEADERS else cls.HTTP_PREFIX + header

    @classmethod
    def to_asgi_name(cls, header: str) -> str:
        """``HTTP_USER_AGENT`` to ``user-agent``."""
        return header.replace("_", "-").lower()

    @classmethod
    def to_wsgi_names(cls, headers: Mapping[str, Any]) -> dict[str, Any]:
        """The mapping with META names."""
        return {cls.to_wsgi_name(name): value for name, value in headers.items()}

    @classmethod
    def to_asgi_names(cls, headers: Mapping[str, Any]) -> dict[str, Any]:
        """The mapping with lower-case names."""
        return {cls.to_asgi_name(name): value for name, value in headers.items()}


class RawHeaders(HttpHeaders):
    """The headers of an ASGI scope, by lower-case name and each there once; decoded when they are read."""

    def __init__(self, raw: Mapping[bytes, bytes]) -> None:
        self._raw = raw

    @cached_property
    def _store(self) -> dict[str, tuple[str, Any]]:
        return HttpHeaders.from_pairs(self._raw.items())._store

    def __getitem__(self, key: str) -> Any:
        found = self._raw.get(_raw_name(key))
        if found is None:
            raise KeyError(key)
        return found.decode("latin-1")

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a header, or ``default``."""
        found = self._raw.get(_raw_name(key))
        return default if found is None else found.decode("latin-1")

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and _raw_name(key) in self._raw


def _raw_name(key: str) -> bytes:
    # A backslash is in no name, and an underscore in none that is found.
    return key.lower().replace("_", "-").encode("latin-1", "backslashreplace")


class ResponseHeaders(CaseInsensitiveMapping[str]):
    """The headers of a response. A value is checked once, when it is set.

    Values are ASCII or Latin-1 text; other text is MIME-encoded (RFC 2047). BadHeaderError for line breaks and nulls.
    """

    _store: dict[str, tuple[str, str]]

    def __init__(self, data: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        self._store = {}
        if data:
            items = data.items() if isinstance(data, Mapping) else data
            for name, value in items:
                self[name] = value

    @classmethod
    def over(cls, store: dict[str, tuple[str, str]]) -> ResponseHeaders:
        """The mapping over checked entries: (name, value) by lower-case name."""
        headers = cls.__new__(cls)
        headers._store = store
        return headers

    def set_plain(self, name: str, value: str) -> None:
        """Set a header whose name and value are known to be ASCII text without line breaks."""
        self._store[name.lower()] = (name, value)

    def fill(self, other: ResponseHeaders) -> None:
        """Take over the headers of another mapping that are not in this one."""
        store = self._store
        for key, entry in other._store.items():
            if key not in store:
                store[key] = entry

    def __getitem__(self, key: str) -> str:
        return self._store[key.lower()][1]

    def __setitem__(self, key: str, value: Any) -> None:
        if type(key) is not str or not key.isascii() or not key.isprintable():
            key = self._convert_to_charset(key, "ascii")
        if type(value) is not str or not value.isascii() or not value.isprintable():
            value = self._convert_to_charset(value, "latin-1", mime_encode=True)
        self._store[key.lower()] = (key, value)

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in self._store

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, _ in self._store.values()])

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a header, or ``default``."""
        found = self._store.get(key.lower())
        return default if found is None else found[1]

    def pop(self, key: str, default: Any = None) -> Any:
        """Remove a header; its (name, value), or ``default`` when there is none."""
        return self._store.pop(key.lower(), default)

    def setdefault(self, key: str, value: Any) -> None:
        """Set a header unless it is there."""
        if key.lower() not in self._store:
            self[key] = value

    def _convert_to_charset(self, value: Any, charset: str, mime_encode: bool = False) -> str:
        """``value`` as text that ``charset`` can carry; bytes are taken to be in it already."""
        try:
            if isinstance(value, str):
                value.encode(charset)
                text = value
            elif isinstance(value, bytes):
                text = value.decode(charset)
            else:
                text = str(value)
                text.encode(charset)
        except UnicodeError as error:
            text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
            _refuse_line_breaks(text)
            if mime_encode:
                from email.header import Header

                # A Header would split long text over lines; one line is what HTTP wants.
                return Header(text, "utf-8", maxlinelen=sys.maxsize).encode()
            error.reason += f", HTTP response headers must be in {charset} format"  # type: ignore[attr-defined]
            raise
        _refuse_line_breaks(text)
        return str(text)


def _refuse_line_breaks(text: str) -> None:
    if "\n" in text or "\r" in text:
        raise BadHeaderError(f"Header values can't contain newlines (got {text!r})")
    if "\x00" in text:
        raise BadHeaderError(f"Header values can't contain null characters (got {text!r})")
