"""Decorators for the Vary header."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offbeat.utils.cache import patch_vary_headers
from offbeat.views.decorators._wrap import around

__all__ = ["vary_on_cookie", "vary_on_headers"]


def vary_on_headers(*headers: str) -> Callable[[Any], Any]:
    """The response depends on these headers of the request."""

    def after(request: Any, response: Any) -> None:
        patch_vary_headers(response, headers)

    return lambda func: around(func, after=after)


def vary_on_cookie(func: Any) -> Any:
    """The response depends on the cookies."""
    return vary_on_headers("Cookie")(func)
