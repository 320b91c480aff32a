"""Server-sent events."""

from __future__ import annotations

import asyncio
import contextvars
import datetime
import signal
import zlib

import pytest

from offbeat.core.handlers.asgi import ASGIHandler
from offbeat.core.handlers.wsgi import WSGIHandler
from offbeat.http import EventStreamResponse, HttpRequest, HttpResponse, ServerSentEvent, last_event_id
from offbeat.http.stopping import ignore_stop, on_stop
from offbeat.urls import path
from tests.handlers.helpers import Client, changed, fetch, scope, urls, wsgi_fetch


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (ServerSentEvent("hi"), "data: hi\n\n"),
        (ServerSentEvent("one\ntwo\r\nthree\rfour"), "data: one\ndata: two\ndata: three\ndata: four\n\n"),
        (ServerSentEvent({"a": [1]}, event="tick", id=7), 'event: tick\nid: 7\ndata: {"a": [1]}\n\n'),
        (ServerSentEvent(datetime.date(2030, 1, 2)), 'data: "2030-01-02"\n\n'),
        (ServerSentEvent(retry=1500), "retry: 1500\n\n"),
        (ServerSentEvent(id=""), "id: \n\n"),
        (ServerSentEvent(comment="a\nb"), ": a\n: b\n\n"),
        (ServerSentEvent(""), "data: \n\n"),
        (ServerSentEvent("é"), "data: é\n\n"),
    ],
)
def test_events_are_written_as_the_format_wants_them(event, text):
    assert event.encode() == text.encode()


@pytest.mark.parametrize(
    "fields",
    [
        {"event": "a\nb"},
        {"event": "a\rb"},
        {"id": "1\ndata: forged"},
        {"id": "\x00"},
        {"retry": -1},
        {"retry": "1\n"},
        {"retry": 1.5},
    ],
)
def test_nothing_can_be_smuggled_into_a_field(fields):
    with pytest.raises(ValueError, match="server-sent event"):
        ServerSentEvent("x", **fields)


@pytest.mark.parametrize("heartbeat", [0, -1])
def test_a_heartbeat_takes_time(heartbeat):
    with pytest.raises(ValueError, match="heartbeat"):
        EventStreamResponse([], heartbeat=heartbeat)


async def numbers(count=2):
    for number in range(count):
        yield ServerSentEvent(number, id=number)


@pytest.mark.parametrize("heartbeat", [15, None])
async def test_a_stream_begins_with_the_retry_time(heartbeat):
    async def view(request):
        return EventStreamResponse(numbers(), retry=100, heartbeat=heartbeat)

    with urls(path("", view)):
        client = await fetch(ASGIHandler())
    assert client.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert client.headers["cache-control"] == "no-store"
    assert client.headers["x-accel-buffering"] == "no"
    assert client.body == b"retry: 100\n\nid: 0\ndata: 0\n\nid: 1\ndata: 1\n\n"


def test_a_synchronous_iterator_and_wsgi():
    def view(request):
        return EventStreamResponse(iter(["a", None, {"b": 1}]))

    async def async_view(request):
        return EventStreamResponse(numbers())

    with urls(path("a/", view), path("b/", async_view)):
        app = WSGIHandler()
        assert wsgi_fetch(app, "/a/").body == b'data: a\n\n:\n\ndata: {"b": 1}\n\n'
        assert wsgi_fetch(app, "/b/").body == b"id: 0\ndata: 0\n\nid: 1\ndata: 1\n\n"


async def test_an_idle_stream_beats():
    gate = asyncio.Event()

    async def events():
        await gate.wait()
        yield "late"

    parts = []
    async for part in EventStreamResponse(events(), heartbeat=0.001):
        parts.append(part)
        if len(parts) == 3:
            gate.set()
    assert parts[:3] == [b":\n\n"] * 3
    assert parts[-1] == b"data: late\n\n"


async def test_the_generator_keeps_its_context_and_its_task():
    variable = contextvars.ContextVar("variable", default=0)
    tasks = set()

    async def events():
        for _ in range(3):
            tasks.add(asyncio.current_task())
            variable.set(variable.get() + 1)
            yield str(variable.get())

    parts = [part async for part in EventStreamResponse(events())]
    assert parts == [b"data: 1\n\n", b"data: 2\n\n", b"data: 3\n\n"]
    assert len(tasks) == 1


async def test_events_are_made_when_they_are_wanted():
    made = []

    async def events():
        for number in range(10):
            made.append(number)
            yield str(number)

    stream = aiter(EventStreamResponse(events()))
    await anext(stream)
    await asyncio.sleep(0)
    assert made == [0]
    await anext(stream)
    assert made == [0, 1]
    await stream.aclose()


