"""Connections of one event loop: a deque of idle ones, a queue of tasks that wait for one.

Source: docs/internals/connections.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

from offbeat.conf import settings
from offbeat.db.holders import Holder, held_now
from offbeat.db.utils import OperationalError

if TYPE_CHECKING:
    from offbeat.db.pool_statistics import PoolStatistics

__all__ = ["FairLock", "Link", "LoopPool", "close_pools", "loop_pool"]


logger = logging.getLogger("offbeat.db.backends")


class Link(Protocol):
    """What the pool needs to know of a driver's connection."""

    holder: str

    def reusable(self) -> bool: ...

    def discard(self) -> None: ...

    async def close(self) -> None: ...


class FairLock:
    """A lock for tasks: first come, first served, with a limit on the wait."""

    __slots__ = ("held", "waiters")

    def __init__(self) -> None:
        self.held = False
        self.waiters: deque[asyncio.Future[bool]] = deque()

    async def acquire(self, timeout: float) -> bool:
        """True when the lock is ours, False when the time is over."""
        if not self.held:
            self.held = True
            return True
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bool] = loop.create_future()
        self.waiters.append(future)
        timer = loop.call_later(timeout, _settle, future)
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.result():
                # Handed over in the very tick of the cancellation: pass it on.
                self.release()
            raise
        finally:
            timer.cancel()

    def release(self) -> None:
        while self.waiters:
            future = self.waiters.popleft()
            if not future.done():
                future.set_result(True)
                return
        self.held = False


def _settle(future: asyncio.Future[bool]) -> None:
    if not future.done():
        future.set_result(False)


