"""Form fields for arrays (Django documentation: ref/contrib/postgres/forms)."""

from __future__ import annotations

import copy
from typing import Any

from offbeat import forms
from offbeat.contrib.postgres.utils import prefix_validation_error
from offbeat.contrib.postgres.validators import ArrayMaxLengthValidator, ArrayMinLengthValidator
from offbeat.core.exceptions import ValidationError
from offbeat.utils.translation import gettext_lazy as _

__all__ = ["SimpleArrayField", "SplitArrayField", "SplitArrayWidget"]


class _Items:
    """Cleaning the items of an array one by one."""

    base_field: Any
    error_messages: dict[str, Any]

    def _item_error(self, error: ValidationError, index: int) -> ValidationError:
        return prefix_validation_error(
            error, prefix=self.error_messages["item_invalid"], code="item_invalid", params={"nth": index + 1}
        )

    def _each(self, method: Any, values: Any) -> list[Any]:
        """What the method returns for each item; its errors are collected."""
        results, errors = [], []
        for index, value in enumerate(values):
            try:
                results.append(method(value))
            except ValidationError as error:
                errors.append(self._item_error(error, index))
        if errors:
            raise ValidationError(errors)
        return results


class SimpleArrayField(_Items, forms.CharField):
    """An array as text with delimiters."""

    default_error_messages = {"item_invalid": _("Item %(nth)s in the array did not validate:")}

    def __init__(
        self,
        base_field: Any,
        *,
        delimiter: str = ",",
        max_length: int | None = None,
        min_length: int | None = None,
        **kwargs: Any,
    ) -> None:
        self.base_field = base_field
        self.delimiter = delimiter
        super().__init__(**kwargs)
        if min_length is not None:
            self.min_length = min_length
            self.validators.append(ArrayMinLengthValidator(int(min_length)))
        if max_length is not None:
            self.max_length = max_length
            self.validators.append(ArrayMaxLengthValidator(int(max_length)))

    def prepare_value(self, value: Any) -> Any:
        """Join the items."""
        if not isinstance(value, list):
            return value
        return self.delimiter.join([str(self.base_field.prepare_value(item)) for item in value])

    def to_python(self, value: Any) -> Any:
        """Split the text, and have the base field convert each item."""
        if isinstance(value, list):
            items: Any = value
        else:
            items = value.split(self.delimiter) if value else []
        return self._each(self.base_field.to_python, items)

    def clean(self, value: Any) -> Any:
        """The items converted and validated."""
        return [self.base_field.clean(item) for item in super().clean(value)]

    def validate(self, value: Any) -> None:
        """Have the base field validate each item, too."""
        super().validate(value)
        self._each(self.base_field.validate, value)

    def run_validators(self, value: Any) -> None:
        """Run this field's validators, then the base field's for each item."""
        super().run_validators(value)
        self._each(self.base_field.run_validators, value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the items differ, however they are written."""
        try:
            value = self.to_python(data)
        except ValidationError:
            return super().has_changed(initial, data)
        if initial in self.empty_values and value in self.empty_values:
            return False
        return super().has_changed(initial, data)


class SplitArrayWidget(forms.Widget):
    """A widget for each of `size` items."""

    template_name = "postgres/widgets/split_array.html"

    def __init__(self, widget: Any, size: int, **kwargs: Any) -> None:
        self.widget = widget() if isinstance(widget, type) else widget
        self.size = size
        super().__init__(**kwargs)

    @property
    def is_hidden(self) -> bool:
        return bool(self.widget.is_hidden)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Any]:
        return [self.widget.value_from_datadict(data, files, f"{name}_{index}") for index in range(self.size)]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return all(
            self.widget.value_omitted_from_data(data, files, f"{name}_{index}") for index in range(self.size)
        )

    def id_for_label(self, id_: Any) -> Any:
        return f"{id_}_0" if id_ else id_

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs or {})
        if self.is_localized:
            self.widget.is_localized = self.is_localized
        items = list(value or ())
        final_attrs = self.build_attrs(attrs or {})
        id_ = final_attrs.get("id")
        context["widget"]["subwidgets"] = []
        for index in range(max(len(items), self.size)):
            own = {**final_attrs, "id": f"{id_}_{index}"} if id_ else final_attrs
            item = items[index] if index < len(items) else None
            widget_context = self.widget.get_context(f"{name}_{index}", item, own)
            context["widget"]["subwidgets"].append(widget_context["widget"])
        return context

    @property
    def media(self) -> Any:  # type: ignore[override]
        return self.widget.media

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        result = super().__deepcopy__(memo)
        result.widget = copy.deepcopy(self.widget)
        return result

    @property
    def needs_multipart_form(self) -> bool:  # type: ignore[override]
        return bool(self.widget.needs_multipart_form)


class SplitArrayField(_Items, forms.Field):
    """An array as one input for each item."""

    default_error_messages = {"item_invalid": _("Item %(nth)s in the array did not validate:")}

    def __init__(
        self, base_field: Any, size: int, *, remove_trailing_nulls: bool = False, **kwargs: Any
    ) -> None:
        self.base_field = base_field
        self.size = size
        self.remove_trailing_nulls = remove_trailing_nulls
        kwargs.setdefault("widget", SplitArrayWidget(widget=base_field.widget, size=size))
        super().__init__(**kwargs)

    def _wanted(self, values: Any) -> int:
        """How many items there are without the empty ones at the end, if those are not wanted."""
        length = len(values)
        while self.remove_trailing_nulls and length and values[length - 1] in self.base_field.empty_values:
            length -= 1
        return length

    def to_python(self, value: Any) -> Any:
        """Have the base field convert each item."""
        values = [self.base_field.to_python(item) for item in super().to_python(value)]
        return values[: self._wanted(values)]

    def clean(self, value: Any) -> Any:
        """The items converted and validated."""
        if not any(value) and self.required:
            raise ValidationError(self.error_messages["required"])
        # Items that were not sent are empty ones.
        items = [*value, *[None] * (self.size - len(value))]
        return self._each(self.base_field.clean, items[: self._wanted(items)])

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the items differ."""
        try:
            data = self.to_python(data)
        except ValidationError:
            return True
        if initial in self.empty_values and data in self.empty_values:
            return False
        return super().has_changed(initial, data)
