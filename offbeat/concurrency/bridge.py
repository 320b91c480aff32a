"""The bridge: synchronous code on the event loop that may suspend.

A *bridge* is a pooled greenlet in which one coroutine, and every plain function it calls, share a stack. Code that
calls :func:`wait` there hands the futures of the awaitable up to the task which drives the bridge and goes on when
they are done, so synchronous and asynchronous functions call each other without adapters and without threads.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from types import CoroutineType, coroutine
from typing import Any, NoReturn, ParamSpec, TypeVar

from greenlet import GreenletExit, getcurrent, greenlet

if sys.version_info >= (3, 12):
    from asyncio import current_task as owner
else:

    def owner() -> asyncio.Task[Any] | None:
        """Without eager tasks, code on a bridge always belongs to the bridge's task: nothing to tell apart."""
        return None


T = TypeVar("T")
P = ParamSpec("P")

__all__ = ["Bridge", "in_bridge", "spawn", "wait"]

POOL_LIMIT = 64
DONE: Any = object()
# What a coroutine that has ended hands up instead.
FINISHED: Any = object()
_get_running_loop = asyncio._get_running_loop
_Future = asyncio.Future
_Task = asyncio.Task


class Bridge(greenlet):  # type: ignore[misc]
    """A pooled worker greenlet.

    ``task`` is the task that owns it, ``inner`` a foreign greenlet parked inside it, ``subject`` what its code is about.
    """

    __slots__ = ("failure", "inner", "result", "subject", "task")

    failure: BaseException | None
    inner: Any
    result: Any
    subject: Any
    task: asyncio.Task[Any] | None


def _work(job: Any) -> Any:
    """What a bridge runs, job after job: a function with its arguments, or the first step of a coroutine.

    No frame of ours keeps a reference to its own greenlet while that is suspended: it could never be freed.
    """
    hand_back = _way_home(getcurrent().parent)
    while True:
        outcome = DONE
        try:
            if type(job) is tuple:
                fn, args, kwargs = job
                result = fn(*args, **kwargs) if kwargs else fn(*args)
            else:
                # A loop, for it notices the end of a coroutine without an exception.
                for result in job.__await__():  # noqa: B007
                    break
                else:
                    outcome = FINISHED
                    result = None
        except GreenletExit as exc:
            # Thrown when nobody is left to resume this bridge: it must really end.
            getcurrent().failure = exc
            return DONE
        except BaseException as exc:
            getcurrent().failure = exc
        else:
            if result is not None:
                getcurrent().result = result
        job = fn = args = kwargs = result = None
        job = getcurrent().parent.switch(outcome) if _moved else hand_back(outcome)
        if job is None:
            return DONE


# Becomes true when a bridge of this process is driven by another greenlet than its thread's first: an eager task's, say.
_moved: deque[bool] = deque(maxlen=1)


def _way_home(parent: Any) -> Any:
    """What hands an outcome back from a bridge, as long as bridges are driven by the first greenlet of their threads."""
    if parent.parent is None:
        return parent.switch
    _moved.append(True)
    return None


def _move(bridge: Bridge, parent: greenlet) -> None:
    if bridge.parent is not parent:
        bridge.parent = parent
        _moved.append(True)


class _IdleBridges:
    """Owns the free list of a thread, through a thread-local, and lets the bridges end with the thread."""

    def __init__(self) -> None:
        self.list: list[Bridge] = []

    def __del__(self) -> None:
        self.list.clear()


_owned = threading.local()


def _idle_bridges(me: Any) -> list[Bridge]:
    """The free list of this thread; it is found on the thread's root greenlet, where reading it is one attribute."""
    root = _root_of(me)
    try:
        idle: list[Bridge] = root.offbeat_idle
    except AttributeError:
        _owned.idle = keeper = _IdleBridges()
        idle = root.offbeat_idle = keeper.list
    return idle


def _root_of(me: Any) -> Any:
    while me.parent is not None:
        me = me.parent
    return me


def _take(me: Any, task: asyncio.Task[Any] | None) -> Bridge:
    """An idle bridge of this thread, given to `task` and running in its context."""
    try:
        # Only a root greenlet has it, and it is the parent of what is in it.
        bridge: Bridge = me.offbeat_idle.pop()
    except (AttributeError, IndexError):
        idle = _idle_bridges(me)
        if idle:
            bridge = idle.pop()
            _move(bridge, me)
        else:
            bridge = Bridge(_work)
            bridge.failure = bridge.inner = bridge.result = None
    bridge.task = task
    bridge.subject = None
    # The same Context object, not a copy: variables set on either side are seen on the other.
    bridge.gr_context = me.gr_context
    return bridge


