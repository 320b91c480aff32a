"""The time between two moments, in words (Django documentation: ref/templates/builtins, "timesince")."""

from __future__ import annotations

import datetime
from typing import Any

from offbeat.utils.html import avoid_wrapping
from offbeat.utils.timezone import is_aware
from offbeat.utils.translation import gettext, ngettext_lazy

__all__ = ["TIME_STRINGS", "timesince", "timeuntil"]

TIME_STRINGS = {
    "year": ngettext_lazy("%(num)d year", "%(num)d years", "num"),
    "month": ngettext_lazy("%(num)d month", "%(num)d months", "num"),
    "week": ngettext_lazy("%(num)d week", "%(num)d weeks", "num"),
    "day": ngettext_lazy("%(num)d day", "%(num)d days", "num"),
    "hour": ngettext_lazy("%(num)d hour", "%(num)d hours", "num"),
    "minute": ngettext_lazy("%(num)d minute", "%(num)d minutes", "num"),
}
_UNITS = list(TIME_STRINGS)
_SECONDS = {"week": 7 * 86400, "day": 86400, "hour": 3600, "minute": 60}
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def timesince(
    d: Any,
    now: Any = None,
    reversed: bool = False,
    time_strings: dict[str, Any] | None = None,
    depth: int = 2,
) -> str:
    """'2 weeks, 3 days' from ``d`` until ``now``: up to ``depth`` neighbouring units, the largest first.

    ``reversed``: count from ``now`` until ``d``. The past gives '0 minutes'. Raises ValueError for a depth under 1.
    """
    if depth <= 0:
        raise ValueError("depth must be greater than 0.")
    strings = TIME_STRINGS if time_strings is None else time_strings
    if not isinstance(d, datetime.datetime):
        d = datetime.datetime(d.year, d.month, d.day)
    if now and not isinstance(now, datetime.datetime):
        now = datetime.datetime(now.year, now.month, now.day)
    if not now:
        now = datetime.datetime.now(d.tzinfo if is_aware(d) else None)
    if reversed:
        d, now = now, d
    if d.tzinfo is not None and now.tzinfo is not None:
        # Years and months are counted on one calendar.
        now = now.astimezone(d.tzinfo)
    delta: datetime.timedelta = now - d
    if delta.days * 86400 + delta.seconds <= 0:
        return avoid_wrapping(strings["minute"] % {"num": 0})
    counts = _counts(d, now, delta)
    first = next((i for i, count in enumerate(counts) if count), None)
    if first is None:
        return avoid_wrapping(strings["minute"] % {"num": 0})
    result = []
    for i in range(first, min(first + depth, len(counts))):
        if not counts[i]:
            break
        result.append(avoid_wrapping(strings[_UNITS[i]] % {"num": counts[i]}))
    return gettext(", ").join(result)


def _counts(d: datetime.datetime, now: datetime.datetime, delta: datetime.timedelta) -> list[int]:
    """Years, months, weeks, days, hours and minutes in ``delta``."""
    months_total = (now.year - d.year) * 12 + now.month - d.month
    if d.day > now.day or (d.day == now.day and d.time() > now.time()):
        months_total -= 1
    years, months = divmod(months_total, 12)
    if years or months:
        year = d.year + years
        month = d.month + months
        if month > 12:
            year, month = year + 1, month - 12
        day = min(_MONTH_DAYS[month - 1], d.day)
        pivot = d.replace(year=year, month=month, day=day)
        rest = (now - pivot).total_seconds()
    else:
        rest = delta.total_seconds()
    counts = [years, months]
    for unit in ("week", "day", "hour", "minute"):
        count, rest = divmod(rest, _SECONDS[unit])
        counts.append(int(count))
    return counts


def timeuntil(d: Any, now: Any = None, time_strings: dict[str, Any] | None = None, depth: int = 2) -> str:
    """'2 weeks, 3 days' from ``now`` until ``d``."""
    return timesince(d, now, reversed=True, time_strings=time_strings, depth=depth)
