"""Text, file and checkbox inputs."""

from __future__ import annotations

from typing import Any

from offbeat.forms.widgettypes.base import Widget
from offbeat.utils import formats
from offbeat.utils.translation import gettext_lazy as _

__all__ = [
    "FILE_INPUT_CONTRADICTION",
    "CheckboxInput",
    "ClearableFileInput",
    "ColorInput",
    "DateInput",
    "DateTimeBaseInput",
    "DateTimeInput",
    "EmailInput",
    "FileInput",
    "HiddenInput",
    "Input",
    "MultipleHiddenInput",
    "NumberInput",
    "PasswordInput",
    "SearchInput",
    "TelInput",
    "TextInput",
    "Textarea",
    "TimeInput",
    "URLInput",
    "boolean_check",
]


class Input(Widget):
    """Base of all ``<input>`` widgets."""

    input_type: str | None = None
    template_name = "django/forms/widgets/input.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        if attrs is not None:
            attrs = attrs.copy()
            self.input_type = attrs.pop("type", self.input_type)
        super().__init__(attrs)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["type"] = self.input_type
        return context


class TextInput(Input):
    """``<input type="text">``"""

    input_type = "text"
    template_name = "django/forms/widgets/text.html"


class NumberInput(Input):
    """``<input type="number">``"""

    input_type = "number"
    template_name = "django/forms/widgets/number.html"


class EmailInput(Input):
    """``<input type="email">``"""

    input_type = "email"
    template_name = "django/forms/widgets/email.html"


class URLInput(Input):
    """``<input type="url">``"""

    input_type = "url"
    template_name = "django/forms/widgets/url.html"


class ColorInput(Input):
    """``<input type="color">``"""

    input_type = "color"
    template_name = "django/forms/widgets/color.html"


class SearchInput(Input):
    """``<input type="search">``"""

    input_type = "search"
    template_name = "django/forms/widgets/search.html"


class TelInput(Input):
    """``<input type="tel">``"""

    input_type = "tel"
    template_name = "django/forms/widgets/tel.html"


class PasswordInput(Input):
    """``<input type="password">``, empty unless ``render_value``."""

    input_type = "password"
    template_name = "django/forms/widgets/password.html"

    def __init__(self, attrs: dict[str, Any] | None = None, render_value: bool = False) -> None:
        super().__init__(attrs)
        self.render_value = render_value

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, value if self.render_value else None, attrs)


class HiddenInput(Input):
    """``<input type="hidden">``"""

    input_type = "hidden"
    template_name = "django/forms/widgets/hidden.html"


class MultipleHiddenInput(HiddenInput):
    """A hidden input for each of several values."""

    template_name = "django/forms/widgets/multiple_hidden.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        final_attrs = context["widget"]["attrs"]
        id_ = context["widget"]["attrs"].get("id")
        subwidgets = []
        for index, value_ in enumerate(context["widget"]["value"]):
            widget_attrs = final_attrs.copy()
            if id_:
                # Each id must be its own.
                widget_attrs["id"] = f"{id_}_{index}"
            widget = HiddenInput()
            widget.is_required = self.is_required
            subwidgets.append(widget.get_context(name, value_, widget_attrs)["widget"])
        context["widget"]["subwidgets"] = subwidgets
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        getter = getattr(data, "getlist", data.get)
        return getter(name)

    def format_value(self, value: Any) -> Any:
        return [] if value is None else value


class FileInput(Input):
    """``<input type="file">``; subclasses with ``allow_multiple_selected`` take several files."""

    allow_multiple_selected = False
    input_type = "file"
    needs_multipart_form = True
    template_name = "django/forms/widgets/file.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        if attrs is not None and not self.allow_multiple_selected and attrs.get("multiple", False):
            raise ValueError(f"{self.__class__.__qualname__} doesn't support uploading multiple files.")
        if self.allow_multiple_selected:
            attrs = {"multiple": True, **(attrs or {})}
        super().__init__(attrs)

    def format_value(self, value: Any) -> Any:
        """Nothing: a browser does not let a page choose files."""
        return None

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        if self.allow_multiple_selected:
            return getattr(files, "getlist", files.get)(name)
        return files.get(name)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in files

    def use_required_attribute(self, initial: Any) -> bool:
        return super().use_required_attribute(initial) and not initial


