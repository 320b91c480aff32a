"""Form fields for ranges (Django documentation: ref/contrib/postgres/forms#range-fields)."""

from __future__ import annotations

from typing import Any, ClassVar

from offbeat import forms
from offbeat.core.exceptions import ValidationError
from offbeat.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange, NumericRange
from offbeat.forms.widgets import HiddenInput, MultiWidget
from offbeat.utils.translation import gettext_lazy as _

__all__ = [
    "BaseRangeField",
    "DateRangeField",
    "DateTimeRangeField",
    "DecimalRangeField",
    "HiddenRangeWidget",
    "IntegerRangeField",
    "RangeWidget",
]


class RangeWidget(MultiWidget):
    """Two widgets, for the bounds."""

    def __init__(self, base_widget: Any, attrs: dict[str, Any] | None = None) -> None:
        super().__init__((base_widget, base_widget), attrs)

    def decompress(self, value: Any) -> tuple[Any, Any]:
        """The bounds."""
        return (value.lower, value.upper) if value else (None, None)


class HiddenRangeWidget(RangeWidget):
    """Two hidden inputs."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(HiddenInput, attrs)


class BaseRangeField(forms.MultiValueField):
    """Two values in order. A subclass names `base_field` and `range_type`."""

    base_field: ClassVar[Any]
    range_type: ClassVar[Any]
    default_error_messages = {
        "invalid": _("Enter two valid values."),
        "bound_ordering": _("The start of the range must not exceed the end of the range."),
    }
    hidden_widget = HiddenRangeWidget

    def __init__(self, *, default_bounds: str | None = None, **kwargs: Any) -> None:
        # How the driver is told of bounds; without, it takes its own.
        self.range_kwargs = {"bounds": default_bounds} if default_bounds else {}
        kwargs.setdefault("widget", RangeWidget(self.base_field.widget))
        kwargs.setdefault("fields", [self.base_field(required=False), self.base_field(required=False)])
        # Either bound may be missing, but a required range must have one.
        kwargs.setdefault("required", False)
        kwargs.setdefault("require_all_fields", False)
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """The bounds as the two fields prepare them."""
        if value is None:
            value = (None, None)
        elif isinstance(value, self.range_type):
            value = (value.lower, value.upper)
        if not isinstance(value, (list, tuple)):
            return value
        return [field.prepare_value(bound) for field, bound in zip(self.fields, value, strict=False)]

    def compress(self, data_list: Any) -> Any:
        """The range; None without any bound."""
        if not data_list:
            return None
        lower, upper = data_list
        if lower is not None and upper is not None and lower > upper:
            raise ValidationError(self.error_messages["bound_ordering"], code="bound_ordering")
        try:
            return self.range_type(lower, upper, **self.range_kwargs)
        except TypeError:
            raise ValidationError(self.error_messages["invalid"], code="invalid")


class IntegerRangeField(BaseRangeField):
    """Two whole numbers."""

    default_error_messages = {"invalid": _("Enter two whole numbers.")}
    base_field = forms.IntegerField
    range_type = NumericRange


class DecimalRangeField(BaseRangeField):
    """Two numbers."""

    default_error_messages = {"invalid": _("Enter two numbers.")}
    base_field = forms.DecimalField
    range_type = NumericRange


class DateTimeRangeField(BaseRangeField):
    """Two moments."""

    default_error_messages = {"invalid": _("Enter two valid date/times.")}
    base_field = forms.DateTimeField
    range_type = DateTimeTZRange


class DateRangeField(BaseRangeField):
    """Two days."""

    default_error_messages = {"invalid": _("Enter two valid dates.")}
    base_field = forms.DateField
    range_type = DateRange
