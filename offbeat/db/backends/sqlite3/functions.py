"""Functions that SQLite lacks, registered on every connection.

Their names are part of the data: indexes, views, constraints and generated columns of existing databases call them.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import math
import random
import re
import sqlite3
import uuid
from collections.abc import Callable
from typing import Any

from offbeat.db.backends.utils import split_tzname_delta
from offbeat.utils.duration import duration_microseconds

__all__ = ["register"]

_MICROSECOND = datetime.timedelta(microseconds=1)


def _none_if_any_none(fn: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(fn)
    def inner(*args: Any) -> Any:
        return None if None in args else fn(*args)

    return inner


@functools.lru_cache(maxsize=256)
def _zone(name: str) -> datetime.tzinfo:
    import zoneinfo

    return zoneinfo.ZoneInfo(name)


def _parse_moment(text: str) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        from offbeat.utils.dateparse import parse_datetime

        try:
            return parse_datetime(text)
        except (TypeError, ValueError):
            return None


def _moment(text: Any, tzname: str | None, conn_tzname: str | None) -> datetime.datetime | None:
    """A date or datetime of the database, moved from the connection's time zone to another one."""
    if text is None:
        return None
    moment = _parse_moment(text)
    if moment is None:
        return None
    if conn_tzname:
        moment = moment.replace(tzinfo=_zone(conn_tzname))
    if tzname is not None and tzname != conn_tzname:
        name, sign, offset = split_tzname_delta(tzname)
        if offset:
            hours, minutes = offset.split(":")
            delta = datetime.timedelta(hours=int(hours), minutes=int(minutes))
            moment += delta if sign == "+" else -delta
        moment = moment.astimezone(_zone(name))
    return moment


def _start_of_week(moment: datetime.date) -> datetime.date:
    return moment - datetime.timedelta(days=moment.weekday())


def _truncated_date(kind: str, day: Any) -> datetime.date:
    if kind == "year":
        return datetime.date(day.year, 1, 1)
    if kind == "quarter":
        return datetime.date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    if kind == "month":
        return datetime.date(day.year, day.month, 1)
    if kind == "week":
        return _start_of_week(datetime.date(day.year, day.month, day.day))
    if kind == "day":
        return datetime.date(day.year, day.month, day.day)
    raise ValueError(f"Unsupported lookup type: {kind!r}")


def _date_trunc(kind: str, text: Any, tzname: str | None, conn_tzname: str | None) -> str | None:
    moment = _moment(text, tzname, conn_tzname)
    return None if moment is None else _truncated_date(kind, moment).isoformat()


def _datetime_trunc(kind: str, text: Any, tzname: str | None, conn_tzname: str | None) -> str | None:
    moment = _moment(text, tzname, conn_tzname)
    if moment is None:
        return None
    if kind in {"hour", "minute", "second"}:
        minute = moment.minute if kind != "hour" else 0
        second = moment.second if kind == "second" else 0
        return f"{moment.date().isoformat()} {moment.hour:02}:{minute:02}:{second:02}"
    return f"{_truncated_date(kind, moment).isoformat()} 00:00:00"


def _parse_clock(text: Any) -> datetime.time | None:
    try:
        return datetime.time.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def _time_trunc(kind: str, text: Any, tzname: str | None, conn_tzname: str | None) -> str | None:
    if text is None:
        return None
    moment = _moment(text, tzname, conn_tzname) if _parse_clock(text) is None else None
    clock = moment.time() if moment is not None else _parse_clock(text)
    if clock is None:
        return None
    if kind == "hour":
        return f"{clock.hour:02}:00:00"
    if kind == "minute":
        return f"{clock.hour:02}:{clock.minute:02}:00"
    if kind == "second":
        return f"{clock.hour:02}:{clock.minute:02}:{clock.second:02}"
    raise ValueError(f"Unsupported lookup type: {kind!r}")


def _cast_date(text: Any, tzname: str | None, conn_tzname: str | None) -> str | None:
    moment = _moment(text, tzname, conn_tzname)
    return None if moment is None else moment.date().isoformat()


def _cast_time(text: Any, tzname: str | None, conn_tzname: str | None) -> str | None:
    moment = _moment(text, tzname, conn_tzname)
    return None if moment is None else moment.time().isoformat()


