"""Dates and times in the dialect."""

from __future__ import annotations

import datetime
from typing import Any

from offbeat.conf import settings
from offbeat.utils import timezone

__all__ = ["TemporalOperations"]

Sql = tuple[str, Any]


class TemporalOperations:
    """Extracting, truncating and adapting dates and times."""

    connection: Any

    def _unsupported(self, name: str) -> NotImplementedError:
        return NotImplementedError(f"subclasses of BaseDatabaseOperations may require a {name}() method.")

    def date_extract_sql(self, lookup_type: str, sql: str, params: Any) -> Sql:
        """A part of a date."""
        raise self._unsupported("date_extract_sql")

    def date_trunc_sql(self, lookup_type: str, sql: str, params: Any, tzname: str | None = None) -> Sql:
        """A date cut to a unit, as a date."""
        raise self._unsupported("date_trunc_sql")

    def datetime_cast_date_sql(self, sql: str, params: Any, tzname: str | None) -> Sql:
        """The date of a datetime, in a time zone."""
        raise self._unsupported("datetime_cast_date_sql")

    def datetime_cast_time_sql(self, sql: str, params: Any, tzname: str | None) -> Sql:
        """The time of a datetime, in a time zone."""
        raise self._unsupported("datetime_cast_time_sql")

    def datetime_extract_sql(self, lookup_type: str, sql: str, params: Any, tzname: str | None) -> Sql:
        """A part of a datetime, in a time zone."""
        raise self._unsupported("datetime_extract_sql")

    def datetime_trunc_sql(self, lookup_type: str, sql: str, params: Any, tzname: str | None) -> Sql:
        """A datetime cut to a unit, in a time zone."""
        raise self._unsupported("datetime_trunc_sql")

    def time_extract_sql(self, lookup_type: str, sql: str, params: Any) -> Sql:
        """A part of a time; databases without a type for times treat it as a date."""
        return self.date_extract_sql(lookup_type, sql, params)

    def time_trunc_sql(self, lookup_type: str, sql: str, params: Any, tzname: str | None = None) -> Sql:
        """A time cut to a unit."""
        raise self._unsupported("time_trunc_sql")

    def subtract_temporals(self, internal_type: str, lhs: Sql, rhs: Sql) -> Sql:
        """The difference of two dates or times."""
        from offbeat.db.utils import NotSupportedError

        raise NotSupportedError(f"This backend does not support {internal_type} subtraction.")

    def adapt_datefield_value(self, value: datetime.date | None) -> Any:
        return None if value is None else str(value)

    def adapt_datetimefield_value(self, value: datetime.datetime | None) -> Any:
        return None if value is None else str(value)

    def adapt_timefield_value(self, value: Any) -> Any:
        if value is None:
            return None
        if timezone.is_aware(value):
            raise ValueError("Backend does not support timezone-aware times.")
        return str(value)

    def year_lookup_bounds_for_date_field(self, value: int, iso_year: bool = False) -> list[Any]:
        """First and last day of a year, for BETWEEN."""
        if iso_year:
            first = datetime.date.fromisocalendar(value, 1, 1)
            second = datetime.date.fromisocalendar(value + 1, 1, 1) - datetime.timedelta(days=1)
        else:
            first, second = datetime.date(value, 1, 1), datetime.date(value, 12, 31)
        return [self.adapt_datefield_value(first), self.adapt_datefield_value(second)]

    def year_lookup_bounds_for_datetime_field(self, value: int, iso_year: bool = False) -> list[Any]:
        """First and last moment of a year in the current time zone, for BETWEEN."""
        if iso_year:
            first = datetime.datetime.fromisocalendar(value, 1, 1)
            second = datetime.datetime.fromisocalendar(value + 1, 1, 1) - datetime.timedelta(microseconds=1)
        else:
            first = datetime.datetime(value, 1, 1)
            second = datetime.datetime(value, 12, 31, 23, 59, 59, 999999)
        if settings.USE_TZ:
            zone = timezone.get_current_timezone()
            first = timezone.make_aware(first, zone)
            second = timezone.make_aware(second, zone)
        return [self.adapt_datetimefield_value(first), self.adapt_datetimefield_value(second)]
