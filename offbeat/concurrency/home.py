"""Threads and their home loop: waiting there for asynchronous code, and calling back into a thread that waits."""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context, ContextVar
from queue import SimpleQueue
from threading import get_ident
from typing import Any, ParamSpec, TypeVar

from .bridge import _as_coroutine, in_bridge, spawn, wait
from .call import Call, copy_back
from .coroutine import BridgedCoroutine
from .subject import context_to_pass_on
from .tasks import install

T = TypeVar("T")
P = ParamSpec("P")

__all__ = ["Home", "call_on", "call_waiting_thread", "current_home", "wait_in_thread"]


class Home:
    """What a worker thread knows of its present job: the loop it came from, that loop's thread, what to tell when it
    blocks in `wait()` and goes on, and the queue of calls it serves meanwhile."""

    __slots__ = ("calls", "loop", "loop_thread", "park")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, loop_thread: int, park: Callable[[int], None]
    ) -> None:
        self.loop = loop
        self.loop_thread = loop_thread
        self.park = park
        self.calls: SimpleQueue[Any] | None = None


homes: dict[int, Home] = {}
# The thread that is blocked for the current code, with the queue it had when it began to wait.
_waiting: ContextVar[tuple[Home, SimpleQueue[Any]] | None] = ContextVar(
    "offbeat.concurrency.waiting", default=None
)


def current_home() -> Home | None:
    """The home of the calling thread while it runs a job of ours, else None."""
    return homes.get(get_ident())


def _new_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    install(loop)
    return loop


class _Private:
    """The event loop of a thread that has none, for `wait()` in plain synchronous programs."""

    def __init__(self) -> None:
        # A factory keeps the loop from becoming the current one of the thread.
        self.runner = asyncio.Runner(loop_factory=_new_loop)

    def run(self, coro: BridgedCoroutine[T], context: Context) -> T:
        """Run a coroutine to its end; Ctrl-C cancels it."""
        loop = self.runner.get_loop()
        task: asyncio.Task[T] = loop.create_task(coro, context=context)
        try:
            return loop.run_until_complete(task)
        except KeyboardInterrupt:
            if not task.done():
                task.cancel()
                loop.run_until_complete(asyncio.wait((task,)))
            raise

    def __del__(self) -> None:
        # Closing makes tasks; late in the life of a process, greenlets cannot be asked for any more.
        self.runner.get_loop().set_task_factory(None)
        self.runner.close()


_private = threading.local()


def _drop_private() -> None:
    _private.__dict__.clear()


def wait_in_thread(aw: Awaitable[T]) -> T:
    """`wait()` for threads: on the loop that the thread's job came from, else on a private loop of the thread."""
    coro = BridgedCoroutine(aw if isinstance(aw, Coroutine) else _as_coroutine(aw))
    context = context_to_pass_on()
    home = homes.get(get_ident())
    try:
        if home is not None:
            outcome: T = _wait_at_home(home, coro, context)
            return outcome
        try:
            private = _private.holder
        except AttributeError:
            private = _private.holder = _Private()
            if threading.current_thread() is threading.main_thread():
                # A thread's own data go with the thread, but the main one's too late to close anything.
                atexit.register(_drop_private)
        result: T = private.run(coro, context)
        return result
    finally:
        copy_back(context)


def _wait_at_home(home: Home, coro: BridgedCoroutine[T], context: Context) -> T:
    calls: SimpleQueue[Any] = SimpleQueue()
    tasks: list[asyncio.Task[T]] = []

    def start() -> None:
        task = home.loop.create_task(coro, context=context)
        tasks.append(task)
        task.add_done_callback(lambda task: calls.put(None))

    before = _waiting.get()
    context.run(_waiting.set, (home, calls))
    # Before the start: the coroutine may call back at once.
    outer, home.calls = home.calls, calls
    home.park(1)
    try:
        home.loop.call_soon_threadsafe(start)
        while (call := calls.get()) is not None:
            call.run()
    finally:
        home.park(-1)
        home.calls = outer
        context.run(_waiting.set, before)
        if not tasks:
            coro.close()  # the loop was closed before it could start
    task: asyncio.Task[T] = tasks.pop()
    return task.result()


def call_on(thread: int, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `fn` on the thread with identifier `thread` (it owns a connection, say), from synchronous code.

    That thread must be the calling one, one that waits in `wait()` for the calling task, or the thread of the
    loop that the calling worker's job came from; else RuntimeError.
    """
    here = get_ident()
    if here == thread:
        return fn(*args, **kwargs)
    own = homes.get(here)
    if own is not None and own.loop_thread == thread:
        return wait(spawn(fn, *args, **kwargs))
    other = homes.get(thread)
    loop = asyncio._get_running_loop()
    calls = None if other is None or other.loop is not loop else other.calls
    if calls is None or not in_bridge():
        raise RuntimeError("the thread that has to make this call is not waiting for the calling code")
    call = Call(other.loop, context_to_pass_on(), fn, args, kwargs)  # type: ignore[union-attr]
    calls.put(call)
    return wait(call.outcome())


def call_waiting_thread(fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Call[T] | None:
    """Have `fn` called by the worker thread that is blocked in `wait()` for the current code, if there is one."""
    waiting = _waiting.get()
    if waiting is None:
        return None
    home, calls = waiting
    if home.calls is not calls or home.loop is not asyncio._get_running_loop():
        return None
    call = Call(home.loop, context_to_pass_on(), fn, args, kwargs)
    calls.put(call)
    return call
