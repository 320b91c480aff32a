"""Time zones: the default one, the current one, and aware datetimes.

The current zone is a context variable: requests, tasks and threads each see their own.
"""

from __future__ import annotations

import functools
from contextlib import ContextDecorator
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from offbeat.conf import settings

__all__ = [
    "activate",
    "deactivate",
    "get_current_timezone",
    "get_current_timezone_name",
    "get_default_timezone",
    "get_default_timezone_name",
    "get_fixed_timezone",
    "is_aware",
    "is_naive",
    "localdate",
    "localtime",
    "make_aware",
    "make_naive",
    "now",
    "override",
    "template_localtime",
]

utc = UTC
_active: ContextVar[tzinfo | None] = ContextVar("current_timezone", default=None)


def get_fixed_timezone(offset: Any) -> timezone:
    """A zone with a fixed offset from UTC, in minutes or as a timedelta."""
    if isinstance(offset, timedelta):
        offset = offset.total_seconds() // 60
    sign = "-" if offset < 0 else "+"
    return timezone(
        timedelta(minutes=offset), "{}{:02d}{:02d}".format(sign, *map(int, divmod(abs(offset), 60)))
    )


@functools.lru_cache
def get_default_timezone() -> tzinfo:
    """The zone of the ``TIME_ZONE`` setting."""
    import zoneinfo

    return zoneinfo.ZoneInfo(settings.TIME_ZONE)


def get_default_timezone_name() -> str:
    """Its name."""
    return _get_timezone_name(get_default_timezone())


def get_current_timezone() -> tzinfo:
    """The zone activated for this context, or the default one."""
    return _active.get() or get_default_timezone()


def get_current_timezone_name() -> str:
    """Its name."""
    return _get_timezone_name(get_current_timezone())


def _get_timezone_name(zone: tzinfo) -> str:
    # Zones such as Etc/GMT+10 call themselves by an offset that is no zone's name.
    return getattr(zone, "key", None) or zone.tzname(None) or str(zone)


def activate(timezone: Any) -> None:
    """Make a zone (an object or a name) current for this context; ValueError for anything else."""
    if isinstance(timezone, tzinfo):
        _active.set(timezone)
    elif isinstance(timezone, str):
        import zoneinfo

        _active.set(zoneinfo.ZoneInfo(timezone))
    else:
        raise ValueError(f"Invalid timezone: {timezone!r}")


def deactivate() -> None:
    """Go back to the default zone."""
    _active.set(None)


class override(ContextDecorator):
    """Context manager and decorator: another current zone for a while, None for the default one."""

    def __init__(self, timezone: Any) -> None:
        self.timezone = timezone

    def __enter__(self) -> None:
        self.old_timezone = _active.get()
        if self.timezone is None:
            deactivate()
        else:
            activate(self.timezone)

    def __exit__(self, *exc: object) -> None:
        _active.set(self.old_timezone)


def template_localtime(value: Any, use_tz: bool | None = None) -> Any:
    """An aware datetime in the current zone, unless ``use_tz`` says no; anything else as it is."""
    convert = (
        isinstance(value, datetime)
        and (settings.USE_TZ if use_tz is None else use_tz)
        and not is_naive(value)
        and getattr(value, "convert_to_local_time", True)
    )
    return localtime(value) if convert else value


def localtime(value: datetime | None = None, timezone: tzinfo | None = None) -> datetime:
    """An aware datetime (now by default) in ``timezone``, or in the current zone; ValueError for a naive one."""
    if value is None:
        value = now()
    if is_naive(value):
        raise ValueError("localtime() cannot be applied to a naive datetime")
    return value.astimezone(timezone or get_current_timezone())


def localdate(value: datetime | None = None, timezone: tzinfo | None = None) -> Any:
    """The date of ``localtime()``."""
    return localtime(value, timezone).date()


def now() -> datetime:
    """The present moment: aware in UTC when ``USE_TZ``, else naive in local time."""
    return datetime.now(tz=UTC if settings.USE_TZ else None)


def is_aware(value: datetime) -> bool:
    """Whether the datetime knows its offset."""
    return value.utcoffset() is not None


def is_naive(value: datetime) -> bool:
    """Whether it does not."""
    return value.utcoffset() is None


def make_aware(value: datetime, timezone: tzinfo | None = None) -> datetime:
    """A naive datetime as one of ``timezone``, or of the current zone; ValueError for an aware one."""
    if is_aware(value):
        raise ValueError(f"make_aware expects a naive datetime, got {value}")
    return value.replace(tzinfo=timezone or get_current_timezone())


def make_naive(value: datetime, timezone: tzinfo | None = None) -> datetime:
    """An aware datetime as a naive one of ``timezone``, or of the current zone; ValueError for a naive one."""
    if is_naive(value):
        raise ValueError("make_naive() cannot be applied to a naive datetime")
    return value.astimezone(timezone or get_current_timezone()).replace(tzinfo=None)


def _datetime_ambiguous_or_imaginary(dt: datetime, tz: tzinfo) -> bool:
    return tz.utcoffset(dt.replace(fold=not dt.fold)) != tz.utcoffset(dt)
