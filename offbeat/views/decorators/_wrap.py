"""One body for decorators of sync and async views."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from offbeat.concurrency import spawn
from offbeat.concurrency.marks import iscoroutinefunction

__all__ = ["around", "finish_with"]


def around(
    view_func: Any,
    before: Callable[..., Any] | None = None,
    after: Callable[[Any, Any], Any] | None = None,
) -> Any:
    """Return a view that calls ``before(request, *args, **kwargs)``, the view, and ``after(request, response)``.

    A response from ``before`` takes the place of the view's, without ``after``; one from ``after`` replaces it.
    """
    if iscoroutinefunction(view_func):

        async def wrapper(request: Any, *args: Any, **kwargs: Any) -> Any:
            if before is not None:
                response = await spawn(before, request, *args, **kwargs)
                if response is not None:
                    return response
            response = await view_func(request, *args, **kwargs)
            if after is None:
                return response
            changed = await spawn(after, request, response)
            return response if changed is None else changed
    else:

        def wrapper(request: Any, *args: Any, **kwargs: Any) -> Any:  # type: ignore[misc]
            if before is not None:
                response = before(request, *args, **kwargs)
                if response is not None:
                    return response
            response = view_func(request, *args, **kwargs)
            if after is None:
                return response
            changed = after(request, response)
            return response if changed is None else changed

    return wraps(view_func)(wrapper)


def finish_with(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a decorator that changes the response in place."""

    def after(request: Any, response: Any) -> None:
        change(response)

    return lambda view_func: around(view_func, after=after)
