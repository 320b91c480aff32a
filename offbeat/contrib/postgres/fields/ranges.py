"""Range fields (Django documentation: ref/contrib/postgres/fields#range-fields)."""

from __future__ import annotations

import datetime
import json
import zoneinfo
from types import SimpleNamespace
from typing import Any, ClassVar

from offbeat.contrib.postgres import forms
from offbeat.contrib.postgres.fields.part import CompoundField
from offbeat.contrib.postgres.operators import has_params
from offbeat.contrib.postgres.utils import CheckPostgresInstalledMixin
from offbeat.core.exceptions import ValidationError
from offbeat.db import models
from offbeat.db.backends.postgresql.psycopg_any import (
    DateRange,
    DateTimeTZRange,
    NumericRange,
    Range,
)
from offbeat.db.models.sql.params import Unbindable
from offbeat.utils.translation import gettext_lazy as _

__all__ = [
    "CANONICAL_RANGE_BOUNDS",
    "BigIntegerRangeField",
    "DateRangeField",
    "DateTimeRangeField",
    "DecimalRangeField",
    "IntegerRangeField",
    "RangeBoundary",
    "RangeField",
    "RangeOperators",
]

# How the database writes ranges of whole numbers and days, and what a pair of bounds means.
CANONICAL_RANGE_BOUNDS = "[)"


class RangeBoundary(models.Expression):
    """Which bounds belong to a range, for the functions that make ranges."""

    def __init__(self, inclusive_lower: bool = True, inclusive_upper: bool = False) -> None:
        super().__init__()
        self.lower = "[" if inclusive_lower else "("
        self.upper = "]" if inclusive_upper else ")"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return f"'{self.lower}{self.upper}'", ()


class RangeOperators:
    """Operators for exclusion constraints."""

    EQUAL = "="
    NOT_EQUAL = "<>"
    CONTAINS = "@>"
    CONTAINED_BY = "<@"
    OVERLAPS = "&&"
    FULLY_LT = "<<"
    FULLY_GT = ">>"
    NOT_LT = "&>"
    NOT_GT = "&<"
    ADJACENT_TO = "-|-"


class RangeField(CheckPostgresInstalledMixin, CompoundField):
    """Everything between two values. A subclass names `base_field`, `range_type`, `form_field` and the column's type."""

    default_error_messages = {"invalid": _("Enter two valid values.")}
    range_type: ClassVar[Any]
    form_field: ClassVar[Any]
    range_db_type: ClassVar[str]
    # Whether there are values between any two, so that both kinds of bounds make sense.
    continuous: ClassVar[bool] = False
    default_bounds = CANONICAL_RANGE_BOUNDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.continuous and "default_bounds" in kwargs:
            raise TypeError(f"Cannot use 'default_bounds' with {self.__class__.__name__}.")
        if isinstance(self.base_field, type):
            self.base_field = self.base_field()
        super().__init__(*args, **kwargs)

    @classmethod
    def _choices_is_value(cls, value: Any) -> bool:
        return isinstance(value, (list, tuple, Range)) or super()._choices_is_value(value)

    def db_type(self, connection: Any) -> str:
        """Return the type of range."""
        return self.range_db_type

    def get_prep_value(self, value: Any) -> Any:
        """Make a range of a pair."""
        value = super().get_prep_value(value)
        if isinstance(value, (list, tuple)):
            if has_params(value):
                raise Unbindable("A pair is one value.")
            return self.range_type(value[0], value[1], self.default_bounds)
        return value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Make both bounds values of the base field: by one of them the driver tells the type of the range."""
        value = super().get_db_prep_value(value, connection, prepared)
        if not isinstance(value, Range) or value.isempty:
            return value
        lower, upper = [self._bound_for_db(bound, connection) for bound in (value.lower, value.upper)]
        return self.range_type(lower, upper, value.bounds)

    def _bound_for_db(self, bound: Any, connection: Any) -> Any:
        return self.base_field.get_prep_value(bound)

    def to_python(self, value: Any) -> Any:
        """Make a range of a pair, or of the JSON of serializers."""
        if isinstance(value, str):
            return self._read(self._from_json(value))
        if isinstance(value, (list, tuple)):
            if len(value) != 2:
                raise ValidationError(self.error_messages["invalid"], code="invalid")
            lower, upper = map(self.base_field.to_python, value)
            return self.range_type(lower, upper, self.default_bounds)
        if value is not None and not isinstance(value, Range):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return value

    def _read(self, parts: Any) -> Any:
        """A range of the object that `value_to_string()` writes."""
        try:
            bounds = {
                name: self.base_field.to_python(parts[name]) for name in ("lower", "upper") if name in parts
            }
            return self.range_type(**{**parts, **bounds})
        except (TypeError, ValueError):
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None

    def value_to_string(self, obj: Any) -> Any:
        """Write the bounds, as the base field writes them, as JSON."""
        value = self.value_from_object(obj)
        if value is None:
            return None
        if value.isempty:
            return json.dumps({"empty": True})
        parts: dict[str, Any] = {"bounds": value.bounds}
        for name in ("lower", "upper"):
            bound = getattr(value, name)
            if bound is not None:
                bound = self.base_field.value_to_string(SimpleNamespace(**{self.base_field.attname: bound}))
            parts[name] = bound
        return json.dumps(parts)

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a form field for two values."""
        if self.continuous:
            kwargs.setdefault("default_bounds", self.default_bounds)
        return super().formfield(form_class or self.form_field, choices_form_class, **kwargs)


