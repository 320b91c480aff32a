"""The documented `%s` and `%(name)s` placeholders, and SQLite's `?` and `:name`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["from_driver_sql", "named_to_driver", "to_driver_sql"]

LIMIT = 2000
_PERCENT = re.compile(r"%(.)", re.DOTALL)
_QUESTION = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\?|%")

_there: dict[str, str] = {}
_back: dict[str, str] = {}


def _positional(match: re.Match[str]) -> str:
    kind = match[1]
    if kind == "s":
        return "?"
    if kind == "%":
        return "%"
    raise ValueError(f"unsupported format character {kind!r}: write %% for a percent sign")


def to_driver_sql(sql: str) -> str:
    """SQL with `?` for `%s` and `%` for `%%`."""
    try:
        return _there[sql]
    except KeyError:
        pass
    driver_sql = _PERCENT.sub(_positional, sql) if "%" in sql else sql
    if len(_there) >= LIMIT:
        _there.clear()
        _back.clear()
    _there[sql] = driver_sql
    _back[driver_sql] = sql
    return driver_sql


def _documented(match: re.Match[str]) -> str:
    text = match[0]
    if text == "?":
        return "%s"
    return text.replace("%", "%%")


def from_driver_sql(driver_sql: str) -> str:
    """The documented form of SQL made by :func:`to_driver_sql`."""
    try:
        return _back[driver_sql]
    except KeyError:
        return _QUESTION.sub(_documented, driver_sql)


def named_to_driver(sql: str, params: Mapping[str, Any]) -> str:
    """SQL with `:name` for `%(name)s`."""
    return sql % {name: f":{name}" for name in params}
