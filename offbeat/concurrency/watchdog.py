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
        self._beats = self._told = 0
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
        while not self._stop.wait(self._interval):
            if self.loop.is_closed():
                return
            self._look()

    def _look(self) -> None:
        """Sample the loop's thread if its beat is late, and report it unless it waits for events."""
        beats, now = self._beats, monotonic()
        late = now - self._last - self._interval
        if late <= self.limit or self._told == beats:
            return
        frame = sys._current_frames().get(self._loop_thread)
        # Between two runs of the loop (a test client's, say) nobody beats and nothing is blocked.
        if frame is None or beats != self._beats or not self.loop.is_running():
            return
        if _waits_for_events(frame):
            # What blocks it later is not to be charged with the time before.
            self._last = now
        elif not self._stop.is_set():
            self._told = beats
            self.report(late, "".join(traceback.format_list(_visible(frame))))


def _waits_for_events(frame: FrameType) -> bool:
    """Whether the loop is in its own select(): on a machine that is busy with others, a beat may be late then, too."""
    caller = frame.f_back
    return (
        caller is not None
        and frame.f_code.co_filename.endswith("selectors.py")
        and caller.f_code.co_filename.replace("\\", "/").endswith("asyncio/base_events.py")
    )


def _visible(frame: FrameType) -> traceback.StackSummary:
    """The stack below the event loop's and our own machinery."""
    stack = traceback.extract_stack(frame)
    here = __package__.replace(".", "/")
    for index in range(len(stack) - 1, -1, -1):
        name = stack[index].filename.replace("\\", "/")
        if f"{here}/bridge.py" in name or name.endswith(("asyncio/events.py", "asyncio/base_events.py")):
            return traceback.StackSummary.from_list(stack[index + 1 :] or stack)
    return stack
