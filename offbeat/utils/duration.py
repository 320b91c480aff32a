"""Durations as text and numbers (Django documentation: DurationField; ISO 8601)."""

from __future__ import annotations

import datetime

__all__ = ["duration_iso_string", "duration_microseconds", "duration_string"]


def _split(duration: datetime.timedelta) -> tuple[int, int, int, int, int]:
    minutes, seconds = divmod(duration.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return duration.days, hours, minutes, seconds, duration.microseconds


def duration_string(duration: datetime.timedelta) -> str:
    """Return "[days ]HH:MM:SS[.microseconds]", the form parse_duration reads."""
    days, hours, minutes, seconds, microseconds = _split(duration)
    text = f"{hours:02d}:{minutes:02d}:{seconds:02d}"
    if days:
        text = f"{days} {text}"
    if microseconds:
        text += f".{microseconds:06d}"
    return text


def duration_iso_string(duration: datetime.timedelta) -> str:
    """Return the ISO 8601 form, such as "P1DT02H03M04.000005S"; negative ones start with "-"."""
    sign = ""
    if duration < datetime.timedelta(0):
        sign = "-"
        duration = -duration
    days, hours, minutes, seconds, microseconds = _split(duration)
    fraction = f".{microseconds:06d}" if microseconds else ""
    return f"{sign}P{days}DT{hours:02d}H{minutes:02d}M{seconds:02d}{fraction}S"


def duration_microseconds(delta: datetime.timedelta) -> int:
    """Return the duration in microseconds, exactly."""
    return (delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds
