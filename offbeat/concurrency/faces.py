"""Asynchronous faces of synchronous functions: derived, never written twice."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from greenlet import getcurrent

from .bridge import Bridge, owner, spawn

T = TypeVar("T")
P = ParamSpec("P")

__all__ = ["async_face", "async_function"]


def _named(face: Any, fn: Any) -> None:
    name = fn.__name__
    face.__name__ = f"a{name}"
    face.__qualname__ = f"{fn.__qualname__[: -len(name)]}a{name}"


def async_face(fn: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """The asynchronous face of a method: ``aget = async_face(get)`` in the class body.

    The synchronous method is looked up by name on the instance (or class) at call time, so that overriding it is
    enough. Signature and docstring are those of `fn`.
    """
    name = fn.__name__

    @wraps(fn)
    async def face(self: Any, /, *args: Any, **kwargs: Any) -> T:
        method: Callable[..., T] = getattr(self, name)
        me = getcurrent()
        if type(me) is Bridge and me.task is owner():
            del me
            return method(*args, **kwargs)
        return await spawn(method, *args, **kwargs)

    _named(face, fn)
    return cast("Callable[P, Coroutine[Any, Any, T]]", face)


def async_function(fn: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """The asynchronous face of a module-level function: ``aauthenticate = async_function(authenticate)``."""

    @wraps(fn)
    async def face(*args: P.args, **kwargs: P.kwargs) -> T:
        return await spawn(fn, *args, **kwargs)

    _named(face, fn)
    return face
