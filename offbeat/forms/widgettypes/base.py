"""The base of widgets (Django documentation: ref/forms/widgets)."""

from __future__ import annotations

from typing import Any

from offbeat.forms.renderers import get_default_renderer
from offbeat.forms.utils import clone
from offbeat.forms.widgettypes.media import Media, MediaDefiningClass
from offbeat.utils import formats
from offbeat.utils.safestring import mark_safe

__all__ = ["Widget"]


class Widget(metaclass=MediaDefiningClass):
    """Renders a form field, and finds its value in submitted data."""

    needs_multipart_form = False
    is_localized = False
    is_required = False
    supports_microseconds = True
    use_fieldset = False
    template_name: str
    input_type: str | None
    media: Media

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        self.attrs: dict[str, Any] = {} if attrs is None else attrs.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        duplicate = clone(self)
        duplicate.attrs = self.attrs.copy()
        memo[id(self)] = duplicate
        return duplicate

    @property
    def is_hidden(self) -> bool:
        """Whether nobody sees it."""
        return self.input_type == "hidden" if hasattr(self, "input_type") else False

    def subwidgets(self, name: str, value: Any, attrs: dict[str, Any] | None = None) -> Any:
        """The context of each part."""
        yield self.get_context(name, value, attrs)["widget"]

    def format_value(self, value: Any) -> Any:
        """The value as the template shows it, None for nothing."""
        # What only the database can compute is not known yet.
        if value == "" or value is None or hasattr(value, "resolve_expression"):
            return None
        if self.is_localized:
            return formats.localize_input(value)
        return str(value)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """The template's context."""
        return {
            "widget": {
                "name": name,
                "is_hidden": self.is_hidden,
                "required": self.is_required,
                "value": self.format_value(value),
                "attrs": self.build_attrs(self.attrs, attrs),
                "template_name": self.template_name,
            },
        }

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> Any:
        """The HTML."""
        context = self.get_context(name, value, attrs)
        return self._render(self.template_name, context, renderer)

    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> Any:
        if renderer is None:
            renderer = get_default_renderer()
        return mark_safe(renderer.render(template_name, context))

    def build_attrs(
        self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Both dictionaries as one."""
        return {**base_attrs, **(extra_attrs or {})}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """The submitted value, None if there is none."""
        return data.get(name)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Whether the field was not submitted at all."""
        return name not in data

    def id_for_label(self, id_: str | None) -> str | None:
        """The id that a label refers to."""
        return id_

    def use_required_attribute(self, initial: Any) -> bool:
        """Whether ``required`` may be set."""
        return not self.is_hidden