class LoopPool:
    """At most `size` connections, made by `connect`; tasks beyond that wait their turn, `timeout` seconds at most."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        connect: Callable[[], Awaitable[Any]],
        *,
        size: int,
        timeout: float,
        name: str,
    ) -> None:
        self.loop = loop
        self.connect = connect
        self.size = size
        self.timeout = timeout
        self.name = name
        # After how many seconds a connection (which then knows when it was `born`) is not used again.
        self.max_age: float | None = None
        self.open = 0
        self.closed = False
        self.idle: deque[Any] = deque()
        self.waiters: deque[asyncio.Future[Any]] = deque()
        self.busy: set[Any] = set()
        # Connections that a task keeps beyond a statement, and the tasks that wait for one.
        self.pinned: dict[Any, Holder] = {}
        self.asking: set[asyncio.Task[Any] | None] = set()
        self._opened = self._closed = self._waits = self._timeouts = 0
        self._longest_wait = 0.0
        # A connection beside those of the pool, for statements that do not leave the loop's thread.
        self.lane: Any = None
        self._keeper: AsyncGenerator[None, None] | None = None

    def take(self) -> Any | None:
        """An idle connection at once, or None."""
        idle = self.idle
        while idle:
            link = idle.pop()
            if link.reusable() and (self.max_age is None or time.monotonic() - link.born < self.max_age):
                self.busy.add(link)
                return link
            self._drop(link)
        return None

    async def acquire(self) -> Any:
        """A connection for the current task. Raises OperationalError when none gets free in time."""
        if self.closed:
            raise OperationalError(f"The connection pool of database '{self.name}' is closed.")
        link = self.take()
        if link is not None:
            return link
        if self.open < self.size:
            return await self._grow()
        link = await self._queue()
        return link if link is not None else await self.acquire()

    async def _grow(self) -> Any:
        self.open += 1
        try:
            await self.watch_loop()
            link = await self.connect()
        except BaseException:
            self.open -= 1
            self._hand_over(None)
            raise
        self._opened += 1
        self.busy.add(link)
        return link

    async def watch_loop(self) -> None:
        """Have the pool closed with its loop."""
        if self._keeper is None:
            self._keeper = _closed_with_loop(self)
            await anext(self._keeper)

    async def _queue(self) -> Any | None:
        """Wait for a connection, or for None: a slot in which to make one."""
        task = asyncio.current_task()
        self._check_deadlock(task)
        future: asyncio.Future[Any] = self.loop.create_future()
        self.waiters.append(future)
        timer = self.loop.call_later(self.timeout, self._give_up, future)
        self._waits += 1
        start = time.monotonic()
        self.asking.add(task)
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                # Handed over in the very tick of the cancellation: it belongs to the next in line.
                link = future.result()
                if link is None:
                    self._hand_over(None)
                else:
                    self.release(link)
            raise
        finally:
            timer.cancel()
            self.asking.discard(task)
            self._longest_wait = max(self._longest_wait, time.monotonic() - start)

    def _check_deadlock(self, task: asyncio.Task[Any] | None) -> None:
        """Nobody gives a connection back, if all that have one wait for a second."""
        if len(self.pinned) < self.open:
            return
        holders = {holder.owner for holder in self.pinned.values()}
        if task in holders and holders <= {*self.asking, task}:
            raise OperationalError(
                f"Deadlock in the connection pool of database '{self.name}': all {self.size} connections are held by "
                "tasks that wait for a second one. Do not open a second connection while holding one, or raise "
                f"OPTIONS['pool_size']. They are held by {self._held_by()}."
            )

    def _give_up(self, future: asyncio.Future[Any]) -> None:
        if not future.done():
            self._timeouts += 1
            future.set_exception(
                OperationalError(
                    f"No connection to database '{self.name}' became free within {self.timeout:g} s. All "
                    f"{self.size} are in use (by {self._held_by()}). Raise OPTIONS['pool_size'] or "
                    "OPTIONS['pool_timeout'], or do not open a second connection while holding one."
                )
            )

    def _held_by(self) -> str:
        """The holders in one line; with DEBUG each with the code that took its connection."""
        names = []
        for link in self.busy:
            name = link.holder or "an unnamed task"
            holder = self.pinned.get(link)
            names.append(f"{name} at {holder.stack[0]}" if holder and holder.stack else name)
        return ", ".join(sorted(names)) or "nobody"

    def pin(self, link: Any) -> None:
        """The current task keeps a connection beyond a statement."""
        self.pinned[link] = Holder(link.holder, asyncio.current_task())

    def report(self) -> str:
        """Who keeps connections and for how long; with DEBUG also the code that took them."""
        return held_now(self.pinned.values())

    def statistics(self) -> PoolStatistics:
        """Figures of this moment and since the pool was made."""
        from offbeat.db.pool_statistics import PoolStatistics

        return PoolStatistics(
            size=self.size,
            open=self.open,
            idle=len(self.idle),
            busy=len(self.busy),
            waiting=len(self.asking),
            opened=self._opened,
            closed=self._closed,
            waits=self._waits,
            timeouts=self._timeouts,
            longest_wait=self._longest_wait,
        )

    def _hand_over(self, link: Any | None) -> bool:
        while self.waiters:
            future = self.waiters.popleft()
            if not future.done():
                if link is not None:
                    self.busy.add(link)
                future.set_result(link)
                return True
        return False

    def _drop(self, link: Any) -> None:
        self.open -= 1
        self._closed += 1
        link.discard()
        self._hand_over(None)

    def release(self, link: Any) -> None:
        """Give a connection back. One that is not clean is discarded, never handed on."""
        self.busy.discard(link)
        self.pinned.pop(link, None)
        link.holder = ""
        if self.closed or not link.reusable():
            self._drop(link)
        elif not self._hand_over(link):
            self.idle.append(link)

    def drop_idle(self) -> None:
        """Close the connections nobody uses at the moment."""
        links = list(self.idle)
        self.idle.clear()
        self.drop_lane()
        for link in links:
            self._drop(link)

    def drop_lane(self) -> None:
        """Close the connection that is not of the pool."""
        lane, self.lane = self.lane, None
        if lane is not None:
            lane.close()

    async def close(self) -> None:
        """Close the idle connections; those in use are closed when they come back."""
        self.closed = True
        self.drop_lane()
        links = list(self.idle)
        self.idle.clear()
        self.open -= len(links)
        self._closed += len(links)
        if self.pinned and settings.DEBUG:
            logger.warning(
                "The connection pool of database '%s' was closed while connections were held:\n%s",
                self.name,
                self.report(),
            )
        for future in self.waiters:
            if not future.done():
                future.set_exception(
                    OperationalError(f"The connection pool of database '{self.name}' was closed.")
                )
        self.waiters.clear()
        for link in links:
            await link.close()

    def abandon(self) -> None:
        """Close everything at once: the loop is gone."""
        self.closed = True
        self.drop_lane()
        for link in (*self.idle, *self.busy):
            link.discard()
        self._closed += len(self.idle) + len(self.busy)
        self.open = 0
        self.idle.clear()
        self.busy.clear()
        self.pinned.clear()


async def _closed_with_loop(pool: LoopPool) -> AsyncGenerator[None, None]:
    # asyncio.run(), asyncio.Runner and the servers shut the asynchronous generators of a loop down before they
    # close it: the one moment at which connections can still be closed properly.
    try:
        yield
    finally:
        await pool.close()


_pools: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Any, LoopPool]] = WeakKeyDictionary()


def _bury_dead_loops() -> None:
    for loop, pools in list(_pools.items()):
        if loop.is_closed():
            for pool in pools.values():
                pool.abandon()
            _pools.pop(loop, None)


def loop_pool(
    loop: asyncio.AbstractEventLoop, key: Any, make: Callable[[asyncio.AbstractEventLoop], LoopPool]
) -> LoopPool:
    """The pool of `key` (a wrapper) on a loop, made on first use; pools of closed loops are closed then."""
    try:
        pool = _pools[loop][key]
    except KeyError:
        pass
    else:
        if not pool.closed:
            return pool
    _bury_dead_loops()
    pool = _pools.setdefault(loop, {})[key] = make(loop)
    return pool


async def close_pools(key: Any = None) -> None:
    """Close the pools of the running loop (of one wrapper, or all): the lifespan shutdown calls this."""
    pools = _pools.get(asyncio.get_running_loop(), {})
    for found in [key] if key is not None else list(pools):
        pool = pools.pop(found, None)
        if pool is not None:
            await pool.close()
