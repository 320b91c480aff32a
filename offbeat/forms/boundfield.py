"""A field together with a form's data (Django documentation: ref/forms/api, "BoundField")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from offbeat.core.exceptions import ValidationError
from offbeat.forms.utils import RenderableFieldMixin, pretty_name
from offbeat.forms.widgets import MultiWidget, Textarea, TextInput
from offbeat.utils.functional import cached_property
from offbeat.utils.html import format_html, html_safe
from offbeat.utils.index_only import INDEX_ONLY
from offbeat.utils.translation import gettext_lazy as _

__all__ = ["BoundField", "BoundWidget"]


class BoundField(RenderableFieldMixin):
    """A field of a form: its data, errors and HTML."""

    def __init__(self, form: Any, field: Any, name: str) -> None:
        self.form = form
        self.field = field
        self.name = name
        self.html_name = form.add_prefix(name)
        self.html_initial_name = form.add_initial_prefix(name)
        self.html_initial_id = form.add_initial_prefix(self.auto_id)
        self.label = pretty_name(name) if self.field.label is None else self.field.label
        self.help_text = field.help_text or ""
        self.renderer = form.renderer

    def __str__(self) -> str:
        html = self.as_widget()
        if self.field.show_hidden_initial:
            html += self.as_hidden(only_initial=True)
        return html  # type: ignore[no-any-return]

    __html__ = __str__

    @cached_property
    def subwidgets(self) -> list[BoundWidget]:
        """The widget's parts: the buttons of a radio select, else the widget itself."""
        id_ = self.field.widget.attrs.get("id") or self.auto_id
        attrs = {"id": id_} if id_ else {}
        attrs = self.build_widget_attrs(attrs)
        return [
            BoundWidget(self.field.widget, widget, self.form.renderer)
            for widget in self.field.widget.subwidgets(self.html_name, self.value(), attrs=attrs)
        ]

    def __bool__(self) -> bool:
        # A field without options is still a field.
        return True

    def __iter__(self) -> Iterator[BoundWidget]:
        return iter(self.subwidgets)

    def __len__(self) -> int:
        return len(self.subwidgets)

    def __getitem__(self, idx: Any) -> Any:
        # Templates look names up as keys first: no options need to be made for those.
        if not isinstance(idx, int | slice):
            raise TypeError(f"BoundField indices must be integers or slices, not {type(idx).__name__}.")
        return self.subwidgets[idx]

    @property
    def errors(self) -> Any:
        """The field's errors."""
        return self.form.errors.get(self.name, self.form.error_class(renderer=self.form.renderer))

    @property
    def template_name(self) -> Any:
        """The template of the field group."""
        return self.field.template_name or self.form.renderer.field_template_name

    def get_context(self) -> dict[str, Any]:
        return {"field": self}

    def as_widget(
        self, widget: Any = None, attrs: dict[str, Any] | None = None, only_initial: bool = False
    ) -> Any:
        """The widget's HTML; ``only_initial``: the hidden one with the initial value."""
        widget = widget or self.field.widget
        if self.field.localize:
            widget.is_localized = True
        attrs = attrs or {}
        attrs = self.build_widget_attrs(attrs, widget)
        if self.auto_id and "id" not in widget.attrs:
            attrs.setdefault("id", self.html_initial_id if only_initial else self.auto_id)
        if only_initial and self.html_initial_name in self.form.data:
            # What was initial when the form was first shown.
            value = self.form._widget_data_value(self.field.hidden_widget(), self.html_initial_name)
        else:
            value = self.value()
        return widget.render(
            name=self.html_initial_name if only_initial else self.html_name,
            value=value,
            attrs=attrs,
            renderer=self.form.renderer,
        )

    def as_text(self, attrs: dict[str, Any] | None = None, **kwargs: Any) -> Any:
        """As text input."""
        return self.as_widget(TextInput(), attrs, **kwargs)

    def as_textarea(self, attrs: dict[str, Any] | None = None, **kwargs: Any) -> Any:
        """As textarea."""
        return self.as_widget(Textarea(), attrs, **kwargs)

    def as_hidden(self, attrs: dict[str, Any] | None = None, **kwargs: Any) -> Any:
        return self.as_widget(self.field.hidden_widget(), attrs, **kwargs)

    @property
    def data(self) -> Any:
        """The submitted value, None if there is none."""
        return self.form._widget_data_value(self.field.widget, self.html_name)

    def value(self) -> Any:
        """The value to show: what was submitted in a bound form, else the initial value."""
        data = self.initial
        if self.form.is_bound:
            data = self.field.bound_data(self.data, data)
        return self.field.prepare_value(data)

    def _has_changed(self) -> bool:
        field = self.field
        if field.show_hidden_initial:
            hidden_widget = field.hidden_widget()
            initial_value = self.form._widget_data_value(hidden_widget, self.html_initial_name)
            try:
                initial_value = field.to_python(initial_value)
            except ValidationError:
                # The hidden value was tampered with.
                return True
        else:
            initial_value = self.initial
        return field.has_changed(initial_value, self.data)  # type: ignore[no-any-return]

    def label_tag(
        self,
        contents: Any = None,
        attrs: dict[str, Any] | None = None,
        label_suffix: Any = None,
        tag: str | None = None,
    ) -> Any:
        """The ``<label>`` element, or only its text for a widget without id."""
        contents = contents or self.label
        if label_suffix is None:
            label_suffix = (
                self.field.label_suffix if self.field.label_suffix is not None else self.form.label_suffix
            )
        if label_suffix and contents and str(contents)[-1:] not in str(_(":?.!")):
            contents = format_html("{}{}", contents, label_suffix)
        widget = self.field.widget
        attrs = dict(attrs or {})
        id_ = widget.attrs.get("id") or self.auto_id
        if id_:
            id_for_label = widget.id_for_label(id_)
            # A legend is for the whole group.
            if id_for_label and tag != "legend":
                attrs["for"] = id_for_label
            if self.field.required and hasattr(self.form, "required_css_class"):
                if "class" in attrs:
                    attrs["class"] += " " + self.form.required_css_class
                else:
                    attrs["class"] = self.form.required_css_class
        context = {
            "field": self,
            "label": contents,
            "attrs": attrs,
            "use_tag": bool(id_),
            "tag": tag or "label",
        }
        return self.form.render(self.form.template_name_label, context)

    def legend_tag(
        self, contents: Any = None, attrs: dict[str, Any] | None = None, label_suffix: Any = None
    ) -> Any:
        """``label_tag`` as ``<legend>``."""
        return self.label_tag(contents, attrs, label_suffix, tag="legend")

    def css_classes(self, extra_classes: Any = None) -> str:
        """The classes for an element around the field."""
        if hasattr(extra_classes, "split"):
            extra_classes = extra_classes.split()
        classes = set(extra_classes or [])
        if self.errors and hasattr(self.form, "error_css_class"):
            classes.add(self.form.error_css_class)
        if self.field.required and hasattr(self.form, "required_css_class"):
            classes.add(self.form.required_css_class)
        return " ".join(classes)

    @property
    def is_hidden(self) -> bool:
        """Whether the widget is hidden."""
        return self.field.widget.is_hidden  # type: ignore[no-any-return]

    @property
    def auto_id(self) -> str:
        """The id by the form's ``auto_id``, '' for none."""
        auto_id = self.form.auto_id
        if auto_id and "%s" in str(auto_id):
            return auto_id % self.html_name  # type: ignore[no-any-return]
        if auto_id:
            return self.html_name  # type: ignore[no-any-return]
        return ""

    @property
    def id_for_label(self) -> str:
        """The id that a label refers to."""
        widget = self.field.widget
        id_ = widget.attrs.get("id") or self.auto_id
        return widget.id_for_label(id_)  # type: ignore[no-any-return]

    @cached_property
    def initial(self) -> Any:
        """The initial value."""
        return self.form.get_initial_for_field(self.field, self.name)

    def build_widget_attrs(self, attrs: dict[str, Any], widget: Any = None) -> dict[str, Any]:
        """Attributes that follow from the state of the field: required, disabled, aria-…"""
        widget = widget or self.field.widget
        attrs = dict(attrs)
        if (
            widget.use_required_attribute(self.initial)
            and self.field.required
            and self.form.use_required_attribute
        ):
            # Each part says for itself whether it is required.
            if (
                hasattr(self.field, "require_all_fields")
                and not self.field.require_all_fields
                and isinstance(self.field.widget, MultiWidget)
            ):
                for subfield, subwidget in zip(self.field.fields, widget.widgets, strict=False):
                    subwidget.attrs["required"] = (
                        subwidget.use_required_attribute(self.initial) and subfield.required
                    )
            else:
                attrs["required"] = True
        if self.field.disabled:
            attrs["disabled"] = True
        if not widget.is_hidden and self.errors:
            attrs["aria-invalid"] = "true"
        # With a fieldset the description hangs on that.
        if (
            not attrs.get("aria-describedby")
            and not widget.attrs.get("aria-describedby")
            and not self.use_fieldset
            and (describedby := self.aria_describedby)
        ):
            attrs["aria-describedby"] = describedby
        return attrs

    @property
    def aria_describedby(self) -> str | None:
        """The ids of help text and errors."""
        # What the widget was given goes first.
        if self.field.widget.attrs.get("aria-describedby"):
            return None
        described = []
        if self.auto_id and not self.is_hidden:
            if self.help_text:
                described.append(f"{self.auto_id}_helptext")
            if self.errors:
                described.append(f"{self.auto_id}_error")
        return " ".join(described)

    @property
    def widget_type(self) -> str:
        """The widget's class in lower case, without "widget" or "input"."""
        return re.sub(r"widget$|input$", "", self.field.widget.__class__.__name__.lower())

    @property
    def use_fieldset(self) -> bool:
        """Whether the field group should be a fieldset."""
        return self.field.widget.use_fieldset  # type: ignore[no-any-return]


# Templates ask a field for its label and the like, never for an option by name.
INDEX_ONLY.add(BoundField)


@html_safe
class BoundWidget:
    """A part of a widget, such as one radio button."""

    def __init__(self, parent_widget: Any, data: dict[str, Any], renderer: Any) -> None:
        self.parent_widget = parent_widget
        self.data = data
        self.renderer = renderer

    def __str__(self) -> str:
        return self.tag(wrap_label=True)  # type: ignore[no-any-return]

    def tag(self, wrap_label: bool = False) -> Any:
        """The input, with its label around it if asked for."""
        context = {"widget": {**self.data, "wrap_label": wrap_label}}
        return self.parent_widget._render(self.template_name, context, self.renderer)

    @property
    def template_name(self) -> str:
        """The part's template."""
        if "template_name" in self.data:
            return self.data["template_name"]  # type: ignore[no-any-return]
        return self.parent_widget.template_name  # type: ignore[no-any-return]

    @property
    def id_for_label(self) -> str:
        """The part's id."""
        return self.data["attrs"].get("id")  # type: ignore[no-any-return]

    @property
    def choice_label(self) -> Any:
        """The choice's label."""
        return self.data["label"]
