"""Guarding synchronous functions which must not run on an event loop."""

from __future__ import annotations

import os
from asyncio import get_running_loop
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, overload

from offbeat.core.exceptions import SynchronousOnlyOperation

T = TypeVar("T")
P = ParamSpec("P")

__all__ = ["async_unsafe"]

_MESSAGE = "You cannot call this from an async context - use a thread or sync_to_async."
_ALLOWED_BY = ("OFFBEAT_ALLOW_ASYNC_UNSAFE", "DJANGO_ALLOW_ASYNC_UNSAFE")


@overload
def async_unsafe(message: Callable[P, T]) -> Callable[P, T]: ...
@overload
def async_unsafe(message: str = _MESSAGE) -> Callable[[Callable[P, T]], Callable[P, T]]: ...
def async_unsafe(message: Any = _MESSAGE) -> Any:
    """Decorate a function that blocks: called in a thread with a running loop, it raises SynchronousOnlyOperation.

    The environment variable OFFBEAT_ALLOW_ASYNC_UNSAFE lets it pass. Source: Django documentation, topics/async.
    """

    def decorator(func: Callable[P, T]) -> Callable[P, T]:
        @wraps(func)
        def inner(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                get_running_loop()
            except RuntimeError:
                pass
            else:
                if not any(os.environ.get(name) for name in _ALLOWED_BY):
                    raise SynchronousOnlyOperation(message)
            return func(*args, **kwargs)

        return inner

    if callable(message):
        func, message = message, _MESSAGE
        return decorator(func)
    return decorator
