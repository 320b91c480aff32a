"""Turns: statements that run on an event loop's own thread leave room for everything else on that loop.

A statement that does not suspend would let a task with many of them, or many tasks with one each, hold the loop for as
long as they like. So a loop's *turn* has a length, counted from its first statement. Later ones queue, and some of them
are let in at each of the next turns, first come, first served. Source: docs/internals/sqlite-async.
"""

from __future__ import annotations

import asyncio
from asyncio import get_running_loop
from collections import deque
from time import monotonic
from weakref import WeakKeyDictionary

from offbeat.concurrency import wait

__all__ = ["Turns", "turns_of"]

# How long statements may keep a loop before they queue, in seconds.
LENGTH = 0.004
# How many of the queue are let in at a turn, if its time suffices.
AT_ONCE = 32


class Turns:
    """The turns of one event loop."""

    __slots__ = ("_fresh", "end", "queue")

    def __init__(self) -> None:
        # Up to this time a statement may run at once; 0 between turns.
        self.end = 0.0
        # Whether the turn's first statement from the queue is still to come.
        self._fresh = False
        self.queue: deque[asyncio.Future[None]] = deque()

    def admit(self, now: float) -> float:
        """Wait, if need be, until a statement may run; returns the time. For code on a bridge."""
        queue = self.queue
        if not self.end and not queue:
            self._begin(now)
            return now
        enqueue = queue.append
        while True:
            future = get_running_loop().create_future()
            enqueue(future)
            if not self.end:
                self._begin(now)
            wait(future)
            now = monotonic()
            if self._fresh:
                # Whatever held the loop up meanwhile: the first of each turn runs.
                self._fresh = False
                self.end = now + LENGTH
                return now
            if now < self.end:
                return now
            enqueue = queue.appendleft

    def _begin(self, now: float) -> None:
        self.end = now + LENGTH
        get_running_loop().call_soon(self._over)

    def _over(self) -> None:
        """The loop has come round: everything else had its chance."""
        self.end = 0.0
        queue = self.queue
        left = AT_ONCE
        while queue and left:
            future = queue.popleft()
            if not future.done():
                future.set_result(None)
                left -= 1
        self._fresh = left < AT_ONCE
        if self._fresh:
            self._begin(monotonic())


_all: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


def turns_of(loop: asyncio.AbstractEventLoop) -> Turns:
    """The turns of a loop, shared by all its connections."""
    turns = _all.get(loop)
    if turns is None:
        turns = _all[loop] = Turns()
    return turns
