"""A request that writes, ended at each of its awaits: nothing half-written, nothing left open, nothing in the log.

Ended in two ways: the server cancels the task, or the client goes and the listener finds out.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from offbeat.concurrency import inline, spawn
from offbeat.core.handlers import inbox
from offbeat.core.handlers.asgi import ASGIHandler
from offbeat.core.signals import request_finished, request_started
from offbeat.db import connections
from offbeat.db.transaction import atomic, on_commit
from offbeat.http import EventStreamResponse, HttpResponse, StreamingHttpResponse
from offbeat.urls import path
from tests.db.conftest import ALIAS, add, file_db, names, no_scratch_left  # noqa: F401

from .helpers import Client, changed, scope, urls

LIMIT = 500
ROWS = ["before", "first", "second"]


class At:
    """Drives a coroutine and calls ``act`` at its k-th suspension."""

    def __init__(self, coro: Any, k: int, act: Any) -> None:
        self.coro = coro
        self.k = k
        self.act = act
        self.count = 0

    def __await__(self) -> Any:
        iterator = self.coro.__await__()
        value: Any = None
        error: BaseException | None = None
        while True:
            try:
                future = iterator.throw(error) if error is not None else iterator.send(value)
            except StopIteration as stop:
                return stop.value
            if self.count == self.k:
                self.act()
            self.count += 1
            error = None
            try:
                value = yield future
            except BaseException as exc:
                error = exc


class SlowClient(Client):
    """One whose every message takes a turn of the loop."""

    async def receive(self):
        await asyncio.sleep(0)
        return await super().receive()

    async def send(self, message):
        await asyncio.sleep(0)
        await super().send(message)
        await asyncio.sleep(0)


class Journal:
    """What happened during one request."""

    def __init__(self) -> None:
        self.started = self.finished = self.made = self.closed = self.committed = 0

    def start(self, sender: Any, **kwargs: Any) -> None:
        self.started += 1

    def finish(self, sender: Any, **kwargs: Any) -> None:
        self.finished += 1

    def track(self, response: Any) -> Any:
        """Count a response, and its being closed."""
        self.made += 1
        response._resource_closers.append(self.close)
        return response

    def close(self) -> None:
        self.closed += 1

    def commit(self) -> None:
        self.committed += 1


journal = Journal()


async def pause() -> None:
    """So many turns of the loop that a disconnect may be noticed meanwhile."""
    for _ in range(6):
        await asyncio.sleep(0)


def write(request: Any) -> None:
    """A body, a query, a row, a query and one more row."""
    db = connections[ALIAS]
    assert request.body == b"xy"
    assert names(db) == ["before"]
    add(db, "first")
    assert names(db) == ["before", "first"]
    add(db, "second")


async def async_view(request):
    async with atomic(ALIAS):
        write(request)
        await pause()
        on_commit(journal.commit, using=ALIAS)
    return journal.track(HttpResponse("done"))


async def view_of_an_atomic_request(request):
    write(request)
    await pause()
    on_commit(journal.commit, using=ALIAS)
    return journal.track(HttpResponse("done"))


def sync_view(request):
    with atomic(ALIAS):
        write(request)
        on_commit(journal.commit, using=ALIAS)
    return journal.track(HttpResponse("done"))


async def streaming_view(request):
    async def pieces():
        yield "do"
        async with atomic(ALIAS):
            write(request)
            on_commit(journal.commit, using=ALIAS)
        await pause()
        yield "ne"

    return journal.track(StreamingHttpResponse(pieces()))


async def event_view(request):
    async def events():
        async with atomic(ALIAS):
            write(request)
            on_commit(journal.commit, using=ALIAS)
        yield "done"

    return journal.track(EventStreamResponse(events()))


async def view_with_children(request):
    async def child(name):
        await pause()
        add(connections[ALIAS], name)

    async with atomic(ALIAS):
        assert request.body == b"xy"
        on_commit(journal.commit, using=ALIAS)
        async with asyncio.TaskGroup() as group:
            group.create_task(child("first"))
            group.create_task(child("second"))
    return journal.track(HttpResponse("done"))


def waiting_middleware(get_response):
    async def middleware(request):
        await pause()
        response = await get_response(request)
        await pause()
        return response

    return middleware


waiting_middleware.async_capable = True
waiting_middleware.sync_capable = False
VIEWS = {
    "async": async_view,
    "atomic request": view_of_an_atomic_request,
    "in a thread": sync_view,
    "inline": inline(sync_view),
    "streaming": streaming_view,
    "events": event_view,
    "children": view_with_children,
}
BODY = [
    {"type": "http.request", "body": b"x", "more_body": True},
    {"type": "http.request", "body": b"y", "more_body": False},
]


@pytest.fixture
def site(request, file_db, monkeypatch):  # noqa: F811
    """The application with one of the views; whoever waits, waits for a disconnect as well."""
    monkeypatch.setattr(inbox, "TICK", 0)
    add(file_db, "before")
    name, middleware = request.param
    connections.databases[ALIAS]["ATOMIC_REQUESTS"] = name == "atomic request"
    view = VIEWS[name]
    with urls(path("", view)), changed(MIDDLEWARE=[f"{__name__}.{each}" for each in middleware]):
        yield ASGIHandler()


async def ended_at(app: Any, k: int, way: str) -> tuple[bool, SlowClient]:
    """Serve a request that is ended at its k-th suspension; whether there was one, and what the client has got."""
    client = SlowClient(*BODY)

    def end() -> None:
        if way == "cancel":
            task.cancel()
        else:
            client.disconnect()

    driver = At(app(scope(method="POST"), client.receive, client.send), k, end)

    async def serve() -> None:
        await driver

    task = asyncio.create_task(serve())
    if way == "cancel":
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()
    else:
        await asyncio.wait_for(task, 20)
    return driver.count > k, client


async def check(db: Any, client: SlowClient) -> bool:
    """Whether the request wrote; nothing is half-written or still in use."""
    found = await spawn(names, db)
    assert found in (["before"], ROWS)
    wrote = found == ROWS
    assert journal.committed == wrote
    if client.body == b"done":
        assert wrote
    assert journal.started == journal.finished
    assert journal.closed == journal.made
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert db.pool.busy == set()

    def again() -> None:
        with atomic(ALIAS):
            db.run("DELETE FROM item WHERE name != 'before'")

    await spawn(again)
    assert not db.in_atomic_block
    return wrote


@pytest.mark.parametrize("way", ["cancel", "disconnect"])
@pytest.mark.parametrize(
    "site",
    [(name, middleware) for name in VIEWS for middleware in [(), ("waiting_middleware",)]],
    indirect=True,
    ids=lambda value: "-".join([value[0], *value[1]]),
)
async def test_a_request_is_whole_or_nothing_wherever_it_ends(site, way, file_db, caplog):  # noqa: F811
    global journal
    caplog.set_level(logging.INFO)
    outcomes = set()
    for k in range(LIMIT):
        journal = Journal()
        request_started.connect(journal.start)
        request_finished.connect(journal.finish)
        try:
            more, client = await ended_at(site, k, way)
            outcomes.add(await check(file_db, client))
        finally:
            request_started.disconnect(journal.start)
            request_finished.disconnect(journal.finish)
        if not more:
            break
    assert not more
    assert client.body in (b"done", b"data: done\n\n")
    assert True in outcomes
    # A disconnect is noticed a little later than it happens.
    assert False in outcomes or way == "disconnect"
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
