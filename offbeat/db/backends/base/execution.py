"""How a statement finds its connection, and runs there.

Source: docs/internals/connections; for wrappers and logging, Django documentation, topics/db/instrumentation.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from asyncio import _get_running_loop
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from threading import get_ident
from typing import Any

from offbeat.concurrency import in_bridge, in_thread, leave_on_detach, wait
from offbeat.conf import settings
from offbeat.core.exceptions import SynchronousOnlyOperation
from offbeat.db.backends.base.loop_session import LoopSession, at_home
from offbeat.db.backends.base.session import Session
from offbeat.db.backends.base.state import Block, Result, Scope
from offbeat.db.backends.base.thread_session import ThreadSession
from offbeat.db.backends.utils import CursorWrapper, logger
from offbeat.db.pool import LoopPool, loop_pool
from offbeat.db.utils import DatabaseErrorWrapper

__all__ = ["Execution", "task_name"]

_UNSAFE = ("OFFBEAT_ALLOW_ASYNC_UNSAFE", "DJANGO_ALLOW_ASYNC_UNSAFE")
QUERIES_LIMIT = 9000


class _OfThread(threading.local):
    session: ThreadSession | None = None
    # The lane of the thread's latest loop.
    lane: Any = None
    # The pool of the thread's latest loop.
    pool: LoopPool | None = None
    log: deque[dict[str, str]] | None = None


def _unsafe_allowed() -> bool:
    return any(name in os.environ for name in _UNSAFE)


class Execution:
    """The part of a wrapper that runs statements."""

    Database: Any
    alias: str
    settings_dict: dict[str, Any]
    ops: Any
    queries_limit: int = QUERIES_LIMIT
    # Whether the database must not, or need not, be moved off the event loop's thread (in-memory databases).
    inline_in_loop = False
    default_pool_size = 10
    pool_timeout: float

    def _init_execution(self) -> None:
        self._local = _OfThread()
        self._scope: ContextVar[Scope | None] = ContextVar(f"offbeat.db.{self.alias}", default=None)
        leave_on_detach(self._scope, None)
        self.scope_reader = self._scope.get
        self._lender: ThreadSession | None = None
        self.wrap_database_errors = DatabaseErrorWrapper(self)
        options = self.settings_dict.get("OPTIONS") or {}
        self.pool_timeout = float(options.get("pool_timeout", 5))

    # The next three are what a backend provides.

    def new_sync_link(self) -> Any:
        """Connect with the blocking driver."""
        raise NotImplementedError

    async def new_async_link(self) -> Any:
        """Connect with the driver for event loops."""
        raise NotImplementedError

    def make_pool(self, loop: asyncio.AbstractEventLoop) -> LoopPool:
        """The pool of an event loop."""
        options = self.settings_dict.get("OPTIONS") or {}
        return LoopPool(
            loop,
            self._connect_for_pool,
            size=int(options.get("pool_size", self.default_pool_size)),
            timeout=self.pool_timeout,
            name=self.alias,
        )

    def begin_sql(self, atomic: Any) -> str:
        """The command that starts a transaction for a block."""
        return self.ops.start_transaction_sql()  # type: ignore[no-any-return]

    @property
    def pool(self) -> LoopPool:
        """The pool of the running loop."""
        return loop_pool(asyncio.get_running_loop(), self, self.make_pool)

    async def _connect_for_pool(self) -> Any:
        with self.wrap_database_errors:
            link = await self.new_async_link()
        try:
            self._announce(link)
        except BaseException:
            link.discard()
            raise
        return link

    def _announce(self, link: Any) -> None:
        """Send connection_created so that what its receivers execute goes to the new connection."""
        from offbeat.db.backends.signals import connection_created

        if (link.inline and not link.own) or not connection_created.has_listeners(type(self)):
            return
        session = LoopSession(self, link, asyncio.get_running_loop())  # type: ignore[arg-type]
        scope = self._scope.get()
        # Not a transaction: a block that only leads statements to the session.
        self._scope.set(Scope(Block(session)))
        try:
            connection_created.send(sender=type(self), connection=self)
        finally:
            self._scope.set(scope)
        # What the receivers have set is what new connections are like.
        link.tainted = False

    def thread_session(self) -> ThreadSession:
        """The calling thread's session (not necessarily connected)."""
        session = self._local.session
        if session is None:
            session = self._local.session = ThreadSession(self)  # type: ignore[arg-type]
        return session

    def find_session(self) -> tuple[Session | None, Block | None]:
        """Where a statement of the current code has to run; (None, None): any connection of the loop's pool.

        Raises SynchronousOnlyOperation on an event loop outside a bridge, TransactionManagementError in code that
        outlived the block it was started in.
        """
        scope = self._scope.get()
        loop = _get_running_loop()
        if loop is not None and not in_bridge() and not _unsafe_allowed():
            raise SynchronousOnlyOperation(
                "You cannot call this from an async context: this is the event loop, outside a bridge. Use the "
                "asynchronous method (its name begins with 'a'), or 'await spawn(function, ...)'."
            )
        own = self._local.session
        if scope is not None:
            block = scope.block
            if block is not None:
                if not block.closed:
                    return block.session, block
                if block.session is not own:
                    raise block.session.outlived()
        if own is not None and (loop is None or own.blocks or not own.autocommit):
            if self._lender is None or own.blocks:
                return own, None
        if self._lender is not None:
            return self._lender, None
        if loop is None or not in_bridge():
            return self.thread_session(), None
        return None, None

    def current_block(self) -> Block | None:
        """The innermost block that the current context has entered."""
        scope = self._scope.get()
        return None if scope is None else scope.block

    def current_session(self) -> Session | None:
        """The session whose state the current code sees; None: none is pinned on this loop."""
        scope = self._scope.get()
        if scope is not None and scope.block is not None and not scope.block.closed:
            return scope.block.session
        own = self._local.session
        if own is not None and (own.blocks or not own.autocommit):
            return own
        if self._lender is not None:
            return self._lender
        if _get_running_loop() is None or not in_bridge():
            return self.thread_session()
        return None

    def call(self, name: str, *args: Any) -> Any:
        """Run a method of the driver's link where the current code's statements belong."""
        with self.wrap_database_errors:
            session, block = self.find_session()
            if session is None:
                return self._call_pooled(name, args)
            if isinstance(session, ThreadSession):
                if (
                    session.thread_id != get_ident()
                    and _get_running_loop() is not None
                    and not self.inline_in_loop
                ):
                    return wait(in_thread(session.perform, block, name, *args))
                result = session.perform(block, name, *args)
                session.refresh_fast()
                return result
            return at_home(session, session.perform, block, name, *args)

    def _call_pooled(self, name: str, args: tuple[Any, ...]) -> Any:
        if self.inline_in_loop:
            link = self.pool.take()
            if link is not None:
                try:
                    return getattr(link.link, name)(*args)
                finally:
                    self.pool.release(link)
        return wait(self._call_waiting(name, args))

    async def _call_waiting(self, name: str, args: tuple[Any, ...]) -> Any:
        pool = self.pool
        gate = self.write_gate() if name != "fetch_all" else None
        if gate is not None:
            await self.pass_gate(gate)
        try:
            link = pool.take() or await pool.acquire()
            link.holder = task_name()
            try:
                if link.inline:
                    return getattr(link.link, name)(*args)
                return await getattr(link, name)(*args)
            finally:
                pool.release(link)
        finally:
            if gate is not None:
                gate.release()

    def write_gate(self) -> Any | None:
        """A lock for writers of this loop, on databases that have room for one only."""
        return None

    async def pass_gate(self, gate: Any) -> None:
        """Wait at the write gate; OperationalError when it takes too long."""
        raise NotImplementedError

    def checkout(self) -> LoopSession:
        """Pin a connection of the running loop's pool. Give it back with :meth:`give_back`."""
        loop = asyncio.get_running_loop()
        pool = self.pool
        link = pool.take()
        if link is None:
            link = wait(pool.acquire())
        link.holder = task_name()
        pool.pin(link)
        return LoopSession(self, link, loop)  # type: ignore[arg-type]

    def give_back(self, session: LoopSession) -> None:
        link, session.link = session.link, None
        if link is None:
            return
        pool = loop_pool(session.loop, self, self.make_pool)
        if _get_running_loop() is session.loop:
            pool.release(link)
        elif not session.loop.is_closed():
            session.loop.call_soon_threadsafe(pool.release, link)
        else:
            link.discard()

    @property
    def queries_logged(self) -> bool:
        scope = self._scope.get()
        return bool(settings.DEBUG or (scope is not None and scope.debug))

    def _instrumented(self) -> bool:
        scope = self._scope.get()
        return bool(settings.DEBUG or (scope is not None and (scope.debug or scope.wrappers)))

    def fetch_all(self, driver_sql: str, params: Any = ()) -> list[tuple[Any, ...]]:
        """Rows of a query, as the driver makes them. `driver_sql` has the driver's own placeholders."""
        if self._instrumented():
            with self.raw_cursor() as cursor:
                cursor.execute(self.ops.from_driver_sql(driver_sql), params)
                return cursor.fetchall()
        return self.call("fetch_all", driver_sql, params)  # type: ignore[no-any-return]

    def run(self, driver_sql: str, params: Any = ()) -> Result:
        """Run a statement that changes something."""
        if self._instrumented():
            with self.raw_cursor() as cursor:
                cursor.execute(self.ops.from_driver_sql(driver_sql), params)
                rows = cursor.fetchall() if cursor.description else None
                return Result(cursor.rowcount, cursor.lastrowid, rows)
        return self.call("run", driver_sql, params)  # type: ignore[no-any-return]

    def run_many(self, driver_sql: str, seq_of_params: Sequence[Any]) -> int:
        """Run a statement once for each of the parameter sequences; the number of rows changed."""
        if self._instrumented():
            with self.raw_cursor() as cursor:
                cursor.executemany(self.ops.from_driver_sql(driver_sql), seq_of_params)
                return cursor.rowcount  # type: ignore[no-any-return]
        return self.call("run_many", driver_sql, seq_of_params)  # type: ignore[no-any-return]

    def stream(
        self, driver_sql: str, params: Any = (), chunk_size: int = 2000
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Rows of a query in lists of at most `chunk_size`; its connection is pinned until the last one."""
        with self.streaming_cursor() as cursor:
            cursor.execute(self.ops.from_driver_sql(driver_sql), params)
            while rows := cursor.fetchmany(chunk_size):
                yield rows

    def streaming_cursor(self) -> CursorWrapper:
        """A raw cursor that leaves the rows where they are until they are fetched, where the database can."""
        return self.raw_cursor()

    def raw_cursor(self) -> CursorWrapper:
        """A cursor whose rows are those of the driver, unconverted."""
        raise NotImplementedError

    def translated(self, exc: BaseException) -> BaseException:
        """What to raise for an exception of the driver on the fast path; sets the cause."""
        ours = self.wrap_database_errors.translate(exc)
        if ours is None:
            return exc
        session = self._local.session
        if session is not None and session.blocks:
            session.after_error(exc)
        ours.__cause__ = exc
        return ours

    # Watching queries: the log, debug cursors, execute wrappers.

    @property
    def queries_log(self) -> deque[dict[str, str]]:
        """Queries logged for the current code (a thread, or a request)."""
        scope = self._scope.get()
        if scope is not None and scope.log is not None:
            return scope.log
        if _get_running_loop() is None:
            log = self._local.log
            if log is None:
                log = self._local.log = deque(maxlen=self.queries_limit)
            return log
        log = deque(maxlen=self.queries_limit)
        self._change_scope(log=log)
        return log

    @queries_log.setter
    def queries_log(self, log: deque[dict[str, str]]) -> None:
        if _get_running_loop() is None and self._local.log is not None and self._scope.get() is None:
            self._local.log = log
        else:
            self._change_scope(log=log)

    def reset_queries_log(self) -> None:
        """Start an empty log for the current request."""
        if _get_running_loop() is None:
            self.queries_log.clear()
        elif self.queries_logged:
            self._change_scope(log=deque(maxlen=self.queries_limit))

    def _change_scope(self, **changes: Any) -> None:
        old = self._scope.get() or Scope()
        new = Scope(old.block, old.wrappers, old.debug, old.log)
        for name, value in changes.items():
            setattr(new, name, value)
        plain = new.block is None and new.wrappers is None and not new.debug and new.log is None
        self._scope.set(None if plain else new)

    @property
    def force_debug_cursor(self) -> bool:
        """Whether queries of the current code are logged although DEBUG is off."""
        scope = self._scope.get()
        return scope is not None and scope.debug

    @force_debug_cursor.setter
    def force_debug_cursor(self, value: bool) -> None:
        scope = self._scope.get()
        if bool(value) == (scope is not None and scope.debug):
            return
        if value:
            self._change_scope(debug=True, log=self.queries_log)
        else:
            assert scope is not None
            keep = scope.log if scope.log is not self._local.log else None
            self._change_scope(debug=False, log=keep)

    @property
    def execute_wrappers(self) -> list[Any]:
        """Wrappers around the queries of the current code."""
        scope = self._scope.get()
        if scope is None or scope.wrappers is None:
            self._change_scope(wrappers=[])
            scope = self._scope.get()
        assert scope is not None and scope.wrappers is not None
        return scope.wrappers

    @execute_wrappers.setter
    def execute_wrappers(self, wrappers: list[Any]) -> None:
        self._change_scope(wrappers=wrappers)

    @contextmanager
    def execute_wrapper(self, wrapper: Callable[..., Any]) -> Iterator[None]:
        """In this block, queries run as ``wrapper(execute, sql, params, many, context)``."""
        scope = self._scope.get()
        before = scope.wrappers if scope is not None else None
        self._change_scope(wrappers=[*(before or ()), wrapper])
        try:
            yield
        finally:
            self._change_scope(wrappers=before)

    def current_wrappers(self) -> Sequence[Any]:
        scope = self._scope.get()
        return scope.wrappers or () if scope is not None else ()

    def log_command(self, session: Session, sql: str, run: Callable[[], Any]) -> None:
        """Run a transaction command; log it like a query where queries are logged."""
        with self.wrap_database_errors:
            if not self.queries_logged:
                run()
                return
            start = time.monotonic()
            try:
                run()
            finally:
                duration = time.monotonic() - start
                self.queries_log.append({"sql": sql, "time": f"{duration:.3f}"})
                logger.debug(
                    "(%.3f) %s; args=%s; alias=%s",
                    duration,
                    sql,
                    None,
                    self.alias,
                    extra={"duration": duration, "sql": sql, "params": None, "alias": self.alias},
                )

    def run_savepoint_sql(self, session: Session, sql: str) -> None:
        """A savepoint command passes the execute wrappers, as queries do."""
        wrappers = self.current_wrappers()
        if not wrappers:
            session.command(sql)
            return
        cursor = self.raw_cursor()

        def execute(sql: str, params: Any, many: bool, context: Any) -> None:
            session.command(sql)

        cursor.run_wrapped(sql, None, False, execute)


def task_name() -> str:
    """The name of the running task, for messages."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return ""
    return task.get_name() if task is not None else ""