async def test_a_generator_that_fails_fails_the_stream():
    async def events():
        yield "a"
        raise RuntimeError("broken")

    stream = aiter(EventStreamResponse(events()))
    assert await anext(stream) == b"data: a\n\n"
    with pytest.raises(RuntimeError, match="broken"):
        await anext(stream)


@pytest.mark.parametrize("heartbeat", [15, None, 0.001])
@pytest.mark.parametrize("idle", [True, False])
async def test_a_disconnect_ends_the_generator(heartbeat, idle):
    ended = asyncio.Event()

    async def events():
        try:
            yield "a"
            while idle:
                await asyncio.sleep(30)
            while True:
                yield "b"
                await asyncio.sleep(0.001)
        finally:
            await asyncio.sleep(0)
            ended.set()

    async def view(request):
        return EventStreamResponse(events(), heartbeat=heartbeat)

    client = Client()
    with urls(path("", view)):
        task = asyncio.create_task(ASGIHandler()(scope(), client.receive, client.send))
        while len(client.sent) < 2:
            await asyncio.sleep(0)
        client.disconnect()
        await asyncio.wait_for(task, 30)
    assert ended.is_set()
    assert len(asyncio.all_tasks()) == 1


@pytest.fixture
def server_handler():
    """The handler of a server for the signal that stops it, which notes that it was called."""
    calls = []

    def handler(number, frame):
        calls.append(number)

    before = signal.signal(signal.SIGTERM, handler)
    yield handler, calls
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("heartbeat", [15, None])
async def test_the_end_of_the_server_is_the_end_of_idle_streams(heartbeat, server_handler):
    ended = []

    async def events():
        try:
            yield "a"
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def view(request):
        return EventStreamResponse(events(), heartbeat=heartbeat)

    handler, calls = server_handler
    clients = [Client() for _ in range(3)]
    with urls(path("", view)):
        app = ASGIHandler()
        tasks = [asyncio.create_task(app(scope(), each.receive, each.send)) for each in clients]
        while any(len(client.sent) < 2 for client in clients):
            await asyncio.sleep(0)
        signal.raise_signal(signal.SIGTERM)
        await asyncio.wait_for(asyncio.gather(*tasks), 30)
        # One that comes while the server is stopping is not kept either.
        late = await asyncio.wait_for(fetch(app), 30)
    assert calls == [signal.SIGTERM]
    assert signal.getsignal(signal.SIGTERM) is handler
    assert ended
    for client in clients:
        assert client.body == b"data: a\n\n"
        assert client.sent[-1] == {"type": "http.response.body"}
    assert late.sent[-1] == {"type": "http.response.body"}
    assert len(asyncio.all_tasks()) == 1


async def test_streams_leave_the_handlers_of_signals_as_they_were(server_handler):
    handler, calls = server_handler
    told = []
    stops = [lambda: told.append(1), lambda: told.append(2)]
    for stop in stops:
        on_stop(stop)
    assert signal.getsignal(signal.SIGTERM) is not handler
    ignore_stop(stops[0])
    signal.raise_signal(signal.SIGTERM)
    await asyncio.sleep(0)
    assert told == [2]
    assert calls == [signal.SIGTERM]
    ignore_stop(stops[1])
    assert signal.getsignal(signal.SIGTERM) is handler


async def test_signals_that_nobody_handles_are_left_alone():
    def stop():
        raise AssertionError

    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        on_stop(stop)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        ignore_stop(stop)
    finally:
        signal.signal(signal.SIGTERM, before)


async def test_a_stream_that_nobody_reads_is_closed_without_a_trace():
    response = EventStreamResponse(numbers())
    response.close()
    assert response.closed


@pytest.mark.parametrize(("sent", "got"), [(None, None), ("12", "12"), ("é".encode().decode("latin-1"), "é")])
def test_the_view_learns_where_the_client_was(sent, got):
    request = HttpRequest()
    if sent is not None:
        request.META["HTTP_LAST_EVENT_ID"] = sent
    assert last_event_id(request) == got


async def test_the_view_goes_on_after_the_last_event():
    async def view(request):
        return HttpResponse(last_event_id(request) or "none")

    with urls(path("", view)):
        client = await fetch(ASGIHandler(), headers=[(b"last-event-id", b"41")])
    assert client.body == b"41"


async def test_events_pass_compression_one_by_one():
    async def view(request):
        return EventStreamResponse(numbers())

    with urls(path("", view)), changed(MIDDLEWARE=["offbeat.middleware.gzip.GZipMiddleware"]):
        client = await fetch(ASGIHandler(), headers=[(b"accept-encoding", b"gzip")])
    assert client.headers["content-encoding"] == "gzip"
    unzip = zlib.decompressobj(wbits=31)
    parts = [unzip.decompress(message["body"]) for message in client.sent[1:-1]]
    assert [part for part in parts if part] == [b"id: 0\ndata: 0\n\n", b"id: 1\ndata: 1\n\n"]
