"""SQLite. Source: Django documentation, ref/databases; docs/internals/connections."""

from __future__ import annotations

import asyncio
import datetime
import decimal
import sqlite3 as Database
from asyncio import _get_running_loop
from collections import deque
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from offbeat.concurrency import in_bridge, in_thread, wait
from offbeat.conf import settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.db.backends.base.base import BaseDatabaseWrapper
from offbeat.db.backends.base.state import MOVED, Result
from offbeat.db.backends.base.thread_session import ThreadSession
from offbeat.db.backends.sqlite3.client import DatabaseClient
from offbeat.db.backends.sqlite3.creation import DatabaseCreation
from offbeat.db.backends.sqlite3.features import DatabaseFeatures
from offbeat.db.backends.sqlite3.functions import register
from offbeat.db.backends.sqlite3.introspection import DatabaseIntrospection
from offbeat.db.backends.sqlite3.lane import BUDGET, Lane, Manners
from offbeat.db.backends.sqlite3.link import InlineLink, SQLiteLink, ThreadLink
from offbeat.db.backends.sqlite3.operations import DatabaseOperations
from offbeat.db.backends.sqlite3.rawtypes import ColumnTypes
from offbeat.db.backends.sqlite3.schema import DatabaseSchemaEditor
from offbeat.db.backends.sqlite3.validation import DatabaseValidation
from offbeat.db.pool import FairLock, LoopPool
from offbeat.db.utils import IntegrityError, OperationalError

__all__ = ["Database", "DatabaseWrapper"]

# Python's own adapters for dates are deprecated since 3.12, and print a "T" that Django's data does not have.
Database.register_adapter(decimal.Decimal, str)
Database.register_adapter(datetime.date, datetime.date.isoformat)
Database.register_adapter(datetime.datetime, lambda value: value.isoformat(" "))

STATEMENT_CACHE = 512
# Connections that threads have given up because of CONN_MAX_AGE, kept for the next thread.
RETIRED_LIMIT = 8


def _char_type(data: dict[str, Any]) -> str:
    return "varchar" if data["max_length"] is None else f"varchar({data['max_length']})"


