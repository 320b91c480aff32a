"""Forms as the templates of the admin show them: field sets, lines, fields, inlines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from offbeat import forms
from offbeat.contrib.admin.constants import ACTION_CHECKBOX_NAME
from offbeat.contrib.admin.utils import (
    display_for_field,
    display_for_value,
    flatten_fieldsets,
    help_text_for_field,
    label_for_field,
    lookup_field,
    quote,
)
from offbeat.core.exceptions import ObjectDoesNotExist
from offbeat.db.models.fields.related import (
    ForeignObjectRel,
    ManyToManyRel,
    OneToOneField,
)
from offbeat.forms.utils import flatatt
from offbeat.template.defaultfilters import capfirst, linebreaksbr
from offbeat.urls import NoReverseMatch, reverse
from offbeat.utils.functional import cached_property
from offbeat.utils.html import conditional_escape, format_html
from offbeat.utils.safestring import mark_safe
from offbeat.utils.translation import gettext
from offbeat.utils.translation import gettext_lazy as _

__all__ = [
    "ACTION_CHECKBOX_NAME",
    "ActionForm",
    "AdminErrorList",
    "AdminField",
    "AdminForm",
    "AdminReadonlyField",
    "Fieldline",
    "Fieldset",
    "InlineAdminForm",
    "InlineAdminFormSet",
    "InlineFieldset",
    "checkbox",
]


class ActionForm(forms.Form):
    """The choice of an action."""

    action = forms.ChoiceField(label=_("Action:"))
    select_across = forms.BooleanField(
        label="", required=False, initial=0, widget=forms.HiddenInput({"class": "select-across"})
    )


class AdminForm:
    """A form in field sets."""

    def __init__(
        self,
        form: Any,
        fieldsets: Any,
        prepopulated_fields: dict[str, Any],
        readonly_fields: Any = None,
        model_admin: Any = None,
    ) -> None:
        self.form = form
        self.fieldsets = fieldsets
        self.prepopulated_fields = [
            {"field": form[name], "dependencies": [form[other] for other in others]}
            for name, others in prepopulated_fields.items()
        ]
        self.model_admin = model_admin
        self.readonly_fields = readonly_fields or ()

    def __repr__(self) -> str:
        return (
            f"<{type(self).__qualname__}: form={type(self.form).__qualname__} fieldsets={self.fieldsets!r}>"
        )

    def __iter__(self) -> Iterator[Any]:
        for name, options in self.fieldsets:
            yield Fieldset(
                self.form,
                name,
                readonly_fields=self.readonly_fields,
                model_admin=self.model_admin,
                **options,
            )

    @property
    def errors(self) -> Any:
        """The form's errors."""
        return self.form.errors

    @property
    def non_field_errors(self) -> Any:
        """The form's errors that belong to no field."""
        return self.form.non_field_errors

    @property
    def fields(self) -> Any:
        """The form's fields."""
        return self.form.fields

    @property
    def is_bound(self) -> Any:
        """Whether data was sent."""
        return self.form.is_bound

    @property
    def media(self) -> Any:
        """The media of the form and its field sets."""
        media = self.form.media
        for fieldset in self:
            media += fieldset.media
        return media


class Fieldset:
    """Lines of fields with a title."""

    def __init__(
        self,
        form: Any,
        name: Any = None,
        readonly_fields: Any = (),
        fields: Any = (),
        classes: Any = (),
        description: Any = None,
        model_admin: Any = None,
    ) -> None:
        self.form = form
        self.name = name
        self.fields = fields
        self.classes = " ".join(classes)
        self.description = description
        self.model_admin = model_admin
        self.readonly_fields = readonly_fields

    @property
    def media(self) -> Any:
        """None of its own."""
        return forms.Media()

    @cached_property
    def is_collapsible(self) -> bool:
        """Whether it can be closed: not when a field in it has errors."""
        if any(name in self.form.errors for name in flatten_fieldsets([(None, {"fields": self.fields})])):
            return False
        return "collapse" in self.classes

    def __iter__(self) -> Iterator[Any]:
        for field in self.fields:
            yield Fieldline(self.form, field, self.readonly_fields, model_admin=self.model_admin)


