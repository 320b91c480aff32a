"""``{% load tz %}`` (Django documentation: topics/i18n/timezones)."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, tzinfo
from typing import Any

from offbeat.template import Library, Node, TemplateSyntaxError
from offbeat.template.nodes import Effects, writes
from offbeat.utils import timezone

__all__ = [
    "GetCurrentTimezoneNode",
    "LocalTimeNode",
    "TimezoneNode",
    "datetimeobject",
    "do_timezone",
    "get_current_timezone_tag",
    "localtime",
    "localtime_tag",
    "register",
    "timezone_tag",
    "utc",
]

register = Library()


class datetimeobject(datetime):
    """A datetime that knows that it was converted already, so that output does not convert it back."""

    convert_to_local_time: bool


@register.filter
def localtime(value: Any) -> Any:
    """In the current time zone."""
    return do_timezone(value, timezone.get_current_timezone())


@register.filter
def utc(value: Any) -> Any:
    """In UTC."""
    return do_timezone(value, UTC)


@register.filter("timezone")
def do_timezone(value: Any, arg: Any) -> Any:
    """In the time zone ``arg``, a tzinfo or a name; '' if value or zone is none."""
    if not isinstance(value, datetime):
        return ""
    try:
        if timezone.is_naive(value):
            value = timezone.make_aware(value, timezone.get_default_timezone())
    except Exception:  # a time that does not exist in that zone
        return ""
    if isinstance(arg, tzinfo):
        tz: tzinfo = arg
    elif isinstance(arg, str):
        try:
            tz = zoneinfo.ZoneInfo(arg)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            return ""
    else:
        return ""
    result = timezone.localtime(value, tz)
    marked = datetimeobject(
        result.year,
        result.month,
        result.day,
        result.hour,
        result.minute,
        result.second,
        result.microsecond,
        result.tzinfo,
        fold=result.fold,
    )
    marked.convert_to_local_time = False
    return marked


class LocalTimeNode(Node):
    """``{% localtime %}``."""

    def __init__(self, nodelist: Any, use_tz: bool) -> None:
        self.nodelist = nodelist
        self.use_tz = use_tz

    def emit(self, gen: Any) -> None:
        saved = gen.name("use_tz")
        gen.line(f"{saved} = context.use_tz")
        gen.line(f"context.use_tz = {self.use_tz}")
        with gen.block("try:"):
            gen.nodes(self.nodelist)
        with gen.block("finally:"):
            gen.line(f"context.use_tz = {saved}")

    def effects(self) -> Effects:
        effects = self.nodelist.effects()
        return effects._replace(depth=effects.depth + 1)  # type: ignore[no-any-return]


class TimezoneNode(Node):
    """``{% timezone %}``."""

    def __init__(self, nodelist: Any, tz: Any) -> None:
        self.nodelist = nodelist
        self.tz = tz

    def emit(self, gen: Any) -> None:
        with gen.block(f"with {gen.const(timezone.override, 'override')}({gen.value(self.tz, 'invalid')}):"):
            gen.nodes(self.nodelist)

    def effects(self) -> Effects:
        effects = self.nodelist.effects()
        return effects._replace(depth=effects.depth + 1)  # type: ignore[no-any-return]


class GetCurrentTimezoneNode(Node):
    """``{% get_current_timezone %}``."""

    child_nodelists = ()

    def __init__(self, variable: str) -> None:
        self.variable = variable

    def emit(self, gen: Any) -> None:
        function = gen.const(timezone.get_current_timezone_name, "get_name")
        gen.line(f"context[{self.variable!r}] = {function}()")

    def effects(self) -> Effects:
        return writes(self.variable)


@register.tag("localtime")
def localtime_tag(parser: Any, token: Any) -> LocalTimeNode:
    """``{% localtime [on|off] %} … {% endlocaltime %}``"""
    bits = token.split_contents()
    if len(bits) > 2 or (len(bits) == 2 and bits[1] not in ("on", "off")):
        raise TemplateSyntaxError(f"{bits[0]!r} argument should be 'on' or 'off'")
    nodelist = parser.parse(("endlocaltime",))
    parser.delete_first_token()
    return LocalTimeNode(nodelist, len(bits) == 1 or bits[1] == "on")


@register.tag("timezone")
def timezone_tag(parser: Any, token: Any) -> TimezoneNode:
    """``{% timezone "Europe/Paris" %} … {% endtimezone %}``"""
    bits = token.split_contents()
    if len(bits) != 2:
        raise TemplateSyntaxError(f"'{bits[0]}' takes one argument (timezone)")
    tz = parser.compile_filter(bits[1])
    nodelist = parser.parse(("endtimezone",))
    parser.delete_first_token()
    return TimezoneNode(nodelist, tz)


@register.tag("get_current_timezone")
def get_current_timezone_tag(parser: Any, token: Any) -> GetCurrentTimezoneNode:
    """``{% get_current_timezone as name %}``"""
    args = token.contents.split()
    if len(args) != 3 or args[1] != "as":
        raise TemplateSyntaxError(f"'get_current_timezone' requires 'as variable' (got {args!r})")
    return GetCurrentTimezoneNode(args[2])
