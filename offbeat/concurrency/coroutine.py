"""The coroutine object which the task factory gives to tasks."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from typing import Any, TypeVar

from greenlet import getcurrent

from .bridge import _DONE, Bridge, _drive, _resume, _settle, _take, _throw, owner

T = TypeVar("T")

__all__ = ["BridgedCoroutine"]


class BridgedCoroutine(Coroutine[Any, Any, T]):
    """A coroutine object for a Task: drives `coro` in a bridge from its first step, and looks like it from outside."""

    __slots__ = ("__name__", "__qualname__", "__weakref__", "_bridge", "_closed", "_coro", "_running")

    def __init__(self, coro: Coroutine[Any, Any, T]) -> None:
        self._coro: Any = coro
        self._bridge: Bridge | None = None
        self._running = self._closed = False
        self.__name__ = getattr(coro, "__name__", "coroutine")
        self.__qualname__ = getattr(coro, "__qualname__", "coroutine")

    def send(self, value: Any) -> Any:
        bridge = self._bridge
        self._running = True
        if bridge is not None:
            out = _resume(bridge, value)
        elif self._closed:
            raise RuntimeError("cannot reuse already awaited coroutine")
        else:
            self._bridge = bridge = _take(getcurrent(), owner())
            out = bridge.switch(_drive, (self._coro,), None)
        self._running = False
        if out is not _DONE:
            return out
        self._closed = True
        self._bridge = None
        raise StopIteration(_settle(bridge))

    def throw(self, typ: Any, val: Any = None, tb: Any = None) -> Any:
        exc = typ if val is None else val
        if isinstance(exc, type):
            exc = exc()
        bridge = self._bridge
        if bridge is None:
            self._closed = True
            return self._coro.throw(exc)
        self._running = True
        out = _throw(bridge, exc)
        self._running = False
        if out is not _DONE:
            return out
        self._closed = True
        self._bridge = None
        raise StopIteration(_settle(bridge))

    def close(self) -> None:
        if self._bridge is None:
            self._closed = True
            self._coro.close()
        else:
            super().close()

    def __await__(self) -> Generator[Any, Any, T]:
        return _as_generator(self)

    def __repr__(self) -> str:
        return f"<bridged {self._coro!r}>"

    cr_running = property(lambda self: self._running)
    cr_suspended = property(lambda self: self._bridge is not None and not self._running)
    cr_frame = property(lambda self: None if self._closed else self._coro.cr_frame)
    cr_code = property(lambda self: self._coro.cr_code)
    cr_await = property(lambda self: self._coro.cr_await)
    cr_origin = property(lambda self: self._coro.cr_origin)


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
