"""Database functions for dates and times."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from offbeat.conf import settings
from offbeat.db.models.expressions import Func
from offbeat.db.models.fields import DateField, DateTimeField, DurationField, Field, IntegerField, TimeField
from offbeat.db.models.lookups import (
    Transform,
    YearExact,
    YearGt,
    YearGte,
    YearLt,
    YearLte,
)
from offbeat.db.models.query_utils import register_builtin_lookup
from offbeat.db.models.sql.params import ActiveZone
from offbeat.utils import timezone

_TIME_PARTS = ("hour", "minute", "second")
_DATE_PARTS = ("year", "iso_year", "quarter", "month", "week", "week_day", "iso_week_day", "day", "date")


class TimezoneMixin:
    """Names the time zone in which a moment is read."""

    tzinfo: Any = None

    def get_tzname(self) -> str | None:
        """The zone's name: the given one, else the active one; None without USE_TZ."""
        if not settings.USE_TZ:
            return None
        if self.tzinfo is None:
            ActiveZone.uses += 1
            return timezone.get_current_timezone_name()
        return timezone._get_timezone_name(self.tzinfo)


class Extract(TimezoneMixin, Transform):
    """One component of a date, time or duration, as a number."""

    lookup_name: Any = None
    output_field = IntegerField()

    def __init__(
        self, expression: Any, lookup_name: str | None = None, tzinfo: Any = None, **extra: Any
    ) -> None:
        if self.lookup_name is None:
            self.lookup_name = lookup_name
        if self.lookup_name is None:
            raise ValueError("lookup_name must be provided")
        self.tzinfo = tzinfo
        super().__init__(expression, **extra)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:  # type: ignore[override]
        sql, params = compiler.compile(self.lhs)
        params = tuple(params)
        field = self.lhs.output_field
        ops = connection.ops
        if isinstance(field, DateTimeField):
            return ops.datetime_extract_sql(self.lookup_name, sql, params, self.get_tzname())  # type: ignore[no-any-return]
        if self.tzinfo:
            raise ValueError("tzinfo can only be used with DateTimeField.")
        if isinstance(field, DateField):
            return ops.date_extract_sql(self.lookup_name, sql, params)  # type: ignore[no-any-return]
        if isinstance(field, TimeField):
            return ops.time_extract_sql(self.lookup_name, sql, params)  # type: ignore[no-any-return]
        if isinstance(field, DurationField):
            if not connection.features.has_native_duration_field:
                raise ValueError("Extract requires native DurationField database support.")
            return ops.time_extract_sql(self.lookup_name, sql, params)  # type: ignore[no-any-return]
        raise _wrong_extract_input()

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection)

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        resolved = super().resolve_expression(query, allow_joins, reuse, summarize, for_save)
        field = getattr(resolved.lhs, "output_field", None)
        if field is None:
            return resolved
        if not isinstance(field, (DateField, DateTimeField, TimeField, DurationField)):
            raise _wrong_extract_input()
        if type(field) is DateField and resolved.lookup_name in _TIME_PARTS:
            raise ValueError(
                f"Cannot extract time component '{resolved.lookup_name}' from DateField '{field.name}'."
            )
        if isinstance(field, DurationField) and resolved.lookup_name in _DATE_PARTS[:-2]:
            raise ValueError(
                f"Cannot extract component '{resolved.lookup_name}' from DurationField '{field.name}'."
            )
        return resolved


def _wrong_extract_input() -> ValueError:
    return ValueError(
        "Extract input expression must be DateField, DateTimeField, TimeField, or DurationField."
    )


class ExtractYear(Extract):
    lookup_name = "year"


class ExtractIsoYear(Extract):
    """The year that the ISO 8601 week belongs to."""

    lookup_name = "iso_year"


class ExtractMonth(Extract):
    lookup_name = "month"


class ExtractDay(Extract):
    lookup_name = "day"


class ExtractWeek(Extract):
    """The ISO 8601 week, 1 to 52 or 53."""

    lookup_name = "week"


class ExtractWeekDay(Extract):
    """The day of the week, Sunday 1 to Saturday 7."""

    lookup_name = "week_day"


class ExtractIsoWeekDay(Extract):
    """The ISO 8601 day of the week, Monday 1 to Sunday 7."""

    lookup_name = "iso_week_day"


class ExtractQuarter(Extract):
    lookup_name = "quarter"


class ExtractHour(Extract):
    lookup_name = "hour"


class ExtractMinute(Extract):
    lookup_name = "minute"


class ExtractSecond(Extract):
    lookup_name = "second"


for _field, _extracts in (
    (
        DateField,
        (
            ExtractYear,
            ExtractMonth,
            ExtractDay,
            ExtractWeekDay,
            ExtractIsoWeekDay,
            ExtractWeek,
            ExtractIsoYear,
            ExtractQuarter,
        ),
    ),
    (TimeField, (ExtractHour, ExtractMinute, ExtractSecond)),
    (DateTimeField, (ExtractHour, ExtractMinute, ExtractSecond)),
    (ExtractYear, (YearExact, YearGt, YearGte, YearLt, YearLte)),
    (ExtractIsoYear, (YearExact, YearGt, YearGte, YearLt, YearLte)),
):
    for _extract in _extracts:
        register_builtin_lookup(_field, _extract)


