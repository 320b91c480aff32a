"""Errors of forms, and what else forms and widgets share (Django documentation: ref/forms/api)."""

from __future__ import annotations

import json
from collections import UserList
from typing import Any

from offbeat.conf import settings
from offbeat.core.exceptions import ValidationError
from offbeat.forms.renderers import get_default_renderer
from offbeat.utils import timezone
from offbeat.utils.html import escape, format_html_join
from offbeat.utils.safestring import mark_safe
from offbeat.utils.translation import gettext_lazy as _

__all__ = [
    "ErrorDict",
    "ErrorList",
    "RenderableErrorMixin",
    "RenderableFieldMixin",
    "RenderableFormMixin",
    "RenderableMixin",
    "clone",
    "flatatt",
    "from_current_timezone",
    "pretty_name",
    "to_current_timezone",
]


def clone(obj: Any) -> Any:
    """A shallow copy of a field or widget; every form makes some, so it does without ``copy.copy``'s protocol."""
    duplicate = object.__new__(type(obj))
    duplicate.__dict__.update(obj.__dict__)
    return duplicate


def pretty_name(name: str) -> str:
    """``first_name`` as ``First name``."""
    if not name:
        return ""
    return (name[:1].upper() + name[1:]).replace("_", " ")


def flatatt(attrs: dict[str, Any]) -> str:
    """Attributes as `` key="value"``; True gives the key alone, False and None give nothing."""
    pairs = []
    bare = []
    for attr, value in attrs.items():
        if isinstance(value, bool):
            if value:
                bare.append((attr,))
        elif value is not None:
            pairs.append((attr, value))
    return format_html_join("", ' {}="{}"', sorted(pairs)) + format_html_join("", " {}", sorted(bare))  # type: ignore[no-any-return]


class RenderableMixin:
    """What renders itself with a template; subclasses say with which, and with what context."""

    renderer: Any
    template_name: Any

    def get_context(self) -> dict[str, Any]:
        """The template's context."""
        raise NotImplementedError("Subclasses of RenderableMixin must provide a get_context() method.")

    def render(
        self, template_name: str | None = None, context: dict[str, Any] | None = None, renderer: Any = None
    ) -> Any:
        """The rendered HTML."""
        renderer = renderer or self.renderer
        template = template_name or self.template_name
        context = context or self.get_context()
        return mark_safe(renderer.render(template, context))

    def __str__(self) -> str:
        return self.render()  # type: ignore[no-any-return]

    def __html__(self) -> str:
        return self.render()  # type: ignore[no-any-return]


class RenderableFieldMixin(RenderableMixin):
    """A field that renders itself: the widget, a hidden widget, or the whole group."""

    def as_field_group(self) -> Any:
        """Label, help text, errors and widget."""
        return self.render()

    def as_hidden(self, attrs: dict[str, Any] | None = None, **kwargs: Any) -> Any:
        """As hidden input."""
        raise NotImplementedError("Subclasses of RenderableFieldMixin must provide an as_hidden() method.")

    def as_widget(
        self, widget: Any = None, attrs: dict[str, Any] | None = None, only_initial: bool = False
    ) -> Any:
        """The widget alone."""
        raise NotImplementedError("Subclasses of RenderableFieldMixin must provide an as_widget() method.")

    def __str__(self) -> str:
        return self.as_widget()  # type: ignore[no-any-return]

    def __html__(self) -> str:
        return self.as_widget()  # type: ignore[no-any-return]


class RenderableFormMixin(RenderableMixin):
    """A form or formset that renders itself in one of four ways."""

    template_name_p: str
    template_name_table: str
    template_name_ul: str
    template_name_div: str

    def as_p(self) -> Any:
        """As paragraphs."""
        return self.render(self.template_name_p)

    def as_table(self) -> Any:
        """As table rows."""
        return self.render(self.template_name_table)

    def as_ul(self) -> Any:
        """As list items."""
        return self.render(self.template_name_ul)

    def as_div(self) -> Any:
        """As divs."""
        return self.render(self.template_name_div)


