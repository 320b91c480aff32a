"""The driver's connections, one class for each colour. Everything that is said to the server passes here."""

from __future__ import annotations

import re
import select
import time
from _thread import start_new_thread
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import AsyncClientCursor, AsyncCursor, ClientCursor, Cursor
from psycopg.pq import TransactionStatus

from offbeat.db.backends.base.colours import blocking
from offbeat.db.backends.base.state import MOVED, Result
from offbeat.db.backends.postgresql.adapting import use_zone
from offbeat.db.backends.postgresql.binding import Binding
from offbeat.db.backends.postgresql.direct import AsyncDirect, Direct, SyncDirect
from offbeat.db.backends.postgresql.ending import end_statement, make_cancel
from offbeat.db.backends.postgresql.portal import Portal
from offbeat.db.utils import NotSupportedError

__all__ = ["AsyncLink", "SyncLink"]

_IDLE = TransactionStatus.IDLE
# A lost connection is in no transaction any more.
_OUTSIDE = (_IDLE, TransactionStatus.UNKNOWN)
# What lasts as long as the session although its statement is called SELECT or CREATE: settings, locks, tables.
_CHANGING = re.compile(
    r"\b(?:set_config|pg_(?:try_)?advisory_lock(?:_shared)?)\s*\(|\bCREATE\s+(?:LOCAL\s+|GLOBAL\s+)?TEMP",
    re.IGNORECASE,
)
# set_config(…, …, true) is for the transaction only.
_PASSING = re.compile(r"\bset_config\s*\([^()]*,\s*(?:true|'t(?:rue)?')\s*\)", re.IGNORECASE)
# Statements that change the session for whoever has it next, by what the server calls them.
_LASTING = frozenset({"SET", "RESET", "LISTEN", "PREPARE", "LOAD"})
# Statements after which nothing is prepared any more.
_EMPTYING = frozenset({"DISCARD ALL", "DEALLOCATE ALL"})


