"""The ``Cookie`` header (RFC 6265 §5.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offbeat.utils.lazy_names import lazy_names

if TYPE_CHECKING:
    from http.cookies import SimpleCookie
else:
    # The standard library's module compiles its expressions when it is imported.
    __getattr__, __dir__ = lazy_names(__name__, {"http.cookies": ("SimpleCookie",)})

__all__ = ["SimpleCookie", "parse_cookie"]


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
            if value[:1] == '"':
                from http import cookies

                value = cookies._unquote(value)
            parsed[name] = value
    return parsed
