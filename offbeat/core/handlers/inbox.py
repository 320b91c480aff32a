"""What the client sends during a request: the body, and at last its disconnect."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context
from typing import IO, Any, Protocol, TypeAlias

from offbeat.concurrency import wait
from offbeat.conf import settings
from offbeat.core.exceptions import RequestAborted

__all__ = ["BodyStream", "Entry", "Inbox", "Vigil"]

# Seconds, and how many of them a request has to wait before it is listened for: most are over by then, and never pay for a
# listener. One that changes something, or sends a stream, holds more and is listened for sooner.
TICK = 0.025
PATIENCE = 10
LITTLE_PATIENCE = 3
# Listeners that are started in one turn of the loop.
AT_ONCE = 100
# How much of a body that was gathered is handed over at once, or kept in memory.
READ = 2**14
NO_MORE: dict[str, Any] = {"type": "http.request", "body": b"", "more_body": False}


class Waiter(Protocol):
    """Who may have to listen for a disconnect."""

    def listen_for(self, task: asyncio.Task[Any] | None, vigil: Vigil) -> None:
        """Start listening, and cancel `task` when the client goes."""


Entry: TypeAlias = "tuple[Waiter, asyncio.Task[Any] | None]"


class Vigil:
    """Starts the listeners of a loop's requests that have waited for a while, with one timer for all of them."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.timer: asyncio.Handle | None = None
        # The youngest last.
        self.ages: deque[set[Entry]] = deque(set() for _ in range(PATIENCE))

    def add(self, entry: Entry, patience: int) -> set[Entry]:
        """Let somebody listen after some ticks, unless the entry leaves its set, which is returned, before."""
        equals = self.ages[patience - 1]
        equals.add(entry)
        if self.timer is None:
            self._wait()
        return equals

    def _wait(self) -> None:
        # Not in the context of the request that happens to come first.
        self.timer = self.loop.call_later(TICK, self._tick, context=Context())

    def _tick(self) -> None:
        self.ages.append(set())
        self._start(self.ages.popleft())

    def _start(self, due: set[Entry]) -> None:
        for _ in range(min(len(due), AT_ONCE)):
            waiter, task = due.pop()
            waiter.listen_for(task, self)
        if due:
            self.timer = self.loop.call_soon(self._start, due, context=Context())
        elif any(self.ages):
            self._wait()
        else:
            self.timer = None


def _begin(message: Awaitable[dict[str, Any]]) -> asyncio.Future[dict[str, Any]]:
    """A task; where tasks can, it goes on to where the coroutine suspends, at once."""
    if sys.version_info >= (3, 12) and isinstance(message, Coroutine):
        return asyncio.Task(message, loop=asyncio.get_running_loop(), eager_start=True)
    return asyncio.ensure_future(message)


class Inbox:
    """The receiving side of one request, shared by the reader of the body and the listener for a disconnect.

    The listener reads at most one message ahead of the reader, so that back-pressure reaches the client.
    """

    __slots__ = (
        "ahead",
        "among",
        "cancelled",
        "complete",
        "disconnected",
        "gathered",
        "listener",
        "reading",
        "receive",
        "task",
        "vigil",
        "waiter",
    )

    def __init__(self, receive: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        self.receive = receive
        self.complete = self.disconnected = self.cancelled = self.reading = False
        self.ahead: dict[str, Any] | None = None
        self.task: asyncio.Task[Any] | None = None
        self.among: set[Entry] | None = None
        self.vigil: Vigil | None = None
        self.listener: asyncio.Future[dict[str, Any]] | None = None
        self.waiter: asyncio.Future[None] | None = None
        self.gathered: IO[bytes] | None = None

    async def next(self) -> dict[str, Any]:
        """Return the next message of the body; RequestAborted when the client has gone."""
        message = self.take()
        if message is not None:
            return message
        if self.disconnected:
            raise RequestAborted
        if self.listener is not None:
            self.waiter = asyncio.get_running_loop().create_future()
            try:
                await self.waiter
            finally:
                self.waiter = None
            return await self.next()
        self.reading = True
        try:
            message = await self.receive()
        finally:
            self.reading = False
        self._note(message)
        if self.disconnected:
            raise RequestAborted
        return message

    def take(self) -> dict[str, Any] | None:
        """The next message of the body if it is here already; in any thread."""
        if self.gathered is not None:
            body = self.gathered.read(READ)
            return {"type": "http.request", "body": body, "more_body": bool(body)}
        message = self.ahead
        if message is not None:
            # Only then: the loop may be putting one there.
            self.ahead = None
        return message

    def look(self) -> None:
        """Take up what has arrived of the body, or begin to wait for it: the reader will be in a thread, far from here."""
        if (
            self.complete
            or self.disconnected
            or self.ahead is not None
            or self.reading
            or self.listener is not None
        ):
            return
        self.task = asyncio.current_task()
        listener = _begin(self.receive())
        if not listener.done():
            self.listener = listener
            listener.add_done_callback(self._received)
        elif not listener.cancelled() and listener.exception() is None:
            message = listener.result()
            self._note(message)
            if not self.disconnected:
                self.ahead = message

    async def gather(self) -> None:
        """Read the rest of the body before anybody asks for it, beyond a little of it to a temporary file."""
        import tempfile

        file = tempfile.SpooledTemporaryFile(READ, dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115
        more = True
        try:
            while more:
                message = await self.next()
                more = message.get("more_body", False)
                file.write(message.get("body", b""))
                # Nothing is held while more is waited for: there are many who gather.
                del message
            file.seek(0)
        except BaseException:
            file.close()
            raise
        self.gathered = file

    def _note(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.disconnect":
            self.disconnected = True
        elif not message.get("more_body"):
            self.complete = True

    def listen_for(self, task: asyncio.Task[Any] | None, vigil: Vigil) -> None:
        """Listen for a disconnect from now on, and cancel the task of the request when it comes."""
        self.task = task
        self.vigil = vigil
        self.among = None
        if self.reading or (self.ahead is not None and not self.complete):
            # The reader has not taken what was read ahead, or would notice a disconnect itself.
            self._listen_later()
        elif self.listener is None:
            self._listen()

    def _listen_later(self) -> None:
        # Before the first time the request itself is among those that wait.
        if self.vigil is not None:
            self.among = self.vigil.add((self, self.task), LITTLE_PATIENCE)

    def _listen(self) -> None:
        # A task of nothing but the server's own coroutine: there may be thousands that wait.
        self.listener = listener = _begin(self.receive())
        if listener.done():
            self._received(listener)
        else:
            listener.add_done_callback(self._received)

    def _received(self, listener: asyncio.Future[dict[str, Any]]) -> None:
        self.listener = None
        if self.task is None or listener.cancelled() or listener.exception() is not None:
            # Who reads on will see the failure, too.
            self._wake()
            return
        message = listener.result()
        self._note(message)
        if self.disconnected:
            self._cancel()
            self._wake()
            return
        # There may be thousands that wait, and few have a body.
        self.ahead = message if message.get("body") or not self.complete else NO_MORE
        self._wake()
        if self.complete:
            self._listen()
        else:
            # Something of the body is still to come, and back-pressure is the reader's business.
            self._listen_later()

    def _wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    def _cancel(self) -> None:
        if self.task is not None:
            self.cancelled = True
            self.task.cancel()

    def stop(self) -> None:
        """Stop listening: the request is over."""
        task, self.task = self.task, None
        if self.gathered is not None:
            self.gathered.close()
        if self.among is not None:
            self.among.discard((self, task))
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
            message = self._inbox.take() or wait(self._inbox.next())
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