class RenderableErrorMixin(RenderableMixin):
    """Errors that render themselves, also as text and JSON."""

    template_name_text: str
    template_name_ul: str

    def get_json_data(self, escape_html: bool = False) -> Any:
        """Data for JSON."""
        raise NotImplementedError("subclasses say what their data is")

    def as_json(self, escape_html: bool = False) -> str:
        """As JSON text; ``escape_html``: for use in a page."""
        return json.dumps(self.get_json_data(escape_html))

    def as_text(self) -> Any:
        """As lines."""
        return self.render(self.template_name_text)

    def as_ul(self) -> Any:
        """As list."""
        return self.render(self.template_name_ul)


class ErrorDict(dict[str, Any], RenderableErrorMixin):
    """Field names and their ErrorLists."""

    template_name = "django/forms/errors/dict/default.html"
    template_name_text = "django/forms/errors/dict/text.txt"
    template_name_ul = "django/forms/errors/dict/ul.html"

    def __init__(self, *args: Any, renderer: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.renderer = renderer or get_default_renderer()

    def as_data(self) -> dict[str, list[ValidationError]]:
        """Field names and their ValidationErrors."""
        return {name: errors.as_data() for name, errors in self.items()}

    def get_json_data(self, escape_html: bool = False) -> dict[str, Any]:
        return {name: errors.get_json_data(escape_html) for name, errors in self.items()}

    def get_context(self) -> dict[str, Any]:
        return {"errors": self.items(), "error_class": "errorlist"}


class ErrorList(UserList[Any], list[Any], RenderableErrorMixin):  # type: ignore[misc]
    """Errors of one field; as a list, their messages."""

    template_name = "django/forms/errors/list/default.html"
    template_name_text = "django/forms/errors/list/text.txt"
    template_name_ul = "django/forms/errors/list/ul.html"

    def __init__(
        self,
        initlist: Any = None,
        error_class: str | None = None,
        renderer: Any = None,
        field_id: str | None = None,
    ) -> None:
        super().__init__(initlist)
        self.error_class = "errorlist" if error_class is None else f"errorlist {error_class}"
        self.renderer = renderer or get_default_renderer()
        self.field_id = field_id

    def as_data(self) -> list[ValidationError]:
        """The ValidationErrors."""
        return ValidationError(self.data).error_list

    def copy(self) -> Any:
        copied: Any = super().copy()
        copied.error_class = self.error_class
        copied.renderer = self.renderer
        copied.field_id = self.field_id
        return copied

    def get_json_data(self, escape_html: bool = False) -> list[dict[str, str]]:
        errors = []
        for error in self.as_data():
            message = next(iter(error))
            errors.append(
                {"message": escape(message) if escape_html else str(message), "code": error.code or ""}
            )
        return errors

    def get_context(self) -> dict[str, Any]:
        return {"errors": self, "error_class": self.error_class}

    def __repr__(self) -> str:
        return repr(list(self))

    def __contains__(self, item: object) -> bool:
        return item in list(self)

    def __eq__(self, other: object) -> bool:
        return list(self) == other

    def __getitem__(self, i: Any) -> Any:
        error = self.data[i]
        if isinstance(error, ValidationError):
            return next(iter(error))
        return error

    def __reduce_ex__(self, *args: Any, **kwargs: Any) -> Any:
        # The list that this class also is holds nothing: the data of UserList is what counts.
        info = super(UserList, self).__reduce_ex__(*args, **kwargs)
        return (*info[:3], None, None)

    __hash__ = None  # type: ignore[assignment]


def from_current_timezone(value: Any) -> Any:
    """A naive datetime of the current time zone as an aware one; ValidationError if there was no such time."""
    if settings.USE_TZ and value is not None and timezone.is_naive(value):
        current_timezone = timezone.get_current_timezone()
        try:
            if timezone._datetime_ambiguous_or_imaginary(value, current_timezone):
                raise ValueError("Ambiguous or non-existent time.")
            return timezone.make_aware(value, current_timezone)
        except Exception as exc:
            raise ValidationError(
                _(
                    "%(datetime)s couldn’t be interpreted in time zone %(current_timezone)s; it may be ambiguous or "
                    "it may not exist."
                ),
                code="ambiguous_timezone",
                params={"datetime": value, "current_timezone": current_timezone},
            ) from exc
    return value


def to_current_timezone(value: Any) -> Any:
    """An aware datetime as a naive one of the current time zone, for display."""
    if settings.USE_TZ and value is not None and timezone.is_aware(value):
        return timezone.make_naive(value)
    return value
