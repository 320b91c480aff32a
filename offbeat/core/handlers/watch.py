"""The debug watchdog of the loops that requests are served on."""

from __future__ import annotations

import asyncio

from offbeat.concurrency import Watchdog
from offbeat.conf import settings

__all__ = ["unwatch_loop", "watch_loop"]

_watched: dict[asyncio.AbstractEventLoop, Watchdog] = {}


def watch_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Report what blocks the running loop for longer than LOOP_WATCHDOG seconds, when DEBUG is on."""
    limit = settings.LOOP_WATCHDOG
    if not settings.DEBUG or not limit or loop in _watched:
        return
    for closed in [other for other in _watched if other.is_closed()]:
        # Its thread has ended with the loop.
        del _watched[closed]
    _watched[loop] = Watchdog(loop, limit=limit)


def unwatch_loop(loop: asyncio.AbstractEventLoop) -> None:
    """End the watch over the running loop."""
    watchdog = _watched.pop(loop, None)
    if watchdog is not None:
        watchdog.stop()