class Now(Func):
    """The database's current time: the start of the transaction on PostgreSQL, of the statement elsewhere."""

    template = "CURRENT_TIMESTAMP"
    output_field = DateTimeField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        # The statement's time, like other databases' CURRENT_TIMESTAMP.
        return self.as_sql(compiler, connection, template="STATEMENT_TIMESTAMP()", **extra_context)

    def as_mysql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template="CURRENT_TIMESTAMP(6)", **extra_context)

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        # With milliseconds, which CURRENT_TIMESTAMP lacks.
        return self.as_sql(
            compiler,
            connection,
            template="STRFTIME('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f', 'NOW')",
            **extra_context,
        )

    def as_oracle(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template="LOCALTIMESTAMP", **extra_context)


class TruncBase(TimezoneMixin, Transform):
    """A date, time or moment cut off after one of its components."""

    kind: Any = None

    def __init__(self, expression: Any, output_field: Any = None, tzinfo: Any = None, **extra: Any) -> None:
        self.tzinfo = tzinfo
        super().__init__(expression, output_field=output_field, **extra)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:  # type: ignore[override]
        sql, params = compiler.compile(self.lhs)
        tzname = self._tzname()
        ops = connection.ops
        params = tuple(params)
        if isinstance(self.output_field, DateTimeField):
            return ops.datetime_trunc_sql(self.kind, sql, params, tzname)  # type: ignore[no-any-return]
        if isinstance(self.output_field, DateField):
            return ops.date_trunc_sql(self.kind, sql, params, tzname)  # type: ignore[no-any-return]
        if isinstance(self.output_field, TimeField):
            return ops.time_trunc_sql(self.kind, sql, params, tzname)  # type: ignore[no-any-return]
        raise ValueError("Trunc only valid on DateField, TimeField, or DateTimeField.")

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection)

    def _tzname(self) -> str | None:
        if isinstance(self.lhs.output_field, DateTimeField):
            return self.get_tzname()
        if self.tzinfo:
            raise ValueError("tzinfo can only be used with DateTimeField.")
        return None

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        resolved = super().resolve_expression(query, allow_joins, reuse, summarize, for_save)
        field = resolved.lhs.output_field
        if not isinstance(field, (DateField, TimeField)):
            raise TypeError(f"{field.name!r} isn't a DateField, TimeField, or DateTimeField.")
        if not isinstance(resolved.output_field, (DateField, DateTimeField, TimeField)):
            raise ValueError("output_field must be either DateField, TimeField, or DateTimeField")
        class_output_field = (
            self.__class__.output_field if isinstance(self.__class__.output_field, Field) else None
        )
        output_field = class_output_field or resolved.output_field
        explicit = class_output_field or field.__class__ is not resolved.output_field.__class__
        shown = output_field.__class__.__name__ if explicit else "DateTimeField"
        to_moment = isinstance(output_field, DateTimeField)
        if type(field) is DateField and (to_moment or resolved.kind in (*_TIME_PARTS, "time")):
            raise ValueError(f"Cannot truncate DateField '{field.name}' to {shown}.")
        if isinstance(field, TimeField) and (
            to_moment or resolved.kind in ("year", "quarter", "month", "week", "day", "date")
        ):
            raise ValueError(f"Cannot truncate TimeField '{field.name}' to {shown}.")
        return resolved

    def convert_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if isinstance(self.output_field, DateTimeField):
            if not settings.USE_TZ:
                return value
            if value is not None:
                # The database computed in the zone, but says UTC.
                return timezone.make_aware(value.replace(tzinfo=None), self.tzinfo)
            if not connection.features.has_zoneinfo_database:
                raise ValueError(
                    "Database returned an invalid datetime value. Are time zone definitions for your database installed?"
                )
        elif isinstance(value, datetime):
            if isinstance(self.output_field, DateField):
                return value.date()
            if isinstance(self.output_field, TimeField):
                return value.time()
        return value


class Trunc(TruncBase):
    """Truncation to the component named ``kind``."""

    def __init__(
        self, expression: Any, kind: str, output_field: Any = None, tzinfo: Any = None, **extra: Any
    ) -> None:
        self.kind = kind
        super().__init__(expression, output_field=output_field, tzinfo=tzinfo, **extra)


class TruncYear(TruncBase):
    kind = "year"


class TruncQuarter(TruncBase):
    kind = "quarter"


class TruncMonth(TruncBase):
    kind = "month"


class TruncWeek(TruncBase):
    """Truncation to the Monday of the week."""

    kind = "week"


class TruncDay(TruncBase):
    kind = "day"


class TruncDate(TruncBase):
    """The date of a moment."""

    kind = "date"
    lookup_name = "date"
    output_field = DateField()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:  # type: ignore[override]
        sql, params = compiler.compile(self.lhs)
        return connection.ops.datetime_cast_date_sql(sql, tuple(params), self._tzname())  # type: ignore[no-any-return]


class TruncTime(TruncBase):
    """The time of a moment."""

    kind = "time"
    lookup_name = "time"
    output_field = TimeField()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:  # type: ignore[override]
        sql, params = compiler.compile(self.lhs)
        return connection.ops.datetime_cast_time_sql(sql, tuple(params), self._tzname())  # type: ignore[no-any-return]


class TruncHour(TruncBase):
    kind = "hour"


class TruncMinute(TruncBase):
    kind = "minute"


class TruncSecond(TruncBase):
    kind = "second"


register_builtin_lookup(DateTimeField, TruncDate)
register_builtin_lookup(DateTimeField, TruncTime)
