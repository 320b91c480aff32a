"""Views of objects by date: archives of a year, month, week or day, and one object of a day."""

from __future__ import annotations

import datetime
from typing import Any

from offbeat.conf import settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.http import Http404
from offbeat.utils import timezone
from offbeat.utils.functional import cached_property
from offbeat.utils.translation import gettext as _
from offbeat.views.generic.base import View
from offbeat.views.generic.detail import BaseDetailView, SingleObjectTemplateResponseMixin
from offbeat.views.generic.list import MultipleObjectMixin, MultipleObjectTemplateResponseMixin

__all__ = [
    "ArchiveIndexView",
    "BaseArchiveIndexView",
    "BaseDateDetailView",
    "BaseDateListView",
    "BaseDayArchiveView",
    "BaseMonthArchiveView",
    "BaseTodayArchiveView",
    "BaseWeekArchiveView",
    "BaseYearArchiveView",
    "DateDetailView",
    "DateMixin",
    "DayArchiveView",
    "DayMixin",
    "MonthArchiveView",
    "MonthMixin",
    "TodayArchiveView",
    "WeekArchiveView",
    "WeekMixin",
    "YearArchiveView",
    "YearMixin",
    "timezone_today",
]

FIRST_DAY_OF_WEEK = {"%U": "0", "%W": "1", "%V": "1"}


class _PeriodMixin:
    """Finds a part of the date: an attribute, a parameter of the URL, or one of the query string."""

    kwargs: dict[str, Any]
    request: Any

    def _part(self, name: str, missing: str) -> str:
        value = getattr(self, name)
        if value is None:
            value = self.kwargs.get(name)
        if value is None:
            value = self.request.GET.get(name)
        if value is None:
            raise Http404(missing)
        return str(value)


class YearMixin(_PeriodMixin):
    """The year."""

    year_format = "%Y"
    year: Any = None

    def get_year_format(self) -> str:
        """Return the strptime() format of the year."""
        return self.year_format

    def get_year(self) -> str:
        """Return the year as text; Http404 without one."""
        return self._part("year", _("No year specified"))

    def get_next_year(self, date: datetime.date) -> datetime.date | None:
        """Return the first day of the next year to show."""
        return _neighbour(self, date, "year", previous=False)

    def get_previous_year(self, date: datetime.date) -> datetime.date | None:
        """Return the first day of the previous year to show."""
        return _neighbour(self, date, "year", previous=True)

    def _get_current_year(self, date: datetime.date) -> datetime.date:
        return date.replace(month=1, day=1)

    def _get_next_year(self, date: datetime.date) -> datetime.date:
        try:
            return date.replace(year=date.year + 1, month=1, day=1)
        except ValueError:
            raise Http404(_("Date out of range")) from None


class MonthMixin(_PeriodMixin):
    """The month."""

    month_format = "%b"
    month: Any = None

    def get_month_format(self) -> str:
        """Return the strptime() format of the month."""
        return self.month_format

    def get_month(self) -> str:
        """Return the month as text; Http404 without one."""
        return self._part("month", _("No month specified"))

    def get_next_month(self, date: datetime.date) -> datetime.date | None:
        """Return the first day of the next month to show."""
        return _neighbour(self, date, "month", previous=False)

    def get_previous_month(self, date: datetime.date) -> datetime.date | None:
        """Return the first day of the previous month to show."""
        return _neighbour(self, date, "month", previous=True)

    def _get_current_month(self, date: datetime.date) -> datetime.date:
        return date.replace(day=1)

    def _get_next_month(self, date: datetime.date) -> datetime.date:
        try:
            if date.month == 12:
                return date.replace(year=date.year + 1, month=1, day=1)
            return date.replace(month=date.month + 1, day=1)
        except ValueError:
            raise Http404(_("Date out of range")) from None


class DayMixin(_PeriodMixin):
    """The day."""

    day_format = "%d"
    day: Any = None

    def get_day_format(self) -> str:
        """Return the strptime() format of the day."""
        return self.day_format

    def get_day(self) -> str:
        """Return the day as text; Http404 without one."""
        return self._part("day", _("No day specified"))

    def get_next_day(self, date: datetime.date) -> datetime.date | None:
        """Return the next day to show."""
        return _neighbour(self, date, "day", previous=False)

    def get_previous_day(self, date: datetime.date) -> datetime.date | None:
        """Return the previous day to show."""
        return _neighbour(self, date, "day", previous=True)

    def _get_current_day(self, date: datetime.date) -> datetime.date:
        return date

    def _get_next_day(self, date: datetime.date) -> datetime.date:
        return _later(date, 1)


