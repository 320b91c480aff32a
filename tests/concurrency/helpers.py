from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from offbeat.concurrency import wait


async def fetch(x, delay=0.001):
    await asyncio.sleep(delay)
    return x


def query(x, delay=0.001):
    """A synchronous call that does I/O, as an ORM method would."""
    return wait(fetch(x, delay))


def eventually(condition: Callable[[], Any], limit: float = 30) -> None:
    """Wait, in a thread that no loop runs in, until what another thread does has come true."""
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)
