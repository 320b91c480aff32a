"""Fields for dates, times and durations."""

from __future__ import annotations

import datetime
from typing import Any

from offbeat.core.exceptions import ValidationError
from offbeat.forms.fieldtypes.base import Field
from offbeat.forms.utils import from_current_timezone, to_current_timezone
from offbeat.forms.widgets import DateInput, DateTimeInput, TimeInput
from offbeat.utils import formats
from offbeat.utils.dateparse import parse_datetime, parse_duration
from offbeat.utils.duration import duration_string
from offbeat.utils.translation import gettext_lazy as _

__all__ = ["BaseTemporalField", "DateField", "DateTimeField", "DurationField", "TimeField"]


class BaseTemporalField(Field):
    """Base of fields that try several input formats."""

    input_formats: Any = None

    def __init__(self, *, input_formats: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if input_formats is not None:
            self.input_formats = input_formats

    def to_python(self, value: Any) -> Any:
        value = value.strip()
        for format in self.input_formats:
            try:
                return self.strptime(value, format)
            except (ValueError, TypeError):
                continue
        raise ValidationError(self.error_messages["invalid"], code="invalid")

    def strptime(self, value: str, format: str) -> Any:
        """The value read by one format; ValueError if it does not fit."""
        raise NotImplementedError("Subclasses must define this method.")


class DateField(BaseTemporalField):
    """A date."""

    widget = DateInput
    input_formats = formats.get_format_lazy("DATE_INPUT_FORMATS")
    default_error_messages = {"invalid": _("Enter a valid date.")}

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        if isinstance(value, datetime.datetime):
            return value.date()
        if isinstance(value, datetime.date):
            return value
        return super().to_python(value)

    def strptime(self, value: str, format: str) -> Any:
        return datetime.datetime.strptime(value, format).date()


class TimeField(BaseTemporalField):
    """A time."""

    widget = TimeInput
    input_formats = formats.get_format_lazy("TIME_INPUT_FORMATS")
    default_error_messages = {"invalid": _("Enter a valid time.")}

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        if isinstance(value, datetime.time):
            return value
        return super().to_python(value)

    def strptime(self, value: str, format: str) -> Any:
        return datetime.datetime.strptime(value, format).time()


class _DateTimeFormats:
    """The input formats of the language; dates alone are understood, too."""

    def __iter__(self) -> Any:
        yield from formats.get_format("DATETIME_INPUT_FORMATS")
        yield from formats.get_format("DATE_INPUT_FORMATS")


class DateTimeField(BaseTemporalField):
    """A date and time, in the current time zone."""

    widget = DateTimeInput
    input_formats: Any = _DateTimeFormats()
    default_error_messages = {"invalid": _("Enter a valid date/time.")}

    def prepare_value(self, value: Any) -> Any:
        return to_current_timezone(value) if isinstance(value, datetime.datetime) else value

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        if isinstance(value, datetime.datetime):
            return from_current_timezone(value)
        if isinstance(value, datetime.date):
            return from_current_timezone(datetime.datetime(value.year, value.month, value.day))
        try:
            result = parse_datetime(value.strip())
        except ValueError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        if not result:
            result = super().to_python(value)
        return from_current_timezone(result)

    def strptime(self, value: str, format: str) -> Any:
        return datetime.datetime.strptime(value, format)


class DurationField(Field):
    """A duration."""

    default_error_messages = {
        "invalid": _("Enter a valid duration."),
        "overflow": _("The number of days must be between {min_days} and {max_days}."),
    }

    def prepare_value(self, value: Any) -> Any:
        return duration_string(value) if isinstance(value, datetime.timedelta) else value

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        if isinstance(value, datetime.timedelta):
            return value
        try:
            value = parse_duration(str(value))
        except OverflowError:
            raise ValidationError(
                str(self.error_messages["overflow"]).format(
                    min_days=datetime.timedelta.min.days, max_days=datetime.timedelta.max.days
                ),
                code="overflow",
            ) from None
        if value is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return value
