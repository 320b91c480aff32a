"""The ``Cookie`` header (RFC 6265 §5.4)."""

from __future__ import annotations

from http import cookies

SimpleCookie = cookies.SimpleCookie

_unquote = cookies._unquote


def parse_cookie(cookie: str) -> dict[str, str]:
    """Names and values of a ``Cookie`` header, split at semicolons only, as browsers write them.

    A part without an equal sign is the value of the empty name; the last of equal names wins.
    """
    parsed: dict[str, str] = {}
    for part in cookie.split(";"):
        name, equals, value = part.partition("=")
        if not equals:
            name, value = "", name
        name = name.strip()
        value = value.strip()
        if name or value:
            parsed[name] = _unquote(value) if value[:1] == '"' else value
    return parsed
