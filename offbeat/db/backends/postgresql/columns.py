"""Many rows in one INSERT whose text does not depend on how many: one array for each column.

The arrays are written as literals here. They are much cheaper to send, and to read for the server, than as many
parameters as there are values.
"""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from psycopg.types.json import Jsonb

__all__ = ["Columns", "columns_of"]

Writer = Callable[[Any], str]


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _duration(value: datetime.timedelta) -> str:
    return f'"{value.days} days {value.seconds} s {value.microseconds} us"'


def _bytes(value: bytes) -> str:
    return f'"\\\\x{value.hex()}"'


def _json(value: Jsonb) -> str:
    text = value.dumps(value.obj)  # type: ignore[misc]
    return _quoted(text if isinstance(text, str) else text.decode())


_NUMBER: dict[type, Writer] = {int: repr}
_REAL: dict[type, Writer] = {float: repr, int: repr}
_TEXT: dict[type, Writer] = {str: _quoted}
_WRITERS: dict[str, dict[type, Writer]] = {
    "smallint": _NUMBER,
    "integer": _NUMBER,
    "bigint": _NUMBER,
    "double precision": _REAL,
    "numeric": {decimal.Decimal: str, int: repr},
    "boolean": {bool: repr},
    "varchar": _TEXT,
    "text": _TEXT,
    "inet": _TEXT,
    "date": {datetime.date: datetime.date.isoformat},
    "time": {datetime.time: datetime.time.isoformat},
    "timestamp with time zone": {datetime.datetime: datetime.datetime.isoformat},
    "interval": {datetime.timedelta: _duration},
    "uuid": {uuid.UUID: str},
    "bytea": {bytes: _bytes},
    "jsonb": {Jsonb: _json},
}


def _array(values: Sequence[Any], writers: dict[type, Writer]) -> str | None:
    """The literal of an array; None if a value is of an unexpected type."""
    kinds = set(map(type, values))
    if len(kinds) == 1:
        (kind,) = kinds
        if kind is str and writers is _TEXT:
            return _text_array(values)
        writer = writers.get(kind)
        if writer is not None:
            return "{" + ",".join(map(writer, values)) + "}"
    known: dict[type, Writer] = {**writers, type(None): _null}
    if not kinds <= known.keys():
        return None
    return "{" + ",".join([known[type(value)](value) for value in values]) + "}"


def _null(value: None) -> str:
    return "NULL"


def _text_array(values: Sequence[str]) -> str:
    joined = '","'.join(values)
    if "\\" in joined or joined.count('"') != 2 * (len(values) - 1):
        joined = '","'.join([value.replace("\\", "\\\\").replace('"', '\\"') for value in values])
    return '{"' + joined + '"}'


class Columns:
    """The arrays of certain columns."""

    def __init__(self, types: list[str]) -> None:
        self.writers = [_WRITERS[name] for name in types]
        self.source = "SELECT * FROM UNNEST(" + ", ".join([f"%s::{name}[]" for name in types]) + ")"

    def update(self, table: str, names: list[str]) -> str:
        """An UPDATE of the rows whose key, the first of the columns, is among the new values."""
        aliases = [f"c{i}" for i in range(len(names))]
        changes = ", ".join(
            [f"{n} = offbeat_new.{alias}" for n, alias in zip(names[1:], aliases[1:], strict=True)]
        )
        return (
            f"UPDATE {table} SET {changes} FROM ({self.source}) AS offbeat_new ({', '.join(aliases)}) "
            f"WHERE {table}.{names[0]} = offbeat_new.c0"
        )

    def arrays(self, rows: Sequence[Sequence[Any]]) -> list[str] | None:
        """One literal for each column; None if the rows have values that are not written here."""
        arrays = []
        for values, writers in zip(zip(*rows, strict=True), self.writers, strict=True):
            array = _array(values, writers)
            if array is None:
                return None
            arrays.append(array)
        return arrays


def columns_of(fields: Sequence[Any], connection: Any) -> Columns | None:
    """How rows of these fields are sent; None if one of them is of a type that has to go its own way."""
    types = []
    for field in fields:
        # Without the length: a cast would cut what is too long, where it is to be refused.
        name = (field.db_type(connection) or "").partition("(")[0]
        if name not in _WRITERS:
            return None
        types.append(name)
    return Columns(types)
