"""Catching what code writes, logs and asks the database."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

__all__ = [
    "CaptureQueriesContext",
    "LoggingCaptureMixin",
    "captured_output",
    "captured_stderr",
    "captured_stdin",
    "captured_stdout",
]


@contextmanager
def captured_output(stream_name: str) -> Iterator[StringIO]:
    """A StringIO in the place of a stream of ``sys``."""
    original = getattr(sys, stream_name)
    setattr(sys, stream_name, StringIO())
    try:
        yield getattr(sys, stream_name)
    finally:
        setattr(sys, stream_name, original)


def captured_stdout() -> Any:
    """``with captured_stdout() as stdout: print("x")``."""
    return captured_output("stdout")


def captured_stderr() -> Any:
    """The same for ``sys.stderr``."""
    return captured_output("stderr")


def captured_stdin() -> Any:
    """``with captured_stdin() as stdin:`` write the input, ``seek(0)``, then read ``sys.stdin``."""
    return captured_output("stdin")


class CaptureQueriesContext:
    """The queries which ran in the ``with`` block; a sequence of dictionaries with ``sql`` and ``time``."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.initial_queries = 0
        self.final_queries: int | None = None

    def __iter__(self) -> Iterator[dict[str, str]]:
        return iter(self.captured_queries)

    def __getitem__(self, index: Any) -> Any:
        return self.captured_queries[index]

    def __len__(self) -> int:
        return len(self.captured_queries)

    @property
    def captured_queries(self) -> list[dict[str, str]]:
        """What was captured so far."""
        return list(self.connection.queries)[self.initial_queries : self.final_queries]

    def __enter__(self) -> CaptureQueriesContext:
        from offbeat.core.signals import request_started
        from offbeat.db import reset_queries

        self.force_debug_cursor = self.connection.force_debug_cursor
        self.connection.force_debug_cursor = True
        # The connection may have to be opened, with queries of its own: not those of the block.
        self.connection.ensure_connection()
        self.initial_queries = len(self.connection.queries_log)
        self.final_queries = None
        # A request of the test client must not forget the queries before it.
        self.reset_queries_disconnected = request_started.disconnect(reset_queries)
        return self

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        from offbeat.core.signals import request_started
        from offbeat.db import reset_queries

        self.connection.force_debug_cursor = self.force_debug_cursor
        if self.reset_queries_disconnected:
            request_started.connect(reset_queries)
        if exc_type is None:
            self.final_queries = len(self.connection.queries_log)


class LoggingCaptureMixin:
    """Collects what the framework logs in ``self.logger_output``."""

    def setUp(self) -> None:
        import logging

        self.logger = logging.getLogger("offbeat")
        self.logger_output = StringIO()
        self._handler = self.logger.handlers[0]
        self._old_stream = self._handler.stream  # type: ignore[attr-defined]
        self._handler.stream = self.logger_output  # type: ignore[attr-defined]

    def tearDown(self) -> None:
        self._handler.stream = self._old_stream  # type: ignore[attr-defined]
