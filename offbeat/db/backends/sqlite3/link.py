"""The drivers: a sqlite3 connection used directly, one moved to a thread of its own, and one shared with the loop."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from _thread import start_new_thread
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from queue import SimpleQueue
from typing import Any

from offbeat.db.backends.base.state import Result
from offbeat.db.backends.sqlite3.lane import AtOnce, Manners
from offbeat.db.backends.sqlite3.placeholders import named_to_driver, to_driver_sql
from offbeat.db.utils import InterfaceError

__all__ = ["InlineLink", "SQLiteLink", "ThreadLink"]

# Rows a cursor fetches in the same hop as its execution.
AHEAD = 100
# A statement may begin just after it was interrupted: interrupt again at this interval until it has ended.
INTERRUPT_AGAIN = 0.02


class SQLiteLink:
    """A connection used in the calling thread."""

    inline = False
    # Whether a setting of the connection is changed for the moment.
    tainted = False

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw
        self.execute = raw.execute
        self.holder = ""

    @property
    def in_transaction(self) -> bool:
        return self.raw.in_transaction

    def fetch_all(self, sql: str, params: Any) -> list[tuple[Any, ...]]:
        return self.execute(sql, params).fetchall()

    def run(self, sql: str, params: Any) -> Result:
        cursor = self.execute(sql, params)
        rows = cursor.fetchall() if cursor.description is not None else None
        return Result(cursor.rowcount, cursor.lastrowid, rows)

    def run_many(self, sql: str, seq_of_params: Sequence[Any]) -> int:
        return self.raw.executemany(sql, seq_of_params).rowcount

    def command(self, sql: str) -> None:
        self.execute(sql)

    def cursor_execute(
        self, cursor: sqlite3.Cursor | None, sql: str, params: Any, options: Any
    ) -> tuple[sqlite3.Cursor, list[Any] | None]:
        if cursor is None:
            cursor = self.raw.cursor()
        if params is None:
            cursor.execute(sql)
        elif isinstance(params, Mapping):
            cursor.execute(named_to_driver(sql, params), params)
        else:
            cursor.execute(to_driver_sql(sql), params if isinstance(params, (list, tuple)) else tuple(params))
        return cursor, None

    def cursor_executemany(
        self, cursor: sqlite3.Cursor | None, sql: str, param_list: Any, options: Any
    ) -> tuple[sqlite3.Cursor, list[Any] | None]:
        if cursor is None:
            cursor = self.raw.cursor()
        sets = iter(param_list)
        first = next(sets, None)
        if first is None:
            return cursor, None
        driver_sql = named_to_driver(sql, first) if isinstance(first, Mapping) else to_driver_sql(sql)
        cursor.executemany(driver_sql, chain((first,), sets))
        return cursor, None

    def cursor_callproc(self, cursor: Any, name: str, params: Any, options: Any) -> Any:
        raise sqlite3.NotSupportedError("SQLite has no stored procedures.")

    def cursor_fetch(self, cursor: sqlite3.Cursor, size: int | None) -> list[Any]:
        return cursor.fetchall() if size is None else cursor.fetchmany(size)

    def cursor_close(self, cursor: sqlite3.Cursor) -> None:
        try:
            cursor.close()
        except sqlite3.ProgrammingError:  # the connection was closed before
            pass

    def alive(self) -> bool:
        try:
            self.execute("SELECT 1")
        except sqlite3.Error:
            return False
        return True

    def close(self) -> None:
        self.raw.close()

    def discard(self) -> None:
        try:
            self.raw.close()
        except sqlite3.Error:  # a statement is running somewhere: the last reference will close it
            pass


class InlineLink:
    """A connection used in the loop's thread: that thread's own, for databases in memory, or a lane's."""

    inline = True
    broken = False
    tainted = False
    at_once = None

    def __init__(self, link: SQLiteLink, own: bool = False) -> None:
        self.link = link
        self.raw = link.raw
        # Whether it was opened for the loop, and is not yet known to those who want to hear of connections.
        self.own = own
        self.holder = ""

    @property
    def in_transaction(self) -> bool:
        return self.raw.in_transaction

    def reusable(self) -> bool:
        return not self.raw.in_transaction and not self.tainted

    def cursor_close(self, cursor: Any) -> None:
        self.link.cursor_close(cursor)

    def discard(self) -> None:
        """Closing would delete the database: only end what was left open."""
        if self.raw.in_transaction:
            self.raw.rollback()
        if self.tainted:
            self.raw.execute("PRAGMA foreign_keys = ON")
            self.tainted = False

    async def close(self) -> None:
        return None


class _Job:
    __slots__ = ("args", "ended", "fn", "future", "over", "skip")

    def __init__(
        self, fn: Callable[..., Any], args: tuple[Any, ...], future: asyncio.Future[Any] | None
    ) -> None:
        self.fn = fn
        self.args = args
        self.future = future
        self.skip = False
        self.over = False
        self.ended: asyncio.Future[None] | None = None


