"""The errors of both drivers as ours. Source: PEP 249; the error references of MySQL and MariaDB."""

from __future__ import annotations

from typing import Any

import MySQLdb

from offbeat.db.utils import DatabaseErrorWrapper, IntegrityError

__all__ = ["DEADLOCK", "MySQLErrorWrapper", "as_mysqldb", "error_code", "is_lost", "note_sqlstate"]

# What the drivers take for trouble with the server, or with a value, although a constraint forbids the change:
# NULL in a NOT NULL column, a row that lacks a column, a number below zero, CHECK constraints (MySQL, MariaDB).
INTEGRITY = frozenset({1048, 1364, 1690, 3819, 4025})
DEADLOCK = 1213
# The numbers for which the drivers have different classes, and those that mysqlclient has.
CLASSES = {
    1166: MySQLdb.OperationalError,
    1169: MySQLdb.IntegrityError,
    1263: MySQLdb.OperationalError,
    1364: MySQLdb.IntegrityError,
    1366: MySQLdb.OperationalError,
    1367: MySQLdb.OperationalError,
}
# The connection is gone: refused packets, shutdown, KILL, timeouts of an idle session, cut in mid-statement.
LOST = frozenset({1053, 1080, 1152, 1153, 1158, 1159, 1160, 1161, 1927, 2006, 2013, 2055, 4031})


def error_code(exc: BaseException) -> int | None:
    """The server's number of an error."""
    code = exc.args[0] if exc.args else None
    return code if isinstance(code, int) else None


def is_lost(exc: BaseException) -> bool:
    """Whether an error says that the connection is gone."""
    return error_code(exc) in LOST


def as_mysqldb(exc: BaseException) -> Exception | None:
    """An error of asyncmy as the one mysqlclient has for it, so that the cause does not depend on the colour."""
    if isinstance(exc, TypeError) and "format" in str(exc):
        # The number of parameters is not that of the placeholders.
        return MySQLdb.ProgrammingError(*exc.args)  # type: ignore[no-any-return]
    if not type(exc).__module__.startswith("asyncmy."):
        return None
    usual = getattr(MySQLdb, type(exc).__name__, MySQLdb.DatabaseError)
    error: Exception = CLASSES.get(error_code(exc) or 0, usual)(*exc.args)
    error.sqlstate = getattr(exc, "sqlstate", None)  # type: ignore[attr-defined]
    return error


class MySQLErrorWrapper(DatabaseErrorWrapper):
    """The code is the first argument, as in the driver's errors."""

    __slots__ = ()

    def translate(self, exc: BaseException) -> Exception | None:
        ours = super().translate(exc)
        if ours is not None and error_code(exc) in INTEGRITY:
            return IntegrityError(*exc.args)
        return ours


def note_sqlstate(exc: BaseException, raw: Any) -> None:
    """Put the server's SQLSTATE on an error of mysqlclient, which has it on the connection only."""
    try:
        exc.sqlstate = raw.sqlstate()  # type: ignore[attr-defined]
    except MySQLdb.Error:  # there is no connection any more
        pass
