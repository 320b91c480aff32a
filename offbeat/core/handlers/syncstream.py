"""Sending what a synchronous iterator gives, from the event loop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from time import monotonic
from typing import Any

from offbeat.concurrency import in_thread

__all__ = ["SyncStream"]

# At most so many bytes are taken during one visit to a thread, for at most so many seconds.
READ_AHEAD = 2**16
READY_WITHIN = 0.001


class SyncStream:
    """Takes from an iterator, in a worker thread, what it has ready, so that many small pieces share a visit there.

    What was taken does not wait for what the iterator goes on to make.
    """

    def __init__(self, parts: Iterator[bytes], send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        self.parts = parts
        self.send = send
        self.ready: deque[bytes] = deque()
        self.early: asyncio.Task[None] | None = None
        self.loop = asyncio.get_running_loop()
        # Whether the visit takes long: each piece is then announced when it is there.
        self.slow = False

    async def run(self) -> None:
        """Send all of it."""
        try:
            more = True
            while more:
                more = await self._visit()
        finally:
            if self.early is not None:
                self.early.cancel()
                await asyncio.wait({self.early})

    async def _visit(self) -> bool:
        self.slow = False
        timer = self.loop.call_later(2 * READY_WITHIN, self._send_early)
        error: Exception | None = None
        more = False
        try:
            more = await in_thread(self._take)
        except Exception as raised:
            # What came before it is sent.
            error = raised
        finally:
            timer.cancel()
        if self.early is not None:
            await self.early
            self.early = None
        await self._send_ready()
        if error is not None:
            raise error
        return more

    def _take(self) -> bool:
        deadline = monotonic() + READY_WITHIN
        size = 0
        for part in self.parts:
            self.ready.append(part)
            if self.slow:
                self.loop.call_soon_threadsafe(self._send_early)
            size += len(part)
            if size >= READ_AHEAD or monotonic() > deadline:
                return True
        return False

    def _send_early(self) -> None:
        self.slow = True
        early = self.early
        if self.ready and (
            early is None or (early.done() and not early.cancelled() and not early.exception())
        ):
            self.early = self.loop.create_task(self._send_ready())

    async def _send_ready(self) -> None:
        while self.ready:
            await self.send({"type": "http.response.body", "body": self.ready.popleft(), "more_body": True})
