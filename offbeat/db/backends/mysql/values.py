"""Values on their way to the drivers and back: both drivers get the same few types, and give the same ones."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

__all__ = ["changes_session", "parse_time", "plain", "plain_params", "time_text"]

# What both drivers quote alike.
_PLAIN = frozenset(
    {
        str,
        int,
        float,
        bool,
        bytes,
        type(None),
        decimal.Decimal,
        datetime.datetime,
        datetime.date,
        datetime.timedelta,
    }
)


def time_text(value: datetime.time) -> str:
    """A time of day with its fraction: MySQL compares what TIME() gives, which has one, as text."""
    return value.isoformat(timespec="microseconds")


def plain(value: Any) -> Any:
    """A parameter as one of the types that both drivers know."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, str):
        # Marked text, or a member of an enumeration: what counts is the text itself.
        return str.__str__(value)
    if isinstance(value, (bytearray, memoryview, bytes)):
        return bytes(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return tuple([plain(item) for item in value])
    if isinstance(value, datetime.time):
        return time_text(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, (decimal.Decimal, datetime.date, datetime.timedelta)):
        return value
    return str(value)


def plain_params(params: Any) -> Any:
    """The parameters of a statement, a sequence or a mapping, in plain types."""
    if isinstance(params, Mapping):
        return {name: plain(value) for name, value in params.items()}
    if type(params) is not tuple:
        params = tuple(params)
    for value in params:
        if type(value) not in _PLAIN:
            return tuple([plain(value) for value in params])
    return params


def parse_time(text: str | bytes) -> datetime.time | datetime.timedelta:
    """A TIME as a time of day; as a duration if it is none (the type holds 838 hours in both directions)."""
    if isinstance(text, bytes):
        text = text.decode("ascii")
    try:
        return datetime.time.fromisoformat(text)
    except ValueError:
        pass
    negative = text.startswith("-")
    hours, minutes, seconds = text.lstrip("-").split(":")
    length = datetime.timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds))
    return -length if negative else length


_LASTING = ("SET", "USE", "LOCK", "CREATE TEMPORARY", "PREPARE", "HANDLER", "FLUSH TABLES WITH")
# SET that lasts no longer than a statement or a transaction.
_PASSING = ("SET TRANSACTION", "SET STATEMENT", "SET GLOBAL", "SET PASSWORD", "SET DEFAULT ROLE")


@lru_cache(maxsize=1000)
def changes_session(sql: str) -> bool:
    """Whether a statement leaves something behind in the session: a setting, a lock, a temporary table, a variable."""
    start = " ".join(sql.lstrip("( \t\r\n")[:60].upper().split())
    if start.startswith(_LASTING):
        return not start.startswith(_PASSING)
    upper = sql.upper()
    return "GET_LOCK(" in upper or ("@" in sql and ":=" in sql)
