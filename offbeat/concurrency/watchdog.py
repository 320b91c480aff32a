"""Finding code that blocks the event loop."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import Callable
from time import monotonic
from types import FrameType

__all__ = ["Watchdog"]

logger = logging.getLogger("offbeat.concurrency")


def _log(seconds: float, stack: str) -> None:
    logger.warning("The event loop has been blocked for %.0f ms by:\n%s", seconds * 1000, stack)


class Watchdog:
    """Reports what blocks `loop` for more than `limit` seconds, once for each blockage.

    A timer of the loop beats; a thread looks for late beats and samples the stack of the loop's thread. Make it in
    the loop's thread. Time spent in C code that keeps the interpreter lock is reported after it ends.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        limit: float = 0.1,
        report: Callable[[float, str], None] = _log,
    ) -> None:
        self.loop = loop
        self.limit = limit
        self.report = report
        self._interval = limit / 4
        self._loop_thread = threading.get_ident()
        self._beats = 0
        self._last = monotonic()
        self._stop = threading.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._beat()
        self._thread = threading.Thread(target=self._watch, name="offbeat-watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the watch; call it in the loop's thread."""
        self._stop.set()
        if self._timer is not None:
            self._timer.cancel()
        self._thread.join()

    def _beat(self) -> None:
        self._last = monotonic()
        self._beats += 1
        self._timer = self.loop.call_later(self._interval, self._beat)

    def _watch(self) -> None:
        told = 0
        while not self._stop.wait(self._interval):
            if self.loop.is_closed():
                return
            beats, late = self._beats, monotonic() - self._last - self._interval
            if late > self.limit and told != beats:
                frame = sys._current_frames().get(self._loop_thread)
                # Between two runs of the loop (a test client's, say) nobody beats and nothing is blocked.
                if frame is not None and beats == self._beats and self.loop.is_running():
                    told = beats
                    self.report(late, "".join(traceback.format_list(_visible(frame))))


def _visible(frame: FrameType) -> traceback.StackSummary:
    """The stack below the event loop's and our own machinery."""
    stack = traceback.extract_stack(frame)
    here = __package__.replace(".", "/")
    for index in range(len(stack) - 1, -1, -1):
        name = stack[index].filename.replace("\\", "/")
        if f"{here}/bridge.py" in name or name.endswith(("asyncio/events.py", "asyncio/base_events.py")):
            return traceback.StackSummary.from_list(stack[index + 1 :] or stack)
    return stack
