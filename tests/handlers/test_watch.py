"""The debug watchdog of the ASGI application."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from offbeat.core.handlers import watch
from offbeat.core.handlers.asgi import ASGIHandler
from offbeat.http import HttpResponse
from offbeat.urls import path

from .helpers import changed, fetch, urls


@pytest.fixture
async def blocking(caplog):
    """An application whose view blocks the loop until that is reported, for half a minute at most."""
    caplog.set_level(logging.WARNING, "offbeat.concurrency")

    async def view(request):
        # The first beat must be over, else the loop is not known to have run yet.
        await asyncio.sleep(0)
        deadline = time.monotonic() + 30
        while not caplog.records and time.monotonic() < deadline:
            block_a_little()
        return HttpResponse()

    with urls(path("", view)):
        yield ASGIHandler()
    watch.unwatch_loop(asyncio.get_running_loop())


def block_a_little():
    time.sleep(0.001)


async def test_what_blocks_the_loop_is_named_in_debug_mode(blocking, caplog):
    with changed(DEBUG=True, LOOP_WATCHDOG=0.01):
        assert (await fetch(blocking)).status == 200
    (record,) = caplog.records
    assert record.name == "offbeat.concurrency"
    assert "block_a_little" in record.getMessage()
    assert "offbeat/concurrency/bridge.py" not in record.getMessage()


@pytest.mark.parametrize(
    "values",
    [{"DEBUG": False}, {"DEBUG": True, "LOOP_WATCHDOG": None}, {"DEBUG": True, "LOOP_WATCHDOG": 0}],
)
async def test_nobody_watches_unless_told_to(values):
    async def view(request):
        return HttpResponse()

    with urls(path("", view)), changed(**values):
        await fetch(ASGIHandler())
    assert asyncio.get_running_loop() not in watch._watched


async def test_several_applications_share_a_watchdog_and_the_lifespan_ends_it():
    async def view(request):
        return HttpResponse()

    loop = asyncio.get_running_loop()
    app = ASGIHandler()
    with urls(path("", view)), changed(DEBUG=True):
        await fetch(app)
        watchdog = watch._watched[loop]
        await fetch(ASGIHandler())
    assert watch._watched[loop] is watchdog
    assert watchdog.limit == 0.1
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive():
        return next(messages)

    async def send(message):
        pass

    await app({"type": "lifespan"}, receive, send)
    assert loop not in watch._watched