class _Link:
    """What is said to the server, written once; each colour knows how to call its driver."""

    inline = False
    own = True
    at_once = None
    # Parameters in the SQL, and parameters apart from it.
    merging: Any
    separate: Any
    direct: Direct

    def __init__(self, wrapper: Any, raw: Any) -> None:
        self.wrapper = wrapper
        self.raw = raw
        self.pgconn = raw.pgconn
        self._cancel = make_cancel(self.pgconn)
        self.binding: Binding = wrapper.binding
        self.holder = ""
        # Whether the session is no longer as a new one would be.
        self.tainted = False
        self.broken = False
        self.ended = False
        self.born = time.monotonic()
        # The time zone of the session, by which moments are read.
        self.zone_name: str = wrapper.timezone_name
        self._poll: Any = None
        # Whether its latest answer came a moment ago.
        self.answered = False

    def _call(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Awaitable[Any]:
        raise NotImplementedError

    @property
    def in_transaction(self) -> bool:
        status = self.pgconn.transaction_status
        return status not in _OUTSIDE

    async def _run(self, sql: str, params: Any) -> Any:
        """Have the driver run a statement of the ORM; returns its cursor."""
        binding = self.binding
        cursor = (self.separate if binding.always else self.merging)(self.raw)
        if not binding.doubts:
            return await self._call(cursor.execute, sql, params)
        succeeded = False
        try:
            await self._call(cursor.execute, sql, params)
            succeeded = True
        finally:
            binding.settle(sql, succeeded)
        return cursor

    async def _fetch_all(self, sql: str, params: Any) -> list[tuple[Any, ...]]:
        cursor = await self._run(sql, params)
        return await self._call(cursor.fetchall)  # type: ignore[no-any-return]

    async def _change(self, sql: str, params: Any) -> Result:
        cursor = await self._run(sql, params)
        rows = await self._call(cursor.fetchall) if cursor.description is not None else None
        return Result(cursor.rowcount, None, rows)

    async def _change_many(self, sql: str, seq_of_params: Iterable[Any]) -> int:
        cursor = self._plain_cursor()
        await self._call(cursor.executemany, sql, seq_of_params)
        return cursor.rowcount  # type: ignore[no-any-return]

    async def _command(self, sql: str) -> None:
        await self._call(self.merging(self.raw).execute, sql)

    # Cursors of users.

    def _plain_cursor(self) -> Any:
        return (self.separate if self.binding.always else self.merging)(self.raw)

    async def _cursor_execute(
        self, cursor: Any, sql: str, params: Any, options: dict[str, Any]
    ) -> tuple[Any, list[Any] | None]:
        if "name" in options:
            return await self._declare(cursor, sql, params, options["name"])
        if cursor is None:
            cursor = self._plain_cursor()
        if changes_session(sql):
            # Before it runs: what is cancelled may have been done.
            self.tainted = True
        await self._call(cursor.execute, sql, _arguments(params))
        if cursor.statusmessage in _LASTING and not _is_local(sql):
            self.tainted = True
        elif cursor.statusmessage in _EMPTYING:
            self.direct.forget()
        return cursor, None

    async def _declare(self, old: Any, sql: str, params: Any, name: str) -> tuple[Any, list[Any]]:
        if old is not None and old.open:
            await self._close(old)
        portal = Portal(name, self.merging(self.raw), not self.in_transaction)
        declaration = portal.declaration(self.mogrify(sql, params))
        try:
            # A subtransaction of its own is not needed: whoever declares it waits for it.
            await self._call(portal.inner.execute, declaration)
            portal.open = True
            # Rows have a description, a declaration has none.
            await self._call(portal.inner.execute, portal.fetching(0))
        except BaseException as exc:
            # Whoever declares it does not get it, and so cannot close it.
            if portal.holdable and (portal.open or not isinstance(exc, psycopg.Error)):
                self.tainted = True
            raise
        return portal, []

    async def _close(self, portal: Portal) -> None:
        await self._call(self.merging(self.raw).execute, portal.closing())
        portal.open = False

    async def _cursor_executemany(
        self, cursor: Any, sql: str, param_list: Any, options: dict[str, Any]
    ) -> tuple[Any, list[Any] | None]:
        if cursor is None:
            cursor = self._plain_cursor()
        await self._call(cursor.executemany, sql, [_arguments(params) for params in param_list])
        return cursor, None

    async def _cursor_callproc(
        self, cursor: Any, name: str, call: tuple[Any, Any], options: dict[str, Any]
    ) -> tuple[Any, list[Any] | None]:
        params, keywords = call
        if keywords:
            raise NotSupportedError("PostgreSQL's procedures are called without keywords here.")
        places = ", ".join(["%s"] * len(params or ()))
        quoted = '"' + name.replace('"', '""').replace("%", "%%") + '"'
        return await self._cursor_execute(cursor, f"SELECT * FROM {quoted}({places})", params, {})

    async def _cursor_fetch(self, cursor: Any, size: int | None) -> list[Any]:
        if isinstance(cursor, Portal):
            return await self._fetch_from(cursor, size)
        if size is None:
            return await self._call(cursor.fetchall)  # type: ignore[no-any-return]
        return await self._call(cursor.fetchmany, size)  # type: ignore[no-any-return]

    async def _fetch_from(self, portal: Portal, size: int | None) -> list[Any]:
        if not portal.open:
            return []
        await self._call(portal.inner.execute, portal.fetching(size))
        return await self._call(portal.inner.fetchall)  # type: ignore[no-any-return]

    def mogrify(self, sql: str, params: Any) -> str:
        """The statement with its parameters filled in."""
        return self.merging(self.raw).mogrify(sql, _arguments(params))  # type: ignore[no-any-return]

    def reusable(self) -> bool:
        """Whether the next one may have it: idle, unchanged, and the server has not hung up."""
        if self.broken or self.tainted or self.pgconn.transaction_status != _IDLE:
            return False
        if self.zone_name != self.wrapper.timezone_name:
            return False
        if self.answered:
            # It has just been read from.
            self.answered = False
            return True
        # An idle connection has nothing to say but that it ends.
        return not self.has_input()

    def has_input(self) -> bool:
        """Whether the server has said something, if only that it ends."""
        poll = self._poll or self._watch_socket()
        return bool(poll(0))

    def _watch_socket(self) -> Any:
        self._poll = poll = _poller(self.pgconn.socket)
        return poll

    def discard(self) -> None:
        """End it at once. What the server may still be doing for it is cancelled, so that its session ends, too."""
        self.broken = True
        if self.ended:
            return
        self.ended = True
        pgconn = self.pgconn
        # A driver that was disturbed in waiting may have closed it already.
        busy = pgconn.transaction_status in (TransactionStatus.ACTIVE, TransactionStatus.UNKNOWN)
        pgconn.finish()
        if busy:
            # It connects, and waits for an answer.
            start_new_thread(end_statement, (self._cancel,))


def _poller(fd: int) -> Callable[[int], Any]:
    if not hasattr(select, "poll"):
        return lambda timeout: select.select((fd,), (), (), timeout)[0]
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return poll.poll


def _arguments(params: Any) -> Any:
    if params is None or isinstance(params, (list, tuple, Mapping)):
        return params
    return tuple(params)


@lru_cache(maxsize=1000)
def changes_session(sql: str) -> bool:
    """Whether a statement leaves something in the session that the server's answer does not tell."""
    return _CHANGING.search(sql) is not None and _CHANGING.search(_PASSING.sub("", sql)) is not None


def _is_local(sql: str) -> bool:
    """Whether SET is for the transaction only."""
    words = sql.split(None, 2)
    return len(words) > 1 and words[1].upper() == "LOCAL"


class SyncLink(_Link):
    """A connection that blocks its thread."""

    # Where it goes when its thread has done with it.
    pool: Any = None
    merging = ClientCursor
    separate = Cursor

    async def _call(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return method(*args, **kwargs)

    execute = blocking(_Link._run)
    _driver_fetch_all = blocking(_Link._fetch_all)
    _driver_run = blocking(_Link._change)
    run_many = blocking(_Link._change_many)
    command = blocking(_Link._command)
    cursor_execute = blocking(_Link._cursor_execute)
    cursor_executemany = blocking(_Link._cursor_executemany)
    cursor_callproc = blocking(_Link._cursor_callproc)
    cursor_fetch = blocking(_Link._cursor_fetch)
    close_portal = blocking(_Link._close)

    def __init__(self, wrapper: Any, raw: Any) -> None:
        super().__init__(wrapper, raw)
        self.direct = SyncDirect(self)

    def fetch_all(self, sql: str, params: Any) -> list[tuple[Any, ...]]:
        rows = self.direct.fetch_all(sql, params)
        return self._driver_fetch_all(sql, params) if rows is MOVED else rows

    def run(self, sql: str, params: Any) -> Result:
        result = self.direct.run(sql, params)
        return self._driver_run(sql, params) if result is MOVED else result

    def cursor_close(self, cursor: Any) -> None:
        if not isinstance(cursor, Portal):
            cursor.close()
        elif cursor.open and self.pgconn.transaction_status in (_IDLE, TransactionStatus.INTRANS):
            self.close_portal(cursor)

    def alive(self) -> bool:
        try:
            self.command("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def ensure_zone(self) -> bool:
        """Bring the session to the time zone of the settings; whether anything had to be done."""
        wrapper = self.wrapper
        use_zone(self.raw.adapters, wrapper.timezone, wrapper.timezone_name)
        self.direct.forget()
        if self.zone_name == wrapper.timezone_name:
            return False
        self.command(f"SET TIME ZONE {wrapper.ops.quote_literal(wrapper.timezone_name)}")
        self.zone_name = wrapper.timezone_name
        return True

    def discard(self) -> None:
        pool, self.pool = self.pool, None
        super().discard()
        if pool is not None:
            pool.forget(self)

    def close(self) -> None:
        """End it, or give it back where threads share connections."""
        if self.pool is not None:
            self.pool.release(self)
        else:
            self.ended = True
            self.raw.close()


class AsyncLink(_Link):
    """A connection of an event loop."""

    merging = AsyncClientCursor
    separate = AsyncCursor

    def __init__(self, wrapper: Any, raw: Any) -> None:
        super().__init__(wrapper, raw)
        self.direct: AsyncDirect = AsyncDirect(self)

    def at_once(self, name: str, *args: Any) -> Any:  # type: ignore[override]
        """What needs no cursor of the driver, said from the bridge; MOVED for everything else."""
        direct = self.direct
        if name == "fetch_all":
            return direct.fetch_all(*args)
        if name == "run":
            return direct.run(*args)
        return direct.command(*args) if name == "command" else MOVED

    def final(self, sql: str) -> BaseException | None:
        """Run a command to its end whatever cancellations arrive; returns the first of them."""
        return self.direct.final(sql)

    def discard(self) -> None:
        self.direct.close()
        super().discard()

    def _call(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return method(*args, **kwargs)

    fetch_all = _Link._fetch_all
    run = _Link._change
    run_many = _Link._change_many
    command = _Link._command
    cursor_execute = _Link._cursor_execute
    cursor_executemany = _Link._cursor_executemany
    cursor_callproc = _Link._cursor_callproc
    cursor_fetch = _Link._cursor_fetch

    async def _fetch_from(self, portal: Portal, size: int | None) -> list[Any]:
        rows = await super()._fetch_from(portal, size)
        if portal.open and (size is None or len(rows) < size):
            # Closing a cursor cannot wait, so it is done with the last rows.
            await self._close(portal)
        return rows

    def cursor_close(self, cursor: Any) -> None:
        if isinstance(cursor, Portal) and cursor.open and cursor.holdable:
            self.tainted = True

    async def close(self) -> None:
        """End it properly."""
        self.broken = self.ended = True
        self.direct.close()
        await self.raw.close()