FILE_INPUT_CONTRADICTION = object()


class ClearableFileInput(FileInput):
    """A file input with a link to the present file and a checkbox to remove it."""

    clear_checkbox_label: Any = _("Clear")
    initial_text: Any = _("Currently")
    input_text: Any = _("Change")
    template_name = "django/forms/widgets/clearable_file_input.html"
    checked = False

    def clear_checkbox_name(self, name: str) -> str:
        """The checkbox's name."""
        return f"{name}-clear"

    def clear_checkbox_id(self, name: str) -> str:
        """The checkbox's id."""
        return f"{name}_id"

    def is_initial(self, value: Any) -> bool:
        """Whether ``value`` is a file that exists already."""
        return bool(value and getattr(value, "url", False))

    def format_value(self, value: Any) -> Any:
        return value if self.is_initial(value) else None

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        checkbox_name = self.clear_checkbox_name(name)
        widget = context["widget"]
        widget.update(
            {
                "checkbox_name": checkbox_name,
                "checkbox_id": self.clear_checkbox_id(checkbox_name),
                "is_initial": self.is_initial(value),
                "input_text": self.input_text,
                "initial_text": self.initial_text,
                "clear_checkbox_label": self.clear_checkbox_label,
            }
        )
        widget["attrs"].setdefault("disabled", False)
        widget["attrs"]["checked"] = self.checked
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        upload = super().value_from_datadict(data, files, name)
        self.checked = self.clear_checkbox_name(name) in data
        if not self.is_required and CheckboxInput().value_from_datadict(
            data, files, self.clear_checkbox_name(name)
        ):
            # A new file and the wish to have none: the form says so.
            return FILE_INPUT_CONTRADICTION if upload else False
        return upload

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return (
            super().value_omitted_from_data(data, files, name) and self.clear_checkbox_name(name) not in data
        )


class Textarea(Widget):
    """``<textarea>``"""

    template_name = "django/forms/widgets/textarea.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        # A size is required by old HTML, and the browsers' own is tiny.
        super().__init__({"cols": "40", "rows": "10", **(attrs or {})})


class DateTimeBaseInput(TextInput):
    """Base of date and time inputs."""

    format_key = ""
    supports_microseconds = False

    def __init__(self, attrs: dict[str, Any] | None = None, format: str | None = None) -> None:
        super().__init__(attrs)
        self.format = format or None

    def format_value(self, value: Any) -> Any:
        return formats.localize_input(value, self.format or formats.get_format(self.format_key)[0])


class DateInput(DateTimeBaseInput):
    """A date as text."""

    format_key = "DATE_INPUT_FORMATS"
    template_name = "django/forms/widgets/date.html"


class DateTimeInput(DateTimeBaseInput):
    """A date and time as text."""

    format_key = "DATETIME_INPUT_FORMATS"
    template_name = "django/forms/widgets/datetime.html"


class TimeInput(DateTimeBaseInput):
    """A time as text."""

    format_key = "TIME_INPUT_FORMATS"
    template_name = "django/forms/widgets/time.html"


def boolean_check(v: Any) -> bool:
    """True unless ``v`` is False, None or ''."""
    return not (v is False or v is None or v == "")


class CheckboxInput(Input):
    """``<input type="checkbox">``; ``check_test(value)`` says whether it is checked."""

    input_type = "checkbox"
    template_name = "django/forms/widgets/checkbox.html"

    def __init__(self, attrs: dict[str, Any] | None = None, check_test: Any = None) -> None:
        super().__init__(attrs)
        self.check_test = boolean_check if check_test is None else check_test

    def format_value(self, value: Any) -> Any:
        """Only a value that says more than true or false is shown."""
        if value is True or value is False or value is None or value == "":
            return None
        return str(value)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        if self.check_test(value):
            attrs = {**(attrs or {}), "checked": True}
        return super().get_context(name, value, attrs)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        if name not in data:
            # Browsers do not send what is not checked.
            return False
        value = data.get(name)
        if isinstance(value, str):
            value = {"true": True, "false": False}.get(value.lower(), value)
        return bool(value)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        # It cannot be known.
        return False
