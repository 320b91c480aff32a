"""Fields of dates, times and durations."""

from __future__ import annotations

import datetime
import warnings
from functools import partialmethod
from typing import Any, Literal, Unpack, overload

from offbeat.conf import settings
from offbeat.core import checks, exceptions
from offbeat.db.models.fields._types import (
    FieldOptions,
    _DateGT,
    _DateST,
    _DateTimeGT,
    _DateTimeST,
    _DurationGT,
    _DurationST,
    _TimeGT,
    _TimeST,
)
from offbeat.db.models.fields.base import Field
from offbeat.utils import timezone
from offbeat.utils.dateparse import parse_date, parse_datetime, parse_duration, parse_time
from offbeat.utils.duration import duration_microseconds, duration_string
from offbeat.utils.translation import gettext_lazy as _

__all__ = ["DateField", "DateTimeCheckMixin", "DateTimeField", "DurationField", "TimeField"]


class DateTimeCheckMixin:
    """Checks of auto_now, auto_now_add and fixed defaults."""

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the system check messages about this field."""
        return [
            *super().check(**kwargs),  # type: ignore[misc]
            *self._check_mutually_exclusive_options(),
            *self._check_fix_default_value(),
        ]

    def _check_mutually_exclusive_options(self) -> list[Any]:
        field: Any = self
        given = [field.auto_now_add, field.auto_now, field.has_default()]
        if sum(option not in (None, False) for option in given) > 1:
            return [
                checks.Error(
                    "The options auto_now, auto_now_add, and default are mutually exclusive. Only one of these "
                    "options may be present.",
                    obj=self,
                    id="fields.E160",
                )
            ]
        return []

    def _check_fix_default_value(self) -> list[Any]:
        return []

    def _check_if_value_fixed(self, value: Any, now: datetime.datetime | None = None) -> list[Any]:
        """Warn of a default close to now: it was probably meant to be asked for each time."""
        if now is None:
            now = timezone.now() if settings.USE_TZ else datetime.datetime.now()
            now = now.replace(tzinfo=None)
        offset = datetime.timedelta(seconds=10)
        lower: Any = now - offset
        upper: Any = now + offset
        if isinstance(value, datetime.datetime):
            if timezone.is_aware(value):
                value = timezone.make_naive(value, datetime.UTC)
                now_utc = timezone.now().replace(tzinfo=None)
                lower, upper = now_utc - offset, now_utc + offset
        elif isinstance(value, datetime.date):
            lower, upper = lower.date(), upper.date()
        else:
            return []
        if lower <= value <= upper:
            return [
                checks.Warning(
                    "Fixed default value provided.",
                    hint=(
                        "It seems you set a fixed date / time / datetime value as default for this field. This may "
                        "not be what you want. If you want to have the current date as default, use "
                        "`offbeat.utils.timezone.now`"
                    ),
                    obj=self,
                    id="fields.W161",
                )
            ]
        return []


class _AutoNow(DateTimeCheckMixin):
    """What the fields with auto_now and auto_now_add share."""

    auto_now: bool
    auto_now_add: bool

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        name, path, args, kwargs = super().deconstruct()  # type: ignore[misc]
        if self.auto_now:
            kwargs["auto_now"] = True
        if self.auto_now_add:
            kwargs["auto_now_add"] = True
        if self.auto_now or self.auto_now_add:
            # These follow from the two.
            kwargs.pop("editable", None)
            kwargs.pop("blank", None)
        return name, path, args, kwargs

    def _now(self) -> Any:
        raise TypeError("A field with auto_now defines _now().")

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        """Return the value to save: now, where auto_now or auto_now_add says so."""
        if self.auto_now or (self.auto_now_add and add):
            value = self._now()
            setattr(model_instance, self.attname, value)  # type: ignore[attr-defined]
            return value
        return super().pre_save(model_instance, add)  # type: ignore[misc]


class DateField(_AutoNow, Field[_DateST, _DateGT]):
    """A date."""

    empty_strings_allowed = False
    default_error_messages = {
        "invalid": _("“%(value)s” value has an invalid date format. It must be in YYYY-MM-DD format."),
        "invalid_date": _("“%(value)s” value has the correct format (YYYY-MM-DD) but it is an invalid date."),
    }
    description = _("Date (without time)")

    @overload
    def __init__(
        self: DateField[datetime.date | None, datetime.date | None],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[True],
        auto_now: bool = ...,
        auto_now_add: bool = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: DateField[datetime.date, datetime.date],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[False] = ...,
        auto_now: bool = ...,
        auto_now_add: bool = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self,
        verbose_name: Any = ...,
        name: str | None = ...,
        auto_now: bool = ...,
        auto_now_add: bool = ...,
        **kwargs: Any,
    ) -> None: ...
    def __init__(
        self,
        verbose_name: Any = None,
        name: str | None = None,
        auto_now: bool = False,
        auto_now_add: bool = False,
        **kwargs: Any,
    ) -> None:
        self.auto_now, self.auto_now_add = auto_now, auto_now_add
        if auto_now or auto_now_add:
            kwargs["editable"] = False
            kwargs["blank"] = True
        super().__init__(verbose_name, name, **kwargs)

    def _check_fix_default_value(self) -> list[Any]:
        return self._check_if_value_fixed(self.default) if self.has_default() else []

    def get_internal_type(self) -> str:
        """Return "DateField"."""
        return "DateField"

    def to_python(self, value: Any) -> Any:
        """Convert to date; ValidationError if impossible."""
        if value is None:
            return value
        if isinstance(value, datetime.datetime):
            if settings.USE_TZ and timezone.is_aware(value):
                # The date is that of the default time zone, as it would be read back.
                value = timezone.make_naive(value, timezone.get_default_timezone())
            return value.date()
        if isinstance(value, datetime.date):
            return value
        try:
            parsed = parse_date(value)
        except ValueError:
            raise exceptions.ValidationError(
                self.error_messages["invalid_date"], code="invalid_date", params={"value": value}
            ) from None
        if parsed is not None:
            return parsed
        raise exceptions.ValidationError(
            self.error_messages["invalid"], code="invalid", params={"value": value}
        )

    def _now(self) -> Any:
        return datetime.date.today()

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        """Become a field of `cls`, with get_next_by_FOO() and get_previous_by_FOO()."""
        super().contribute_to_class(cls, name, private_only=private_only)
        if not self.null:
            for direction, is_next in (("next", True), ("previous", False)):
                method = f"get_{direction}_by_{self.name}"
                if method not in cls.__dict__:
                    setattr(
                        cls,
                        method,
                        partialmethod(cls._get_next_or_previous_by_FIELD, field=self, is_next=is_next),
                    )

    def get_prep_value(self, value: Any) -> Any:
        """Convert to date."""
        return self.to_python(super().get_prep_value(value))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Convert to what the driver takes."""
        if not prepared:
            value = self.get_prep_value(value)
        return connection.ops.adapt_datefield_value(value)

    def value_to_string(self, obj: Any) -> str:
        """Return the ISO 8601 form; empty for None."""
        value = self.value_from_object(obj)
        return "" if value is None else value.isoformat()

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.DateField."""
        from offbeat import forms

        return super().formfield(form_class or forms.DateField, choices_form_class, **kwargs)


class DateTimeField(DateField[_DateTimeST, _DateTimeGT]):
    """A date and time; aware with USE_TZ."""

    empty_strings_allowed = False
    default_error_messages = {
        "invalid": _(
            "“%(value)s” value has an invalid format. It must be in YYYY-MM-DD HH:MM[:ss[.uuuuuu]][TZ] format."
        ),
        "invalid_date": _("“%(value)s” value has the correct format (YYYY-MM-DD) but it is an invalid date."),
        "invalid_datetime": _(
            "“%(value)s” value has the correct format (YYYY-MM-DD HH:MM[:ss[.uuuuuu]][TZ]) but it is an invalid "
            "date/time."
        ),
    }
    description = _("Date (with time)")

    @overload
    def __init__(
        self: DateTimeField[datetime.datetime | None, datetime.datetime | None],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[True],
        auto_now: bool = ...,
        auto_now_add: bool = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: DateTimeField[datetime.datetime, datetime.datetime],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[False] = ...,
        auto_now: bool = ...,
        auto_now_add: bool = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self,
        verbose_name: Any = ...,
        name: str | None = ...,
        auto_now: bool = ...,
        auto_now_add: bool = ...,
        **kwargs: Any,
    ) -> None: ...
    def __init__(
        self,
        verbose_name: Any = None,
        name: str | None = None,
        auto_now: bool = False,
        auto_now_add: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(verbose_name, name, auto_now, auto_now_add, **kwargs)

    def get_internal_type(self) -> str:
        """Return "DateTimeField"."""
        return "DateTimeField"

    def to_python(self, value: Any) -> Any:
        """Convert to datetime, a date to its midnight; ValidationError if impossible."""
        if value is None or isinstance(value, datetime.datetime):
            return value
        if isinstance(value, datetime.date):
            value = datetime.datetime(value.year, value.month, value.day)
            if settings.USE_TZ:
                self._warn_naive(value)
                value = timezone.make_aware(value, timezone.get_default_timezone())
            return value
        try:
            parsed = parse_datetime(value)
            if parsed is not None:
                return parsed
        except ValueError:
            raise exceptions.ValidationError(
                self.error_messages["invalid_datetime"], code="invalid_datetime", params={"value": value}
            ) from None
        try:
            day = parse_date(value)
        except ValueError:
            raise exceptions.ValidationError(
                self.error_messages["invalid_date"], code="invalid_date", params={"value": value}
            ) from None
        if day is not None:
            return datetime.datetime(day.year, day.month, day.day)
        raise exceptions.ValidationError(
            self.error_messages["invalid"], code="invalid", params={"value": value}
        )

    def _warn_naive(self, value: Any) -> None:
        try:
            name = f"{self.model.__name__}.{self.name}"
        except AttributeError:
            name = "(unbound)"
        warnings.warn(
            f"DateTimeField {name} received a naive datetime ({value}) while time zone support is active.",
            RuntimeWarning,
            stacklevel=4,
        )

    def _now(self) -> Any:
        return timezone.now()

    def get_prep_value(self, value: Any) -> Any:
        """Convert to datetime; with USE_TZ a naive one is taken to be in the default time zone, with a warning."""
        value = super().get_prep_value(value)
        if value is not None and settings.USE_TZ and timezone.is_naive(value):
            self._warn_naive(value)
            value = timezone.make_aware(value, timezone.get_default_timezone())
        return value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Convert to what the driver takes."""
        if not prepared:
            value = self.get_prep_value(value)
        return connection.ops.adapt_datetimefield_value(value)

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.DateTimeField."""
        from offbeat import forms

        return super().formfield(form_class or forms.DateTimeField, choices_form_class, **kwargs)


class TimeField(_AutoNow, Field[_TimeST, _TimeGT]):
    """A time of day."""

    empty_strings_allowed = False
    default_error_messages = {
        "invalid": _("“%(value)s” value has an invalid format. It must be in HH:MM[:ss[.uuuuuu]] format."),
        "invalid_time": _(
            "“%(value)s” value has the correct format (HH:MM[:ss[.uuuuuu]]) but it is an invalid time."
        ),
    }
    description = _("Time")

    @overload
    def __init__(
        self: TimeField[datetime.time | None, datetime.time | None],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[True],
        auto_now: bool = ...,
        auto_now_add: bool = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: TimeField[datetime.time, datetime.time],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[False] = ...,
        auto_now: bool = ...,
        auto_now_add: bool = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self,
        verbose_name: Any = ...,
        name: str | None = ...,
        auto_now: bool = ...,
        auto_now_add: bool = ...,
        **kwargs: Any,
    ) -> None: ...
    def __init__(
        self,
        verbose_name: Any = None,
        name: str | None = None,
        auto_now: bool = False,
        auto_now_add: bool = False,
        **kwargs: Any,
    ) -> None:
        self.auto_now, self.auto_now_add = auto_now, auto_now_add
        if auto_now or auto_now_add:
            kwargs["editable"] = False
            kwargs["blank"] = True
        super().__init__(verbose_name, name, **kwargs)

    def _check_fix_default_value(self) -> list[Any]:
        if not self.has_default():
            return []
        value = self.default
        now = None
        if isinstance(value, datetime.time):
            now = (timezone.now() if settings.USE_TZ else datetime.datetime.now()).replace(tzinfo=None)
            value = datetime.datetime.combine(now, value)
            value = value.replace(tzinfo=None)
        elif not isinstance(value, datetime.datetime):
            return []
        return self._check_if_value_fixed(value, now=now)

    def get_internal_type(self) -> str:
        """Return "TimeField"."""
        return "TimeField"

    def to_python(self, value: Any) -> Any:
        """Convert to time; ValidationError if impossible."""
        if value is None:
            return None
        if isinstance(value, datetime.time):
            return value
        if isinstance(value, datetime.datetime):
            # The date is dropped, as a database would.
            return value.time()
        try:
            parsed = parse_time(value)
        except ValueError:
            raise exceptions.ValidationError(
                self.error_messages["invalid_time"], code="invalid_time", params={"value": value}
            ) from None
        if parsed is not None:
            return parsed
        raise exceptions.ValidationError(
            self.error_messages["invalid"], code="invalid", params={"value": value}
        )

    def _now(self) -> Any:
        return datetime.datetime.now().time()

    def get_prep_value(self, value: Any) -> Any:
        """Convert to time."""
        return self.to_python(super().get_prep_value(value))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Convert to what the driver takes."""
        if not prepared:
            value = self.get_prep_value(value)
        return connection.ops.adapt_timefield_value(value)

    def value_to_string(self, obj: Any) -> str:
        """Return the ISO 8601 form; empty for None."""
        value = self.value_from_object(obj)
        return "" if value is None else value.isoformat()

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.TimeField."""
        from offbeat import forms

        return super().formfield(form_class or forms.TimeField, choices_form_class, **kwargs)


class DurationField(Field[_DurationST, _DurationGT]):
    """A timedelta: an interval where the database has such a type, otherwise a number of microseconds."""

    empty_strings_allowed = False
    default_error_messages = {
        "invalid": _(
            "“%(value)s” value has an invalid format. It must be in [DD] [[HH:]MM:]ss[.uuuuuu] format."
        )
    }
    description = _("Duration")

    @overload
    def __init__(
        self: DurationField[datetime.timedelta | None, datetime.timedelta | None],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: DurationField[datetime.timedelta, datetime.timedelta],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[False] = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

    def get_internal_type(self) -> str:
        """Return "DurationField"."""
        return "DurationField"

    def to_python(self, value: Any) -> Any:
        """Convert to timedelta; ValidationError if impossible."""
        if value is None or isinstance(value, datetime.timedelta):
            return value
        try:
            parsed = parse_duration(value)
        except ValueError:
            parsed = None
        if parsed is not None:
            return parsed
        raise exceptions.ValidationError(
            self.error_messages["invalid"], code="invalid", params={"value": value}
        )

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Convert to what the driver takes."""
        if connection.features.has_native_duration_field:
            return value
        if value is None:
            return None
        return duration_microseconds(value)

    def get_db_converters(self, connection: Any) -> list[Any]:
        """Return the converters of values from the database."""
        converters = []
        if not connection.features.has_native_duration_field:
            converters.append(connection.ops.convert_durationfield_value)
        return converters + super().get_db_converters(connection)

    def value_to_string(self, obj: Any) -> str:
        """Return the form that to_python() reads; empty for None."""
        value = self.value_from_object(obj)
        return "" if value is None else duration_string(value)

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.DurationField."""
        from offbeat import forms

        return super().formfield(form_class or forms.DurationField, choices_form_class, **kwargs)
