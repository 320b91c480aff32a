"""Who holds a connection of a pool, and since when."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from types import FrameType
from typing import Any

from offbeat.conf import settings

__all__ = ["Holder", "held_now"]

# How many lines of the user's code tell where a connection was taken.
DEPTH = 5
_OURS = ("offbeat.db.", "offbeat.concurrency.", "contextlib", "asyncio.")


class Holder:
    """A task or thread that holds a connection; with DEBUG also the code that took it."""

    __slots__ = ("name", "owner", "since", "stack")

    def __init__(self, name: str, owner: Any) -> None:
        self.name = name
        self.owner = owner
        self.since = time.monotonic()
        self.stack = _stack() if settings.DEBUG else ()

    def __str__(self) -> str:
        lines = [f"{self.name}, for {time.monotonic() - self.since:.1f} s"]
        lines += (f"  {place}" for place in self.stack)
        return "\n".join(lines)


def held_now(holders: Iterable[Holder]) -> str:
    """The report of a pool: its holders, the longest first, each with the code that took the connection."""
    return "\n".join(map(str, sorted(holders, key=lambda holder: holder.since)))


def _stack() -> tuple[str, ...]:
    """Where the users' code is, the innermost line first."""
    places: list[str] = []
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and len(places) < DEPTH:
        name = frame.f_globals.get("__name__", "")
        if not name.startswith(_OURS):
            places.append(f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_qualname}")
        frame = frame.f_back
    return tuple(places)
