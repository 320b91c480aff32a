"""`DatabaseWrapper`: the documented face of a connection, one object per alias for all threads and tasks."""

from __future__ import annotations

import copy
import datetime
import time
from asyncio import _get_running_loop
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from offbeat.conf import settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.db.backends.base.cursor import SessionCursor
from offbeat.db.backends.base.session import Session
from offbeat.db.backends.base.thread_session import ThreadSession
from offbeat.db.backends.base.transactions import Transactions
from offbeat.db.backends.signals import connection_created
from offbeat.db.backends.utils import CursorDebugWrapper, CursorWrapper
from offbeat.db.pool import close_pools
from offbeat.db.utils import DEFAULT_DB_ALIAS, NotSupportedError

__all__ = ["NO_DB_ALIAS", "BaseDatabaseWrapper"]

NO_DB_ALIAS = "__no_db__"
_UTC = datetime.UTC
_checked_versions: set[str] = set()


class BaseDatabaseWrapper(Transactions):
    """A database: its dialect (ops, features, types) and the way to its connections."""

    data_types: dict[str, Any] = {}
    data_types_suffix: dict[str, str] = {}
    data_type_check_constraints: dict[str, Any] = {}
    operators: dict[str, str] = {}
    pattern_esc: str = ""
    pattern_ops: dict[str, str] = {}
    vendor = "unknown"
    display_name = "unknown"

    cursor_class: type[SessionCursor] = SessionCursor
    SchemaEditorClass: Any = None
    client_class: Any = None
    creation_class: Any = None
    features_class: Any = None
    introspection_class: Any = None
    ops_class: Any = None
    validation_class: Any = None

    def __init__(self, settings_dict: dict[str, Any], alias: str = DEFAULT_DB_ALIAS) -> None:
        self.settings_dict = settings_dict
        self.alias = alias
        self._init_execution()
        self.client = self.client_class(self)
        self.creation = self.creation_class(self)
        self.features = self.features_class(self)
        self.introspection = self.introspection_class(self)
        self.ops = self.ops_class(self)
        self.validation = self.validation_class(self)

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__} vendor={self.vendor!r} alias={self.alias!r}>"

    @cached_property
    def timezone(self) -> Any:
        """Time zone of naive datetimes in the database; None when USE_TZ is off."""
        if not settings.USE_TZ:
            return None
        name = self.settings_dict["TIME_ZONE"]
        if not name:
            return _UTC
        import zoneinfo

        return zoneinfo.ZoneInfo(name)

    @cached_property
    def timezone_name(self) -> str:
        """Name of the connection's time zone."""
        if not settings.USE_TZ:
            return settings.TIME_ZONE  # type: ignore[no-any-return]
        return self.settings_dict["TIME_ZONE"] or "UTC"

    def ensure_timezone(self) -> bool:
        """Bring the connection to the right time zone; whether anything had to be done."""
        return False

    def check_settings(self) -> None:
        if self.settings_dict["TIME_ZONE"] is not None and not settings.USE_TZ:
            raise ImproperlyConfigured(
                f"Connection '{self.alias}' cannot set TIME_ZONE because USE_TZ is False."
            )

    # What a backend provides.

    def get_connection_params(self) -> dict[str, Any]:
        """Arguments for the driver's connect()."""
        raise NotImplementedError

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A new connection of the blocking driver."""
        raise NotImplementedError

    def init_connection_state(self) -> None:
        """Called once for each new connection of a thread."""
        if self._may_check_version():
            self.check_database_version_supported()

    def _may_check_version(self) -> bool:
        if self.alias in _checked_versions:
            return False
        _checked_versions.add(self.alias)
        return True

    def get_database_version(self) -> tuple[int, ...]:
        """Version of the server or library."""
        raise NotImplementedError(
            "subclasses of BaseDatabaseWrapper may require a get_database_version() method."
        )

    def check_database_version_supported(self) -> None:
        """Raise NotSupportedError if the database is too old."""
        minimum = self.features.minimum_database_version
        if minimum is not None and self.get_database_version() < minimum:
            wanted = ".".join(map(str, minimum))
            found = ".".join(map(str, self.get_database_version()))
            raise NotSupportedError(f"{self.display_name} {wanted} or later is required (found {found}).")

    def row_converter(
        self, cursor: SessionCursor, sql: str, params: Any
    ) -> Callable[[list[Any]], Any] | None:
        """What to do with the rows of a user's cursor."""
        return None

    # Connections.

    @property
    def connection(self) -> Any:
        """The driver's connection that the current code is bound to, or None."""
        session = self.current_session()
        if session is None or session.link is None:
            return None
        return session.link.raw

    @connection.setter
    def connection(self, raw: Any) -> None:
        session = self._need_session()
        session.link = None if raw is None else self.adopt_connection(raw)
        session.refresh_fast()

    def adopt_connection(self, raw: Any) -> Any:
        """A link around an existing connection of the blocking driver."""
        raise NotImplementedError

    def connect(self) -> None:
        """Connect the current thread anew."""
        session = self.current_session()
        if isinstance(session, ThreadSession):
            with self.wrap_database_errors:
                self.open_session(session)

    def open_session(self, session: Session) -> None:
        """Connect a thread's session."""
        self.check_settings()
        session.savepoint_ids = []
        session.closed_in_transaction = False
        max_age = self.settings_dict["CONN_MAX_AGE"]
        session.close_at = None if max_age is None else time.monotonic() + max_age
        session.health_check_enabled = self.settings_dict["CONN_HEALTH_CHECKS"]
        session.health_check_done = True
        session.errors_occurred = False
        session.link = self.new_sync_link()
        session.autocommit = self.settings_dict["AUTOCOMMIT"]
        session.run_on_commit = []
        session.refresh_fast()
        self.init_connection_state()
        connection_created.send(sender=type(self), connection=self)
        if session.link is not None:
            # What the receivers have set is what new connections are like.
            session.link.tainted = False
        session.refresh_fast()

    def ensure_connection(self) -> None:
        """Connect, if there is no connection yet."""
        with self.wrap_database_errors:
            session, block = self.find_session()
            if session is None:
                self.give_back(self.checkout())
            elif session.link is None:
                session.claim(block)
                try:
                    session.prepare()
                finally:
                    session.release()

    def close(self) -> None:
        """Close the current code's connection; on a loop outside transactions, the idle ones of its pool."""
        session = self.current_session()
        if isinstance(session, ThreadSession):
            with self.wrap_database_errors:
                session.close()
        elif session is not None:
            session.closed_in_transaction = True
            session.needs_rollback = True
            session.run_on_commit = []
            session.abandon()
        elif _get_running_loop() is not None:
            self.pool.drop_idle()

    async def aclose(self) -> None:
        """Close the connection pool of the running loop."""
        await close_pools(self)

    def is_usable(self) -> bool:
        """Whether the current connection still works."""
        session = self.current_session()
        if session is None or session.link is None:
            return session is None
        return bool(session.link.alive()) if isinstance(session, ThreadSession) else True

    @property
    def errors_occurred(self) -> bool:
        session = self._local.session
        return session is not None and session.errors_occurred

    @errors_occurred.setter
    def errors_occurred(self, value: bool) -> None:
        session = self._local.session
        if session is not None:
            session.errors_occurred = value

    @property
    def close_at(self) -> float | None:
        session = self._local.session
        return None if session is None else session.close_at

    @close_at.setter
    def close_at(self, value: float | None) -> None:
        self.thread_session().close_at = value

    @property
    def health_check_enabled(self) -> bool:
        return self.thread_session().health_check_enabled

    @health_check_enabled.setter
    def health_check_enabled(self, value: bool) -> None:
        session = self.thread_session()
        session.health_check_enabled = value
        session.refresh_fast()

    @property
    def health_check_done(self) -> bool:
        return self.thread_session().health_check_done

    @health_check_done.setter
    def health_check_done(self, value: bool) -> None:
        session = self.thread_session()
        session.health_check_done = value
        session.refresh_fast()

    def close_if_health_check_failed(self) -> None:
        """Close the thread's connection if it does not answer, once per request, where CONN_HEALTH_CHECKS asks so."""
        session = self._local.session
        if session is not None:
            session.check_health()

    def close_if_unusable_or_obsolete(self) -> None:
        """Close the thread's connection if it is broken or has outlived CONN_MAX_AGE; not inside `atomic()`."""
        session = self._local.session
        if session is None or session.link is None or session.blocks:
            return
        if _get_running_loop() is not None:
            # A request on the loop has nothing to do with the connection of the loop's thread.
            return
        session.health_check_done = False
        session.refresh_fast()
        if session.autocommit != self.settings_dict["AUTOCOMMIT"]:
            session.close()
            return
        if session.errors_occurred:
            if self.is_usable():
                session.errors_occurred = False
                session.health_check_done = True
                session.refresh_fast()
            else:
                session.close()
                return
        if session.close_at is not None and time.monotonic() >= session.close_at:
            self.retire(session)

    def retire(self, session: ThreadSession) -> None:
        """A thread's connection has reached its age."""
        session.close()

    @property
    def allow_thread_sharing(self) -> bool:
        session = self._local.session
        return session is not None and session.sharing > 0

    def inc_thread_sharing(self) -> None:
        """Let every other thread use this thread's connection (one statement at a time)."""
        session = self.thread_session()
        session.sharing += 1
        session.lent = True
        session.refresh_fast()
        self._lender = session

    def dec_thread_sharing(self) -> None:
        """Take back one :meth:`inc_thread_sharing`."""
        session = self._lender or self.thread_session()
        if session.sharing <= 0:
            raise RuntimeError("Cannot decrement the thread sharing count below zero.")
        session.sharing -= 1
        if not session.sharing:
            session.lent = False
            self._lender = None
            session.refresh_fast()

    def validate_thread_sharing(self) -> None:
        """Each thread has a connection of its own, so there is nothing to forbid."""

    # Cursors.

    def cursor(self) -> CursorWrapper:
        """A cursor with `%s` placeholders, for use with `with` or `async with`."""
        return self.make_wrapped(self.create_cursor())

    def raw_cursor(self) -> CursorWrapper:
        return self.make_wrapped(self.create_cursor(raw=True))

    def make_wrapped(self, cursor: Any) -> CursorWrapper:
        return self.make_debug_cursor(cursor) if self.queries_logged else self.make_cursor(cursor)

    def create_cursor(self, name: str | None = None, raw: bool = False, **options: Any) -> Any:
        """The driver-side cursor."""
        if _get_running_loop() is None:
            session, _ = self.find_session()
            if session is not None and session.link is None:
                self.ensure_connection()
        if name is not None:
            options["name"] = name
        return self.cursor_class(self, raw, **options)

    def chunked_cursor(self) -> CursorWrapper:
        """A cursor that does not fetch all rows at once, where the database has such."""
        return self.cursor()

    def make_cursor(self, cursor: Any) -> CursorWrapper:
        return CursorWrapper(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> CursorDebugWrapper:
        return CursorDebugWrapper(cursor, self)

    @property
    def queries(self) -> list[dict[str, str]]:
        """The logged queries (with DEBUG, or in a test that captures them)."""
        log = self.queries_log
        if log.maxlen is not None and len(log) == log.maxlen:
            import warnings

            warnings.warn(
                f"Limit for query logging exceeded, only the last {log.maxlen} queries will be returned.",
                stacklevel=2,
            )
        return list(log)

    def prepare_database(self) -> None:
        """Hook before migrating."""

    @contextmanager
    def temporary_connection(self) -> Iterator[CursorWrapper]:
        """A cursor; the connection is closed afterwards if it was opened for it."""
        must_close = self.connection is None
        try:
            with self.cursor() as cursor:
                yield cursor
        finally:
            if must_close:
                self.close()

    @contextmanager
    def _nodb_cursor(self) -> Iterator[CursorWrapper]:
        """A cursor on the server, without a database."""
        wrapper = type(self)({**self.settings_dict, "NAME": None}, alias=NO_DB_ALIAS)
        try:
            with wrapper.cursor() as cursor:
                yield cursor
        finally:
            wrapper.close()

    def schema_editor(self, *args: Any, **kwargs: Any) -> Any:
        """An editor for tables, used as a context manager."""
        if self.SchemaEditorClass is None:
            raise NotSupportedError("This database has no schema editor.")
        return self.SchemaEditorClass(self, *args, **kwargs)

    def __copy__(self) -> BaseDatabaseWrapper:
        # Two wrappers must not think that they own the same connection.
        new = type(self)(self.settings_dict, self.alias)
        for name in self.__dict__.keys() - new.__dict__.keys():
            setattr(new, name, self.__dict__[name])
        return new

    def copy(self, alias: str | None = None) -> BaseDatabaseWrapper:
        """A wrapper with the same settings and connections of its own."""
        settings_dict = copy.deepcopy(self.settings_dict)
        return type(self)(settings_dict, alias or self.alias)
