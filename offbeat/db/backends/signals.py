"""Signals of database backends. Source: Django documentation, ref/signals."""

from __future__ import annotations

from offbeat.dispatch import Signal

__all__ = ["connection_created"]

connection_created = Signal()
