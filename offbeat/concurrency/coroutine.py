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

    __slots__ = ("__name__", "__qualname__", "__weakref__", "_bridge", "_coro", "_state")

    def __init__(self, coro: Coroutine[Any, Any, T]) -> None:
        self._coro: Any = coro
        self._bridge: Bridge | None = None
        self._state = "created"
        self.__name__ = getattr(coro, "__name__", "coroutine")
        self.__qualname__ = getattr(coro, "__qualname__", "coroutine")

    def send(self, value: Any) -> Any:
        bridge = self._bridge
        if bridge is not None:
            self._state = "running"
            return self._stepped(bridge, _resume(bridge, value))
        if self._state != "created":
            raise RuntimeError("cannot reuse already awaited coroutine")
        self._bridge = bridge = _take(getcurrent(), owner())
        self._state = "running"
        return self._stepped(bridge, bridge.switch(_drive, (self._coro,), None))

    def throw(self, typ: Any, val: Any = None, tb: Any = None) -> Any:
        bridge = self._bridge
        if bridge is None:
            self._state = "closed"
            return self._coro.throw(typ if val is None else val)
        exc = typ if val is None else val
        if isinstance(exc, type):
            exc = exc()
        self._state = "running"
        return self._stepped(bridge, _throw(bridge, exc))

    def _stepped(self, bridge: Bridge, out: Any) -> Any:
        if out is not _DONE:
            self._state = "suspended"
            return out
        self._state = "closed"
        self._bridge = None
        raise StopIteration(_settle(bridge))

    def close(self) -> None:
        if self._bridge is None:
            self._state = "closed"
            self._coro.close()
        else:
            super().close()

    def __await__(self) -> Generator[Any, Any, T]:
        return _as_generator(self)

    def __repr__(self) -> str:
        return f"<bridged {self._coro!r}>"

    cr_running = property(lambda self: self._state == "running")
    cr_suspended = property(lambda self: self._state == "suspended")
    cr_frame = property(lambda self: None if self._state == "closed" else self._coro.cr_frame)
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
