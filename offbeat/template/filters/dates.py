"""Filters for dates and times."""

from __future__ import annotations

from typing import Any

from offbeat.template.library import Library
from offbeat.utils import formats
from offbeat.utils.dateformat import format as format_date
from offbeat.utils.dateformat import time_format
from offbeat.utils.timesince import timesince as timesince_text
from offbeat.utils.timesince import timeuntil as timeuntil_text

__all__ = ["date", "register", "time", "timesince_filter", "timeuntil_filter"]

register = Library()


@register.filter(expects_localtime=True, is_safe=False)
def date(value: Any, arg: Any = None) -> Any:
    """A date in a format, or in the one that ``arg`` names; '' for what is no date."""
    if value in (None, ""):
        return ""
    try:
        return formats.date_format(value, arg)
    except AttributeError:
        try:
            return format_date(value, arg)
        except AttributeError:
            return ""


@register.filter(expects_localtime=True, is_safe=False)
def time(value: Any, arg: Any = None) -> Any:
    """A time in a format, or in the one that ``arg`` names; '' for what is no time."""
    if value in (None, ""):
        return ""
    try:
        return formats.time_format(value, arg)
    except (AttributeError, TypeError):
        try:
            return time_format(value, arg)
        except (AttributeError, TypeError):
            return ""


@register.filter("timesince", is_safe=False)
def timesince_filter(value: Any, arg: Any = None) -> str:
    """The time since a date, until now or ``arg``."""
    if not value:
        return ""
    try:
        return timesince_text(value, arg) if arg else timesince_text(value)
    except (ValueError, TypeError):
        return ""


@register.filter("timeuntil", is_safe=False)
def timeuntil_filter(value: Any, arg: Any = None) -> str:
    """The time until a date, from now or ``arg``."""
    if not value:
        return ""
    try:
        return timeuntil_text(value, arg)
    except (ValueError, TypeError):
        return ""