class DatabaseWrapper(BaseDatabaseWrapper):
    """Connections to one SQLite database."""

    vendor = "sqlite"
    display_name = "SQLite"
    Database = Database
    default_pool_size = 8

    data_types = {
        "AutoField": "integer",
        "BigAutoField": "integer",
        "BinaryField": "BLOB",
        "BooleanField": "bool",
        "CharField": _char_type,
        "DateField": "date",
        "DateTimeField": "datetime",
        "DecimalField": "decimal",
        "DurationField": "bigint",
        "FileField": "varchar(%(max_length)s)",
        "FilePathField": "varchar(%(max_length)s)",
        "FloatField": "real",
        "IntegerField": "integer",
        "BigIntegerField": "bigint",
        "IPAddressField": "char(15)",
        "GenericIPAddressField": "char(39)",
        "JSONField": "text",
        "PositiveBigIntegerField": "bigint unsigned",
        "PositiveIntegerField": "integer unsigned",
        "PositiveSmallIntegerField": "smallint unsigned",
        "SlugField": "varchar(%(max_length)s)",
        "SmallAutoField": "integer",
        "SmallIntegerField": "smallint",
        "TextField": "text",
        "TimeField": "time",
        "UUIDField": "char(32)",
    }
    data_type_check_constraints = {
        "PositiveBigIntegerField": '"%(column)s" >= 0',
        "JSONField": '(JSON_VALID("%(column)s") OR "%(column)s" IS NULL)',
        "PositiveIntegerField": '"%(column)s" >= 0',
        "PositiveSmallIntegerField": '"%(column)s" >= 0',
    }
    data_types_suffix = {
        "AutoField": "AUTOINCREMENT",
        "BigAutoField": "AUTOINCREMENT",
        "SmallAutoField": "AUTOINCREMENT",
    }
    operators = {
        "exact": "= %s",
        "iexact": "LIKE %s ESCAPE '\\'",
        "contains": "LIKE %s ESCAPE '\\'",
        "icontains": "LIKE %s ESCAPE '\\'",
        "regex": "REGEXP %s",
        "iregex": "REGEXP '(?i)' || %s",
        "gt": "> %s",
        "gte": ">= %s",
        "lt": "< %s",
        "lte": "<= %s",
        "startswith": "LIKE %s ESCAPE '\\'",
        "endswith": "LIKE %s ESCAPE '\\'",
        "istartswith": "LIKE %s ESCAPE '\\'",
        "iendswith": "LIKE %s ESCAPE '\\'",
    }
    pattern_esc = r"REPLACE(REPLACE(REPLACE({}, '\', '\\'), '%%', '\%%'), '_', '\_')"
    pattern_ops = {
        "contains": r"LIKE '%%' || {} || '%%' ESCAPE '\'",
        "icontains": r"LIKE '%%' || UPPER({}) || '%%' ESCAPE '\'",
        "startswith": r"LIKE {} || '%%' ESCAPE '\'",
        "istartswith": r"LIKE UPPER({}) || '%%' ESCAPE '\'",
        "endswith": r"LIKE '%%' || {} ESCAPE '\'",
        "iendswith": r"LIKE '%%' || UPPER({}) ESCAPE '\'",
    }
    transaction_modes = frozenset({"DEFERRED", "EXCLUSIVE", "IMMEDIATE"})

    SchemaEditorClass = DatabaseSchemaEditor
    client_class = DatabaseClient
    creation_class = DatabaseCreation
    features_class = DatabaseFeatures
    introspection_class = DatabaseIntrospection
    ops_class = DatabaseOperations
    validation_class = DatabaseValidation

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gates: WeakKeyDictionary[asyncio.AbstractEventLoop, FairLock] = WeakKeyDictionary()
        self._column_types = ColumnTypes(register)
        self._retired: deque[SQLiteLink] = deque()

    # The hot path. `fast_scope` says that nothing has to be looked at: see docs/internals/connections.

    def fetch_all(self, driver_sql: str, params: Any = ()) -> list[tuple[Any, ...]]:
        session = self._local.session
        loop = _get_running_loop()
        if loop is None:
            if session is not None and self.scope_reader() is session.fast_scope and not settings.DEBUG:
                try:
                    return session.fast_execute(driver_sql, params).fetchall()  # type: ignore[no-any-return]
                except BaseException as exc:
                    raise self.translated(exc)
        elif (lane := self._lane(loop)) is not None:
            try:
                rows = lane.fetch_all(driver_sql, params)
            except BaseException as exc:
                raise self.translated(exc)
            if rows is not MOVED:
                return rows  # type: ignore[no-any-return]
        return super().fetch_all(driver_sql, params)

    def run(self, driver_sql: str, params: Any = ()) -> Result:
        session = self._local.session
        loop = _get_running_loop()
        if loop is None:
            if session is not None and self.scope_reader() is session.fast_scope and not settings.DEBUG:
                try:
                    cursor = session.fast_execute(driver_sql, params)
                    rows = cursor.fetchall() if cursor.description is not None else None
                    return Result(cursor.rowcount, cursor.lastrowid, rows)
                except BaseException as exc:
                    raise self.translated(exc)
        elif (lane := self._lane(loop)) is not None:
            try:
                result = lane.run(driver_sql, params)
            except BaseException as exc:
                raise self.translated(exc)
            if result is not MOVED:
                return result  # type: ignore[no-any-return]
        return super().run(driver_sql, params)

    def _lane(self, loop: asyncio.AbstractEventLoop) -> Any:
        """The loop's lane, if the current code may use it: on a bridge, in autocommit, with nobody watching."""
        local = self._local
        session = local.session
        if (
            self.scope_reader() is not None
            or (session is not None and (session.blocks or not session.autocommit))
            or settings.DEBUG
            or self._lender is not None
            or not in_bridge()
        ):
            return None
        lane = local.lane
        if lane is None or lane.loop is not loop:
            lane = local.lane = self._find_lane(loop)
        return lane if lane is not None and lane.execute is not None else None

    def _find_lane(self, loop: asyncio.AbstractEventLoop) -> Lane | None:
        if self.inline_in_loop or self.manners is None:
            return None
        pool = self.pool
        if pool.lane is None:
            lane = pool.lane = Lane(loop, self.manners, self.write_gate())
            try:
                wait(self._open_lane(pool, lane))
            except BaseException:
                if pool.lane is lane:
                    pool.drop_lane()
                raise
        found: Lane = pool.lane
        return found

    async def _open_lane(self, pool: LoopPool, lane: Lane) -> None:
        await pool.watch_loop()
        self.check_settings()
        params = self.get_connection_params()
        link = self._connect_at_once(params)
        if link is not None:
            lane.opened(link)
        else:
            with self.wrap_database_errors:
                await in_thread(lambda: lane.opened(SQLiteLink(self.get_new_connection(params))))
        if lane.loop is None:
            return
        self._announce(InlineLink(lane.link, own=True))
        lane.ready()

    def _connect_at_once(self, params: dict[str, Any]) -> SQLiteLink | None:
        """A connection made without a thread, if the file is ready; None if opening it may have to wait.

        A process that never starts a thread is spared the locking inside the C library: a fifth of a long fetch.
        """
        try:
            raw = self.get_new_connection({**params, "timeout": 0})
        except Database.Error:
            return None
        try:
            (mode,) = raw.execute("PRAGMA journal_mode").fetchone()
            if mode == "wal":
                if raw.execute("PRAGMA busy_timeout").fetchone() == (0,):
                    patience = int(float(params.get("timeout", 5)) * 1000)
                    raw.execute(f"PRAGMA busy_timeout = {patience}")
                return SQLiteLink(raw)
        except Database.Error:
            pass
        raw.close()
        return None

    @cached_property
    def manners(self) -> Manners | None:
        """How statements behave in the loop's thread; None if they are not to run there."""
        budget = float(self.settings_dict["OPTIONS"].get("inline_budget", BUDGET))
        return Manners(budget) if budget > 0 else None

    # Connecting.

    def is_in_memory_db(self) -> bool:
        """Whether the database lives in memory (and is never closed, as that would delete it)."""
        return bool(self.creation.is_in_memory_db(self.settings_dict["NAME"]))

    @property
    def inline_in_loop(self) -> bool:  # type: ignore[override]
        return self.is_in_memory_db()

    def get_connection_params(self) -> dict[str, Any]:
        name = self.settings_dict["NAME"]
        if not name:
            raise ImproperlyConfigured(
                "settings.DATABASES is improperly configured. Please supply the NAME value."
            )
        params: dict[str, Any] = {
            "database": str(name) if isinstance(name, Path) else name,
            "cached_statements": STATEMENT_CACHE,
            **self.settings_dict["OPTIONS"],
        }
        for ours in ("pool_size", "pool_timeout", "inline_budget"):
            params.pop(ours, None)
        if params.pop("check_same_thread", False):
            import warnings

            warnings.warn(
                "The `check_same_thread` option was provided and set to True. It will be overridden with False. Use "
                "the `DatabaseWrapper.allow_thread_sharing` property instead for controlling thread shareability.",
                RuntimeWarning,
                stacklevel=2,
            )
        mode = params.pop("transaction_mode", None)
        if mode is not None and str(mode).upper() not in self.transaction_modes:
            allowed = ", ".join([f"'{known}'" for known in sorted(self.transaction_modes)])
            raise ImproperlyConfigured(
                f"settings.DATABASES[{self.alias!r}]['OPTIONS']['transaction_mode'] is improperly configured to "
                f"'{mode}'. Use one of {allowed}, or None."
            )
        params["init_command"] = params.get("init_command", "")
        params.update(check_same_thread=False, uri=True, isolation_level=None)
        return params

    @cached_property
    def transaction_mode(self) -> str | None:
        """The word after BEGIN. Files: IMMEDIATE unless set otherwise, as a lock cannot be upgraded under others."""
        options = self.settings_dict["OPTIONS"]
        if "transaction_mode" in options:
            mode = options["transaction_mode"]
            return None if mode is None else str(mode).upper()
        return None if self.is_in_memory_db() else "IMMEDIATE"

    def begin_sql(self, atomic: Any) -> str:
        mode = self.transaction_mode
        return f"BEGIN {mode}" if mode else "BEGIN"

    def get_database_version(self) -> tuple[int, ...]:
        return Database.sqlite_version_info

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        params = dict(conn_params)
        init_command = params.pop("init_command", "")
        connection = Database.connect(**params)
        try:
            register(connection)
            connection.execute("PRAGMA foreign_keys = ON")
            # Renaming a table has to reach the references to it.
            connection.execute("PRAGMA legacy_alter_table = OFF")
            if not self.is_in_memory_db():
                self._use_wal(connection)
            for command in init_command.split(";"):
                if command.strip():
                    connection.execute(command.strip())
        except BaseException:
            connection.close()
            raise
        return connection

    def _use_wal(self, connection: Any) -> None:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
            if mode != "wal":
                connection.execute("PRAGMA journal_mode = WAL")
        except Database.OperationalError:
            # A database that may only be read, or that is locked at the moment, works as it is.
            pass

    def new_sync_link(self) -> SQLiteLink:
        while self._retired:
            link = self._retired.pop()
            if link.alive():
                return link
        return self.adopt_connection(self.get_new_connection(self.get_connection_params()))

    def adopt_connection(self, raw: Any) -> SQLiteLink:
        return SQLiteLink(raw)

    async def new_async_link(self) -> Any:
        if self.inline_in_loop:
            session = self.thread_session()
            if session.link is None:
                self.open_session(session)
            return InlineLink(session.link)
        self.check_settings()
        params = self.get_connection_params()
        link = ThreadLink(
            asyncio.get_running_loop(),
            lambda: SQLiteLink(self.get_new_connection(params)),
            self.manners,
        )
        await link.open(None if self.manners is None else self._connect_at_once(params))
        return link

    def make_pool(self, loop: asyncio.AbstractEventLoop) -> LoopPool:
        pool = super().make_pool(loop)
        if self.inline_in_loop:
            # One connection per thread is what a database in memory is: transactions take turns.
            pool.size = 1
        return pool

    def write_gate(self) -> Any | None:
        """SQLite has one writer at a time; tasks of a loop queue here rather than at the file's lock."""
        if self.inline_in_loop:
            return None
        loop = asyncio.get_running_loop()
        gate = self._gates.get(loop)
        if gate is None:
            gate = self._gates[loop] = FairLock()
        return gate

    async def pass_gate(self, gate: Any) -> None:
        timeout = float(self.settings_dict["OPTIONS"].get("timeout", 5))
        if not await gate.acquire(timeout):
            raise OperationalError(
                f"database is locked: no turn to write to '{self.alias}' within {timeout:g} s "
                "(OPTIONS['timeout'])"
            )

    def gated(self, atomic: Any) -> bool:
        return self.transaction_mode in {"IMMEDIATE", "EXCLUSIVE"}

    def close(self) -> None:
        # Closing the connection of a database in memory would delete it.
        if not self.is_in_memory_db():
            super().close()
            if _get_running_loop() is None:
                self._close_retired()

    def _close(self) -> None:
        """Close the thread's connection, even of a database in memory."""
        super().close()

    def _close_retired(self) -> None:
        while self._retired:
            self._retired.pop().discard()

    def retire(self, session: ThreadSession) -> None:
        link = session.link
        if self.is_in_memory_db():
            # Closing it would delete the database.
            return
        if session.errors_occurred or link.in_transaction:
            super().retire(session)
        elif len(self._retired) < RETIRED_LIMIT:
            # Opening a connection costs more than most requests: another thread, or this one, goes on with it.
            session.link = None
            session.refresh_fast()
            self._retired.append(link)
        else:
            session.close()

    def __del__(self) -> None:
        if "_retired" in self.__dict__:
            self._close_retired()

    def row_converter(self, cursor: Any, sql: str, params: Any) -> Callable[[list[Any]], Any] | None:
        if self.settings_dict["OPTIONS"].get("detect_types"):
            return None
        session = cursor._session
        link = session.link
        if isinstance(link, ThreadLink):

            def read(query: str) -> list[tuple[Any, ...]]:
                return session.perform(cursor._block, "fetch_all", query, ())  # type: ignore[no-any-return]
        else:
            sync_link = link.link if link.inline else link

            def read(query: str) -> list[tuple[Any, ...]]:
                return sync_link.fetch_all(query, ())  # type: ignore[no-any-return]

        return self._column_types.converter(read, sql, params is not None)

    # Constraints.

    def _taint(self, tainted: bool) -> None:
        """While a setting is changed, a connection of a pool must not be handed on."""
        session = self.current_session()
        if session is not None and session.link is not None:
            session.link.tainted = tainted

    def disable_constraint_checking(self) -> bool:
        self._taint(True)
        with self.cursor() as cursor:
            cursor.execute("PRAGMA foreign_keys = OFF")
            # Inside a transaction the command has no effect.
            return not cursor.execute("PRAGMA foreign_keys").fetchone()[0]

    def enable_constraint_checking(self) -> None:
        with self.cursor() as cursor:
            cursor.execute("PRAGMA foreign_keys = ON")
        self._taint(False)

    def check_constraints(self, table_names: Any = None) -> None:
        with self.cursor() as cursor:
            violations: list[Any] = []
            if table_names is None:
                violations = cursor.execute("PRAGMA foreign_key_check").fetchall()
            else:
                for table_name in table_names:
                    name = self.ops.quote_name(table_name)
                    violations += cursor.execute(f"PRAGMA foreign_key_check({name})").fetchall()
            for table_name, rowid, referenced_table, number in violations:
                self._report_violation(cursor, table_name, rowid, referenced_table, number)

    def _report_violation(
        self, cursor: Any, table_name: str, rowid: Any, referenced_table: str, number: int
    ) -> None:
        quote = self.ops.quote_name
        keys = cursor.execute(f"PRAGMA foreign_key_list({quote(table_name)})").fetchall()
        column, referenced_column = next(key[3:5] for key in keys if key[0] == number)
        primary_key = self.introspection.get_primary_key_column(cursor, table_name)
        if primary_key is None:
            primary_key = "rowid"
        identity, value = cursor.execute(
            f"SELECT {quote(primary_key)}, {quote(column)} FROM {quote(table_name)} WHERE rowid = %s",
            (rowid,),
        ).fetchone()
        raise IntegrityError(
            f"The row in table '{table_name}' with primary key '{identity}' has an invalid foreign key: "
            f"{table_name}.{column} contains a value '{value}' that does not have a corresponding value in "
            f"{referenced_table}.{referenced_column}."
        )

    def is_usable(self) -> bool:
        return True
