"""Server-sent events (WHATWG HTML §9.2, the ``text/event-stream`` format)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from offbeat.concurrency import wait
from offbeat.core.serializers.encoding import DjangoJSONEncoder
from offbeat.http.stopping import ignore_stop, on_stop
from offbeat.http.streaming import StreamingHttpResponse
from offbeat.utils.lazy_pattern import lazy_pattern

__all__ = ["EventStreamResponse", "ServerSentEvent", "last_event_id"]

_LINES = lazy_pattern(r"\r\n|\r|\n")
_HEARTBEAT = b":\n\n"
_END: Any = object()


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event. ``data`` that is not text is sent as JSON; None sends no data, so the client dispatches nothing.

    ``event``: its name; ``id``: what a client that reconnects sends as ``Last-Event-ID``; ``retry``: milliseconds to wait
    before reconnecting. ValueError when a name or id has a line break, or an id a null character.
    """

    data: Any = None
    event: str | None = None
    id: str | int | None = None
    retry: int | None = None
    comment: str | None = None

    def __post_init__(self) -> None:
        for name, value in (("event", self.event), ("id", str(self.id))):
            if value and ("\n" in value or "\r" in value):
                raise ValueError(f"The {name} of a server-sent event must be one line.")
        if "\x00" in str(self.id):
            raise ValueError("The id of a server-sent event must not contain a null character.")
        if self.retry is not None and (type(self.retry) is not int or self.retry < 0):
            raise ValueError("The retry of a server-sent event must be a number of milliseconds.")

    def encode(self) -> bytes:
        """The event as it is sent."""
        lines = [f": {line}" for line in _LINES.split(self.comment)] if self.comment is not None else []
        if self.event is not None:
            lines.append(f"event: {self.event}")
        if self.id is not None:
            lines.append(f"id: {self.id}")
        if self.retry is not None:
            lines.append(f"retry: {self.retry}")
        if self.data is not None:
            lines += [f"data: {line}" for line in _LINES.split(_text(self.data))]
        return ("\n".join(lines) + "\n\n").encode()


def _text(data: Any) -> str:
    return data if isinstance(data, str) else json.dumps(data, cls=DjangoJSONEncoder)


def _encode(event: Any) -> bytes:
    if event is None:
        return _HEARTBEAT
    return (event if isinstance(event, ServerSentEvent) else ServerSentEvent(event)).encode()


def last_event_id(request: Any) -> str | None:
    """The id of the last event that a reconnecting client has got, None on its first visit."""
    value = request.headers.get("Last-Event-ID")
    # Clients send it as UTF-8, and headers are read as Latin-1.
    return None if value is None else value.encode("latin-1", "replace").decode("utf-8", "replace")


class EventStreamResponse(StreamingHttpResponse):
    """A stream of server-sent events from an iterator, best an asynchronous one, over events.

    An event is a ServerSentEvent, text, anything that JSON can express, or None for a heartbeat. ``retry``: milliseconds
    that a client which lost the connection waits. ``heartbeat``: seconds without any event after which a comment is sent,
    so that proxies keep the connection and a client that has gone is noticed; None sends none. Heartbeats need an
    asynchronous iterator. When the client goes, or the server is told to stop, the iterator is closed: its ``finally``
    blocks run.
    """

    _warns = False

    def __init__(
        self, events: Any = (), *, retry: int | None = None, heartbeat: float | None = 15.0, **kwargs: Any
    ) -> None:
        if heartbeat is not None and heartbeat <= 0:
            raise ValueError("The heartbeat must be a number of seconds above zero, or None.")
        head = b"" if retry is None else ServerSentEvent(retry=retry).encode()
        content: Any
        if hasattr(events, "__aiter__"):
            content = _async_content(events, head, heartbeat)
        else:
            content = _content(events, head)
        super().__init__(content, content_type="text/event-stream; charset=utf-8", **kwargs)
        self.headers.setdefault("Cache-Control", "no-store")
        # Proxies that buffer would hold events back.
        self.headers.setdefault("X-Accel-Buffering", "no")
        if hasattr(events, "__aiter__"):
            self._resource_closers.append(lambda: wait(content.aclose()))


def _content(events: Any, head: bytes) -> Iterator[bytes]:
    try:
        if head:
            yield head
        for event in events:
            yield _encode(event)
    finally:
        close = getattr(events, "close", None)
        if close is not None:
            close()


async def _async_content(events: Any, head: bytes, heartbeat: float | None) -> AsyncGenerator[bytes]:
    source = aiter(events)
    if head:
        yield head
    handover = _Handover()
    on_stop(handover.stop)
    # One task for the whole stream: context and transactions of the generator last from event to event.
    reader = asyncio.create_task(_read(source, handover))
    try:
        while (event := await handover.take(heartbeat)) is not _END:
            yield _encode(event)
        if not handover.stopped:
            await reader
    finally:
        ignore_stop(handover.stop)
        reader.cancel()
        await asyncio.wait({reader})


async def _read(source: AsyncIterator[Any], handover: _Handover) -> None:
    try:
        async for event in source:
            await handover.give(event)
    finally:
        try:
            await _close(source)
        finally:
            handover.end()


async def _close(source: Any) -> None:
    close = getattr(source, "aclose", None)
    if close is not None:
        await close()


class _Handover:
    """Hands events from one task to another, each when the last was taken."""

    __slots__ = ("event", "given", "stopped", "taken")

    def __init__(self) -> None:
        self.event: Any = None
        self.stopped = False
        self.given = asyncio.Event()
        self.taken = asyncio.Event()

    async def give(self, event: Any) -> None:
        self.event = event
        self.taken.clear()
        self.given.set()
        await self.taken.wait()

    def end(self) -> None:
        self.event = _END
        self.given.set()

    def stop(self) -> None:
        """Have nothing more taken."""
        self.stopped = True
        self.given.set()

    async def take(self, patience: float | None) -> Any:
        """The next event, None when there is none for ``patience`` seconds."""
        if not self.given.is_set():
            # The event taken last has been sent by now.
            self.taken.set()
        try:
            async with asyncio.timeout(patience):
                await self.given.wait()
        except TimeoutError:
            return None
        if self.stopped:
            return _END
        self.given.clear()
        return self.event