def leave(bridge: Bridge) -> Any:
    """Outcome of a finished job; the bridge goes back to the free list without a trace of it."""
    error = bridge.failure
    result = bridge.result
    bridge.result = bridge.task = bridge.subject = bridge.gr_context = None
    if error is None or not bridge.dead:
        try:
            idle = bridge.parent.offbeat_idle
        except AttributeError:
            # It was driven from elsewhere at last.
            idle = _idle_bridges(bridge)
            _move(bridge, _root_of(bridge))
        if len(idle) < POOL_LIMIT:
            idle.append(bridge)
        else:
            # Not by an exception: under Python 3.13 the frames below the one that throws it would never be freed.
            bridge.switch(None)
    if error is None:
        return result
    bridge.failure = bridge.inner = None
    try:
        raise error
    finally:
        del error


def _resume(bridge: Bridge, value: Any) -> Any:
    """Go on after a suspension. The driving greenlet may be another one than last time (eager tasks)."""
    _move(bridge, getcurrent())
    inner = bridge.inner
    return (bridge if inner is None else inner).switch(value)


def _throw(bridge: Bridge, exc: BaseException) -> Any:
    _move(bridge, getcurrent())
    inner = bridge.inner
    return (bridge if inner is None else inner).throw(exc)


@coroutine
def _parked(bridge: Bridge, out: Any) -> Generator[Any, Any, None]:
    while out is not DONE:
        try:
            value = yield out
        except BaseException as exc:
            out = _throw(bridge, exc)
        else:
            out = _resume(bridge, value)


def _drive_inner(aw: Any, me: greenlet, bridge: Bridge) -> Any:
    """Wait in somebody else's greenlet `me`, which runs inside `bridge`."""
    try:
        out = aw.send(None)
        while True:
            bridge.inner = me
            try:
                value = bridge.parent.switch(out)
            except BaseException as exc:
                bridge.inner = None
                out = aw.throw(exc)
            else:
                bridge.inner = None
                out = aw.send(value)
    except StopIteration as stop:
        return stop.value


async def _as_coroutine(aw: Awaitable[T]) -> T:
    return await aw


def _stepper(aw: Any) -> Any:
    kind = type(aw)
    if kind is CoroutineType:
        return aw
    if kind is _Future or kind is _Task:
        return aw.__await__()
    return _as_coroutine(aw)


def wait(aw: Awaitable[T]) -> T:
    """Suspend the calling synchronous code until `aw` is done and return its result, or raise its exception.

    In a bridge the event loop goes on meanwhile. In a worker thread `aw` runs on the loop the work came from; in any
    other thread, on a private loop. Raises SynchronousOnlyOperation on a running loop outside a bridge.
    """
    me = getcurrent()
    if type(me) is Bridge:
        if me.task is not owner():
            _refuse(aw, "This task was started eagerly inside another task's bridge, past the task factory.")
        # No frame that may be suspended keeps a reference to its own greenlet.
        del me
        steps: Any = aw if type(aw) is CoroutineType else _stepper(aw)
        try:
            out = steps.send(None)
            while True:
                try:
                    value = getcurrent().parent.switch(out)
                except BaseException as exc:
                    out = steps.throw(exc)
                else:
                    out = steps.send(value)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
    outer = me.parent
    while outer is not None:
        if type(outer) is Bridge:
            if outer.task is not owner():
                break
            return _drive_inner(_stepper(aw), me, outer)  # type: ignore[no-any-return]
        outer = outer.parent
    if _get_running_loop() is not None:
        _refuse(aw, "You cannot wait here: this is the event loop, outside a bridge.")
    from .home import wait_in_thread

    return wait_in_thread(aw)


def _refuse(aw: Any, reason: str) -> NoReturn:
    from ..core.exceptions import SynchronousOnlyOperation

    if asyncio.iscoroutine(aw):
        aw.close()
    raise SynchronousOnlyOperation(
        f"{reason} Use the asynchronous method (its name begins with 'a'), or call the function with "
        "'await spawn(function, ...)', or run the coroutine with 'await bridged(coroutine)'."
    )


def in_bridge() -> bool:
    """Whether :func:`wait`, called here, suspends the bridge of the current task."""
    me = getcurrent()
    if type(me) is not Bridge:
        me = me.parent
        while me is not None and type(me) is not Bridge:
            me = me.parent
        if me is None:
            return False
    try:
        return me.task is owner()
    except RuntimeError:  # no loop is running: the bridge is being torn down
        return False


async def spawn(fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call the synchronous `fn` so that it may suspend; a direct call if the task is in a bridge already."""
    me = getcurrent()
    task = owner()
    if type(me) is Bridge and me.task is task:
        del me, task
        return fn(*args, **kwargs)
    bridge = _take(me, task)
    out = bridge.switch((fn, args, kwargs))
    if out is not DONE:
        await _parked(bridge, out)
    return leave(bridge)  # type: ignore[no-any-return]