def _part(kind: str, moment: datetime.datetime) -> int:
    if kind == "week_day":
        return moment.isoweekday() % 7 + 1
    if kind == "iso_week_day":
        return moment.isoweekday()
    if kind == "week":
        return moment.isocalendar().week
    if kind == "iso_year":
        return moment.isocalendar().year
    if kind == "quarter":
        return (moment.month + 2) // 3
    return getattr(moment, kind)  # type: ignore[no-any-return]


def _datetime_extract(
    kind: str, text: Any, tzname: str | None = None, conn_tzname: str | None = None
) -> int | None:
    moment = _moment(text, tzname, conn_tzname)
    return None if moment is None else _part(kind, moment)


def _time_extract(kind: str, text: Any) -> int | None:
    if text is None:
        return None
    clock = _parse_clock(text)
    return None if clock is None else getattr(clock, kind)


def _date_extract(kind: str, text: Any) -> int | None:
    return _datetime_extract(kind, text)


def _operand(value: Any) -> Any:
    """An operand of duration arithmetic: microseconds, or text of a date or datetime."""
    if isinstance(value, int):
        return datetime.timedelta(microseconds=value)
    if len(value) <= 10:
        return datetime.date.fromisoformat(value)
    return _parse_moment(value)


def _format_dtdelta(connector: str, left: Any, right: Any) -> Any:
    """`left connector right` where at least one is a duration; None if an operand makes no sense."""
    if left is None or right is None:
        return None
    connector = connector.strip()
    try:
        if connector == "*":
            return left * right
        if connector == "/":
            return left / right
        a, b = _operand(left), _operand(right)
        if a is None or b is None:
            return None
        return str(a + b if connector == "+" else a - b)
    except (ValueError, TypeError, OverflowError):
        return None


def _time_diff(left: Any, right: Any) -> int | None:
    if left is None or right is None:
        return None
    a, b = datetime.time.fromisoformat(left), datetime.time.fromisoformat(right)
    return (
        (a.hour - b.hour) * 3_600_000_000
        + (a.minute - b.minute) * 60_000_000
        + (a.second - b.second) * 1_000_000
        + a.microsecond
        - b.microsecond
    )


def _timestamp_diff(left: Any, right: Any) -> int | None:
    if left is None or right is None:
        return None
    a, b = _parse_moment(left), _parse_moment(right)
    if a is None or b is None:
        return None
    return duration_microseconds(a - b)


def _regexp(pattern: Any, value: Any) -> bool | None:
    if pattern is None or value is None:
        return None
    return re.search(str(pattern), value if isinstance(value, str) else str(value)) is not None


def _lpad(text: str, length: int, fill: str) -> str:
    missing = length - len(text)
    return text[:length] if missing <= 0 else (fill * length)[:missing] + text


def _rpad(text: str, length: int, fill: str) -> str:
    return (text + fill * length)[:length]


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _hash(name: str) -> Callable[[str], str]:
    def digest(text: str) -> str:
        return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()

    return digest


def _lenient(fn: Callable[..., float]) -> Callable[..., float | None]:
    """Outside of its domain, or for text, a function of the built-in mathematics yields NULL."""

    def inner(*args: Any) -> float | None:
        if None in args:
            return None
        try:
            return fn(*map(float, args))
        except (ValueError, ZeroDivisionError):
            return None
        except OverflowError:
            return math.inf

    return inner


