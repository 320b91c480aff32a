"""Tasks whose code may suspend in synchronous functions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from typing import Any, TypeVar

from greenlet import getcurrent

from .bridge import Bridge
from .coroutine import BridgedCoroutine
from .subject import publish

T = TypeVar("T")

__all__ = ["active", "detached", "install", "leave_on_detach", "run"]

active: ContextVar[bool] = ContextVar("offbeat.concurrency.active", default=False)

_left_behind: list[tuple[ContextVar[Any], Any]] = []


# Coroutines of asyncio that wait and run no code but its own: in a bridge they would only cost more. By identity, for the
# hash of a code object is made from all its instructions.
_LEAVES = frozenset(
    id(function.__code__)
    for function in (
        asyncio.sleep,
        asyncio.Condition.wait,
        asyncio.Event.wait,
        asyncio.Lock.acquire,
        asyncio.Queue.get,
        asyncio.Queue.join,
        asyncio.Queue.put,
        asyncio.Semaphore.acquire,
        asyncio.StreamReader.read,
        asyncio.StreamReader.readexactly,
        asyncio.StreamReader.readline,
        asyncio.StreamReader.readuntil,
    )
)


def _task_factory(previous: Callable[..., Any] | None, always: bool) -> Callable[..., Any]:
    """A factory that wraps the coroutines of tasks made by framework code; others get their tasks unchanged.

    A function over its variables, not a class: a server makes a task for each of its requests through here.
    """
    task_class = asyncio.Task

    def factory(
        loop: asyncio.AbstractEventLoop,
        coro: Any,
        context: Context | None = None,
        eager_start: bool | None = None,
        name: str | None = None,
    ) -> Any:
        me = getcurrent()
        if (
            (type(me) is Bridge or active.get() or always)
            and id(getattr(coro, "cr_code", None)) not in _LEAVES
            and type(coro) is not BridgedCoroutine
        ):
            if type(me) is Bridge and me.subject is not None:
                publish()
            coro = BridgedCoroutine(coro)
        if context is None and eager_start is None and name is None and previous is None:
            return task_class(coro, loop=loop)
        # uvloop passes context=None and eager_start=None, which other factories refuse.
        given = {"context": context, "eager_start": eager_start, "name": name}
        kwargs: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        if previous is not None:
            return previous(loop, coro, **kwargs)
        return task_class(coro, loop=loop, **kwargs)

    factory.offbeat = (previous, always)  # type: ignore[attr-defined]
    return factory


def install(loop: asyncio.AbstractEventLoop, always: bool = False) -> None:
    """Let tasks started by bridged code on `loop` be bridged, too; `always`: every task of the loop.

    An existing task factory (eager tasks, monitoring) is kept and called for the wrapped coroutine.
    """
    current = loop.get_task_factory()
    previous, is_always = getattr(current, "offbeat", (current, None))
    if is_always is None or (always and not is_always):
        loop.set_task_factory(_task_factory(previous, always))


async def _main(coro: Coroutine[Any, Any, T]) -> T:
    install(asyncio.get_running_loop())
    active.set(True)
    # A coroutine of our own class, so that a failure before the first step closes the caller's coroutine as well.
    return await BridgedCoroutine(coro)


def run(
    coro: Coroutine[Any, Any, T],
    *,
    debug: bool | None = None,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> T:
    """Run `coro` on a new event loop, as asyncio.run() does, so that synchronous code in it may suspend."""
    with asyncio.Runner(debug=debug, loop_factory=loop_factory) as runner:
        return runner.run(_main(coro))


def leave_on_detach(var: ContextVar[Any], value: Any = None) -> None:
    """Register a context variable (a transaction, say) which :func:`detached` sets to `value`."""
    _left_behind.append((var, value))


@contextmanager
def detached() -> Iterator[None]:
    """Tasks started in this block do not join the transactions of the code around it."""
    before = [(var, var.get(value)) for var, value in _left_behind]
    for var, value in _left_behind:
        var.set(value)
    try:
        yield
    finally:
        for var, value in before:
            var.set(value)
