"""What the hooks of a middleware come to, so that the chain calls those only that have something to do.

A middleware says so next to the hook, and what it says belongs to the hook's function: a subclass that overrides the
hook has said nothing, and is called as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MethodType
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])

__all__ = [
    "SAFE_METHODS",
    "RequestBrief",
    "ResponseBrief",
    "ViewBrief",
    "brief_of",
    "in_brief",
    "same_methods",
]


class RequestBrief:
    """What is done instead of calling ``process_request``.

    ``gives``: attributes that the request gets, made from it when they are read (``META``: what completes it once it is
    made); ``needs``: what others must have given before; ``calls``: called for each request, ``with_cookies`` for
    those with cookies, and neither looks at what others give.
    """

    __slots__ = ("calls", "gives", "needs", "with_cookies")

    def __init__(
        self,
        gives: Mapping[str, Callable[[Any], Any]] | None = None,
        needs: str | None = None,
        calls: Callable[[Any], Any] | None = None,
        with_cookies: Callable[[Any], Any] | None = None,
    ) -> None:
        self.gives = gives or {}
        self.needs = needs
        self.calls = calls
        self.with_cookies = with_cookies


class ResponseBrief:
    """What is done instead of calling ``process_response``, for a response that is not a 404.

    ``touches``: the hook is called for requests that have this attribute, made; otherwise the response gets the entries
    ``adds`` of headers by lower-case name that it does not have, unless it has a true attribute ``spared_by``; and its
    length, if ``measures`` says so.
    """

    __slots__ = ("adds", "measures", "spared_by", "touches")

    def __init__(
        self,
        touches: str | None = None,
        adds: Mapping[str, tuple[str, str]] | None = None,
        spared_by: str | None = None,
        measures: bool = False,
    ) -> None:
        self.touches = touches
        self.adds = adds or {}
        self.spared_by = spared_by
        self.measures = measures


class ViewBrief:
    """What is known of ``process_view``. ``unsafe_only``: it does nothing for safe methods (RFC 9110 §9.2.1)."""

    __slots__ = ("unsafe_only",)

    def __init__(self, unsafe_only: bool = False) -> None:
        self.unsafe_only = unsafe_only


SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))


def in_brief(hook: Any) -> Callable[[_F], _F]:
    """Decorator of the method that tells what ``hook`` comes to, None when it has to be called.

    It is asked again when settings have changed.
    """

    def mark(method: _F) -> _F:
        hook.in_brief = method
        return method

    return mark


def brief_of(hook: Any) -> Any:
    """What a bound hook comes to, None when nothing is known of it."""
    ask = getattr(hook, "in_brief", None) if isinstance(hook, MethodType) else None
    found = None if ask is None else ask(hook.__self__)
    # What a test puts in a hook's place may have an answer to everything.
    return found if isinstance(found, RequestBrief | ResponseBrief | ViewBrief) else None


def same_methods(own: type, base: type, *names: str) -> bool:
    """Whether a class has these methods from ``base``, and none of its own."""
    return all(getattr(own, name) is getattr(base, name) for name in names)
