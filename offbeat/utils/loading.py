"""Loading an application while the cyclic garbage collector rests."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["loading"]


@contextmanager
def loading() -> Iterator[None]:
    """Pause the collector, and after the first load keep what was loaded out of its sight (``gc.freeze()``).

    Modules and classes stay as long as the process: every look at them is in vain. Thresholds set meanwhile, by
    settings for example, are left as they are.
    """
    before = gc.get_threshold()
    paused = (0, *before[1:])
    gc.set_threshold(*paused)
    try:
        from offbeat.apps import apps

        first = not apps.ready
        yield
        if first:
            gc.freeze()
    finally:
        if gc.get_threshold() == paused:
            gc.set_threshold(*before)
