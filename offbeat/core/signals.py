"""Signals of the request cycle and of changed settings (Django documentation: ref/signals)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import ref

from offbeat.dispatch import Signal

__all__ = ["RequestSignal", "got_request_exception", "request_finished", "request_started", "setting_changed"]


class RequestSignal(Signal):
    """A signal that is sent for every request, and knows whether it is worth sending on an event loop.

    ``due``: whether any receiver may have something to do. The framework's own mostly have not: connections of the loop
    are given back by themselves, and caches matter once one is in use.
    """

    def __init__(self) -> None:
        self.due = False
        self._noted = False
        self._idle: set[Callable[..., Any]] = set()
        super().__init__()

    def connect_idle(self, receiver: Callable[..., Any]) -> None:
        """Connect a receiver that has nothing to do on an event loop until ``note()`` is called."""
        self._idle.add(receiver)
        self.connect(receiver)

    def note(self) -> None:
        """Tell that idle receivers have something to do from now on."""
        self._noted = True
        self._judge()

    @property
    def receivers(self) -> list[tuple[tuple[Any, Any], Any, Any, bool]]:
        """The connected receivers; replaced by every change."""
        return self._receivers

    @receivers.setter
    def receivers(self, entries: list[tuple[tuple[Any, Any], Any, Any, bool]]) -> None:
        self._receivers = entries
        self._judge()

    def _judge(self) -> None:
        references = [reference for _, reference, *_ in self._receivers]
        found = {reference() if isinstance(reference, ref) else reference for reference in references}
        self.due = bool(found - {None} if self._noted else found - {None} - self._idle)


request_started = RequestSignal()
request_finished = RequestSignal()
got_request_exception = Signal()
setting_changed = Signal()
