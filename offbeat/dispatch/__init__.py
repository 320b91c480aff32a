"""Signals (Django documentation: topics/signals)."""

from __future__ import annotations

from offbeat.dispatch.dispatcher import Signal, receiver

__all__ = ["Signal", "receiver"]