class WeekMixin(_PeriodMixin):
    """The week."""

    week_format = "%U"
    week: Any = None

    def get_week_format(self) -> str:
        """Return the strptime() format of the week."""
        return self.week_format

    def get_week(self) -> str:
        """Return the week as text; Http404 without one."""
        return self._part("week", _("No week specified"))

    def get_next_week(self, date: datetime.date) -> datetime.date | None:
        """Return the first day of the next week to show."""
        return _neighbour(self, date, "week", previous=False)

    def get_previous_week(self, date: datetime.date) -> datetime.date | None:
        """Return the first day of the previous week to show."""
        return _neighbour(self, date, "week", previous=True)

    def _get_current_week(self, date: datetime.date) -> datetime.date:
        return date - datetime.timedelta(self._get_weekday(date))

    def _get_next_week(self, date: datetime.date) -> datetime.date:
        return _later(date, 7 - self._get_weekday(date))

    def _get_weekday(self, date: datetime.date) -> int:
        """Return the day within the week, which begins on Monday or, for %U, on Sunday."""
        week_format = self.get_week_format()
        if week_format in ("%W", "%V"):
            return date.weekday()
        if week_format == "%U":
            return (date.weekday() + 1) % 7
        raise ValueError(f"unknown week format: {week_format}")


class DateMixin:
    """The field that holds the date."""

    date_field: str | None = None
    allow_future = False
    model: Any

    def get_date_field(self) -> str:
        """Return the field's name; ImproperlyConfigured without ``date_field``."""
        if self.date_field is None:
            raise ImproperlyConfigured(f"{self.__class__.__name__}.date_field is required.")
        return self.date_field

    def get_allow_future(self) -> bool:
        """Return whether objects of the future are shown."""
        return self.allow_future

    @cached_property
    def uses_datetime_field(self) -> bool:
        """Whether the field holds a time as well."""
        from offbeat.db.models import DateTimeField

        model = self.get_queryset().model if self.model is None else self.model  # type: ignore[attr-defined]
        return isinstance(model._meta.get_field(self.get_date_field()), DateTimeField)

    def _make_date_lookup_arg(self, value: datetime.date) -> Any:
        """Return the value to compare the field with, at the start of a day."""
        if not self.uses_datetime_field:
            return value
        moment = datetime.datetime.combine(value, datetime.time.min)
        return timezone.make_aware(moment) if settings.USE_TZ else moment

    def _make_single_date_lookup(self, date: datetime.date) -> dict[str, Any]:
        """Return the lookups for one day."""
        field = self.get_date_field()
        if not self.uses_datetime_field:
            return {field: date}
        return {
            f"{field}__gte": self._make_date_lookup_arg(date),
            f"{field}__lt": self._make_date_lookup_arg(date + datetime.timedelta(days=1)),
        }