class Fieldline:
    """Fields beside each other."""

    def __init__(self, form: Any, field: Any, readonly_fields: Any = None, model_admin: Any = None) -> None:
        self.form = form
        self.fields = [field] if not hasattr(field, "__iter__") or isinstance(field, str) else field
        self.has_visible_field = not all(
            name in form.fields and form.fields[name].widget.is_hidden for name in self.fields
        )
        self.model_admin = model_admin
        self.readonly_fields = readonly_fields or ()

    def __iter__(self) -> Iterator[Any]:
        for i, field in enumerate(self.fields):
            if field in self.readonly_fields:
                yield AdminReadonlyField(self.form, field, is_first=i == 0, model_admin=self.model_admin)
            else:
                yield AdminField(self.form, field, is_first=i == 0)

    def errors(self) -> Any:
        """The errors of its fields."""
        lists = [self.form[name].errors.as_ul() for name in self.fields if name not in self.readonly_fields]
        return mark_safe("\n".join(lists).strip("\n"))


class AdminField:
    """A field that can be edited."""

    is_readonly = False

    def __init__(self, form: Any, field: str, is_first: bool) -> None:
        self.field = form[field]
        self.is_first = is_first
        self.is_checkbox = isinstance(self.field.field.widget, forms.CheckboxInput)
        self.is_readonly = False
        self.is_fieldset = self.field.field.widget.use_fieldset

    def label_tag(self) -> Any:
        """The label with the classes that its place wants."""
        classes = []
        contents = conditional_escape(self.field.label)
        if self.is_checkbox:
            classes.append("vCheckboxLabel")
        if self.field.field.required:
            classes.append("required")
        if not self.is_first:
            classes.append("inline")
        return self.field.label_tag(
            contents=mark_safe(contents),
            attrs={"class": " ".join(classes)} if classes else {},
            # A label that follows its box ends without a colon.
            label_suffix="" if self.is_checkbox else None,
            tag="legend" if self.is_fieldset else None,
        )

    def errors(self) -> Any:
        """The field's errors."""
        return mark_safe(self.field.errors.as_ul())


class AdminReadonlyField:
    """A field, attribute or callable that is shown."""

    def __init__(self, form: Any, field: Any, is_first: bool, model_admin: Any = None) -> None:
        class_name = field.__name__ if callable(field) else field
        if callable(field):
            class_name = field.__name__ if field.__name__ != "<lambda>" else ""
        meta = form._meta
        labels, help_texts = meta.labels, meta.help_texts
        if labels is not None and class_name in labels:
            label = labels[class_name]
        else:
            label = label_for_field(field, meta.model, model_admin, form=form)
        if help_texts is not None and class_name in help_texts:
            help_text = help_texts[class_name]
        else:
            help_text = help_text_for_field(class_name, meta.model)
        is_hidden = class_name in form.fields and form.fields[class_name].widget.is_hidden
        self.field = {
            "name": class_name,
            "label": label,
            "help_text": help_text,
            "field": field,
            "is_hidden": is_hidden,
        }
        self.form = form
        self.model_admin = model_admin
        self.is_first = is_first
        self.is_checkbox = False
        self.is_readonly = True
        self.empty_value_display = model_admin.get_empty_value_display()

    def label_tag(self) -> Any:
        """The label, which belongs to no input."""
        attrs = {} if self.is_first else {"class": "inline"}
        return format_html(
            "<label{}>{}{}</label>",
            flatatt(attrs),
            capfirst(self.field["label"]),
            self.form.label_suffix,
        )

    def get_admin_url(self, remote_field: Any, remote_obj: Any) -> Any:
        """A related object as a link to its page, as text without one."""
        opts = remote_field.model._meta
        name = f"admin:{opts.app_label}_{opts.model_name}_change"
        try:
            url = reverse(name, args=[quote(remote_obj.pk)], current_app=self.model_admin.admin_site.name)
        except NoReverseMatch:
            return str(remote_obj)
        return format_html('<a href="{}">{}</a>', url, remote_obj)

    def contents(self) -> Any:
        """The value as HTML."""
        field, obj = self.field["field"], self.form.instance
        try:
            db_field, attr, value = lookup_field(field, obj, self.model_admin)
        except (AttributeError, ValueError, ObjectDoesNotExist):
            result = self.empty_value_display
        else:
            form_field = self.form.fields.get(field) if isinstance(field, str) else None
            widget: Any = getattr(form_field, "widget", None)
            if getattr(widget, "read_only", False):
                return widget.render(field, value)
            result = self._shown(db_field, attr, value)
        return conditional_escape(result)

    def _shown(self, db_field: Any, attr: Any, value: Any) -> Any:
        if db_field is None:
            if getattr(attr, "boolean", False):
                return display_for_value(value, self._empty(attr), boolean=True)
            if hasattr(value, "__html__"):
                return value
            text = display_for_value(value, self._empty(attr))
            return linebreaksbr(text, autoescape=True) if isinstance(text, str) else text
        if isinstance(db_field.remote_field, ManyToManyRel) and value is not None:
            return ", ".join(map(str, value.all()))
        related = isinstance(db_field.remote_field, (ForeignObjectRel, OneToOneField))
        if related and value is not None:
            return self.get_admin_url(db_field.remote_field, value)
        return linebreaksbr(display_for_field(value, db_field, self.empty_value_display), autoescape=True)

    def _empty(self, attr: Any) -> Any:
        return getattr(attr, "empty_value_display", self.empty_value_display)


