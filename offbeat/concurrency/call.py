"""A function that runs in a thread while a coroutine waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any, Generic, TypeVar

T = TypeVar("T")

__all__ = ["Call", "copy_back"]

_MISSING: Any = object()


def copy_back(context: Context) -> None:
    """Give the current context the values that code run in `context` (a copy of it) has set."""
    for var, value in context.items():
        if var.get(_MISSING) is not value:
            var.set(value)


class Call(Generic[T]):
    """Made on the loop; :meth:`run` in some thread, :meth:`outcome` on the loop."""

    __slots__ = ("_args", "_done", "_error", "_fn", "_kwargs", "_result", "_waiter", "context", "loop")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        context: Context,
        fn: Callable[..., T],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        self.loop = loop
        self.context = context
        self._fn: Any = fn
        self._args: Any = args
        self._kwargs: Any = kwargs
        self._done = False
        self._result: Any = None
        self._error: BaseException | None = None
        self._waiter = loop.create_future()

    def run(self) -> None:
        """Call the function in its context, and tell the loop."""
        try:
            self._result = self.context.run(self._fn, *self._args, **self._kwargs)
        except BaseException as exc:
            self._error = exc
        self._fn = self._args = self._kwargs = None
        try:
            self.loop.call_soon_threadsafe(self._deliver)
        except RuntimeError:  # the loop was closed before the call ended: nobody waits for it
            self._result = self._error = None

    def _deliver(self) -> None:
        self._done = True
        if not self._waiter.done():
            self._waiter.set_result(None)

    async def outcome(self) -> T:
        """The result or exception of the function; the context variables it has set are set here.

        A thread cannot be cancelled: on cancellation its end is awaited, so that nothing it uses is used twice, and
        then the first cancellation is raised.
        """
        cancelled: asyncio.CancelledError | None = None
        while not self._done:
            try:
                await self._waiter
            except asyncio.CancelledError as exc:
                cancelled = cancelled or exc
                if not self._done:
                    self._waiter = self.loop.create_future()
        copy_back(self.context)
        error = cancelled or self._error
        self._error = None
        if error is None:
            result: T = self._result
            return result
        try:
            raise error
        finally:
            del error, cancelled
