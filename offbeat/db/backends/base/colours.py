"""One body for both colours of a driver: asynchronous methods that never suspend where the driver blocks."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

__all__ = ["blocking"]

T = TypeVar("T")
P = ParamSpec("P")
S = TypeVar("S")


def blocking(
    method: Callable[Concatenate[S, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[S, P], T]:
    """The blocking face of an asynchronous method, for a class whose driver blocks."""

    def face(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        coro = method(self, *args, **kwargs)
        try:
            coro.send(None)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        coro.close()
        raise RuntimeError("A blocking driver has suspended.")

    face.__name__, face.__doc__ = method.__name__, method.__doc__
    return face
