"""Hot statements, said to the server through libpq itself. Source: docs/internals/postgresql-hot-path.

A statement that runs often is prepared, and then run past the driver's cursors: its parameters are dumped and its rows are
loaded by the driver's own adapters, in binary where that gives the same values.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import errors, generators, pq
from psycopg.adapt import PyFormat, Transformer

from offbeat.concurrency import wait
from offbeat.db.backends.base.state import MOVED, Result
from offbeat.db.backends.postgresql.adapting import LiteralIntDumper

__all__ = ["AsyncDirect", "Direct", "SyncDirect"]

_IDLE = pq.TransactionStatus.IDLE
_READY = frozenset({_IDLE, pq.TransactionStatus.INTRANS})
_TEXT, _BINARY = pq.Format.TEXT, pq.Format.BINARY
_ROWS = pq.ExecStatus.TUPLES_OK
_FINE = frozenset({_ROWS, pq.ExecStatus.COMMAND_OK, pq.ExecStatus.EMPTY_QUERY})
_TIMESTAMPTZ = 1184
# Types whose values are the same whichever way they travel, if the adapters for text are the driver's; and the time that
# loading one takes longer in text than in binary, in nanoseconds: all columns of a statement travel the same way.
_GAIN = {
    psycopg.postgres.types[name].oid: gain
    for name, gain in {
        "bool": 1,
        "bpchar": 1,
        "bytea": 20,
        "date": -110,
        "float8": 150,
        "int2": 22,
        "int4": 22,
        "int8": 20,
        "interval": 25,
        "name": 1,
        "numeric": -550,
        "text": 3,
        "time": 1,
        "timestamp": -25,
        "timestamptz": 40,
        "uuid": 20,
        "varchar": 3,
    }.items()
}
# The server cannot tell a parameter's type, takes it for another, or has changed the table behind a prepared statement.
REFUSALS = (errors.ProgrammingError, errors.DataError, errors.NotSupportedError)
# The prepared statement is out of date, or gone.
_STALE = (errors.FeatureNotSupported, errors.InvalidSqlStatementName)
# Statements with more parameters are not worth a place among the prepared ones.
MOST_PARAMETERS = 1000
PREPARED_MAX = 500
_SEQUENCES = frozenset({tuple, list})
# How long a connection whose statement was cancelled may take to come to rest, in seconds.
RECOVERY = 2.0
# How often a connection with a statement under way is looked at, in seconds.
LOOK_AFTER = 0.5
# Answers in more pieces are large: a connection that gets them is made to read more at once, so many times at most.
SMALL = 2
WIDENINGS = 8
# Whether a socket can have a second number, under which it is watched while the driver watches it under the first.
KEEPS_WATCHING = sys.platform != "win32"

_PLACES = re.compile(r"%(.?)")
# What to dump and send so many parameters with.
_autos = lru_cache(maxsize=64)(lambda count: [PyFormat.AUTO] * count)
_texts = lru_cache(maxsize=64)(lambda count: [_TEXT] * count)
_int4s = lru_cache(maxsize=64)(lambda count: (psycopg.postgres.types["int4"].oid,) * count)
# Integers are dumped without the driver: keys mostly are.
_INTEGERS = {int}
_digits = b"%d".__mod__


class Statement:
    """A prepared statement of one connection."""

    __slots__ = ("format", "loaded", "name", "rows")

    def __init__(self, name: bytes, rows: Any) -> None:
        self.name = name
        self.rows = rows
        # In text until it is known what the columns are.
        self.format = _TEXT
        self.loaded = False


def numbered(sql: str) -> str | None:
    """With the server's placeholders; None for placeholders of other kinds."""
    count = 0

    def place(match: re.Match[str]) -> str:
        nonlocal count
        if match[1] == "s":
            count += 1
            return f"${count}"
        if match[1] != "%":
            raise ValueError
        return "%"

    try:
        return _PLACES.sub(place, sql)
    except ValueError:
        return None