class InlineAdminFormSet:
    """The formset of an inline."""

    def __init__(
        self,
        inline: Any,
        formset: Any,
        fieldsets: Any,
        prepopulated_fields: dict[str, Any] | None = None,
        readonly_fields: Any = None,
        model_admin: Any = None,
        has_add_permission: bool = True,
        has_change_permission: bool = True,
        has_delete_permission: bool = True,
        has_view_permission: bool = True,
    ) -> None:
        self.opts = inline
        self.formset = formset
        self.fieldsets = fieldsets
        self.model_admin = model_admin
        self.readonly_fields = readonly_fields or ()
        self.prepopulated_fields = prepopulated_fields or {}
        self.classes = " ".join(inline.classes) if inline.classes else ""
        self.has_add_permission = has_add_permission
        self.has_change_permission = has_change_permission
        self.has_delete_permission = has_delete_permission
        self.has_view_permission = has_view_permission

    def _shown_form(self, form: Any, original: Any, editable: bool) -> Any:
        readonly_fields, prepopulated = self.readonly_fields, self.prepopulated_fields
        if not editable:
            readonly_fields, prepopulated = [*readonly_fields, *flatten_fieldsets(self.fieldsets)], {}
        return InlineAdminForm(
            self.formset,
            form,
            self.fieldsets,
            prepopulated,
            original,
            readonly_fields,
            model_admin=self.opts,
            view_on_site_url=self.opts.get_view_on_site_url(original) if original is not None else None,
        )

    def __iter__(self) -> Iterator[Any]:
        for form, original in zip(self.formset.initial_forms, self.formset.get_queryset(), strict=False):
            yield self._shown_form(form, original, self.has_change_permission)
        for form in self.formset.extra_forms:
            yield self._shown_form(form, None, self.has_add_permission)
        # What is copied for each form that is added in the browser.
        if self.has_add_permission:
            yield self._shown_form(self.formset.empty_form, None, editable=True)

    def fields(self) -> Iterator[dict[str, Any]]:
        """The columns of a table: name, label, widget, whether required, and the text of help."""
        fk = getattr(self.formset, "fk", None)
        empty_form = self.formset.empty_form
        meta = empty_form._meta
        for i, name in enumerate(flatten_fieldsets(self.fieldsets)):
            if fk and fk.name == name:
                continue
            if not self.has_change_permission or name in self.readonly_fields:
                yield self._readonly_column(name, meta, empty_form, i)
            else:
                form_field = empty_form.fields[name]
                label = form_field.label
                if label is None:
                    label = label_for_field(name, self.opts.model, self.opts, form=empty_form)
                yield {
                    "name": name,
                    "label": label,
                    "widget": form_field.widget,
                    "required": form_field.required,
                    "help_text": form_field.help_text,
                }

    def _readonly_column(self, name: Any, meta: Any, empty_form: Any, index: int) -> dict[str, Any]:
        label = (meta.labels or {}).get(name) or label_for_field(
            name, self.opts.model, self.opts, form=empty_form
        )
        field = empty_form.fields.get(name)
        return {
            "name": name,
            "label": label,
            "widget": {"is_hidden": bool(field and field.widget.is_hidden)},
            "required": False,
            "help_text": (meta.help_texts or {}).get(name) or help_text_for_field(name, self.opts.model),
        }

    def inline_formset_data(self) -> str:
        """What the scripts need to know, as JSON."""
        verbose_name = self.opts.verbose_name
        return json.dumps(
            {
                "name": f"#{self.formset.prefix}",
                "options": {
                    "prefix": self.formset.prefix,
                    "addText": gettext("Add another %(verbose_name)s")
                    % {"verbose_name": capfirst(verbose_name)},
                    "deleteText": gettext("Remove"),
                },
            }
        )

    @property
    def forms(self) -> Any:
        """The formset's forms."""
        return self.formset.forms

    @property
    def is_bound(self) -> Any:
        """Whether data was sent."""
        return self.formset.is_bound

    @property
    def total_form_count(self) -> Any:
        """How many forms there are, a method as on the formset."""
        return self.formset.total_form_count

    def non_form_errors(self) -> Any:
        """The errors that belong to no form."""
        return self.formset.non_form_errors()

    @cached_property
    def is_collapsible(self) -> bool:
        """Whether it can be closed: not with errors."""
        if any(self.formset.errors):
            return False
        return "collapse" in self.classes

    @property
    def media(self) -> Any:
        """The media of the inline and its forms."""
        media = self.opts.media + self.formset.media
        for fieldset in self:
            media += fieldset.media
        return media


