from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from offbeat.concurrency import run as run_bridged

try:
    import uvloop
except ImportError:
    uvloop = None


@pytest.fixture(
    params=["asyncio", pytest.param("uvloop", marks=pytest.mark.skipif(not uvloop, reason="no uvloop"))]
)
def loop_factory(request: pytest.FixtureRequest) -> Callable[[], asyncio.AbstractEventLoop]:
    return uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop


@pytest.fixture
def run(loop_factory) -> Callable[..., Any]:
    """Run a coroutine function in a bridge, on each event loop."""

    def runner(main, *, debug=False, timeout=30):
        async def limited():
            async with asyncio.timeout(timeout):
                return await main()

        return run_bridged(limited(), debug=debug, loop_factory=loop_factory)

    return runner


@pytest.fixture
def run_plain(loop_factory) -> Callable[..., Any]:
    """Run a coroutine function without a bridge, on each event loop."""

    def runner(main):
        with asyncio.Runner(loop_factory=loop_factory) as r:
            return r.run(main())

    return runner
