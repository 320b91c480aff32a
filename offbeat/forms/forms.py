"""Forms (Django documentation: ref/forms/api)."""

from __future__ import annotations

import datetime
from typing import Any

from offbeat.core.exceptions import NON_FIELD_ERRORS, ValidationError
from offbeat.forms.fields import Field
from offbeat.forms.renderers import get_default_renderer
from offbeat.forms.utils import ErrorDict, ErrorList, RenderableFormMixin
from offbeat.forms.widgets import Media, MediaDefiningClass
from offbeat.utils.datastructures import MultiValueDict
from offbeat.utils.functional import cached_property
from offbeat.utils.translation import gettext as _

__all__ = ["BaseForm", "DeclarativeFieldsMetaclass", "Form"]


class DeclarativeFieldsMetaclass(MediaDefiningClass):
    """Collects the fields declared on the class and its bases into ``base_fields``."""

    def __new__(mcs, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> Any:
        attrs["declared_fields"] = {
            key: attrs.pop(key) for key, value in list(attrs.items()) if isinstance(value, Field)
        }
        new_class = super().__new__(mcs, name, bases, attrs)
        declared_fields: dict[str, Field] = {}
        for base in reversed(new_class.__mro__):
            if hasattr(base, "declared_fields"):
                declared_fields.update(base.declared_fields)
            # A name set to None takes the field away.
            for attr, value in base.__dict__.items():
                if value is None and attr in declared_fields:
                    declared_fields.pop(attr)
        new_class.base_fields = declared_fields
        new_class.declared_fields = declared_fields
        return new_class


class BaseForm(RenderableFormMixin):
    """A form's behaviour, without the declaration of fields."""

    default_renderer: Any = None
    field_order: Any = None
    prefix: str | None = None
    use_required_attribute = True
    bound_field_class: Any = None
    base_fields: dict[str, Any]

    template_name_div = "django/forms/div.html"
    template_name_p = "django/forms/p.html"
    template_name_table = "django/forms/table.html"
    template_name_ul = "django/forms/ul.html"
    template_name_label = "django/forms/label.html"

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        auto_id: Any = "id_%s",
        prefix: str | None = None,
        initial: dict[str, Any] | None = None,
        error_class: Any = ErrorList,
        label_suffix: Any = None,
        empty_permitted: bool = False,
        field_order: Any = None,
        use_required_attribute: bool | None = None,
        renderer: Any = None,
        bound_field_class: Any = None,
    ) -> None:
        self.is_bound = data is not None or files is not None
        self.data = MultiValueDict() if data is None else data
        self.files = MultiValueDict() if files is None else files
        self.auto_id = auto_id
        if prefix is not None:
            self.prefix = prefix
        self.initial = initial or {}
        self.error_class = error_class
        # Translators: This is the default suffix added to form field labels
        self.label_suffix = label_suffix if label_suffix is not None else _(":")
        self.empty_permitted = empty_permitted
        self._errors: Any = None
        # The class's fields are shared, the instance's may be changed.
        memo: dict[int, Any] = {}
        self.fields = {name: field.__deepcopy__(memo) for name, field in self.base_fields.items()}
        self._bound_fields_cache: dict[str, Any] = {}
        self.order_fields(self.field_order if field_order is None else field_order)
        if use_required_attribute is not None:
            self.use_required_attribute = use_required_attribute
        if self.empty_permitted and self.use_required_attribute:
            raise ValueError("The empty_permitted and use_required_attribute arguments may not both be True.")
        if renderer is None:
            if self.default_renderer is None:
                renderer = get_default_renderer()
            else:
                renderer = self.default_renderer
                if isinstance(self.default_renderer, type):
                    renderer = renderer()
        self.renderer = renderer
        self.bound_field_class = (
            bound_field_class or self.bound_field_class or getattr(self.renderer, "bound_field_class", None)
        )

    def order_fields(self, field_order: Any) -> None:
        """Put the named fields first, in that order; unknown names do not matter."""
        if field_order is None:
            return
        fields = {}
        for key in field_order:
            try:
                fields[key] = self.fields.pop(key)
            except KeyError:
                pass
        fields.update(self.fields)
        self.fields = fields

    def __repr__(self) -> str:
        is_valid: Any = "Unknown" if self._errors is None else self.is_bound and not self._errors
        return (
            f"<{self.__class__.__name__} bound={self.is_bound}, valid={is_valid}, "
            f"fields=({';'.join(self.fields)})>"
        )

    def _bound_items(self) -> Any:
        for name in self.fields:
            yield name, self[name]

    def __iter__(self) -> Any:
        for name in self.fields:
            yield self[name]

    def __getitem__(self, name: str) -> Any:
        try:
            field = self.fields[name]
        except KeyError as e:
            raise KeyError(
                f"Key '{name}' not found in '{self.__class__.__name__}'. "
                f"Choices are: {', '.join(sorted(self.fields))}."
            ) from e
        bound = self._bound_fields_cache.get(name)
        if bound is None:
            bound = self._bound_fields_cache[name] = field.get_bound_field(self, name)
        return bound

    @property
    def errors(self) -> Any:
        """The errors by field; validates at the first access."""
        if self._errors is None:
            self.full_clean()
        return self._errors

    def is_valid(self) -> bool:
        """Whether the form is bound and has no errors."""
        return self.is_bound and not self.errors

    def add_prefix(self, field_name: str) -> str:
        """The field's name in HTML."""
        return f"{self.prefix}-{field_name}" if self.prefix else field_name

    def add_initial_prefix(self, field_name: str) -> str:
        """The name of the field that holds the initial value."""
        return f"initial-{self.add_prefix(field_name)}"

    def _widget_data_value(self, widget: Any, html_name: str) -> Any:
        # The one place where widgets meet the data.
        return widget.value_from_datadict(self.data, self.files, html_name)

    @property
    def template_name(self) -> Any:
        """The template of the whole form."""
        return self.renderer.form_template_name

    def get_context(self) -> dict[str, Any]:
        fields = []
        hidden_fields = []
        top_errors = self.non_field_errors().copy()
        for name, bf in self._bound_items():
            if bf.is_hidden:
                if bf.errors:
                    top_errors += [
                        _("(Hidden field %(name)s) %(error)s") % {"name": name, "error": str(e)}
                        for e in bf.errors
                    ]
                hidden_fields.append(bf)
            else:
                fields.append((bf, bf.errors.copy()))
        return {"form": self, "fields": fields, "hidden_fields": hidden_fields, "errors": top_errors}

    def non_field_errors(self) -> Any:
        """The errors that belong to no field."""
        return self.errors.get(
            NON_FIELD_ERRORS, self.error_class(error_class="nonfield", renderer=self.renderer)
        )

    def add_error(self, field: str | None, error: Any) -> None:
        """Add an error to a field, to the form (None), or to the fields that the error names.

        A field with an error is no longer in ``cleaned_data``. Raises ValueError for a field that is not there.
        """
        if not isinstance(error, ValidationError):
            error = ValidationError(error)
        if hasattr(error, "error_dict"):
            if field is not None:
                raise TypeError(
                    "The argument `field` must be `None` when the `error` argument is a dictionary."
                )
            errors = error.error_dict
        else:
            errors = {field or NON_FIELD_ERRORS: error.error_list}
        for name, error_list in errors.items():
            if name not in self.errors:
                if name != NON_FIELD_ERRORS and name not in self.fields:
                    raise ValueError(f"'{self.__class__.__name__}' has no field named '{name}'.")
                if name == NON_FIELD_ERRORS:
                    self._errors[name] = self.error_class(error_class="nonfield", renderer=self.renderer)
                else:
                    self._errors[name] = self.error_class(renderer=self.renderer, field_id=self[name].auto_id)
            self._errors[name].extend(error_list)
            if name in self.cleaned_data:
                del self.cleaned_data[name]

    def has_error(self, field: str | None, code: str | None = None) -> bool:
        """Whether a field (None: the form) has an error, or one with that code."""
        name = NON_FIELD_ERRORS if field is None else field
        return name in self.errors and (
            code is None or any(error.code == code for error in self.errors.as_data()[name])
        )

    def full_clean(self) -> None:
        """Validate everything; fills ``errors`` and ``cleaned_data``."""
        self._errors = ErrorDict(renderer=self.renderer)
        if not self.is_bound:
            return
        self.cleaned_data: dict[str, Any] = {}
        # An extra form of a formset that nobody touched.
        if self.empty_permitted and not self.has_changed():
            return
        self._clean_fields()
        self._clean_form()
        self._post_clean()

    def _clean_fields(self) -> None:
        for name, bf in self._bound_items():
            field = bf.field
            try:
                self.cleaned_data[name] = field._clean_bound_field(bf)
                if hasattr(self, f"clean_{name}"):
                    self.cleaned_data[name] = getattr(self, f"clean_{name}")()
            except ValidationError as e:
                self.add_error(name, e)

    def _clean_form(self) -> None:
        try:
            cleaned_data = self.clean()
        except ValidationError as e:
            self.add_error(None, e)
        else:
            if cleaned_data is not None:
                self.cleaned_data = cleaned_data

    def _post_clean(self) -> None:
        """What is to be done after the form is cleaned."""

    def clean(self) -> Any:
        """Validation of the whole; may return new cleaned data."""
        return self.cleaned_data

    def has_changed(self) -> bool:
        """Whether the data is something other than the initial values."""
        return bool(self.changed_data)

    @cached_property
    def changed_data(self) -> list[str]:
        """The names of the fields that changed."""
        return [name for name, bf in self._bound_items() if bf._has_changed()]

    @property
    def media(self) -> Any:
        """The assets of all widgets."""
        media = Media()
        for field in self.fields.values():
            media += field.widget.media
        return media

    def is_multipart(self) -> bool:
        """Whether the form needs ``enctype="multipart/form-data"``."""
        return any(field.widget.needs_multipart_form for field in self.fields.values())

    def hidden_fields(self) -> list[Any]:
        """The fields nobody sees."""
        return [field for field in self if field.is_hidden]

    def visible_fields(self) -> list[Any]:
        """The others."""
        return [field for field in self if not field.is_hidden]

    def get_initial_for_field(self, field: Any, field_name: str) -> Any:
        """The initial value: the form's, else the field's; callables are called."""
        value = self.initial.get(field_name, field.initial)
        if callable(value):
            value = value()
        # What the widget does not show must not count as a change.
        if isinstance(value, datetime.datetime | datetime.time) and not field.widget.supports_microseconds:
            value = value.replace(microsecond=0)
        return value


class Form(BaseForm, metaclass=DeclarativeFieldsMetaclass):
    """A form with declared fields."""
