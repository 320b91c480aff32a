from __future__ import annotations

import asyncio

from offbeat.concurrency import wait


async def fetch(x, delay=0.001):
    await asyncio.sleep(delay)
    return x


def query(x, delay=0.001):
    """A synchronous call that does I/O, as an ORM method would."""
    return wait(fetch(x, delay))
