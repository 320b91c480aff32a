"""Cursors, and helpers for names and values in SQL. Source: Django documentation, topics/db/sql; PEP 249."""

from __future__ import annotations

import datetime
import decimal
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from hashlib import md5
from typing import Any

from offbeat.concurrency import async_face, spawn
from offbeat.db.utils import NotSupportedError

__all__ = [
    "CursorDebugWrapper",
    "CursorWrapper",
    "debug_transaction",
    "format_number",
    "logger",
    "names_digest",
    "split_identifier",
    "split_tzname_delta",
    "strip_quotes",
    "truncate_name",
    "typecast_date",
    "typecast_time",
    "typecast_timestamp",
]

logger = logging.getLogger("offbeat.db.backends")


class CursorWrapper:
    """The cursor of the documented face: `%s` placeholders, execute wrappers, our errors, both colours.

    Every method that reaches the database has an asynchronous face: ``await cursor.aexecute(sql)``, ``async with
    connection.cursor() as cursor``, ``async for row in cursor``.
    """

    def __init__(self, cursor: Any, db: Any) -> None:
        self.cursor = cursor
        self.db = db

    def __getattr__(self, attr: str) -> Any:
        return getattr(self.cursor, attr)

    def __iter__(self) -> Iterator[Any]:
        with self.db.wrap_database_errors:
            yield from self.cursor

    async def __aiter__(self) -> AsyncIterator[Any]:
        while (row := await spawn(self.fetchone)) is not None:
            yield row

    def __enter__(self) -> CursorWrapper:
        return self

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        # The driver may find the cursor broken: what happened in the block matters more.
        try:
            self.close()
        except self.db.Database.Error:
            pass

    async def __aenter__(self) -> CursorWrapper:
        return await spawn(self.__enter__)

    async def __aexit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        await spawn(self.__exit__, exc_type, exc_value, traceback)

    def callproc(
        self, procname: str, params: Sequence[Any] | None = None, kparams: Mapping[str, Any] | None = None
    ) -> Any:
        """Call a stored procedure."""
        if kparams is not None and not self.db.features.supports_callproc_kwargs:
            raise NotSupportedError(
                "Keyword parameters for callproc are not supported on this database backend."
            )
        self.db.validate_no_broken_transaction()
        with self.db.wrap_database_errors:
            if params is None and kparams is None:
                return self.cursor.callproc(procname)
            if kparams is None:
                return self.cursor.callproc(procname, params)
            return self.cursor.callproc(procname, params or (), kparams)

    def execute(self, sql: str, params: Any = None) -> Any:
        """Run one statement; `params` is a sequence, or a dict for ``%(name)s`` placeholders."""
        return self.run_wrapped(sql, params, False, self._execute)

    def executemany(self, sql: str, param_list: Any) -> Any:
        """Run a statement for each of the parameter sets."""
        return self.run_wrapped(sql, param_list, True, self._executemany)

    def run_wrapped(self, sql: str, params: Any, many: bool, executor: Callable[..., Any]) -> Any:
        """Pass a statement through the execute wrappers (the last one installed is the outermost) to `executor`."""
        wrappers = self.db.current_wrappers()
        if not wrappers:
            return executor(sql, params, many, None)
        context = {"connection": self.db, "cursor": self}
        for wrapper in wrappers:
            executor = partial(wrapper, executor)
        return executor(sql, params, many, context)

    def _execute(self, sql: str, params: Any, *ignored: Any) -> Any:
        with self.db.wrap_database_errors:
            if params is None:
                return self.cursor.execute(sql)
            return self.cursor.execute(sql, params)

    def _executemany(self, sql: str, param_list: Any, *ignored: Any) -> Any:
        with self.db.wrap_database_errors:
            return self.cursor.executemany(sql, param_list)

    def fetchone(self) -> Any:
        """The next row, or None."""
        with self.db.wrap_database_errors:
            return self.cursor.fetchone()

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next `size` rows."""
        with self.db.wrap_database_errors:
            rows: list[Any] = self.cursor.fetchmany() if size is None else self.cursor.fetchmany(size)
            return rows

    def fetchall(self) -> list[Any]:
        """All remaining rows."""
        with self.db.wrap_database_errors:
            return self.cursor.fetchall()  # type: ignore[no-any-return]

    def close(self) -> None:
        """Free the cursor, and the connection if it was pinned for it."""
        self.cursor.close()

    aexecute = async_face(execute)
    aexecutemany = async_face(executemany)
    acallproc = async_face(callproc)
    afetchone = async_face(fetchone)
    afetchmany = async_face(fetchmany)
    afetchall = async_face(fetchall)
    aclose = async_face(close)


class CursorDebugWrapper(CursorWrapper):
    """A cursor that logs its queries to `connection.queries` and to the logger `offbeat.db.backends`."""

    def execute(self, sql: str, params: Any = None) -> Any:
        with self.debug_sql(sql, params, use_last_executed_query=True):
            return super().execute(sql, params)

    def executemany(self, sql: str, param_list: Any) -> Any:
        with self.debug_sql(sql, param_list, many=True):
            return super().executemany(sql, param_list)

    @contextmanager
    def debug_sql(
        self,
        sql: str | None = None,
        params: Any = None,
        use_last_executed_query: bool = False,
        many: bool = False,
    ) -> Iterator[None]:
        start = time.monotonic()
        try:
            yield
        finally:
            duration = time.monotonic() - start
            if use_last_executed_query:
                sql = self.db.ops.last_executed_query(self.cursor, sql, params)
            times = ""
            if many:
                try:
                    times = str(len(params))
                except TypeError:  # an iterator
                    times = "?"
            self.db.queries_log.append(
                {"sql": f"{times} times: {sql}" if many else sql, "time": f"{duration:.3f}"}
            )
            logger.debug(
                "(%.3f) %s; args=%s; alias=%s",
                duration,
                sql,
                params,
                self.db.alias,
                extra={"duration": duration, "sql": sql, "params": params, "alias": self.db.alias},
            )


@contextmanager
def debug_transaction(connection: Any, sql: str) -> Iterator[None]:
    """Log a transaction command run in the block, where queries are logged."""
    start = time.monotonic()
    try:
        yield
    finally:
        if connection.queries_logged:
            duration = time.monotonic() - start
            connection.queries_log.append({"sql": sql, "time": f"{duration:.3f}"})
            logger.debug(
                "(%.3f) %s; args=%s; alias=%s",
                duration,
                sql,
                None,
                connection.alias,
                extra={"duration": duration, "sql": sql, "alias": connection.alias},
            )


def split_tzname_delta(tzname: str) -> tuple[str, str | None, str | None]:
    """Split "Zone+HH:MM" into name, sign and offset; the last two are None without an offset."""
    for sign in ("+", "-"):
        if sign in tzname:
            name, offset = tzname.rsplit(sign, 1)
            if offset and _is_offset(offset):
                return name, sign, offset
    return tzname, None, None


def _is_offset(text: str) -> bool:
    hours, separator, minutes = text.partition(":")
    return bool(separator) and len(hours) == 2 and len(minutes) == 2 and (hours + minutes).isdigit()


def typecast_date(s: str | None) -> datetime.date | None:
    """A date from text as databases print it."""
    return datetime.date(*map(int, s.split("-"))) if s else None


def typecast_time(s: str | None) -> datetime.time | None:
    """A time from "HH:MM:SS[.ffffff]"."""
    if not s:
        return None
    hour, minutes, seconds = s.split(":")
    whole, _, fraction = seconds.partition(".")
    return datetime.time(int(hour), int(minutes), int(whole), int((fraction or "0").ljust(6, "0")[:6]))


def typecast_timestamp(s: str | None) -> datetime.datetime | datetime.date | None:
    """A naive datetime from "YYYY-MM-DD HH:MM:SS[.ffffff]", dropping an offset; a date if there is no time."""
    if not s:
        return None
    if " " not in s:
        return typecast_date(s)
    day, clock = s.split(" ", 1)
    for sign in ("-", "+"):
        clock = clock.split(sign)[0]
    date, at = typecast_date(day), typecast_time(clock)
    assert date is not None and at is not None
    return datetime.datetime.combine(date, at)


def split_identifier(identifier: str) -> tuple[str, str]:
    """Split an identifier into namespace and name ('"S"."T"' → 'S', 'T'); the namespace may be ''."""
    try:
        namespace, name = identifier.split('"."')
    except ValueError:
        namespace, name = "", identifier
    return namespace.strip('"'), name.strip('"')


def truncate_name(identifier: str, length: int | None = None, hash_len: int = 4) -> str:
    """Shorten an identifier to `length` characters, the last `hash_len` of which are a digest of the whole."""
    namespace, name = split_identifier(identifier)
    if length is None or len(name) <= length:
        return identifier
    digest = names_digest(name, length=hash_len)
    prefix = f'{namespace}"."' if namespace else ""
    return f"{prefix}{name[: length - hash_len]}{digest}"


def names_digest(*args: str, length: int) -> str:
    """A digest of several names, for names of indexes and constraints."""
    digest = md5(usedforsecurity=False)
    for arg in args:
        digest.update(arg.encode())
    return digest.hexdigest()[:length]


def format_number(
    value: decimal.Decimal | None, max_digits: int | None, decimal_places: int | None
) -> str | None:
    """A decimal as text with a fixed number of places, rounded to `max_digits`."""
    if value is None:
        return None
    context = decimal.getcontext().copy()
    if max_digits is not None:
        context.prec = max_digits
    if decimal_places is not None:
        value = value.quantize(decimal.Decimal(1).scaleb(-decimal_places), context=context)
    else:
        context.traps[decimal.Rounded] = True
        value = context.create_decimal(value)
    return f"{value:f}"


def strip_quotes(table_name: str) -> str:
    """A name without its surrounding double quotes."""
    if len(table_name) > 1 and table_name[0] == '"' and table_name[-1] == '"':
        return table_name[1:-1]
    return table_name