class InlineAdminForm(AdminForm):
    """A form of an inline."""

    def __init__(
        self,
        formset: Any,
        form: Any,
        fieldsets: Any,
        prepopulated_fields: dict[str, Any],
        original: Any,
        readonly_fields: Any = None,
        model_admin: Any = None,
        view_on_site_url: Any = None,
    ) -> None:
        self.formset = formset
        self.original = original
        self.show_url = original is not None and view_on_site_url is not None
        self.absolute_url = view_on_site_url
        super().__init__(form, fieldsets, prepopulated_fields, readonly_fields, model_admin)

    def __iter__(self) -> Iterator[Any]:
        for name, options in self.fieldsets:
            yield InlineFieldset(
                self.formset,
                self.form,
                name,
                self.readonly_fields,
                model_admin=self.model_admin,
                **options,
            )

    def needs_explicit_pk_field(self) -> bool:
        """Whether the key has to be sent in a hidden field: it is not among the fields that can be edited."""
        opts = self.form._meta.model._meta
        if opts.auto_field or not opts.pk.editable:
            return True
        if self.form._meta.exclude and opts.pk.name in self.form._meta.exclude:
            return True
        # A child's key is its parent's, which may be made by the database.
        return any(parent._meta.auto_field or not parent._meta.pk.editable for parent in opts.all_parents)

    def pk_field(self) -> AdminField:
        """The hidden field of the key."""
        return AdminField(self.form, self.formset._pk_field.name, False)

    def fk_field(self) -> Any:
        """The hidden field of the key to the parent, '' for inlines without one."""
        fk = getattr(self.formset, "fk", None)
        return AdminField(self.form, fk.name, False) if fk else ""

    def deletion_field(self) -> AdminField:
        """The box to delete the object."""
        return AdminField(self.form, forms.formsets.DELETION_FIELD_NAME, False)


class InlineFieldset(Fieldset):
    """A field set of an inline, without the key to the parent."""

    def __init__(self, formset: Any, *args: Any, **kwargs: Any) -> None:
        self.formset = formset
        super().__init__(*args, **kwargs)

    def __iter__(self) -> Iterator[Any]:
        fk = getattr(self.formset, "fk", None)
        for field in self.fields:
            if not fk or fk.name != field:
                yield Fieldline(self.form, field, self.readonly_fields, model_admin=self.model_admin)


class AdminErrorList(forms.utils.ErrorList):
    """All errors of a form and its inlines."""

    def __init__(self, form: Any, inline_formsets: Any) -> None:
        super().__init__()
        if form.is_bound:
            self.extend(form.errors.values())
            for formset in inline_formsets:
                self.extend(formset.non_form_errors())
                for errors in formset.errors:
                    self.extend(errors.values())


checkbox = forms.CheckboxInput({"class": "action-select"}, lambda value: False)
