"""Dates, times and booleans in the rows of users' cursors.

SQLite has no such types; columns have declared ones. The standard library can convert by declaration, but only for all
statements of a connection, at a price for each. The ORM knows its types, so its statements go without; for the cursors
of users the declared types are found out here, once per statement text.
"""

from __future__ import annotations

import datetime
import re
import sqlite3
from collections.abc import Callable
from typing import Any

__all__ = ["ColumnTypes"]

LIMIT = 500
_ROWS = re.compile(r"\s*(?:SELECT|WITH|VALUES)\b", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"%s|%\([^)]*\)s")


def _bool(value: Any) -> Any:
    return bool(value) if isinstance(value, int) else value


def _date(value: Any) -> Any:
    return _parse(datetime.date.fromisoformat, value)


def _time(value: Any) -> Any:
    return _parse(datetime.time.fromisoformat, value)


def _datetime(value: Any) -> Any:
    return _parse(datetime.datetime.fromisoformat, value)


def _parse(parse: Callable[[str], Any], value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse(value)
    except ValueError:
        return value


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "bool": _bool,
    "date": _date,
    "time": _time,
    "datetime": _datetime,
    "timestamp": _datetime,
}


class ColumnTypes:
    """Declared types of the columns of queries, asked from an empty twin of the schema."""

    def __init__(self, register: Callable[[sqlite3.Connection], None]) -> None:
        self.register = register
        self.version: int | None = None
        self.twin: sqlite3.Connection | None = None
        self.known: dict[str, list[tuple[int, Callable[[Any], Any]]]] = {}

    def converter(
        self, read: Callable[[str], list[tuple[Any, ...]]], sql: str, has_params: bool
    ) -> Callable[[list[Any]], Any] | None:
        """A function that converts rows of a query, or None if there is nothing to convert.

        `read` runs a query on the real connection.
        """
        if _ROWS.match(sql) is None:
            return None
        version = read("PRAGMA schema_version")[0][0]
        if version != self.version:
            self._copy_schema(read, version)
        columns = self.known.get(sql)
        if columns is None:
            if len(self.known) >= LIMIT:
                self.known.clear()
            columns = self.known[sql] = self._look_up(sql, has_params)
        return None if not columns else lambda rows: _converted(rows, columns)

    def _copy_schema(self, read: Callable[[str], list[tuple[Any, ...]]], version: int) -> None:
        self.close()
        self.known.clear()
        self.version = version
        definitions = [
            row[0] for row in read("SELECT sql FROM sqlite_master WHERE type IN ('table', 'view')")
        ]
        interesting = any(
            definition and re.search(r"\b(bool|date|time|datetime|timestamp)\b", definition, re.IGNORECASE)
            for definition in definitions
        )
        if not interesting:
            return
        self.twin = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.register(self.twin)
        for definition in definitions:
            try:
                self.twin.execute(definition)
            except (sqlite3.Error, TypeError):  # SQLite's own tables; modules that are not loaded
                continue

    def _look_up(self, sql: str, has_params: bool) -> list[tuple[int, Callable[[Any], Any]]]:
        if self.twin is None:
            return []
        if has_params:
            sql = _PLACEHOLDER.sub("NULL", sql).replace("%%", "%")
        try:
            self.twin.execute(f"CREATE TEMP VIEW offbeat_columns AS {sql.strip().rstrip(';')}")
            try:
                described = self.twin.execute("PRAGMA table_info(offbeat_columns)").fetchall()
            finally:
                self.twin.execute("DROP VIEW offbeat_columns")
        except sqlite3.Error:
            return []
        found = []
        for number, _, declared, *_ in described:
            convert = _CONVERTERS.get(re.split(r"[ (]", declared.lower())[0])
            if convert is not None:
                found.append((number, convert))
        return found

    def close(self) -> None:
        if self.twin is not None:
            self.twin.close()
            self.twin = None

    def __del__(self) -> None:
        self.close()


def _converted(rows: list[Any], columns: list[tuple[int, Callable[[Any], Any]]]) -> list[Any]:
    converted = []
    for row in rows:
        values = list(row)
        for number, convert in columns:
            values[number] = convert(values[number])
        converted.append(tuple(values))
    return converted
