"""Having the server end a statement whose connection was given up."""

from __future__ import annotations

import select
import time
from typing import Any

import psycopg
from psycopg import capabilities
from psycopg.pq import PollingStatus

__all__ = ["end_statement", "make_cancel"]

# Seconds before each request to cancel the statement of a connection that was given up.
CANCEL_AGAIN = (0, 0.05, 0.5)
# Seconds that a request may take.
CANCEL_PATIENCE = 2.0


def make_cancel(pgconn: Any) -> Any:
    """What is needed for :func:`end_statement`; it outlives the connection."""
    # The older call holds the interpreter's lock until the server has answered.
    return pgconn.cancel_conn() if capabilities.has_cancel_safe() else pgconn.get_cancel()


def end_statement(cancel: Any) -> None:
    """Cancel what runs; again, because the server may begin it just after the first time. It blocks."""
    try:
        for pause in CANCEL_AGAIN:
            time.sleep(pause)
            if hasattr(cancel, "poll"):
                _request(cancel)
            else:
                cancel.cancel()
    except psycopg.Error:  # the server is gone, and the statement with it; or it cannot be reached
        return
    finally:
        if hasattr(cancel, "finish"):
            cancel.finish()


def _request(cancel: Any) -> None:
    limit = time.monotonic() + CANCEL_PATIENCE
    cancel.start()
    status = PollingStatus.WRITING
    while status != PollingStatus.OK:
        _wait(cancel.socket, status == PollingStatus.WRITING, limit - time.monotonic())
        status = cancel.poll()
        if status == PollingStatus.FAILED:
            raise psycopg.OperationalError(cancel.get_error_message())
    cancel.reset()


def _wait(fd: int, writing: bool, seconds: float) -> None:
    if seconds <= 0:
        raise psycopg.OperationalError("The server does not answer.")
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(fd, select.POLLOUT if writing else select.POLLIN)
        poll.poll(seconds * 1000)
    else:
        select.select([] if writing else [fd], [fd] if writing else [], [], seconds)
