"""Help against "N + 1 queries": which line loads one relation again and again, object by object.

    with watch_lazy_loads() as report:
        for book in Book.objects.all():
            print(book.author.name)
    report.repeated()  # [LazyLoad(relation="Book.author", times=100, place="shop/views.py:12, in catalogue")]

At the end of the block what was loaded at least `limit` times is logged as a warning to "offbeat.db.lazy_loads".
`offbeat.middleware.lazy_loads.LazyLoadsMiddleware` does this for each request.
"""

from __future__ import annotations

import logging
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["LazyLoad", "LazyLoads", "note_lazy_load", "unwatched", "watch_lazy_loads", "watching"]

logger = logging.getLogger("offbeat.db.lazy_loads")

_OURS = (str(Path(__file__).parents[1]) + os.sep, "<offbeat")

_ADVICE = {
    True: "Name it in prefetch_related().",
    False: "Name it in select_related() or prefetch_related(), or use fetch_mode(FETCH_PEERS).",
}


class LazyLoad(NamedTuple):
    """One relation (or deferred field), loaded by one line of code, and how often."""

    relation: str
    times: int
    place: str
    many: bool

    def __str__(self) -> str:
        return f"{self.relation} was loaded {self.times} times at {self.place}. {_ADVICE[self.many]}"


class LazyLoads:
    """What was loaded lazily in a block."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.counts: Counter[tuple[str, bool, str, int, str]] = Counter()

    def note(self, relation: str, many: bool) -> None:
        """Count a load by the innermost line that is not the framework's."""
        frame: Any = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith(_OURS):
            frame = frame.f_back
        if frame is None:
            self.counts[relation, many, "an unknown place", 0, ""] += 1
        else:
            code = frame.f_code
            self.counts[relation, many, code.co_filename, frame.f_lineno, code.co_name] += 1

    def repeated(self) -> list[LazyLoad]:
        """The loads that one line has caused at least `limit` times, the most frequent first."""
        return [
            LazyLoad(relation, count, f"{file}:{line}, in {name}" if line else file, many)
            for (relation, many, file, line, name), count in self.counts.most_common()
            if count >= self.limit
        ]


watching: ContextVar[LazyLoads | None] = ContextVar("offbeat.db.lazy_loads", default=None)


def note_lazy_load(instance: Any, name: str, many: bool = False) -> None:
    """Called where a relation or a deferred field is about to be loaded for `instance` alone."""
    report = watching.get()
    if report is not None:
        report.note(f"{type(instance).__name__}.{name}", many)


@contextmanager
def unwatched() -> Iterator[None]:
    """No load in this block counts: the framework prefetches."""
    token = watching.set(None)
    try:
        yield
    finally:
        watching.reset(token)


@contextmanager
def watch_lazy_loads(limit: int = 3) -> Iterator[LazyLoads]:
    """Count lazy loads in this block and what it starts; warn of those that one line repeats `limit` times."""
    report = LazyLoads(limit)
    token = watching.set(report)
    try:
        yield report
    finally:
        watching.reset(token)
        for found in report.repeated():
            logger.warning("%s", found)
