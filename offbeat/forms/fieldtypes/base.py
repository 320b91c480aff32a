"""The base of form fields (Django documentation: ref/forms/fields)."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from offbeat.core import validators
from offbeat.core.exceptions import ValidationError
from offbeat.forms.boundfield import BoundField
from offbeat.forms.utils import clone
from offbeat.forms.widgets import HiddenInput, TextInput
from offbeat.utils.translation import gettext_lazy as _

__all__ = ["Field"]


class Field:
    """Converts and validates one value of a form."""

    widget: Any = TextInput
    hidden_widget: Any = HiddenInput
    default_validators: Sequence[Any] = []
    default_error_messages: dict[str, Any] = {"required": _("This field is required.")}
    empty_values: Sequence[Any] = list(validators.EMPTY_VALUES)
    bound_field_class: Any = None

    def __init__(
        self,
        *,
        required: bool = True,
        widget: Any = None,
        label: Any = None,
        initial: Any = None,
        help_text: Any = "",
        error_messages: dict[str, Any] | None = None,
        show_hidden_initial: bool = False,
        validators: Sequence[Any] = (),
        localize: bool = False,
        disabled: bool = False,
        label_suffix: Any = None,
        template_name: str | None = None,
        bound_field_class: Any = None,
    ) -> None:
        self.required, self.label, self.initial = required, label, initial
        self.show_hidden_initial = show_hidden_initial
        self.help_text = help_text
        self.disabled = disabled
        self.label_suffix = label_suffix
        self.bound_field_class = bound_field_class or self.bound_field_class
        widget = widget or self.widget
        widget = widget() if isinstance(widget, type) else copy.deepcopy(widget)
        # The widget asks this when it formats numbers and dates.
        self.localize = localize
        if self.localize:
            widget.is_localized = True
        widget.is_required = self.required
        extra_attrs = self.widget_attrs(widget)
        if extra_attrs:
            widget.attrs.update(extra_attrs)
        self.widget = widget
        messages: dict[str, Any] = {}
        for klass in reversed(self.__class__.__mro__):
            messages.update(getattr(klass, "default_error_messages", {}))
        messages.update(error_messages or {})
        self.error_messages = messages
        self.validators = [*self.default_validators, *validators]
        self.template_name = template_name
        super().__init__()

    def prepare_value(self, value: Any) -> Any:
        """The value as the widget gets it."""
        return value

    def to_python(self, value: Any) -> Any:
        """The value converted; ValidationError if that is not possible."""
        return value

    def validate(self, value: Any) -> None:
        """ValidationError for a value that is missing."""
        if value in self.empty_values and self.required:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """Run all validators, and raise their errors together."""
        if value in self.empty_values:
            return
        errors: list[ValidationError] = []
        for validator in self.validators:
            try:
                validator(value)
            except ValidationError as e:
                if hasattr(e, "code") and e.code in self.error_messages:
                    e.message = self.error_messages[e.code]
                errors.extend(e.error_list)
        if errors:
            raise ValidationError(errors)

    def clean(self, value: Any) -> Any:
        """The value converted and validated."""
        value = self.to_python(value)
        self.validate(value)
        self.run_validators(value)
        return value

    def bound_data(self, data: Any, initial: Any) -> Any:
        """The value to show in a bound form."""
        return initial if self.disabled else data

    def widget_attrs(self, widget: Any) -> dict[str, Any]:
        """Attributes that this field wants its widget to have."""
        return {}

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether ``data`` is something other than ``initial``."""
        if self.disabled:
            return False
        try:
            data = self.to_python(data)
            if hasattr(self, "_coerce"):
                return bool(self._coerce(data) != self._coerce(initial))
        except ValidationError:
            return True
        # No value and an empty one are the same here.
        initial_value = initial if initial is not None else ""
        data_value = data if data is not None else ""
        return bool(initial_value != data_value)

    def get_bound_field(self, form: Any, field_name: str) -> Any:
        """The BoundField of this field in ``form``."""
        bound_field_class = self.bound_field_class or form.bound_field_class or BoundField
        return bound_field_class(form, self, field_name)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        result = clone(self)
        memo[id(self)] = result
        result.widget = self.widget.__deepcopy__(memo)
        result.error_messages = self.error_messages.copy()
        result.validators = self.validators[:]
        return result

    def _clean_bound_field(self, bf: Any) -> Any:
        return self.clean(bf.initial if self.disabled else bf.data)
