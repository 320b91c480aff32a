"""Signals of the request cycle and of changed settings (Django documentation: ref/signals)."""

from __future__ import annotations

from offbeat.dispatch import Signal

__all__ = ["got_request_exception", "request_finished", "request_started", "setting_changed"]

request_started = Signal()
request_finished = Signal()
got_request_exception = Signal()
setting_changed = Signal()