class Direct:
    """The hot statements of one connection. Methods give MOVED where the driver has to do it."""

    def __init__(self, link: Any) -> None:
        self.link = link
        self.raw = link.raw
        self.pgconn = link.raw.pgconn
        self.binding = link.binding
        self.known: dict[str, dict[Any, Statement]] = {}
        self.count = 0
        self.made = 0
        self.dumping = Transformer(self.raw)
        self.stock_integers = self.raw.adapters.get_dumper(int, PyFormat.AUTO) is LiteralIntDumper

    def fetch_all(self, sql: str, params: Any) -> Any:
        """The rows of a query."""
        found = self._run(sql, params)
        if found is MOVED:
            return MOVED
        statement, result = found
        if result.status != _ROWS:
            status = (result.command_status or b"").decode()
            raise psycopg.ProgrammingError(
                f"the last operation didn't produce records (command status: {status})"
            )
        return self._rows(statement, result)

    def run(self, sql: str, params: Any) -> Any:
        """The outcome of a statement that changes something."""
        found = self._run(sql, params)
        if found is MOVED:
            return MOVED
        statement, result = found
        if result.status == _ROWS:
            rows = self._rows(statement, result)
            return Result(len(rows), None, rows)
        count = result.command_tuples
        return Result(-1 if count is None else count, None, None)

    def _run(self, sql: str, params: Any) -> Any:
        status = self.pgconn.transaction_status
        if status not in _READY:
            return MOVED
        known = self.known.get(sql)
        if known is None and not self.binding.hot(sql):
            return MOVED
        if type(params) not in _SEQUENCES or len(params) > MOST_PARAMETERS or not self._free():
            return MOVED
        try:
            data, types, formats = self._dump(params)
        except psycopg.Error:
            return MOVED
        statement = None if known is None else known.get(types)
        try:
            if statement is None:
                statement = self._prepare(sql, types, status == _IDLE)
                if statement is None:
                    return MOVED
            return statement, self._execute(statement, data, formats)
        except _STALE as error:
            self._drop(sql, error)
            if status != _IDLE:
                raise
        except REFUSALS:
            if status != _IDLE:
                if statement is None:
                    # When the transaction is tried again, it goes the other way.
                    self.binding.refused(sql)
                raise
            self.binding.doubted(sql)
            return MOVED
        return self._again(sql, types, data, formats)

    def _again(self, sql: str, types: Any, data: Any, formats: Any) -> Any:
        """After a change of the schema: prepare anew, once."""
        try:
            statement = self._prepare(sql, types, True)
            return MOVED if statement is None else (statement, self._execute(statement, data, formats))
        except REFUSALS:
            self.binding.doubted(sql)
            return MOVED

    def _dump(self, params: Any) -> tuple[Any, Any, Any]:
        """The parameters for the server, their types, their formats."""
        if self.stock_integers and {*map(type, params)} == _INTEGERS:
            if min(params) >= -(2**31) and max(params) < 2**31:
                count = len(params)
                return list(map(_digits, params)), _int4s(count), _texts(count)
        dumping = self.dumping
        return dumping.dump_sequence(params, _autos(len(params))), dumping.types, dumping.formats

    def _free(self) -> Any:
        """Whether nobody is doing something else with the driver's connection, as its owner can in a pinned session."""
        raw = self.raw
        return raw.autocommit and not (raw.lock.locked() or self.pgconn.pipeline_status)

    def _prepare(self, sql: str, types: tuple[int, ...] | None, may_fail: bool) -> Statement | None:
        if not (may_fail or self.binding.proven(sql, types)):
            return None
        text = numbered(sql)
        if text is None:
            self.binding.refused(sql)
            return None
        if self.count >= PREPARED_MAX:
            self._evict()
        self.made += 1
        name = b"_offbeat_%d" % self.made
        self.pgconn.send_prepare(name, text.encode(self.dumping.encoding), types)
        self._checked(self._answer())
        statement = Statement(name, Transformer(self.raw))
        self.known.setdefault(sql, {})[types] = statement
        self.count += 1
        self.binding.taken(sql, types)
        return statement

    def _evict(self) -> None:
        """Make room: the statement that was prepared first goes."""
        oldest = next(iter(self.known))
        for statement in self.known.pop(oldest).values():
            self.count -= 1
            self.command("DEALLOCATE " + statement.name.decode())

    def _execute(self, statement: Statement, data: Any, formats: Any) -> Any:
        self.pgconn.send_query_prepared(statement.name, data, formats, statement.format)
        return self._checked(self._answer())

    def command(self, sql: str) -> Any:
        """Run a command without parameters."""
        if not self._free():
            return MOVED
        self.pgconn.send_query(sql.encode(self.dumping.encoding))
        return self._checked(self._answer())

    def _checked(self, result: Any) -> Any:
        status = result.status
        if status not in _FINE:
            raise errors.error_from_result(result, encoding=self.dumping.encoding)
        if self.link.tainted and (handler := self.pgconn.notify_handler) is not None:
            while (notify := self.pgconn.notifies()) is not None:
                handler(notify)
        return result

    def _rows(self, statement: Statement, result: Any) -> list[tuple[Any, ...]]:
        loading = statement.rows
        loading.set_pgresult(result, set_loaders=not statement.loaded, format=statement.format)
        try:
            rows: list[tuple[Any, ...]] = loading.load_rows(0, result.ntuples, tuple)
        finally:
            loading.set_pgresult(None, set_loaders=False)
        if not statement.loaded:
            if statement.format is _TEXT and self._gains_in_binary(result):
                statement.format = _BINARY
            else:
                statement.loaded = True
        return rows

    def _gains_in_binary(self, result: Any) -> bool:
        """Whether rows of these columns are the same in binary, and loaded sooner."""
        adapters = self.raw.adapters
        gain = 0
        for column in range(result.nfields):
            oid = result.ftype(column)
            gain += _GAIN.get(oid, 0)
            if oid == _TIMESTAMPTZ:
                moment = self.dumping.get_loader(oid, _BINARY).load(bytes(8))
                if moment.tzinfo is not self.link.wrapper.timezone:
                    return False
            elif oid not in _GAIN or (
                adapters.get_loader(oid, _TEXT) is not psycopg.adapters.get_loader(oid, _TEXT)
            ):
                return False
        return gain > 0

    def _drop(self, sql: str, error: psycopg.Error) -> None:
        """Statements that are out of date, or all of them where they are gone."""
        if isinstance(error, errors.InvalidSqlStatementName):
            self.forget()
            return
        stale = self.known.pop(sql, {})
        self.count -= len(stale)
        if self.pgconn.transaction_status == _IDLE:
            for statement in stale.values():
                self.command("DEALLOCATE " + statement.name.decode())

    def forget(self) -> None:
        """The prepared statements are gone, or the adapters they use have changed."""
        self.known.clear()
        self.count = 0
        self.dumping = Transformer(self.raw)

    def _answer(self) -> Any:
        """The result of what was sent."""
        raise NotImplementedError


