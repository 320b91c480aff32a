"""Fields made of others, and JSON."""

from __future__ import annotations

import copy
import datetime
import json
from typing import Any

from offbeat.core.exceptions import ValidationError
from offbeat.forms.fieldtypes.base import Field
from offbeat.forms.fieldtypes.dates import DateField, TimeField
from offbeat.forms.fieldtypes.text import CharField
from offbeat.forms.utils import from_current_timezone
from offbeat.forms.widgets import SplitDateTimeWidget, SplitHiddenDateTimeWidget, Textarea
from offbeat.utils.translation import gettext_lazy as _

__all__ = [
    "ComboField",
    "InvalidJSONInput",
    "JSONField",
    "JSONString",
    "MultiValueField",
    "SplitDateTimeField",
]


class ComboField(Field):
    """A value that must pass several fields, one after the other."""

    def __init__(self, fields: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # This field says whether a value is required.
        for field in fields:
            field.required = False
        self.fields = fields

    def clean(self, value: Any) -> Any:
        super().clean(value)
        for field in self.fields:
            value = field.clean(value)
        return value


class MultiValueField(Field):
    """Several fields whose values become one; subclasses define ``compress``."""

    default_error_messages = {
        "invalid": _("Enter a list of values."),
        "incomplete": _("Enter a complete value."),
    }

    def __init__(self, fields: Any, *, require_all_fields: bool = True, **kwargs: Any) -> None:
        self.require_all_fields = require_all_fields
        super().__init__(**kwargs)
        for field in fields:
            field.error_messages.setdefault("incomplete", self.error_messages["incomplete"])
            if self.disabled:
                field.disabled = True
            if self.require_all_fields:
                # This field says whether a value is required.
                field.required = False
        self.fields = fields

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        result = super().__deepcopy__(memo)
        result.fields = tuple(copy.deepcopy(field, memo) for field in self.fields)
        return result

    def validate(self, value: Any) -> None:
        pass

    def clean(self, value: Any) -> Any:
        clean_data = []
        errors: list[Any] = []
        if self.disabled and not isinstance(value, list):
            value = self.widget.decompress(value)
        if not value or isinstance(value, list | tuple):
            if not value or not [v for v in value if v not in self.empty_values]:
                if self.required:
                    raise ValidationError(self.error_messages["required"], code="required")
                return self.compress([])
        else:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        for i, field in enumerate(self.fields):
            try:
                field_value = value[i]
            except IndexError:
                field_value = None
            if field_value in self.empty_values:
                if self.require_all_fields:
                    # One of the values is missing.
                    if self.required:
                        raise ValidationError(self.error_messages["required"], code="required")
                elif field.required:
                    # Each missing value is told, once.
                    if field.error_messages["incomplete"] not in errors:
                        errors.append(field.error_messages["incomplete"])
                    continue
            try:
                clean_data.append(field.clean(field_value))
            except ValidationError as e:
                errors.extend(m for m in e.error_list if m not in errors)
        if errors:
            raise ValidationError(errors)
        out = self.compress(clean_data)
        self.validate(out)
        self.run_validators(out)
        return out

    def compress(self, data_list: Any) -> Any:
        """One value made of the fields' cleaned values, which may be an empty list."""
        raise NotImplementedError("Subclasses must implement this method.")

    def has_changed(self, initial: Any, data: Any) -> bool:
        if self.disabled:
            return False
        if initial is None:
            initial = ["" for _x in range(len(data))]
        elif not isinstance(initial, list):
            initial = self.widget.decompress(initial)
        for field, initial_value, data_value in zip(self.fields, initial, data, strict=False):
            try:
                initial_value = field.to_python(initial_value)
            except ValidationError:
                return True
            if field.has_changed(initial_value, data_value):
                return True
        return False


class SplitDateTimeField(MultiValueField):
    """A date and a time."""

    widget = SplitDateTimeWidget
    hidden_widget = SplitHiddenDateTimeWidget
    default_error_messages = {
        "invalid_date": _("Enter a valid date."),
        "invalid_time": _("Enter a valid time."),
    }

    def __init__(
        self, *, input_date_formats: Any = None, input_time_formats: Any = None, **kwargs: Any
    ) -> None:
        errors = self.default_error_messages.copy()
        if "error_messages" in kwargs:
            errors.update(kwargs["error_messages"])
        localize = kwargs.get("localize", False)
        fields = (
            DateField(
                input_formats=input_date_formats,
                error_messages={"invalid": errors["invalid_date"]},
                localize=localize,
            ),
            TimeField(
                input_formats=input_time_formats,
                error_messages={"invalid": errors["invalid_time"]},
                localize=localize,
            ),
        )
        super().__init__(fields, **kwargs)

    def compress(self, data_list: Any) -> Any:
        if data_list:
            # One of them may be empty when the field is not required.
            if data_list[0] in self.empty_values:
                raise ValidationError(self.error_messages["invalid_date"], code="invalid_date")
            if data_list[1] in self.empty_values:
                raise ValidationError(self.error_messages["invalid_time"], code="invalid_time")
            return from_current_timezone(datetime.datetime.combine(*data_list))
        return None


class InvalidJSONInput(str):
    """Text that is not JSON, kept to be shown again."""


class JSONString(str):
    """A JSON string's value, told from text that is still to be read."""


class JSONField(CharField):
    """A value as JSON text."""

    default_error_messages = {"invalid": _("Enter a valid JSON.")}
    widget: Any = Textarea

    def __init__(self, encoder: Any = None, decoder: Any = None, **kwargs: Any) -> None:
        self.encoder = encoder
        self.decoder = decoder
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        if self.disabled:
            return value
        if value in self.empty_values:
            return None
        if isinstance(value, list | dict | int | float | JSONString):
            return value
        try:
            converted = json.loads(value, cls=self.decoder)
        except (json.JSONDecodeError, RecursionError):
            raise ValidationError(
                self.error_messages["invalid"], code="invalid", params={"value": value}
            ) from None
        return JSONString(converted) if isinstance(converted, str) else converted

    def bound_data(self, data: Any, initial: Any) -> Any:
        if self.disabled:
            return initial
        if data is None:
            return None
        try:
            return json.loads(data, cls=self.decoder)
        except (json.JSONDecodeError, RecursionError):
            return InvalidJSONInput(data)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, InvalidJSONInput):
            return value
        return json.dumps(value, ensure_ascii=False, cls=self.encoder)

    def has_changed(self, initial: Any, data: Any) -> bool:
        if super().has_changed(initial, data):
            return True
        # True and 1 are equal in Python, and are not in JSON.
        return json.dumps(initial, sort_keys=True, cls=self.encoder) != json.dumps(
            self.to_python(data), sort_keys=True, cls=self.encoder
        )
