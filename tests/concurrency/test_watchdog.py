from __future__ import annotations

import asyncio
import sys
import threading
import time

from offbeat.concurrency import Watchdog
from offbeat.concurrency.watchdog import _waits_for_events

from .helpers import query


def test_the_line_that_blocks_the_loop_is_named(run):
    reports = []
    told = threading.Event()

    def report(seconds, stack):
        reports.append((seconds, stack))
        told.set()

    def culprit():
        end = time.monotonic() + 30
        while not told.wait(0.01) and time.monotonic() < end:
            pass

    async def view():
        watchdog = Watchdog(asyncio.get_running_loop(), limit=0.15, report=report)
        try:
            query(1, 0.3)
            assert not reports
            culprit()
        finally:
            watchdog.stop()

    run(view)
    seconds, stack = reports[0]
    assert seconds > 0.15
    assert "in culprit" in stack and "in view" in stack
    assert "bridge.py" not in stack and "run_forever" not in stack


def test_a_blockage_is_logged_by_default(run, caplog):
    async def view():
        watchdog = Watchdog(asyncio.get_running_loop(), limit=0.01)
        end = time.monotonic() + 30
        while not caplog.records and time.monotonic() < end:
            time.sleep(0.01)
        watchdog.stop()

    run(view)
    assert "blocked for" in caplog.records[0].message


def _late(loop: asyncio.AbstractEventLoop, reports: list[str]) -> Watchdog:
    """A watchdog whose beat does not come, as on a machine whose processors are taken; it looks when it is told to."""
    watchdog = Watchdog(loop, limit=60, report=lambda seconds, stack: reports.append(stack))
    assert watchdog._timer is not None
    watchdog._timer.cancel()
    watchdog._last -= 1000
    return watchdog


def test_a_loop_that_waits_for_events_is_not_blocked_however_late_its_beat_is():
    reports: list[str] = []

    def look(watchdog: Watchdog) -> None:
        end = time.monotonic() + 30
        while not _waits_for_events(sys._current_frames()[watchdog._loop_thread]):
            assert time.monotonic() < end
        watchdog._look()

    async def main() -> None:
        watchdog = _late(asyncio.get_running_loop(), reports)
        await asyncio.to_thread(look, watchdog)
        assert reports == []
        # What follows is not charged with the time of waiting, either.
        watchdog._look()
        assert reports == []
        watchdog._last -= 1000
        watchdog._look()
        watchdog.stop()

    asyncio.run(main())
    assert len(reports) == 1 and "in main" in reports[0]


def test_waiting_for_the_watch_to_end_is_no_blockage():
    reports: list[str] = []

    async def main() -> None:
        watchdog = _late(asyncio.get_running_loop(), reports)
        watchdog.stop()
        watchdog._look()

    asyncio.run(main())
    assert reports == []
