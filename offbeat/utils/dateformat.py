"""PHP-style date formatting (Django documentation: ref/templates/builtins, filter "date").

A format string is read once into a list of literals and methods; formatting then runs through that list.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from offbeat.utils.dates import MONTHS, MONTHS_3, MONTHS_ALT, MONTHS_AP, WEEKDAYS, WEEKDAYS_ABBR
from offbeat.utils.timezone import (
    _datetime_ambiguous_or_imaginary,
    get_default_timezone,
    is_naive,
    make_aware,
)
from offbeat.utils.translation import gettext as _

__all__ = ["DateFormat", "TimeFormat", "format", "time_format"]


@lru_cache(maxsize=512)
def _pieces(letters: str, formatstr: str) -> tuple[tuple[bool, str], ...]:
    """The format as (is a letter, text) pairs; a letter behind a backslash is text."""
    pieces: list[tuple[bool, str]] = []
    literal = ""
    position = 0
    while position < len(formatstr):
        char = formatstr[position]
        if char == "\\" and position + 1 < len(formatstr):
            position += 1
            literal += formatstr[position]
        elif char in letters:
            if literal:
                pieces.append((False, literal))
                literal = ""
            pieces.append((True, char))
        else:
            literal += char
        position += 1
    if literal:
        pieces.append((False, literal))
    return tuple(pieces)


class Formatter:
    """Base: subclasses define a method for each format letter in ``letters``."""

    letters = ""
    data: Any

    def format(self, formatstr: Any) -> str:
        """The value written as ``formatstr`` says."""
        out: list[str] = []
        for is_letter, text in _pieces(self.letters, str(formatstr)):
            if not is_letter:
                out.append(text)
            elif type(self.data) is datetime.date and text in TimeFormat.letters:
                raise TypeError(
                    "The format for date objects may not contain time-related format specifiers "
                    f"(found '{text}')."
                )
            else:
                method: Callable[[], Any] = getattr(self, text)
                out.append(str(method()))
        return "".join(out)


class TimeFormat(Formatter):
    """Format letters for times."""

    letters = "aAefgGhHiOPsTuZ"

    def __init__(self, obj: Any) -> None:
        self.data = obj
        self.timezone = None
        if isinstance(obj, datetime.datetime):
            self.timezone = get_default_timezone() if is_naive(obj) else obj.tzinfo

    def _offset(self) -> datetime.timedelta | None:
        """The difference to UTC, None where it is not known: a time that does not exist, or exists twice."""
        if self.timezone is None:
            return None
        if self.data.tzinfo is None and _datetime_ambiguous_or_imaginary(self.data, self.timezone):
            return None
        return self.timezone.utcoffset(self.data)

    def a(self) -> str:
        """'a.m.' or 'p.m.'"""
        return _("p.m.") if self.data.hour > 11 else _("a.m.")

    def A(self) -> str:
        """'AM' or 'PM'"""
        return _("PM") if self.data.hour > 11 else _("AM")

    def e(self) -> str:
        """Name of the time zone."""
        if not self.timezone:
            return ""
        try:
            if getattr(self.data, "tzinfo", None):
                return self.data.tzname() or ""
        except NotImplementedError:
            pass
        return ""

    def f(self) -> str:
        """Time in 12-hour hours and minutes, minutes left off if zero: '1', '1:30'."""
        hour = str(self.g())
        return hour if self.data.minute == 0 else f"{hour}:{self.i()}"

    def g(self) -> int:
        """Hour, 12-hour format without leading zero."""
        return self.data.hour % 12 or 12

    def G(self) -> int:
        """Hour, 24-hour format without leading zero."""
        return self.data.hour  # type: ignore[no-any-return]

    def h(self) -> str:
        """Hour, 12-hour format, two digits."""
        return f"{self.g():02d}"

    def H(self) -> str:
        """Hour, 24-hour format, two digits."""
        return f"{self.data.hour:02d}"

    def i(self) -> str:
        """Minutes, two digits."""
        return f"{self.data.minute:02d}"

    def O(self) -> str:  # noqa: E743
        """Difference to Greenwich: '+0200'."""
        offset = self._offset()
        if offset is None:
            return ""
        seconds = offset.days * 86400 + offset.seconds
        sign = "-" if seconds < 0 else "+"
        seconds = abs(seconds)
        return f"{sign}{seconds // 3600:02d}{seconds // 60 % 60:02d}"

    def P(self) -> str:
        """'1 a.m.', '1:30 p.m.', 'midnight', 'noon'."""
        if self.data.minute == 0 and self.data.hour == 0:
            return _("midnight")
        if self.data.minute == 0 and self.data.hour == 12:
            return _("noon")
        return f"{self.f()} {self.a()}"

    def s(self) -> str:
        """Seconds, two digits."""
        return f"{self.data.second:02d}"

    def T(self) -> str:
        """Time zone of this machine or value: 'EST'; the offset where it has no name."""
        if self.timezone is None or self._offset() is None:
            return ""
        name = self.timezone.tzname(self.data)
        return self.O() if name is None else str(name)

    def u(self) -> str:
        """Microseconds, six digits."""
        return f"{self.data.microsecond:06d}"

    def Z(self) -> Any:
        """Offset of the time zone in seconds."""
        offset = self._offset()
        return "" if offset is None else offset.days * 86400 + offset.seconds


class DateFormat(TimeFormat):
    """Format letters for dates and datetimes."""

    letters = "aAbcdDeEfFgGhHiIjlLmMnNoOPrsStTuUwWyYzZ"

    def b(self) -> Any:
        """Month, three lower-case letters."""
        return MONTHS_3[self.data.month]

    def c(self) -> str:
        """ISO 8601."""
        return self.data.isoformat()  # type: ignore[no-any-return]

    def d(self) -> str:
        """Day of the month, two digits."""
        return f"{self.data.day:02d}"

    def D(self) -> Any:
        """Day of the week, three letters."""
        return WEEKDAYS_ABBR[self.data.weekday()]

    def E(self) -> Any:
        """Month as the language writes it within dates."""
        return MONTHS_ALT[self.data.month]

    def F(self) -> Any:
        """Month, in full."""
        return MONTHS[self.data.month]

    def I(self) -> str:  # noqa: E743
        """'1' in daylight saving time, else '0'."""
        if self.timezone is None or _datetime_ambiguous_or_imaginary(self.data, self.timezone):
            return ""
        return "1" if self.timezone.dst(self.data) else "0"

    def j(self) -> int:
        """Day of the month without leading zero."""
        return self.data.day  # type: ignore[no-any-return]

    def l(self) -> Any:  # noqa: E743
        """Day of the week, in full."""
        return WEEKDAYS[self.data.weekday()]

    def L(self) -> bool:
        """Whether the year is a leap year."""
        import calendar

        return calendar.isleap(self.data.year)

    def m(self) -> str:
        """Month, two digits."""
        return f"{self.data.month:02d}"

    def M(self) -> str:
        """Month, three letters."""
        return str(MONTHS_3[self.data.month]).title()

    def n(self) -> int:
        """Month without leading zero."""
        return self.data.month  # type: ignore[no-any-return]

    def N(self) -> Any:
        """Month, abbreviated in Associated Press style."""
        return MONTHS_AP[self.data.month]

    def o(self) -> int:
        """ISO 8601 year of the week."""
        return self.data.isocalendar()[0]  # type: ignore[no-any-return]

    def r(self) -> str:
        """RFC 5322 date."""
        value = self.data
        if not isinstance(value, datetime.datetime):
            # A date has no time of its own: midnight in the default zone.
            value = make_aware(
                datetime.datetime.combine(value, datetime.time.min), timezone=get_default_timezone()
            )
        elif is_naive(value):
            value = make_aware(value, timezone=self.timezone)
        from email.utils import format_datetime

        return format_datetime(value)

    def S(self) -> str:
        """English ordinal suffix of the day."""
        if self.data.day in (11, 12, 13):
            return "th"
        return {1: "st", 2: "nd", 3: "rd"}.get(self.data.day % 10, "th")

    def t(self) -> int:
        """Days in the month."""
        import calendar

        return calendar.monthrange(self.data.year, self.data.month)[1]

    def U(self) -> int:
        """Seconds since 1970-01-01 00:00 UTC."""
        value = self.data
        if not isinstance(value, datetime.datetime):
            value = datetime.datetime.combine(value, datetime.time.min)
        return int(value.timestamp())

    def w(self) -> int:
        """Day of the week, 0 is Sunday."""
        return (self.data.weekday() + 1) % 7  # type: ignore[no-any-return]

    def W(self) -> int:
        """ISO 8601 week number."""
        return self.data.isocalendar()[1]  # type: ignore[no-any-return]

    def y(self) -> str:
        """Year, two digits."""
        return f"{self.data.year % 100:02d}"

    def Y(self) -> str:
        """Year, four digits."""
        return f"{self.data.year:04d}"

    def z(self) -> int:
        """Day of the year, 1 to 366."""
        return self.data.timetuple().tm_yday  # type: ignore[no-any-return]


def format(value: Any, format_string: Any) -> str:
    """A date or datetime, formatted."""
    return DateFormat(value).format(format_string)


def time_format(value: Any, format_string: Any) -> str:
    """A time, formatted."""
    return TimeFormat(value).format(format_string)
