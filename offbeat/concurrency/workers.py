"""Worker threads for code that blocks.

A pool stays small while jobs are short, because threads that compete for the interpreter lock slow each other down,
and grows while jobs block.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections import deque
from collections.abc import Callable
from contextvars import Context
from threading import get_ident
from time import monotonic
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from .bridge import in_bridge, wait
from .call import Call
from .home import Home, homes
from .subject import context_to_pass_on

T = TypeVar("T")
P = ParamSpec("P")

__all__ = ["Workers", "default_workers", "in_thread", "off_loop"]


class _Job(Call[T]):
    __slots__ = ("loop_thread", "since")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, context: Context, fn: Any, args: Any, kwargs: Any
    ) -> None:
        super().__init__(loop, context, fn, args, kwargs)
        self.loop_thread = get_ident()
        self.since = monotonic()

    def run_parking(self, park: Callable[[int], None]) -> None:
        """Run in a worker thread, which gets a home for the time."""
        ident = get_ident()
        homes[ident] = Home(self.loop, self.loop_thread, park)
        try:
            self.run()
        finally:
            del homes[ident]


class _Thread:
    __slots__ = ("gate", "job", "pool")

    def __init__(self, pool: Workers, job: _Job[Any]) -> None:
        self.pool = pool
        self.job: _Job[Any] | None = job
        self.gate = threading.Lock()
        self.gate.acquire()

    def run(self) -> None:
        pool = self.pool
        job = self.job
        while job is not None:
            self.job = None
            job.run_parking(pool._park)
            job = None  # not kept while waiting: it holds the result
            job = pool._next(self)


class Workers:
    """A pool of threads: `base` of them, one more only when no waiting job was taken up for `patience` seconds.

    Never more than `most` at work; threads beyond `base` end after `idle` seconds without work. Threads blocked in
    `wait()` do not count: what they wait for may need a thread in its turn. Only with ``most=1``, which promises that
    jobs never overlap, they do.
    """

    def __init__(self, base: int = 4, most: int = 40, patience: float = 0.010, idle: float = 2.0) -> None:
        self.base = base
        self.most = most
        self.patience = patience
        self.idle = idle
        self.threads = 0
        self.peak = 0
        self._reset()

    @property
    def crowded(self) -> bool:
        """Whether jobs that would mostly wait had better not begin: as many threads as work side by side do so already."""
        return self._parked >= self.base

    def _reset(self) -> None:
        self.threads = 0
        self._parked = 0
        self._lock = threading.Lock()
        self._jobs: deque[_Job[Any]] = deque()
        self._free: list[_Thread] = []
        self._taken = monotonic()
        self._closed = False
        self._timers: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.TimerHandle] = WeakKeyDictionary()

    def submit(
        self,
        loop: asyncio.AbstractEventLoop,
        context: Context,
        fn: Callable[..., T],
        /,
        *args: Any,
        **kwargs: Any,
    ) -> Call[T]:
        """Run `fn` in `context` on a thread of the pool; `loop` must be running here."""
        job: _Job[T] = _Job(loop, context, fn, args, kwargs)
        with self._lock:
            if self._closed:
                raise RuntimeError("these workers have been shut down")
            if self._free:
                thread = self._free.pop()
                thread.job = job
                self._taken = job.since
                thread.gate.release()
                return job
            if self.threads - self._parked < self.base:
                self._start(job)
                return job
            self._jobs.append(job)
        if loop not in self._timers:
            self._timers[loop] = loop.call_later(self.patience, self._consider, loop)
        return job

    async def call(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn` in a thread; context variables are seen there, and those it sets are seen here.

        A thread cannot be cancelled: on cancellation its end is awaited, so that nothing it uses is used twice, and
        then the cancellation is raised.
        """
        loop = asyncio.get_running_loop()
        return await self.submit(loop, context_to_pass_on(), fn, *args, **kwargs).outcome()

    def _park(self, change: int) -> None:
        if self.most > 1:
            with self._lock:
                self._parked += change

    def _start(self, job: _Job[Any]) -> None:
        self.threads += 1
        self.peak = max(self.peak, self.threads)
        self._taken = monotonic()
        threading.Thread(target=_Thread(self, job).run, name="offbeat-worker", daemon=True).start()

    def _consider(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start one more thread if the jobs have stood still for too long."""
        self._timers.pop(loop, None)
        with self._lock:
            if not self._jobs or self._closed:
                return
            now = monotonic()
            if (
                self.threads - self._parked < self.most
                and now - self._jobs[0].since >= self.patience
                and now - self._taken >= self.patience
            ):
                self._start(self._jobs.popleft())
        self._timers[loop] = loop.call_later(self.patience / 4, self._consider, loop)

    def _next(self, thread: _Thread) -> _Job[Any] | None:
        """The next job of a thread, or None when it shall end."""
        with self._lock:
            if self._jobs:
                self._taken = monotonic()
                return self._jobs.popleft()
            if self._closed:
                self.threads -= 1
                return None
            self._free.append(thread)
        while not thread.gate.acquire(timeout=self.idle):
            with self._lock:
                if thread in self._free and self.threads > self.base:
                    self._free.remove(thread)
                    self.threads -= 1
                    return None
        job = thread.job
        if job is None:
            with self._lock:
                self.threads -= 1
        return job

    def shutdown(self) -> None:
        """Let the threads end after the jobs they have; new jobs are refused."""
        with self._lock:
            self._closed = True
            for thread in self._free:
                thread.gate.release()
            self._free.clear()


_default: Workers | None = None


def default_workers() -> Workers:
    """The pool :func:`in_thread` uses, made on first use."""
    global _default
    if _default is None:
        _default = Workers()
        atexit.register(_default.shutdown)
    return _default


def _after_fork() -> None:
    # Threads do not survive a fork, and a lock may be held by one of them.
    homes.clear()
    if _default is not None:
        _default._reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


async def in_thread(fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a blocking `fn` in a worker thread; see :meth:`Workers.call`."""
    return await default_workers().call(fn, *args, **kwargs)


def off_loop(fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a blocking `fn`: on an event loop's thread in a worker while the task waits, elsewhere right here."""
    return wait(in_thread(fn, *args, **kwargs)) if in_bridge() else fn(*args, **kwargs)