class ThreadLink:
    """A connection with a thread of its own. Every method is one hop: execute and fetch together."""

    inline = False
    own = True
    tainted = False

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        connect: Callable[[], SQLiteLink],
        manners: Manners | None = None,
    ) -> None:
        self.loop = loop
        self.connect = connect
        self.manners = manners
        # What runs the statements of a transaction without the thread, where that is wanted.
        self.at_once: AtOnce | None = None
        self.holder = ""
        self.broken = False
        self.raw: Any = None
        self.link: Any = None
        self.jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self.started = False
        self.ended = threading.Event()

    async def open(self, link: SQLiteLink | None = None) -> None:
        """Connect in the thread; or take over `link`, and start the thread when it is needed."""
        if link is None:
            try:
                link = await self._call(self.connect)
            except BaseException:
                self.discard()
                raise
        self.link = link
        self.raw = self.link.raw
        if self.manners is not None:
            self.at_once = AtOnce(self.loop, self, self.manners)

    def _work(self) -> None:
        link: SQLiteLink | None = self.link
        while True:
            job = self.jobs.get()
            if job is None:
                break
            result = error = None
            if not job.skip:
                try:
                    result = job.fn(*job.args)
                except BaseException as exc:
                    error = exc
                else:
                    if job.fn == self.connect:
                        link = result
            if job.future is not None:
                try:
                    self.loop.call_soon_threadsafe(_deliver, job, result, error)
                except RuntimeError:  # the loop is closed, and with it everyone who waited
                    pass
            job = result = error = None
        if link is not None:
            link.discard()
        self.ended.set()

    async def _call(self, fn: Callable[..., Any], *args: Any) -> Any:
        if self.at_once is not None:
            self.at_once.leave()
        return await self._post(fn, *args)

    async def _post(self, fn: Callable[..., Any], *args: Any) -> Any:
        if self.broken:
            raise InterfaceError("This connection was given up after an error.")
        job = _Job(fn, args, self.loop.create_future())
        if not self.started:
            self.started = True
            # Not threading.Thread, which waits here until the new thread has run: on a busy machine for long.
            start_new_thread(self._work, ())
        self.jobs.put(job)
        try:
            return await job.future  # type: ignore[misc]
        except asyncio.CancelledError:
            await self._end_of(job)
            raise

    async def _end_of(self, job: _Job) -> None:
        """Stop a statement and wait until it has stopped, whatever cancellations arrive."""
        assert job.future is not None
        # The end may have been reported between the cancellation and this moment.
        if job.over:
            return
        job.skip = True
        job.ended = self.loop.create_future()
        while not job.ended.done():
            self.interrupt()
            try:
                await asyncio.wait((job.ended,), timeout=INTERRUPT_AGAIN)
            except asyncio.CancelledError:
                continue

    def interrupt(self) -> None:
        raw = self.raw
        if raw is not None:
            try:
                raw.interrupt()
            except sqlite3.ProgrammingError:  # closed already
                pass

    @property
    def in_transaction(self) -> bool:
        try:
            return bool(self.raw is not None and self.raw.in_transaction)
        except sqlite3.ProgrammingError:
            return False

    def fetch_all(self, sql: str, params: Any) -> Any:
        return self._call(self.link.fetch_all, sql, params)

    def run(self, sql: str, params: Any) -> Any:
        return self._call(self.link.run, sql, params)

    def run_many(self, sql: str, seq_of_params: Any) -> Any:
        return self._call(self.link.run_many, sql, seq_of_params)

    def command(self, sql: str) -> Any:
        return self._post(self.link.command, sql)

    def cursor_execute(self, cursor: Any, sql: str, params: Any, options: Any) -> Any:
        return self._call(self._execute_ahead, cursor, sql, params, options)

    def _execute_ahead(self, cursor: Any, sql: str, params: Any, options: Any) -> Any:
        cursor, _ = self.link.cursor_execute(cursor, sql, params, options)
        return cursor, cursor.fetchmany(AHEAD) if cursor.description is not None else None

    def cursor_executemany(self, cursor: Any, sql: str, param_list: Any, options: Any) -> Any:
        return self._call(self.link.cursor_executemany, cursor, sql, param_list, options)

    def cursor_callproc(self, cursor: Any, name: str, params: Any, options: Any) -> Any:
        return self._call(self.link.cursor_callproc, cursor, name, params, options)

    def cursor_fetch(self, cursor: Any, size: int | None) -> Any:
        return self._call(self.link.cursor_fetch, cursor, size)

    def cursor_close(self, cursor: Any) -> None:
        # In order after what the thread is doing (it made the cursor), and without waiting for it.
        self.jobs.put(_Job(self.link.cursor_close, (cursor,), None))

    def reusable(self) -> bool:
        if self.broken or self.tainted or self.in_transaction:
            return False
        return not self.ended.is_set()

    def discard(self) -> None:
        """End the connection at once, without waiting."""
        if self.broken:
            return
        self.broken = True
        if self.started:
            self.interrupt()
            self.jobs.put(None)
        elif self.link is not None:
            self.link.discard()

    async def close(self) -> None:
        """End the connection and wait for it."""
        if self.started and not self.broken and self.link is not None:
            await self._call(self.link.close)
            self.broken = True
            self.jobs.put(None)
            # It has nothing left to do.
            self.ended.wait(1)
        else:
            self.discard()


def _deliver(job: _Job, result: Any, error: BaseException | None) -> None:
    future = job.future
    assert future is not None
    job.over = True
    if not future.done():
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
    if job.ended is not None and not job.ended.done():
        job.ended.set_result(None)
