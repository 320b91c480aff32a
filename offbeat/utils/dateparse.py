"""Parsing of dates, times and durations (Django documentation: ref/utils#module-django.utils.dateparse).

Each parser returns None for text of another form and raises ValueError for text of the right form that is no
valid date or time.
"""

from __future__ import annotations

import datetime
import re
from typing import Any

from offbeat.utils.regex_helper import _lazy_re_compile
from offbeat.utils.timezone import get_fixed_timezone

__all__ = ["parse_date", "parse_datetime", "parse_duration", "parse_time"]

date_re = _lazy_re_compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})$")

_TIME = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:[.,](?P<microsecond>\d{1,6})\d{0,6})?)?"
)

time_re = _lazy_re_compile(_TIME + r"$")

datetime_re = _lazy_re_compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})[T ]"
    + _TIME
    + r"\s*(?P<tzinfo>Z|[+-]\d{2}(?::?\d{2})?)?$"
)

standard_duration_re = _lazy_re_compile(
    r"^"
    r"(?:(?P<days>-?\d+) (days?, )?)?"
    r"(?P<sign>-?)"
    r"((?:(?P<hours>\d+):)(?=\d+:\d+))?"
    r"(?:(?P<minutes>\d+):)?"
    r"(?P<seconds>\d+)"
    r"(?:[.,](?P<microseconds>\d{1,6})\d{0,6})?"
    r"$"
)

# Weeks, months and years are left out: their length depends on the calendar (ISO 8601 allows leaving them out).
iso8601_duration_re = _lazy_re_compile(
    r"^(?P<sign>[-+]?)"
    r"P"
    r"(?:(?P<days>\d+([.,]\d+)?)D)?"
    r"(?:T"
    r"(?:(?P<hours>\d+([.,]\d+)?)H)?"
    r"(?:(?P<minutes>\d+([.,]\d+)?)M)?"
    r"(?:(?P<seconds>\d+([.,]\d+)?)S)?"
    r")?"
    r"$"
)

postgres_interval_re = _lazy_re_compile(
    r"^"
    r"(?:(?P<days>-?\d+) (days? ?))?"
    r"(?:(?P<sign>[-+])?"
    r"(?P<hours>\d+):"
    r"(?P<minutes>\d\d):"
    r"(?P<seconds>\d\d)"
    r"(?:\.(?P<microseconds>\d{1,6}))?"
    r")?$"
)


def parse_date(value: str) -> datetime.date | None:
    """Parse "YYYY-MM-DD" (and the other ISO 8601 forms Python reads)."""
    try:
        return datetime.date.fromisoformat(value)
    except ValueError:
        match = date_re.match(value)
        if match is None:
            return None
        return datetime.date(**{key: int(part) for key, part in match.groupdict().items()})


def _clock_parts(groups: dict[str, str | None]) -> dict[str, Any]:
    if groups["microsecond"]:
        groups["microsecond"] = groups["microsecond"].ljust(6, "0")
    return {key: int(part) for key, part in groups.items() if part is not None}


def parse_time(value: str) -> datetime.time | None:
    """Parse "HH:MM[:SS[.ffffff]]"; a UTC offset is not accepted."""
    try:
        # Python would take an offset; a naive time must not lose one silently, so it is dropped as documented.
        return datetime.time.fromisoformat(value).replace(tzinfo=None)
    except ValueError:
        match = time_re.match(value)
        return None if match is None else datetime.time(**_clock_parts(match.groupdict()))


def parse_datetime(value: str) -> datetime.datetime | None:
    """Parse an ISO 8601 date and time, with or without an offset; the result is aware when there is one."""
    try:
        return datetime.datetime.fromisoformat(value)
    except ValueError:
        match = datetime_re.match(value)
        if match is None:
            return None
    groups = match.groupdict()
    offset = groups.pop("tzinfo")
    tzinfo: datetime.tzinfo | None = None
    if offset == "Z":
        tzinfo = datetime.UTC
    elif offset is not None:
        minutes = 60 * int(offset[1:3]) + (int(offset[-2:]) if len(offset) > 3 else 0)
        tzinfo = get_fixed_timezone(-minutes if offset[0] == "-" else minutes)
    parts = _clock_parts(groups)
    return datetime.datetime(
        parts["year"],
        parts["month"],
        parts["day"],
        parts["hour"],
        parts["minute"],
        parts.get("second", 0),
        parts.get("microsecond", 0),
        tzinfo=tzinfo,
    )


def parse_duration(value: str) -> datetime.timedelta | None:
    """Parse "[D ]HH:MM:SS.ffffff", ISO 8601 ("P4DT1H15M20S") and PostgreSQL's "3 days 04:05:06" durations."""
    match: re.Match[str] | None = (
        standard_duration_re.match(value)
        or iso8601_duration_re.match(value)
        or postgres_interval_re.match(value)
    )
    if match is None:
        return None
    parts = match.groupdict()
    sign = -1 if parts.pop("sign", "+") == "-" else 1
    if parts.get("microseconds"):
        parts["microseconds"] = parts["microseconds"].ljust(6, "0")
    numbers = {key: float(part.replace(",", ".")) for key, part in parts.items() if part is not None}
    days = datetime.timedelta(numbers.pop("days", 0.0) or 0.0)
    if match.re.pattern == iso8601_duration_re.pattern:
        days *= sign
    return days + sign * datetime.timedelta(**numbers)
