"""Dates and times in the dialect of MySQL and MariaDB, which have no time zones in their values."""

from __future__ import annotations

import datetime
import re
from typing import Any

from offbeat.conf import settings
from offbeat.db.backends.base.dialects import PlainColumns
from offbeat.db.backends.base.operations import BaseDatabaseOperations
from offbeat.db.backends.mysql.values import time_text
from offbeat.db.backends.utils import split_tzname_delta
from offbeat.utils import timezone

__all__ = ["TemporalSQL"]

Sql = tuple[str, Any]

# EXTRACT() takes words, which cannot be parameters.
_WORD = re.compile(r"[A-Z_]+")
_KINDS = frozenset({"year", "quarter", "month", "week", "day", "hour", "minute", "second"})
_DATES = {"year": "%%Y-01-01", "month": "%%Y-%%m-01"}
_DATETIMES = {
    "year": "%%Y-01-01 00:00:00",
    "month": "%%Y-%%m-01 00:00:00",
    "day": "%%Y-%%m-%%d 00:00:00",
    "hour": "%%Y-%%m-%%d %%H:00:00",
    "minute": "%%Y-%%m-%%d %%H:%%i:00",
    "second": "%%Y-%%m-%%d %%H:%%i:%%s",
}
_TIMES = {"hour": "%%H:00:00", "minute": "%%H:%%i:00", "second": "%%H:%%i:%%s"}


def _first_of_quarter(sql: str) -> str:
    return f"MAKEDATE(YEAR({sql}), 1) + INTERVAL QUARTER({sql}) QUARTER - INTERVAL 1 QUARTER"


def _check_kind(kind: str) -> None:
    if kind not in _KINDS:
        raise ValueError(f"Invalid lookup type: {kind!r}")


class TemporalSQL(PlainColumns, BaseDatabaseOperations):
    """Extracting, truncating and adapting dates and times."""

    dialect_name = "MySQL"

    def date_extract_sql(self, lookup_type: str, sql: str, params: Any) -> Sql:
        if lookup_type == "week_day":
            # Sunday is 1.
            return f"DAYOFWEEK({sql})", params
        if lookup_type == "iso_week_day":
            return f"WEEKDAY({sql}) + 1", params
        if lookup_type == "week":
            # Mode 3 is that of ISO 8601.
            return f"WEEK({sql}, 3)", params
        if lookup_type == "iso_year":
            return f"YEARWEEK({sql}, 3) DIV 100", params
        unit = lookup_type.upper()
        if not _WORD.fullmatch(unit):
            raise ValueError(f"Invalid lookup type: {lookup_type!r}")
        return f"EXTRACT({unit} FROM {sql})", params

    def date_trunc_sql(self, lookup_type: str, sql: str, params: Any, tzname: str | None = None) -> Sql:
        _check_kind(lookup_type)
        sql, params = self._in_zone(sql, params, tzname)
        if lookup_type in _DATES:
            return f"CAST(DATE_FORMAT({sql}, '{_DATES[lookup_type]}') AS DATE)", params
        if lookup_type == "quarter":
            return _first_of_quarter(sql), (*params, *params)
        if lookup_type == "week":
            return f"DATE_SUB(DATE({sql}), INTERVAL WEEKDAY({sql}) DAY)", (*params, *params)
        return f"DATE({sql})", params

    def _in_zone(self, sql: str, params: Any, tzname: str | None) -> Sql:
        """A moment as clocks in a time zone show it."""
        here = self.connection.timezone_name
        if not tzname or not settings.USE_TZ or here == tzname:
            return sql, params
        return f"CONVERT_TZ({sql}, %s, %s)", (*params, self._zone(here), self._zone(tzname))

    @staticmethod
    def _zone(tzname: str) -> str:
        """A zone as the server knows it: a name, or an offset, for which it needs no tables of zones."""
        if tzname == "UTC":
            return "+00:00"
        name, sign, offset = split_tzname_delta(tzname)
        return f"{sign}{offset}" if offset else name

    def datetime_cast_date_sql(self, sql: str, params: Any, tzname: str | None) -> Sql:
        sql, params = self._in_zone(sql, params, tzname)
        return f"DATE({sql})", params

    def datetime_cast_time_sql(self, sql: str, params: Any, tzname: str | None) -> Sql:
        sql, params = self._in_zone(sql, params, tzname)
        return f"TIME({sql})", params

    def datetime_extract_sql(self, lookup_type: str, sql: str, params: Any, tzname: str | None) -> Sql:
        sql, params = self._in_zone(sql, params, tzname)
        return self.date_extract_sql(lookup_type, sql, params)

    def datetime_trunc_sql(self, lookup_type: str, sql: str, params: Any, tzname: str | None) -> Sql:
        _check_kind(lookup_type)
        sql, params = self._in_zone(sql, params, tzname)
        if lookup_type in _DATETIMES:
            return f"CAST(DATE_FORMAT({sql}, '{_DATETIMES[lookup_type]}') AS DATETIME)", params
        if lookup_type == "quarter":
            return f"CAST({_first_of_quarter(sql)} AS DATETIME)", (*params, *params)
        if lookup_type == "week":
            monday = f"DATE_SUB(DATE({sql}), INTERVAL WEEKDAY({sql}) DAY)"
            return f"CAST({monday} AS DATETIME)", (*params, *params)
        return sql, params

    def time_trunc_sql(self, lookup_type: str, sql: str, params: Any, tzname: str | None = None) -> Sql:
        _check_kind(lookup_type)
        sql, params = self._in_zone(sql, params, tzname)
        if lookup_type in _TIMES:
            return f"CAST(TIME_FORMAT({sql}, '{_TIMES[lookup_type]}') AS TIME)", params
        return f"TIME({sql})", params

    def subtract_temporals(self, internal_type: str, lhs: Sql, rhs: Sql) -> Sql:
        (lhs_sql, lhs_params), (rhs_sql, rhs_params) = lhs, rhs
        if internal_type != "TimeField":
            return f"TIMESTAMPDIFF(MICROSECOND, {rhs_sql}, {lhs_sql})", (*rhs_params, *lhs_params)
        if self.connection.mysql_is_mariadb:
            # Its TIME_TO_SEC() keeps the fraction.
            sql = f"CAST((TIME_TO_SEC({lhs_sql}) - TIME_TO_SEC({rhs_sql})) * 1000000 AS SIGNED)"
            return sql, (*lhs_params, *rhs_params)
        sql = (
            f"((TIME_TO_SEC({lhs_sql}) * 1000000 + MICROSECOND({lhs_sql})) - "
            f"(TIME_TO_SEC({rhs_sql}) * 1000000 + MICROSECOND({rhs_sql})))"
        )
        return sql, (*tuple(lhs_params) * 2, *tuple(rhs_params) * 2)

    def adapt_timefield_value(self, value: Any) -> Any:
        adapted = super().adapt_timefield_value(value)
        return time_text(value) if isinstance(value, datetime.time) else adapted

    def convert_datetimefield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if value is not None and settings.USE_TZ:
            return timezone.make_aware(value, self.connection.timezone)
        return value
