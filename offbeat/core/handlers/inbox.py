"""What the client sends during a request: the body, and at last its disconnect."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from offbeat.concurrency import wait
from offbeat.core.exceptions import RequestAborted

__all__ = ["BodyStream", "Inbox"]

# Most requests are over by then, and never pay for a listener.
PATIENCE = 0.05


class Inbox:
    """The receiving side of one request, shared by the reader of the body and the listener for a disconnect.

    The listener reads at most one message ahead of the reader, so that back-pressure reaches the client.
    """

    ahead: deque[dict[str, Any]] | None = None
    complete = False
    disconnected = False
    cancelled = False
    task: asyncio.Task[Any] | None = None
    timer: asyncio.TimerHandle | None = None
    listener: asyncio.Task[None] | None = None
    waiter: asyncio.Future[None] | None = None
    kept: list[Any] | None = None

    def __init__(self, receive: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        self.receive = receive

    async def next(self) -> dict[str, Any]:
        """Return the next message of the body; RequestAborted when the client has gone."""
        if self.ahead:
            return self.ahead.popleft()
        if self.disconnected:
            raise RequestAborted
        if self.listener is not None:
            self.waiter = asyncio.get_running_loop().create_future()
            try:
                await self.waiter
            finally:
                self.waiter = None
            return await self.next()
        message = await self.receive()
        self._note(message)
        if self.disconnected:
            raise RequestAborted
        return message

    def _note(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.disconnect":
            self.disconnected = True
        elif not message.get("more_body"):
            self.complete = True

    def watch(self) -> None:
        """Listen for a disconnect, unless the request is over soon."""
        self.task = asyncio.current_task()
        self.timer = asyncio.get_running_loop().call_later(PATIENCE, self._start)

    def _start(self) -> None:
        self.timer = None
        if self.ahead:
            # The reader has not taken what was read ahead.
            self.timer = asyncio.get_running_loop().call_later(PATIENCE, self._start)
        elif self.listener is None:
            self.listener = asyncio.get_running_loop().create_task(self._listen())

    async def _listen(self) -> None:
        try:
            while True:
                message = await self.receive()
                self._note(message)
                if self.disconnected:
                    self._cancel()
                    return
                if self.ahead is None:
                    self.ahead = deque()
                self.ahead.append(message)
                self._wake()
                if not self.complete:
                    break
        finally:
            self.listener = None
            self._wake()
        # Something of the body is still to come, and back-pressure is the reader's business.
        self.timer = asyncio.get_running_loop().call_later(PATIENCE, self._start)

    def _wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    def _cancel(self) -> None:
        if self.task is not None:
            self.cancelled = True
            self.task.cancel()

    def keep(self, response: Any) -> None:
        """Remember a response of this request that holds something."""
        if self.kept is None:
            self.kept = []
        self.kept.append(response)

    def release(self) -> None:
        """Release what responses hold that were replaced, or lost when the request was cancelled."""
        kept, self.kept = self.kept, None
        for response in kept or ():
            response._run_closers()

    def stop(self) -> None:
        """Stop listening: the request is over."""
        if self.task is None:
            return
        self.task = None
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if self.listener is not None:
            self.listener.cancel()


class BodyStream:
    """The body as a file that is read from the client when it is read here."""

    __slots__ = ("_buffer", "_done", "_inbox")

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._buffer = b""
        self._done = False

    def _pull(self) -> bytes:
        """Return the next piece, empty only at the end; RequestAborted when the client has gone."""
        while not self._done:
            message = wait(self._inbox.next())
            self._done = not message.get("more_body", False)
            body = message.get("body")
            if body:
                return bytes(body)
        return b""

    def read(self, size: int | None = -1) -> bytes:
        """Return up to ``size`` bytes, all that is left for a negative size or None; empty at the end."""
        if size is None or size < 0:
            parts = [self._buffer]
            self._buffer = b""
            while piece := self._pull():
                parts.append(piece)
            return b"".join(parts)
        data = self._buffer or self._pull()
        self._buffer = data[size:]
        return data[:size]

    def readline(self, size: int | None = -1) -> bytes:
        """Return the next line with its end, at most ``size`` bytes of it."""
        limit = -1 if size is None else size
        parts: list[bytes] = []
        length = 0
        while data := self._buffer or self._pull():
            end = data.find(b"\n") + 1 or len(data)
            if 0 <= limit < length + end:
                end = limit - length
            parts.append(data[:end])
            self._buffer = data[end:]
            length += end
            if parts[-1].endswith(b"\n") or length == limit:
                break
        return b"".join(parts)

    def close(self) -> None:
        """Forget what was read ahead."""
        self._buffer = b""
