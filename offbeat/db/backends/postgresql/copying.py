"""COPY, in both colours. Source: psycopg's documentation, "Using COPY TO and COPY FROM"."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

from offbeat.concurrency import async_face, spawn, wait
from offbeat.db.backends.base.cursor import SessionCursor
from offbeat.db.backends.base.loop_session import LoopSession

__all__ = ["Copy", "PostgreSQLCursor"]


class PostgreSQLCursor(SessionCursor):
    """With what the driver offers beside PEP 249."""

    def copy(self, statement: str, params: Any = None) -> Copy:
        """Read or write the data of a COPY statement; use it with `with` or `async with`."""
        return Copy(self, statement, params)


class Copy:
    """The data of a COPY statement. Methods are the driver's, with asynchronous faces."""

    def __init__(self, cursor: PostgreSQLCursor, statement: str, params: Any) -> None:
        self.cursor = cursor
        self.statement = statement
        self.params = params
        self.context: Any = None
        self.inner: Any = None
        self._finish: Callable[..., Any] = _as_it_is

    def _begin(self) -> Callable[..., Any]:
        cursor = self.cursor
        cursor._locate()
        session = cursor._session
        assert session is not None
        session.claim(cursor._block)
        try:
            session.prepare()
            if cursor.driver_cursor is None or not hasattr(cursor.driver_cursor, "copy"):
                cursor.driver_cursor = session.link._plain_cursor()
            self.context = cursor.driver_cursor.copy(self.statement, self.params)
        except BaseException:
            session.release()
            raise
        return wait if isinstance(session, LoopSession) else _as_it_is

    def __enter__(self) -> Copy:
        with self.cursor.wrapper.wrap_database_errors:
            self._finish = self._begin()
            try:
                self.inner = self._finish(self._enter(self.context))
            except BaseException:
                self._release()
                raise
        return self

    def _enter(self, context: Any) -> Any:
        return context.__aenter__() if self._finish is wait else context.__enter__()

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        leave = self.context.__aexit__ if self._finish is wait else self.context.__exit__
        try:
            with self.cursor.wrapper.wrap_database_errors:
                self._finish(leave(exc_type, exc_value, traceback))
        finally:
            self._release()

    def _release(self) -> None:
        session = self.cursor._session
        if session is not None:
            session.release()

    async def __aenter__(self) -> Copy:
        return await spawn(self.__enter__)

    async def __aexit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        await spawn(self.__exit__, exc_type, exc_value, traceback)

    def read(self) -> bytes:
        """The next block of data; empty at the end."""
        with self.cursor.wrapper.wrap_database_errors:
            return bytes(self._finish(self.inner.read()))

    def read_row(self) -> tuple[Any, ...] | None:
        """The next row; None at the end."""
        with self.cursor.wrapper.wrap_database_errors:
            return self._finish(self.inner.read_row())  # type: ignore[no-any-return]

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows."""
        while (row := self.read_row()) is not None:
            yield row

    def write(self, data: bytes | str) -> None:
        """Send a block of data."""
        with self.cursor.wrapper.wrap_database_errors:
            self._finish(self.inner.write(data))

    def write_row(self, row: Sequence[Any]) -> None:
        """Send a row."""
        with self.cursor.wrapper.wrap_database_errors:
            self._finish(self.inner.write_row(row))

    def set_types(self, types: Sequence[int | str]) -> None:
        """Say of which types the columns are."""
        self.inner.set_types(types)

    def __iter__(self) -> Iterator[bytes]:
        while data := self.read():
            yield data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while data := await spawn(self.read):
            yield data

    aread = async_face(read)
    aread_row = async_face(read_row)
    awrite = async_face(write)
    awrite_row = async_face(write_row)


def _as_it_is(value: Any) -> Any:
    return value
