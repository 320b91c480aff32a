"""Coroutines that are driven in bridges."""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine, Generator
from typing import Any, TypeVar

from greenlet import getcurrent

from .bridge import DONE, FINISHED, Bridge, _resume, _take, _throw, leave, owner

T = TypeVar("T")

__all__ = ["BridgedCoroutine", "begin", "bridged"]


class BridgedCoroutine(Coroutine[Any, Any, T]):
    """A coroutine object for a Task: drives `coro` in bridges, and looks like it from outside.

    Each step takes an idle bridge and gives it back, so that a coroutine which waits holds none: only synchronous code that
    is suspended in the middle keeps the bridge whose stack it is on.
    """

    __slots__ = ("__name__", "__qualname__", "__weakref__", "_bridge", "_closed", "_coro", "_running")

    def __init__(self, coro: Coroutine[Any, Any, T], bridge: Bridge | None = None) -> None:
        self._coro: Any = coro
        self._bridge = bridge
        self._running = self._closed = False
        self.__name__ = getattr(coro, "__name__", "coroutine")
        self.__qualname__ = getattr(coro, "__qualname__", "coroutine")

    def send(self, value: Any) -> Any:
        bridge = self._bridge
        self._running = True
        if bridge is not None:
            out = _resume(bridge, value)
        elif self._closed:
            self._running = False
            raise RuntimeError("cannot reuse already awaited coroutine")
        else:
            bridge = _take(getcurrent(), owner())
            out = bridge.switch((_step, (self._coro.send, value), None))
        self._running = False
        return self._after(bridge, out)

    def throw(self, typ: Any, val: Any = None, tb: Any = None) -> Any:
        exc = typ if val is None else val
        if isinstance(exc, type):
            exc = exc()
        bridge = self._bridge
        self._running = True
        if bridge is not None:
            out = _throw(bridge, exc)
        else:
            bridge = _take(getcurrent(), owner())
            out = bridge.switch((_step, (self._coro.throw, exc), None))
        self._running = False
        return self._after(bridge, out)

    def _after(self, bridge: Bridge, out: Any) -> Any:
        """What a step hands up: what synchronous code waits for, or what the coroutine does; StopIteration at its end."""
        if out is not DONE and out is not FINISHED:
            self._bridge = bridge
            return out
        self._bridge = None
        try:
            result = leave(bridge)
        except BaseException:
            self._closed = True
            raise
        if out is FINISHED:
            self._closed = True
            raise StopIteration
        if type(result) is tuple:
            self._closed = True
            raise StopIteration(result[0])
        return result

    def close(self) -> None:
        if self._bridge is None and not self._coro.cr_suspended:
            self._closed = True
            self._coro.close()
        else:
            super().close()

    def __await__(self) -> Generator[Any, Any, T]:
        return _as_generator(self)

    def __repr__(self) -> str:
        return f"<bridged {self._coro!r}>"

    cr_running = property(lambda self: self._running)
    cr_suspended = property(
        lambda self: not self._running and (self._bridge is not None or self._coro.cr_suspended)
    )
    cr_frame = property(lambda self: None if self._closed else self._coro.cr_frame)
    cr_code = property(lambda self: self._coro.cr_code)
    cr_await = property(lambda self: self._coro.cr_await)
    cr_origin = property(lambda self: self._coro.cr_origin)


def _step(advance: Any, argument: Any) -> Any:
    """Send or throw `argument` into a coroutine; what it waits for, or its result in a tuple."""
    try:
        return advance(argument)
    except StopIteration as stop:
        return (stop.value,)


def _as_generator(coro: BridgedCoroutine[T]) -> Generator[Any, Any, T]:
    try:
        out = coro.send(None)
        while True:
            try:
                value = yield out
            except BaseException as exc:
                out = coro.throw(exc)
            else:
                out = coro.send(value)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]


def begin(coro: Coroutine[Any, Any, None], subject: Any = None) -> Awaitable[None] | None:
    """Run the first step of `coro` in a bridge; None if it has ended, else an awaitable for what is left.

    `subject`: what it is about.

    The way of every request: there are no objects for what suspends until something does, and nothing is called that
    can be written out here.
    """
    me = getcurrent()
    try:
        # As in _take().
        idle = me.offbeat_idle
        bridge = idle.pop()
        bridge.task = owner()
        bridge.subject = subject
        bridge.gr_context = me.gr_context
    except (AttributeError, IndexError):
        idle = None
        bridge = _take(me, owner())
        bridge.subject = subject
    out = bridge.switch(coro)
    if out is FINISHED:
        if idle is None:
            leave(bridge)
        else:
            # As there, for it has no result.
            bridge.task = bridge.subject = bridge.gr_context = None
            idle.append(bridge)
        return None
    if out is DONE:
        return _Begun(coro, None, leave(bridge), subject)
    return _Begun(coro, bridge, out, subject)


class _Begun(BridgedCoroutine[None]):
    """What is left of a coroutine whose first step handed up `out`: its own iterator, for there may be thousands."""

    __slots__ = ("_out", "_subject")

    def __init__(
        self, coro: Coroutine[Any, Any, None], bridge: Bridge | None, out: Any, subject: Any
    ) -> None:
        self._coro = coro
        self._bridge = bridge
        self._running = self._closed = False
        self._out = out
        self._subject = subject

    def send(self, value: Any) -> Any:
        if self._bridge is not None or self._closed or value is not None:
            return super().send(value)
        bridge = _take(getcurrent(), owner())
        bridge.subject = self._subject
        self._running = True
        # As at the beginning: no result is looked for.
        out = bridge.switch(self._coro)
        self._running = False
        return self._after(bridge, out)

    def __await__(self) -> Generator[Any, Any, None]:
        return self  # type: ignore[return-value]

    def __next__(self) -> Any:
        out = self._out
        if out is not DONE:
            self._out = DONE
            return out
        return self.send(None)


async def bridged(coro: Coroutine[Any, Any, T]) -> T:
    """Run `coro` so that synchronous code called by it may suspend."""
    me = getcurrent()
    if type(me) is Bridge and me.task is owner():
        del me
        return await coro
    del me
    found: list[T] = []
    rest = begin(_keep(coro, found))
    if rest is not None:
        await rest
    return found[0]


async def _keep(coro: Coroutine[Any, Any, T], found: list[T]) -> None:
    found.append(await coro)
