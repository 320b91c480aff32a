"""SQLite's conversions of column values as expressions, for the functions the ORM generates for its rows.

An expression may raise ValueError or TypeError for a value in an unusual form: the rows are then converted again
through the ordinary converters.
"""

from __future__ import annotations

import datetime
from typing import Any

from offbeat.conf import settings

__all__ = ["inline_adapter", "inline_converter"]


def inline_converter(ops: Any, converter: Any) -> tuple[str, dict[str, Any]] | None:
    """(expression with {value} and {names}, those names) for one of the converters of `ops`; None if it has none."""
    function: Any = getattr(converter, "__func__", None)
    if getattr(converter, "__self__", None) is not ops or function is None:
        return None
    dialect: Any = type(ops)
    if function is dialect.convert_booleanfield_value:
        return "True if {value} == 1 else False if {value} == 0 else {value}", {}
    if function is dialect.convert_datefield_value:
        return "None if {value} is None else {parse_date}({value})", {
            "parse_date": datetime.date.fromisoformat
        }
    if function is dialect.convert_datetimefield_value:
        return _datetime(converter.__self__.connection)
    return None


def inline_adapter(ops: Any, internal_type: str) -> tuple[str, str, dict[str, Any]] | None:
    """(condition, expression, names) with {value} for values of a stock field's usual type; None if it has none."""
    if internal_type == "DateField":
        return "type({value}) is {date}", "{value}.isoformat()", {"date": datetime.date}
    if internal_type != "DateTimeField":
        return None
    naive = "type({value}) is {datetime} and {value}.tzinfo is "
    if not settings.USE_TZ:
        return naive + "None", "str({value})", {"datetime": datetime.datetime}
    if ops.connection.timezone is not datetime.UTC:
        return None
    names = {"datetime": datetime.datetime, "utc": datetime.UTC}
    return naive + "{utc}", "str({value}.replace(tzinfo=None))", names


def _datetime(connection: Any) -> tuple[str, dict[str, Any]] | None:
    parse = {"parse_datetime": datetime.datetime.fromisoformat}
    if not settings.USE_TZ:
        return "None if {value} is None else {parse_datetime}({value})", parse
    if connection.timezone is not datetime.UTC:
        return None
    # A date alone would take the offset for its time, so it must not reach the parser.
    source = '{parse_datetime}({value} + "+00:00") if len({value}) > 10 else {no_time}({value})'
    return f"None if {{value}} is None else {source}", {**parse, "no_time": _refuse}


def _refuse(value: Any) -> Any:
    raise ValueError(f"{value!r} is a date without a time.")
