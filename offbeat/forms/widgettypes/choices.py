"""Widgets to choose from a list."""

from __future__ import annotations

import copy
from typing import Any

from offbeat.forms.utils import clone
from offbeat.forms.widgettypes.base import Widget
from offbeat.utils.choices import normalize_choices
from offbeat.utils.translation import gettext_lazy as _

__all__ = [
    "CheckboxSelectMultiple",
    "ChoiceWidget",
    "NullBooleanSelect",
    "RadioSelect",
    "Select",
    "SelectMultiple",
]


class ChoiceWidget(Widget):
    """Base of widgets with ``choices``."""

    allow_multiple_selected = False
    input_type: str | None = None
    template_name: Any = None
    option_template_name: Any = None
    add_id_index = True
    checked_attribute: dict[str, Any] = {"checked": True}
    option_inherits_attrs = True

    def __init__(self, attrs: dict[str, Any] | None = None, choices: Any = ()) -> None:
        super().__init__(attrs)
        self.choices = choices

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        duplicate = clone(self)
        duplicate.attrs = self.attrs.copy()
        duplicate.choices = copy.copy(self.choices)
        memo[id(self)] = duplicate
        return duplicate

    @property
    def choices(self) -> Any:
        """The choices, as pairs."""
        return self._choices

    @choices.setter
    def choices(self, value: Any) -> None:
        self._choices = normalize_choices(value)

    def subwidgets(self, name: str, value: Any, attrs: dict[str, Any] | None = None) -> Any:
        """The options, groups opened up."""
        yield from self.options(name, self.format_value(value), attrs)

    def options(self, name: str, value: Any, attrs: dict[str, Any] | None = None) -> Any:
        """The options in a flat row."""
        for group in self.optgroups(name, value, attrs):
            yield from group[1]

    def optgroups(self, name: str, value: Any, attrs: dict[str, Any] | None = None) -> list[Any]:
        """(group name, options, index) triples."""
        groups = []
        has_selected = False
        for index, (option_value, option_label) in enumerate(self.choices):
            if option_value is None:
                option_value = ""
            subgroup: list[Any] = []
            if isinstance(option_label, list | tuple):
                group_name = option_value
                subindex: int | None = 0
                choices: Any = option_label
            else:
                group_name = None
                subindex = None
                choices = [(option_value, option_label)]
            groups.append((group_name, subgroup, index))
            for subvalue, sublabel in choices:
                selected = (not has_selected or self.allow_multiple_selected) and str(subvalue) in value
                has_selected |= selected
                subgroup.append(
                    self.create_option(
                        name, subvalue, sublabel, selected, index, subindex=subindex, attrs=attrs
                    )
                )
                if subindex is not None:
                    subindex += 1
        return groups

    def create_option(
        self,
        name: str,
        value: Any,
        label: Any,
        selected: bool,
        index: int,
        subindex: int | None = None,
        attrs: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The context of one option."""
        index_text = str(index) if subindex is None else f"{index}_{subindex}"
        option_attrs = self.build_attrs(self.attrs, attrs) if self.option_inherits_attrs else {}
        if selected:
            option_attrs.update(self.checked_attribute)
        if "id" in option_attrs:
            option_attrs["id"] = self.id_for_label(option_attrs["id"], index_text)
        return {
            "name": name,
            "value": value,
            "label": label,
            "selected": selected,
            "index": index_text,
            "attrs": option_attrs,
            "type": self.input_type,
            "template_name": self.option_template_name,
            "wrap_label": True,
        }

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["optgroups"] = self.optgroups(name, context["widget"]["value"], attrs)
        return context

    def id_for_label(self, id_: str | None, index: str | None = "0") -> str | None:
        """The id of an option, the first by default."""
        if id_ and self.add_id_index:
            id_ = f"{id_}_{index}"
        return id_

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        getter = data.get
        if self.allow_multiple_selected:
            getter = getattr(data, "getlist", getter)
        return getter(name)

    def format_value(self, value: Any) -> Any:
        """The chosen values as a list of text."""
        if value is None and self.allow_multiple_selected:
            return []
        if not isinstance(value, tuple | list):
            value = [value]
        return [str(v) if v is not None else "" for v in value]


class Select(ChoiceWidget):
    """``<select>``"""

    input_type = "select"
    template_name = "django/forms/widgets/select.html"
    option_template_name = "django/forms/widgets/select_option.html"
    add_id_index = False
    checked_attribute = {"selected": True}
    option_inherits_attrs = False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        if self.allow_multiple_selected:
            context["widget"]["attrs"]["multiple"] = True
        return context

    @staticmethod
    def _choice_has_empty_value(choice: Any) -> bool:
        value, _label = choice
        return value is None or value == ""

    def use_required_attribute(self, initial: Any) -> bool:
        """A required select must begin with an empty choice (HTML, "the select element"), else it is invalid."""
        use_required_attribute = super().use_required_attribute(initial)
        if self.allow_multiple_selected:
            return use_required_attribute
        first_choice = next(iter(self.choices), None)
        return (
            use_required_attribute and first_choice is not None and self._choice_has_empty_value(first_choice)
        )


class NullBooleanSelect(Select):
    """A select for true, false and unknown."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, (("unknown", _("Unknown")), ("true", _("Yes")), ("false", _("No"))))

    def format_value(self, value: Any) -> Any:
        try:
            return {
                True: "true",
                False: "false",
                "true": "true",
                "false": "false",
                # What Django before 2.2 sent.
                "2": "true",
                "3": "false",
            }[value]
        except (KeyError, TypeError):
            return "unknown"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        value = data.get(name)
        return {
            True: True,
            "True": True,
            "False": False,
            False: False,
            "true": True,
            "false": False,
            "2": True,
            "3": False,
        }.get(value)


class SelectMultiple(Select):
    """``<select multiple>``"""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        getter = getattr(data, "getlist", data.get)
        return getter(name)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        # Without a choice, nothing is sent.
        return False


class RadioSelect(ChoiceWidget):
    """Radio buttons."""

    input_type = "radio"
    template_name = "django/forms/widgets/radio.html"
    option_template_name = "django/forms/widgets/radio_option.html"
    use_fieldset = True

    def id_for_label(self, id_: str | None, index: str | None = None) -> str | None:
        """No id without an index: the label is for the whole group."""
        if index is None:
            return ""
        return super().id_for_label(id_, index)


class CheckboxSelectMultiple(RadioSelect):
    """Check boxes."""

    allow_multiple_selected = True
    input_type = "checkbox"
    template_name = "django/forms/widgets/checkbox_select.html"
    option_template_name = "django/forms/widgets/checkbox_option.html"

    def use_required_attribute(self, initial: Any) -> bool:
        # It would make every single box required.
        return False

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False
