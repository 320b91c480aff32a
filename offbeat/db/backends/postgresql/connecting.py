"""Connecting on an event loop, so that neither a cancellation nor a silent network leaves anything behind."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import psycopg

__all__ = ["connected", "patience"]

# Seconds. Without these, a network that swallows everything is noticed after minutes or hours.
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30000,
}
_abandoned: set[asyncio.Future[Any]] = set()


def patience(params: dict[str, Any]) -> dict[str, Any]:
    """For how long a silent server is waited for, where the settings do not say it."""
    if "service" in params or "PGSERVICE" in os.environ:
        # The file may say it, and what is said here would count more.
        return {}
    chosen = {key: value for key, value in _PATIENCE.items() if key not in params}
    if "PGCONNECT_TIMEOUT" in os.environ:
        chosen.pop("connect_timeout", None)
    return chosen


async def connected(params: dict[str, Any]) -> psycopg.AsyncConnection[Any]:
    """A new connection. If that is cancelled, it is closed as soon as it stands: the driver would forget it."""
    connecting = asyncio.ensure_future(psycopg.AsyncConnection.connect(**params))
    try:
        return await asyncio.shield(connecting)
    except asyncio.CancelledError:
        _abandoned.add(connecting)
        connecting.add_done_callback(_close)
        raise


def _close(connecting: asyncio.Future[Any]) -> None:
    _abandoned.discard(connecting)
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().pgconn.finish()
