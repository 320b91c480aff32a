"""The driver-side cursor under :class:`CursorWrapper`, for both colours."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from offbeat.db.backends.base.loop_session import LoopSession, at_home
from offbeat.db.backends.base.session import Session
from offbeat.db.backends.base.state import Block
from offbeat.db.utils import InterfaceError, ProgrammingError

if TYPE_CHECKING:
    from offbeat.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["SessionCursor"]


class SessionCursor:
    """A PEP 249 cursor that finds its connection at each execute.

    In a bridge, outside transactions, it pins a connection of the pool from the first statement until it is closed.
    """

    arraysize = 1

    def __init__(self, wrapper: BaseDatabaseWrapper, raw: bool = False, **options: Any) -> None:
        self.wrapper = wrapper
        self.raw = raw
        self.options = options
        self.driver_cursor: Any = None
        self.closed = False
        self.query: tuple[str, Any] | None = None
        self._session: Session | None = None
        self._block: Block | None = None
        self._pinned: LoopSession | None = None
        self._ahead: deque[Any] = deque()
        self._convert: Any = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        cursor = self.__dict__.get("driver_cursor")
        if cursor is None:
            if name in {"description", "lastrowid"}:
                return None
            if name == "rowcount":
                return -1
            raise AttributeError(name)
        if name == "lastrowid":
            # Not every driver has it.
            return getattr(cursor, name, None)
        return getattr(cursor, name)

    def _locate(self) -> None:
        wrapper = self.wrapper
        session, block = wrapper.find_session()
        if session is None:
            if self._pinned is None:
                self._pinned = wrapper.checkout()
            session = self._pinned
        if session is not self._session:
            self._free_driver_cursor()
            self._session = session
        self._block = block

    def _perform(self, name: str, *args: Any) -> Any:
        session = self._session
        assert session is not None
        if self.closed:
            raise InterfaceError("This cursor is closed.")
        return at_home(session, session.perform, self._block, name, *args)

    def execute(self, sql: str, params: Any = None) -> SessionCursor:
        return self._run("cursor_execute", sql, params)

    def executemany(self, sql: str, param_list: Any) -> SessionCursor:
        return self._run("cursor_executemany", sql, param_list)

    def callproc(self, procname: str, params: Any = None, kparams: Any = None) -> Any:
        self._run("cursor_callproc", procname, (params, kparams))
        return params

    def _run(self, name: str, sql: str, params: Any) -> SessionCursor:
        if self.closed:
            raise InterfaceError("This cursor is closed.")
        self._locate()
        self._ahead.clear()
        self._convert = None
        self.query = (sql, params)
        cursor, ahead = self._perform(name, self.driver_cursor, sql, params, self.options)
        self.driver_cursor = cursor
        if not self.raw and cursor.description:
            self._convert = self.wrapper.row_converter(self, sql, params)
        if ahead:
            self._ahead.extend(ahead)
        return self

    def _need_result(self) -> None:
        if self.driver_cursor is None:
            raise ProgrammingError("There is no result to fetch: nothing was executed on this cursor.")

    def fetchone(self) -> Any:
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        self._need_result()
        size = self.arraysize if size is None else size
        rows: list[Any] = []
        while self._ahead and len(rows) < size:
            rows.append(self._ahead.popleft())
        if len(rows) < size:
            rows += self._perform("cursor_fetch", self.driver_cursor, size - len(rows))
        return self._convert(rows) if self._convert is not None else rows

    def fetchall(self) -> list[Any]:
        self._need_result()
        rows = list(self._ahead)
        self._ahead.clear()
        rows += self._perform("cursor_fetch", self.driver_cursor, None)
        return self._convert(rows) if self._convert is not None else rows

    def __iter__(self) -> Iterator[Any]:
        while rows := self.fetchmany(100):
            yield from rows

    def close(self) -> None:
        """Free the cursor and give a pinned connection back. Never waits."""
        self.closed = True
        self._ahead.clear()
        self._free_driver_cursor()
        pinned, self._pinned = self._pinned, None
        self._session = None
        if pinned is not None:
            self.wrapper.give_back(pinned)

    def _free_driver_cursor(self) -> None:
        cursor, self.driver_cursor = self.driver_cursor, None
        if cursor is not None and self._session is not None and self._session.link is not None:
            self._session.link.cursor_close(cursor)

    def __del__(self) -> None:
        if not self.__dict__.get("closed", True):
            try:
                self.close()
            except Exception:  # the interpreter or the loop is going down
                pass