class BaseDateListView(MultipleObjectMixin, DateMixin, View):
    """Shows objects by date; subclasses define ``get_dated_items()``."""

    allow_empty = False
    date_list_period = "year"

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Show the objects."""
        self.date_list, self.object_list, extra_context = self.get_dated_items()
        context = self.get_context_data(
            object_list=self.object_list, date_list=self.date_list, **extra_context
        )
        return self.render_to_response(context)  # type: ignore[attr-defined]

    def get_dated_items(self) -> tuple[Any, Any, dict[str, Any]]:
        """Return ``(dates, objects, extra context)``."""
        raise NotImplementedError("A DateView must provide an implementation of get_dated_items()")

    def get_ordering(self) -> Any:
        """Return ``ordering``, by default the newest first."""
        return f"-{self.get_date_field()}" if self.ordering is None else self.ordering

    def get_dated_queryset(self, **lookup: Any) -> Any:
        """Return the objects that fit the lookups; Http404 for none without ``allow_empty``."""
        queryset = self.get_queryset().filter(**lookup)
        if not self.get_allow_future():
            now = timezone.now() if self.uses_datetime_field else timezone_today()
            queryset = queryset.filter(**{f"{self.get_date_field()}__lte": now})
        if not self.get_allow_empty():
            paginated = self.get_paginate_by(queryset) is not None
            # With pages, a query for one row is cheaper than loading all of them here.
            empty = not queryset.exists() if paginated else not queryset
            if empty:
                raise Http404(
                    _("No %(verbose_name_plural)s available")
                    % {"verbose_name_plural": queryset.model._meta.verbose_name_plural}
                )
        return queryset

    def get_date_list_period(self) -> str:
        """Return the period the list of dates is made of."""
        return self.date_list_period

    def get_date_list(self, queryset: Any, date_type: str | None = None, ordering: str = "ASC") -> Any:
        """Return the dates that have objects; Http404 for none without ``allow_empty``."""
        field = self.get_date_field()
        period = self.get_date_list_period() if date_type is None else date_type
        dates = queryset.datetimes if self.uses_datetime_field else queryset.dates
        date_list = dates(field, period, ordering)
        if date_list is not None and not date_list and not self.get_allow_empty():
            raise Http404(
                _("No %(verbose_name_plural)s available")
                % {"verbose_name_plural": queryset.model._meta.verbose_name_plural}
            )
        return date_list

    def _range(self, since: datetime.date, until: datetime.date) -> dict[str, Any]:
        field = self.get_date_field()
        return {
            f"{field}__gte": self._make_date_lookup_arg(since),
            f"{field}__lt": self._make_date_lookup_arg(until),
        }


class BaseArchiveIndexView(BaseDateListView):
    """All objects, the newest first; needs a mixin that makes the response."""

    context_object_name = "latest"

    def get_dated_items(self) -> tuple[Any, Any, dict[str, Any]]:
        """Return the years and all objects."""
        queryset = self.get_dated_queryset()
        dates = self.get_date_list(queryset, ordering="DESC")
        return dates, queryset if dates else queryset.none(), {}


class ArchiveIndexView(MultipleObjectTemplateResponseMixin, BaseArchiveIndexView):
    """Renders the newest objects."""

    template_name_suffix = "_archive"


class BaseYearArchiveView(YearMixin, BaseDateListView):
    """The months of a year; needs a mixin that makes the response."""

    date_list_period = "month"
    make_object_list = False

    def get_dated_items(self) -> tuple[Any, Any, dict[str, Any]]:
        """Return the months, the objects if wanted, and the neighbouring years."""
        date = _date_from_string(self.get_year(), self.get_year_format())
        queryset = self.get_dated_queryset(**self._range(date, self._get_next_year(date)))
        dates = self.get_date_list(queryset)
        if not self.get_make_object_list():
            # With an empty queryset the template still knows the model.
            queryset = queryset.none()
        return (
            dates,
            queryset,
            {
                "year": date,
                "next_year": self.get_next_year(date),
                "previous_year": self.get_previous_year(date),
            },
        )

    def get_make_object_list(self) -> bool:
        """Return whether the objects themselves are shown."""
        return self.make_object_list


class YearArchiveView(MultipleObjectTemplateResponseMixin, BaseYearArchiveView):
    """Renders a year."""

    template_name_suffix = "_archive_year"


class BaseMonthArchiveView(YearMixin, MonthMixin, BaseDateListView):
    """The objects of a month; needs a mixin that makes the response."""

    date_list_period = "day"

    def get_dated_items(self) -> tuple[Any, Any, dict[str, Any]]:
        """Return the days, the objects, and the neighbouring months."""
        date = _date_from_string(
            self.get_year(), self.get_year_format(), self.get_month(), self.get_month_format()
        )
        queryset = self.get_dated_queryset(**self._range(date, self._get_next_month(date)))
        return (
            self.get_date_list(queryset),
            queryset,
            {
                "month": date,
                "next_month": self.get_next_month(date),
                "previous_month": self.get_previous_month(date),
            },
        )


class MonthArchiveView(MultipleObjectTemplateResponseMixin, BaseMonthArchiveView):
    """Renders a month."""

    template_name_suffix = "_archive_month"


class BaseWeekArchiveView(YearMixin, WeekMixin, BaseDateListView):
    """The objects of a week; needs a mixin that makes the response."""

    def get_dated_items(self) -> tuple[Any, Any, dict[str, Any]]:
        """Return the objects and the neighbouring weeks."""
        week_format = self.get_week_format()
        year_format = self.get_year_format()
        try:
            first_day = FIRST_DAY_OF_WEEK[week_format]
        except KeyError:
            raise ValueError(
                f"Unknown week format {week_format!r}. Choices are: {', '.join(sorted(FIRST_DAY_OF_WEEK))}"
            ) from None
        if week_format == "%V" and year_format != "%G":
            raise ValueError(
                f"ISO week directive '{week_format}' is incompatible with the year directive '{year_format}'. "
                "Use the ISO year '%G' instead."
            )
        date = _date_from_string(self.get_year(), year_format, first_day, "%w", self.get_week(), week_format)
        queryset = self.get_dated_queryset(**self._range(date, self._get_next_week(date)))
        return (
            None,
            queryset,
            {
                "week": date,
                "next_week": self.get_next_week(date),
                "previous_week": self.get_previous_week(date),
            },
        )


class WeekArchiveView(MultipleObjectTemplateResponseMixin, BaseWeekArchiveView):
    """Renders a week."""

    template_name_suffix = "_archive_week"


class BaseDayArchiveView(YearMixin, MonthMixin, DayMixin, BaseDateListView):
    """The objects of a day; needs a mixin that makes the response."""

    def get_dated_items(self) -> tuple[Any, Any, dict[str, Any]]:
        """Return the objects, and the neighbouring days and months."""
        return self._get_dated_items(_day_of(self))

    def _get_dated_items(self, date: datetime.date) -> tuple[Any, Any, dict[str, Any]]:
        queryset = self.get_dated_queryset(**self._make_single_date_lookup(date))
        return (
            None,
            queryset,
            {
                "day": date,
                "previous_day": self.get_previous_day(date),
                "next_day": self.get_next_day(date),
                "previous_month": self.get_previous_month(date),
                "next_month": self.get_next_month(date),
            },
        )


class DayArchiveView(MultipleObjectTemplateResponseMixin, BaseDayArchiveView):
    """Renders a day."""

    template_name_suffix = "_archive_day"


class BaseTodayArchiveView(BaseDayArchiveView):
    """The objects of today; needs a mixin that makes the response."""

    def get_dated_items(self) -> tuple[Any, Any, dict[str, Any]]:
        """Return today's objects."""
        return self._get_dated_items(datetime.date.today())