class _Collected:
    """An aggregate over the values that are not NULL."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def step(self, value: Any) -> None:
        if value is not None:
            self.values.append(value)


class _StdDevPop(_Collected):
    def finalize(self) -> float | None:
        from statistics import pstdev

        return pstdev(self.values) if self.values else None


class _StdDevSamp(_Collected):
    def finalize(self) -> float | None:
        from statistics import stdev

        return stdev(self.values) if len(self.values) > 1 else None


class _VarPop(_Collected):
    def finalize(self) -> float | None:
        from statistics import pvariance

        return pvariance(self.values) if self.values else None


class _VarSamp(_Collected):
    def finalize(self) -> float | None:
        from statistics import variance

        return variance(self.values) if len(self.values) > 1 else None


class _AnyValue:
    def __init__(self) -> None:
        self.value: Any = None

    def step(self, value: Any) -> None:
        if self.value is None:
            self.value = value

    def finalize(self) -> Any:
        return self.value


class _Bits:
    def __init__(self) -> None:
        self.value: int | None = None

    def finalize(self) -> int | None:
        return self.value


class _BitAnd(_Bits):
    def step(self, value: int | None) -> None:
        if value is not None:
            self.value = value if self.value is None else self.value & value


class _BitOr(_Bits):
    def step(self, value: int | None) -> None:
        if value is not None:
            self.value = value if self.value is None else self.value | value


class _BitXor(_Bits):
    def step(self, value: int | None) -> None:
        if value is not None:
            self.value = value if self.value is None else self.value ^ value


# name, number of arguments, function, deterministic
_FUNCTIONS: list[tuple[str, int, Callable[..., Any], bool]] = [
    ("django_date_extract", 2, _date_extract, True),
    ("django_date_trunc", 4, _date_trunc, True),
    ("django_datetime_cast_date", 3, _cast_date, True),
    ("django_datetime_cast_time", 3, _cast_time, True),
    ("django_datetime_extract", 4, _datetime_extract, True),
    ("django_datetime_trunc", 4, _datetime_trunc, True),
    ("django_time_extract", 2, _time_extract, True),
    ("django_time_trunc", 4, _time_trunc, True),
    ("django_time_diff", 2, _time_diff, True),
    ("django_timestamp_diff", 2, _timestamp_diff, True),
    ("django_format_dtdelta", 3, _format_dtdelta, True),
    ("regexp", 2, _regexp, True),
    ("BITXOR", 2, _none_if_any_none(lambda a, b: a ^ b), True),
    ("COT", 1, _none_if_any_none(lambda x: 1 / math.tan(x)), True),
    ("LPAD", 3, _none_if_any_none(_lpad), True),
    ("RPAD", 3, _none_if_any_none(_rpad), True),
    ("REPEAT", 2, _none_if_any_none(lambda text, count: text * count), True),
    ("REVERSE", 1, _none_if_any_none(lambda text: text[::-1]), True),
    ("SIGN", 1, _none_if_any_none(_sign), True),
    ("MD5", 1, _none_if_any_none(_hash("md5")), True),
    ("SHA1", 1, _none_if_any_none(_hash("sha1")), True),
    ("SHA224", 1, _none_if_any_none(_hash("sha224")), True),
    ("SHA256", 1, _none_if_any_none(_hash("sha256")), True),
    ("SHA384", 1, _none_if_any_none(_hash("sha384")), True),
    ("SHA512", 1, _none_if_any_none(_hash("sha512")), True),
    ("RAND", 0, random.random, False),
    ("UUIDV4", 0, lambda: uuid.uuid4().hex, False),
]
_AGGREGATES: list[tuple[str, type]] = [
    ("ANY_VALUE", _AnyValue),
    ("BIT_AND", _BitAnd),
    ("BIT_OR", _BitOr),
    ("BIT_XOR", _BitXor),
    ("STDDEV_POP", _StdDevPop),
    ("STDDEV_SAMP", _StdDevSamp),
    ("VAR_POP", _VarPop),
    ("VAR_SAMP", _VarSamp),
]
# For libraries built without SQLITE_ENABLE_MATH_FUNCTIONS.
_MATHEMATICS: list[tuple[str, int, Callable[..., Any]]] = [
    ("ACOS", 1, math.acos),
    ("ASIN", 1, math.asin),
    ("ATAN", 1, math.atan),
    ("ATAN2", 2, math.atan2),
    ("CEILING", 1, math.ceil),
    ("COS", 1, math.cos),
    ("DEGREES", 1, math.degrees),
    ("EXP", 1, math.exp),
    ("FLOOR", 1, math.floor),
    ("LN", 1, math.log),
    ("LOG", 2, lambda base, x: math.log(x, base)),
    ("MOD", 2, math.fmod),
    ("PI", 0, lambda: math.pi),
    ("POWER", 2, math.pow),
    ("RADIANS", 1, math.radians),
    ("SIN", 1, math.sin),
    ("SQRT", 1, math.sqrt),
    ("TAN", 1, math.tan),
]


@functools.cache
def _has_mathematics() -> bool:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("SELECT ACOS(1), LOG(2, 4), PI()")
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
    return True


def register(connection: sqlite3.Connection) -> None:
    """Register all functions on a connection."""
    create = connection.create_function
    for name, arguments, function, deterministic in _FUNCTIONS:
        create(name, arguments, function, deterministic=deterministic)
    make_uuid7: Any = getattr(uuid, "uuid7", None)
    if make_uuid7 is not None:
        create("UUIDV7", 0, lambda: make_uuid7().hex)
    for name, aggregate in _AGGREGATES:
        connection.create_aggregate(name, 1, aggregate)
    if not _has_mathematics():
        for name, arguments, function in _MATHEMATICS:
            create(name, arguments, _lenient(function), deterministic=True)