class ContinuousRangeField(RangeField):
    """A range in which there are values between any two."""

    continuous = True

    def __init__(self, *args: Any, default_bounds: str = CANONICAL_RANGE_BOUNDS, **kwargs: Any) -> None:
        if default_bounds not in ("[)", "(]", "()", "[]"):
            raise ValueError("default_bounds must be one of '[)', '(]', '()', or '[]'.")
        self.default_bounds = default_bounds
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field."""
        name, path, args, kwargs = super().deconstruct()
        if self.default_bounds != CANONICAL_RANGE_BOUNDS:
            kwargs["default_bounds"] = self.default_bounds
        return name, path, args, kwargs


class IntegerRangeField(RangeField):
    """A range of whole numbers."""

    base_field = models.IntegerField
    range_type = NumericRange
    form_field = forms.IntegerRangeField
    range_db_type = "int4range"


class BigIntegerRangeField(RangeField):
    """A range of large whole numbers."""

    base_field = models.BigIntegerField
    range_type = NumericRange
    form_field = forms.IntegerRangeField
    range_db_type = "int8range"


class DecimalRangeField(ContinuousRangeField):
    """A range of numbers."""

    base_field = models.DecimalField
    range_type = NumericRange
    form_field = forms.DecimalRangeField
    range_db_type = "numrange"


class DateTimeRangeField(ContinuousRangeField):
    """A range of moments."""

    base_field = models.DateTimeField
    range_type = DateTimeTZRange
    form_field = forms.DateTimeRangeField
    range_db_type = "tstzrange"

    def _bound_for_db(self, bound: Any, connection: Any) -> Any:
        if bound is None:
            return None
        moment: Any = bound
        if not isinstance(bound, datetime.date):
            moment = self.base_field.to_python(bound)  # type: ignore[call-arg]
        elif not isinstance(bound, datetime.datetime):
            moment = datetime.datetime.combine(bound, datetime.time())
        if moment.tzinfo is not None:
            return moment
        # Without a time zone it would make another type of range; the session's is what the server would take.
        return moment.replace(tzinfo=zoneinfo.ZoneInfo(connection.timezone_name))


class DateRangeField(RangeField):
    """A range of days."""

    base_field = models.DateField
    range_type = DateRange
    form_field = forms.DateRangeField
    range_db_type = "daterange"