class TodayArchiveView(MultipleObjectTemplateResponseMixin, BaseTodayArchiveView):
    """Renders today."""

    template_name_suffix = "_archive_day"


class BaseDateDetailView(YearMixin, MonthMixin, DayMixin, DateMixin, BaseDetailView):
    """One object of a day; needs a mixin that makes the response."""

    def get_object(self, queryset: Any = None) -> Any:
        """Return the object; Http404 when the day has none, or lies in the future."""
        date = _day_of(self)
        if queryset is None:
            queryset = self.get_queryset()
        if not self.get_allow_future() and date > datetime.date.today():
            raise Http404(
                _(
                    "Future %(verbose_name_plural)s not available because %(class_name)s.allow_future is False."
                )
                % {
                    "verbose_name_plural": queryset.model._meta.verbose_name_plural,
                    "class_name": self.__class__.__name__,
                }
            )
        return super().get_object(queryset=queryset.filter(**self._make_single_date_lookup(date)))


class DateDetailView(SingleObjectTemplateResponseMixin, BaseDateDetailView):
    """Renders one object of a day."""

    template_name_suffix = "_detail"


def _day_of(view: Any) -> datetime.date:
    return _date_from_string(
        view.get_year(),
        view.get_year_format(),
        view.get_month(),
        view.get_month_format(),
        view.get_day(),
        view.get_day_format(),
    )


def _later(date: datetime.date, days: int) -> datetime.date:
    try:
        return date + datetime.timedelta(days=days)
    except OverflowError:
        raise Http404(_("Date out of range")) from None


def _date_from_string(*parts: str) -> datetime.date:
    """Return the date that texts and formats, in turn, describe; Http404 when they describe none."""
    text = "__".join(str(part) for part in parts[::2])
    form = "__".join(parts[1::2])
    try:
        return datetime.datetime.strptime(text, form).date()
    except ValueError:
        raise Http404(
            _("Invalid date string “%(datestr)s” given format “%(format)s”")
            % {"datestr": text, "format": form}
        ) from None


def _neighbour(view: Any, date: datetime.date, period: str, *, previous: bool) -> datetime.date | None:
    """Return the first day of the next or previous period that may be shown, else None.

    With ``allow_empty`` that is simply the adjacent period; otherwise the nearest one that has an object.
    """
    current = getattr(view, f"_get_current_{period}")
    following = getattr(view, f"_get_next_{period}")
    if view.get_allow_empty():
        if previous:
            try:
                found = current(current(date) - datetime.timedelta(days=1))
            except OverflowError:
                return None
        else:
            found = following(date)
        return found if view.get_allow_future() or found <= timezone_today() else None
    field = view.get_date_field()
    if previous:
        lookup = {f"{field}__lt": view._make_date_lookup_arg(current(date))}
        ordering = f"-{field}"
    else:
        lookup = {f"{field}__gte": view._make_date_lookup_arg(following(date))}
        ordering = field
    if not view.get_allow_future():
        now = timezone.now() if view.uses_datetime_field else timezone_today()
        lookup[f"{field}__lte"] = now
    nearest = view.get_queryset().filter(**lookup).order_by(ordering).first()
    if nearest is None:
        return None
    value = getattr(nearest, field)
    if view.uses_datetime_field:
        value = (timezone.localtime(value) if settings.USE_TZ else value).date()
    return current(value)  # type: ignore[no-any-return]


def timezone_today() -> datetime.date:
    """Return today's date in the current time zone."""
    return timezone.localdate() if settings.USE_TZ else datetime.date.today()
