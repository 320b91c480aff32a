"""Decorators for caching, on the server and by the headers of the response."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offbeat.utils.cache import add_never_cache_headers, patch_cache_control
from offbeat.utils.decorators import decorator_from_middleware_with_args
from offbeat.views.decorators._wrap import around

__all__ = ["cache_control", "cache_page", "never_cache", "patch_cache_control"]


def cache_page(timeout: float | None, *, cache: str | None = None, key_prefix: str | None = None) -> Any:
    """Keep the view's response in a cache, for ``timeout`` seconds, None for ever."""
    from offbeat.middleware.cache import CacheMiddleware

    return decorator_from_middleware_with_args(CacheMiddleware)(
        page_timeout=timeout, cache_alias=cache, key_prefix=key_prefix
    )


def _check_request(request: Any, decorator: str) -> None:
    if not hasattr(request, "META"):
        raise TypeError(
            f"{decorator} didn't receive an HttpRequest. If you are decorating a classmethod, be sure to use "
            "@method_decorator."
        )


def cache_control(**kwargs: Any) -> Callable[[Any], Any]:
    """Set directives of the Cache-Control header."""

    def before(request: Any, *args: Any, **view_kwargs: Any) -> None:
        _check_request(request, "cache_control")

    def after(request: Any, response: Any) -> None:
        patch_cache_control(response, **kwargs)

    return lambda view_func: around(view_func, before, after)


def never_cache(view_func: Any) -> Any:
    """Tell every cache not to keep the response."""

    def before(request: Any, *args: Any, **kwargs: Any) -> None:
        _check_request(request, "never_cache")

    def after(request: Any, response: Any) -> None:
        add_never_cache_headers(response)

    return around(view_func, before, after)
