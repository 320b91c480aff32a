"""ModelAdmin: the forms and formsets, and how they are saved."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from offbeat import forms
from offbeat.contrib.admin.options.base import BaseModelAdmin
from offbeat.contrib.admin.utils import construct_change_message
from offbeat.core.exceptions import FieldDoesNotExist, FieldError
from offbeat.db import models

__all__ = ["FormsMixin"]


class FormsMixin(BaseModelAdmin):
    """The forms of the change form and of editable lists."""

    inlines: Any = ()
    list_editable: Any

    def _get_form_for_get_fields(self, request: Any, obj: Any) -> Any:
        return self.get_form(request, obj, fields=None)

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The class of the form; ``change``: of the one for ``obj``, not of one to add.

        FieldError when options name fields that the model does not have.
        """
        fields = self._form_fields(request, obj, kwargs)
        excluded = self.get_exclude(request, obj)
        readonly_fields = self.get_readonly_fields(request, obj)
        exclude = [*(excluded or ()), *readonly_fields]
        # Who may only view gets a form without fields.
        if change and hasattr(request, "user") and not self.has_change_permission(request, obj):
            exclude.extend(fields)
        form_exclude = getattr(getattr(self.form, "_meta", None), "exclude", None)
        if excluded is None and form_exclude:
            exclude.extend(form_exclude)
        # Declared fields that are shown only must not stay in the form.
        hidden = dict.fromkeys(name for name in readonly_fields if name in self.form.declared_fields)
        options = {
            "form": type(self.form.__name__, (self.form,), hidden),
            "fields": fields,
            "exclude": exclude or None,
            "formfield_callback": partial(self.formfield_for_dbfield, request=request),
            **kwargs,
        }
        if options["fields"] is None and not forms.models.modelform_defines_fields(options["form"]):
            options["fields"] = forms.ALL_FIELDS
        try:
            return forms.modelform_factory(self.model, **options)
        except FieldError as error:
            raise FieldError(
                f"{error}. Check fields/fieldsets/exclude attributes of class {type(self).__name__}."
            ) from error

    def get_changelist_form(self, request: Any, **kwargs: Any) -> Any:
        """The class of the forms in an editable list."""
        options = {"formfield_callback": partial(self.formfield_for_dbfield, request=request), **kwargs}
        if options.get("fields") is None and not forms.models.modelform_defines_fields(options.get("form")):
            options["fields"] = forms.ALL_FIELDS
        return forms.modelform_factory(self.model, **options)

    def get_changelist_formset(self, request: Any, **kwargs: Any) -> Any:
        """The class of the formset of an editable list; it never adds objects."""
        options = {"formfield_callback": partial(self.formfield_for_dbfield, request=request), **kwargs}
        return forms.modelformset_factory(
            self.model,
            self.get_changelist_form(request),
            extra=0,
            fields=self.list_editable,
            **{"edit_only": True, **options},
        )

    def get_changeform_initial_data(self, request: Any) -> dict[str, Any]:
        """The initial values of a form to add with, from the URL's parameters."""
        initial: dict[str, Any] = dict(request.GET.items())
        for name, value in request.GET.items():
            try:
                field = self.opts.get_field(name)
            except FieldDoesNotExist:
                continue
            if isinstance(field, models.ManyToManyField):
                initial[name] = value.split(",")
        return initial

    # Inlines

    def get_inline_instances(self, request: Any, obj: Any = None) -> list[Any]:
        """The inlines that the user may see; those that may not be added to have no empty forms."""
        instances = []
        for inline_class in self.get_inlines(request, obj):
            inline = inline_class(self.model, self.admin_site)
            if request:
                can_add = inline.has_add_permission(request, obj)
                if not (
                    can_add
                    or inline.has_view_or_change_permission(request, obj)
                    or inline.has_delete_permission(request, obj)
                ):
                    continue
                if not can_add:
                    inline.max_num = 0
            instances.append(inline)
        return instances

    def get_formsets_with_inlines(self, request: Any, obj: Any = None) -> Iterator[tuple[Any, Any]]:
        """The classes of the formsets, each with its inline."""
        for inline in self.get_inline_instances(request, obj):
            yield inline.get_formset(request, obj), inline

    def get_formset_kwargs(self, request: Any, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """What the formset of an inline is made with."""
        kwargs: dict[str, Any] = {
            "instance": obj,
            "prefix": prefix,
            "queryset": inline.get_queryset(request),
        }
        if request.method == "POST":
            kwargs["data"] = request.POST.copy()
            kwargs["files"] = request.FILES
            kwargs["save_as_new"] = "_saveasnew" in request.POST
        return kwargs

    def _create_formsets(
        self, request: Any, obj: Any, change: bool, stored: Any = None
    ) -> tuple[list[Any], list[Any]]:
        """The formsets of the inlines, and the inlines.

        ``stored``: the object before the form changed it, which says what inlines the form was sent with.
        """
        state = (stored or obj) if change else None
        formsets: list[Any] = []
        inlines: list[Any] = []
        used: dict[str, int] = {}
        for formset_class, inline in self.get_formsets_with_inlines(request, state):
            prefix = formset_class.get_default_prefix()
            used[prefix] = used.get(prefix, 0) + 1
            if used[prefix] != 1 or not prefix:
                prefix = f"{prefix}-{used[prefix]}"
            formset = formset_class(**self.get_formset_kwargs(request, obj, inline, prefix))
            if not inline.has_change_permission(request, state):
                _keep_as_they_are(formset)
            formsets.append(formset)
            inlines.append(inline)
        return formsets, inlines

    # Saving

    def save_form(self, request: Any, form: Any, change: bool) -> Any:
        """The object of a valid form, not saved yet."""
        return form.save(commit=False)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Save an object."""
        obj.save()

    def save_formset(self, request: Any, form: Any, formset: Any, change: bool) -> None:
        """Save what a formset changes."""
        formset.save()

    def save_related(self, request: Any, form: Any, formsets: list[Any], change: bool) -> None:
        """Save relations to many and inlines, after the object."""
        form.save_m2m()
        for formset in formsets:
            self.save_formset(request, form, formset, change=change)

    def construct_change_message(self, request: Any, form: Any, formsets: Any, add: bool = False) -> Any:
        """What the log says about a change."""
        return construct_change_message(form, formsets, add)


def _keep_as_they_are(formset: Any) -> None:
    """Accept forms of objects that may not be changed as they are, unless they are to be deleted.

    They were shown without fields: nothing was sent for them.
    """
    for index, form in enumerate(formset.initial_forms):
        deleted = (
            formset.can_delete
            and f"{formset.prefix}-{index}-{forms.formsets.DELETION_FIELD_NAME}" in formset.data
        )
        if not deleted:
            form._errors = {}
            form.cleaned_data = form.initial
