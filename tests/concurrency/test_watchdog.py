from __future__ import annotations

import asyncio
import threading
import time

from offbeat.concurrency import Watchdog

from .helpers import query


def test_the_line_that_blocks_the_loop_is_named(run):
    reports = []
    told = threading.Event()

    def report(seconds, stack):
        reports.append((seconds, stack))
        told.set()

    def culprit():
        end = time.monotonic() + 5
        while not told.wait(0.01) and time.monotonic() < end:
            pass

    async def view():
        watchdog = Watchdog(asyncio.get_running_loop(), limit=0.02, report=report)
        try:
            query(1, 0.03)
            assert not reports
            culprit()
        finally:
            watchdog.stop()

    run(view)
    seconds, stack = reports[0]
    assert seconds > 0.02
    assert "in culprit" in stack and "in view" in stack
    assert "bridge.py" not in stack and "run_forever" not in stack


def test_a_blockage_is_logged_by_default(run, caplog):
    async def view():
        watchdog = Watchdog(asyncio.get_running_loop(), limit=0.01)
        end = time.monotonic() + 5
        while not caplog.records and time.monotonic() < end:
            time.sleep(0.01)
        watchdog.stop()

    run(view)
    assert "blocked for" in caplog.records[0].message
