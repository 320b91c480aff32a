"""Noticing that the server is told to stop.

Servers wait for open responses before they stop, and tell the application only afterwards. A response without an end would
be waited for in vain; so while one is open, the signals that stop a server are noticed on their way to its own handler.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

__all__ = ["ignore_stop", "on_stop"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Streams:
    """The open streams of one loop."""

    def __init__(self) -> None:
        self.stopped = False
        self.stops: set[Callable[[], None]] = set()

    def stop(self) -> None:
        """End them all, and those that begin from now on."""
        self.stopped = True
        for stop in self.stops:
            stop()


_streams: WeakKeyDictionary[asyncio.AbstractEventLoop, _Streams] = WeakKeyDictionary()


class _Notice:
    """A signal handler in front of another one."""

    def __init__(self, handler: Callable[[int, Any], Any]) -> None:
        self.handler = handler

    def __call__(self, number: int, frame: Any) -> None:
        for loop, streams in list(_streams.items()):
            try:
                loop.call_soon_threadsafe(streams.stop)
            except RuntimeError:
                # The loop has been closed.
                continue
        self.handler(number, frame)


def on_stop(stop: Callable[[], None]) -> None:
    """Have ``stop()`` called on the running loop when the server is told to stop; at once if it has been already."""
    loop = asyncio.get_running_loop()
    streams = _streams.get(loop)
    if streams is None:
        streams = _streams[loop] = _Streams()
    streams.stops.add(stop)
    if streams.stopped:
        stop()
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            handler = signal.getsignal(number)
            if callable(handler) and type(handler) is not _Notice:
                signal.signal(number, _Notice(handler))


def ignore_stop(stop: Callable[[], None]) -> None:
    """Have it called no more; after the last one, the server's own handlers are back in their place."""
    streams = _streams.get(asyncio.get_running_loop())
    if streams is not None:
        streams.stops.discard(stop)
    if threading.current_thread() is threading.main_thread() and not any(
        each.stops for each in _streams.values()
    ):
        for number in _SIGNALS:
            handler = signal.getsignal(number)
            if isinstance(handler, _Notice):
                signal.signal(number, handler.handler)
