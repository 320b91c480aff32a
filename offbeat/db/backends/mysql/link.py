"""The drivers: a connection of mysqlclient that blocks, and one of asyncmy for event loops."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from offbeat.db.backends.base.state import Result
from offbeat.db.backends.mysql.errors import DEADLOCK, as_mysqldb, error_code, is_lost, note_sqlstate
from offbeat.db.backends.mysql.values import changes_session, plain, plain_params

__all__ = ["AsyncLink", "SyncLink"]

# How long a cancelled task waits until the server has ended its statement; it is ended in the background after that.
KILL_PATIENCE = 1.0
# An encrypted connection that was idle for longer is not trusted: whether it still stands cannot be seen from outside.
UNSEEN_IDLE = 30.0


def _ends_transaction(sql: str) -> bool:
    return sql.startswith(("COMMIT", "ROLLBACK")) and not sql.startswith("ROLLBACK TO")


class SyncLink:
    """A connection of mysqlclient, used in the calling thread."""

    inline = False
    tainted = False

    def __init__(self, raw: Any) -> None:
        self.raw = raw
        self.holder = ""
        # The driver does not tell what the server says about it.
        self.in_transaction = False

    def _failed(self, exc: BaseException) -> None:
        if isinstance(exc, self.raw.Error):
            note_sqlstate(exc, self.raw)
        if error_code(exc) == DEADLOCK or is_lost(exc):
            self.in_transaction = False

    def _watched(self, method: Callable[..., Any], *args: Any) -> None:
        try:
            method(*args)
        except BaseException as exc:
            self._failed(exc)
            raise

    def execute(self, sql: str, params: Any = None) -> Any:
        """Run one statement on a new cursor."""
        cursor = self.raw.cursor()
        self._watched(cursor.execute, sql, None if params is None else plain_params(params))
        return cursor

    def fetch_all(self, sql: str, params: Any) -> list[tuple[Any, ...]]:
        return list(self.execute(sql, params).fetchall())

    def run(self, sql: str, params: Any) -> Result:
        cursor = self.execute(sql, params)
        rows = list(cursor.fetchall()) if cursor.description is not None else None
        return Result(cursor.rowcount, cursor.lastrowid, rows)

    def run_many(self, sql: str, seq_of_params: Sequence[Any]) -> int:
        cursor, _ = self.cursor_executemany(None, sql, seq_of_params, None)
        return int(cursor.rowcount or 0)

    def command(self, sql: str) -> None:
        self.execute(sql)
        if sql.startswith(("BEGIN", "START TRANSACTION")):
            self.in_transaction = True
        elif _ends_transaction(sql):
            self.in_transaction = False

    def cursor_execute(self, cursor: Any, sql: str, params: Any, options: Any) -> tuple[Any, None]:
        if cursor is None:
            cursor = self.raw.cursor()
        self._watched(cursor.execute, sql, None if params is None else plain_params(params))
        return cursor, None

    def cursor_executemany(self, cursor: Any, sql: str, param_list: Any, options: Any) -> tuple[Any, None]:
        if cursor is None:
            cursor = self.raw.cursor()
        self._watched(cursor.executemany, sql, [plain_params(params) for params in param_list])
        return cursor, None

    def cursor_callproc(self, cursor: Any, name: str, params: Any, options: Any) -> tuple[Any, None]:
        if cursor is None:
            cursor = self.raw.cursor()
        self._watched(cursor.callproc, name, tuple(map(plain, params[0] or ())))
        return cursor, None

    def cursor_fetch(self, cursor: Any, size: int | None) -> Any:
        return cursor.fetchall() if size is None else cursor.fetchmany(size)

    def cursor_close(self, cursor: Any) -> None:
        with suppress(self.raw.Error):  # the connection was closed before
            cursor.close()

    def alive(self) -> bool:
        try:
            self.raw.ping()
        except self.raw.Error:
            return False
        return True

    def close(self) -> None:
        self.in_transaction = False
        with suppress(self.raw.Error):  # the server went first
            self.raw.close()

    discard = close


class AsyncLink:
    """A connection of asyncmy. A statement that is cancelled ends the connection, and the session on the server."""

    inline = False
    own = True
    tainted = False
    at_once = None

    def __init__(
        self, raw: Any, sock: socket.socket | None, kill: Callable[[int], Awaitable[None]] | None
    ) -> None:
        self.raw = raw
        self.sock = sock
        self.kill = kill
        self.holder = ""
        self.broken = False
        self.used_at = time.monotonic()
        # The server rolled the transaction back, which an error's packet does not say.
        self._rolled_back = False

    @property
    def in_transaction(self) -> bool:
        if self.broken or self._rolled_back:
            return False
        return bool(self.raw.connected and self.raw.get_transaction_status())

    async def _guarded(self, statement: Awaitable[Any]) -> Any:
        try:
            result = await statement
        except asyncio.CancelledError:
            await self._end_session()
            raise
        except Exception as exc:
            if error_code(exc) == DEADLOCK:
                self._rolled_back = True
            elif is_lost(exc) or not self.raw.connected:
                self.discard()
            theirs = as_mysqldb(exc)
            if theirs is None:
                raise
            raise theirs from exc
        self._rolled_back = False
        return result

    async def _end_session(self) -> None:
        """Close the connection, and have the server stop what it is doing: it would go on, and keep its locks."""
        if self.broken:
            return
        session = self.raw.thread_id()
        self.discard()
        if self.kill is None:
            return
        killer = asyncio.ensure_future(self.kill(session))
        _killers.add(killer)
        killer.add_done_callback(_killers.discard)
        limit = time.monotonic() + KILL_PATIENCE
        while not killer.done() and (left := limit - time.monotonic()) > 0:
            try:
                await asyncio.wait((killer,), timeout=left)
            except asyncio.CancelledError:
                # Cancelled again: the first cancellation is about to be raised.
                continue

    def _noted(self, sql: str) -> None:
        if not self.tainted and changes_session(sql):
            self.tainted = True

    async def _execute(self, cursor: Any, sql: str, params: Any) -> Any:
        self._noted(sql)
        if cursor is None:
            cursor = self.raw.cursor()
        await self._guarded(cursor.execute(sql, None if params is None else plain_params(params)))
        return cursor

    async def fetch_all(self, sql: str, params: Any) -> list[tuple[Any, ...]]:
        cursor = await self._execute(None, sql, params)
        return list(await cursor.fetchall())

    async def run(self, sql: str, params: Any) -> Result:
        cursor = await self._execute(None, sql, params)
        rows = list(await cursor.fetchall()) if cursor.description is not None else None
        return Result(cursor.rowcount, cursor.lastrowid, rows)

    async def run_many(self, sql: str, seq_of_params: Sequence[Any]) -> int:
        cursor, _ = await self.cursor_executemany(None, sql, seq_of_params, None)
        return int(cursor.rowcount or 0)

    async def command(self, sql: str) -> None:
        await self._guarded(self.raw.query(sql))

    async def cursor_execute(
        self, cursor: Any, sql: str, params: Any, options: Any
    ) -> tuple[Any, list[Any] | None]:
        cursor = await self._execute(cursor, sql, params)
        return cursor, await self._rows(cursor)

    async def _rows(self, cursor: Any) -> list[Any] | None:
        # The driver has them all in memory: fetching them one by one would only cost turns.
        return list(await cursor.fetchall()) if cursor.description is not None else None

    async def cursor_executemany(
        self, cursor: Any, sql: str, param_list: Any, options: Any
    ) -> tuple[Any, list[Any] | None]:
        self._noted(sql)
        if cursor is None:
            cursor = self.raw.cursor()
        await self._guarded(cursor.executemany(sql, [plain_params(params) for params in param_list]))
        return cursor, await self._rows(cursor)

    async def cursor_callproc(
        self, cursor: Any, name: str, params: Any, options: Any
    ) -> tuple[Any, list[Any] | None]:
        if cursor is None:
            cursor = self.raw.cursor()
        # A procedure may change anything, and arguments are passed in variables of the session.
        self.tainted = True
        await self._guarded(cursor.callproc(name, tuple(map(plain, params[0] or ()))))
        return cursor, await self._rows(cursor)

    async def cursor_fetch(self, cursor: Any, size: int | None) -> list[Any]:
        rows = await (cursor.fetchall() if size is None else cursor.fetchmany(size))
        return list(rows)

    def cursor_close(self, cursor: Any) -> None:
        """Nothing is left to be read from the server: rows are fetched with the statement."""

    def reusable(self) -> bool:
        if self.broken or self.tainted or not self.raw.connected or self.in_transaction:
            return False
        now = time.monotonic()
        idle, self.used_at = now - self.used_at, now
        return not _has_ended(self.sock) if self.sock is not None else idle < UNSEEN_IDLE

    def discard(self) -> None:
        """End the connection at once, without waiting."""
        if not self.broken:
            self.broken = True
            self.raw.close()

    async def close(self) -> None:
        """End the connection and wait for it."""
        if not self.broken:
            self.broken = True
            await self.raw.ensure_closed()


_killers: set[asyncio.Future[None]] = set()


def _has_ended(sock: socket.socket) -> bool:
    """Whether the server has closed an idle connection: then there is an end to be read, or a last message."""
    try:
        sock.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