class SyncDirect(Direct):
    """Blocks its thread, in the driver, which knows about signals."""

    def _answer(self) -> Any:
        return self.raw.wait(generators.execute(self.pgconn))[-1]


class AsyncDirect(Direct):
    """Suspends the bridge. The socket is watched as long as the driver leaves it alone."""

    def __init__(self, link: Any) -> None:
        super().__init__(link)
        self.loop = asyncio.get_running_loop()
        # What waits for the answer.
        self.future: asyncio.Future[Any] | None = None
        self.result: Any = None
        # In how many pieces the answer has come so far, and how often libpq was made to take more at once.
        self.pieces = 0
        self.widened = 0
        # The driver watches the same socket in its own way, under its own number.
        self.fd = -1
        self.watching = False
        self.alarm: asyncio.TimerHandle | None = None

    def _answer(self) -> Any:
        pgconn = self.pgconn
        self.future = future = self.loop.create_future()
        self._expect()
        try:
            if pgconn.flush():
                # More than the socket takes at once.
                self.future = None
                return wait(self.raw.wait(generators.execute(pgconn)))[-1]
            return wait(future)
        except BaseException as exc:
            if self.future is not None:
                self.future = None
                self._recover(exc)
            raise

    def final(self, sql: str) -> BaseException | None:
        """Run a command to its end, whatever cancellations arrive meanwhile; the first of them."""
        self.pgconn.send_query(sql.encode(self.dumping.encoding))
        self.future = future = self.loop.create_future()
        self._expect()
        cancelled: BaseException | None = None
        while not future.done():
            try:
                wait(asyncio.shield(future))
            except asyncio.CancelledError as exc:
                cancelled = cancelled or exc
            except psycopg.Error:
                break
            except BaseException:
                self.link.broken = True
                raise
        self._checked(future.result())
        return cancelled

    def _expect(self) -> None:
        """See to it that an answer is noticed."""
        if not self.watching:
            self._watch()
        if self.alarm is None:
            self.alarm = self.loop.call_later(LOOK_AFTER, self._look)

    def _look(self) -> None:
        """Look for what the loop has missed: uvloop stops watching a socket that was reset, and tells nobody."""
        self.alarm = None
        if self.future is None:
            return
        if self.link.has_input():
            self._unwatch()
            self._ready()
        if self.future is not None:
            self._expect()

    def _watch(self) -> None:
        if self.fd < 0:
            socket = self.pgconn.socket
            self.fd = os.dup(socket) if KEEPS_WATCHING else socket
        self.loop.add_reader(self.fd, self._ready)
        self.watching = True

    def _unwatch(self) -> None:
        if self.watching:
            self.watching = False
            if not self.loop.is_closed():
                self.loop.remove_reader(self.fd)

    def close(self) -> None:
        """Leave the socket."""
        self._unwatch()
        if self.alarm is not None:
            self.alarm.cancel()
            self.alarm = None
        if self.fd >= 0:
            fd, self.fd = self.fd, -1
            if KEEPS_WATCHING:
                os.close(fd)

    def _ready(self) -> None:
        """There is something to read."""
        future = self.future
        if future is None:
            # For the driver; or the server has hung up, which is found out when the connection is used.
            self._unwatch()
            return
        pgconn = self.pgconn
        try:
            pgconn.consume_input()
            self.pieces += 1
            if self.pieces > SMALL and self.widened < WIDENINGS:
                # libpq reads as much as its buffer has room for, 16 kB, and makes more room when that lies there unread.
                self.widened += 1
                pgconn.consume_input()
            while not pgconn.is_busy():
                result = pgconn.get_result()
                if result is None:
                    self._arrived(future)
                    return
                self.result = result
        except psycopg.Error as exc:
            self._unwatch()
            if self.result is not None:
                # The server has said why.
                self._arrived(future)
            else:
                self.future = None
                if not future.done():
                    future.set_exception(exc)

    def _arrived(self, future: asyncio.Future[Any]) -> None:
        result, self.result = self.result, None
        self.pieces = 0
        self.future = None
        self.link.answered = True
        if not KEEPS_WATCHING:
            self._unwatch()
        if not future.done():
            future.set_result(result)

    def _recover(self, exc: BaseException) -> None:
        """Nobody waits for the answer any more: have the statement cancelled, and read what comes of it."""
        self._unwatch()
        self.result = None
        if not isinstance(exc, asyncio.CancelledError):
            self.link.broken = True
            return
        try:
            wait(self._rest())
        except BaseException:
            self.link.broken = True

    async def _rest(self) -> None:
        async with asyncio.timeout(RECOVERY):
            await self.raw.cancel_safe(timeout=RECOVERY)
            await self.raw.wait(generators.fetch_many(self.pgconn))
