"""Objects that are edited on the page of the one they belong to (ref/contrib/admin, "InlineModelAdmin objects")."""

from __future__ import annotations

from functools import partial
from typing import Any

from offbeat import forms
from offbeat.contrib.admin import assets
from offbeat.contrib.admin.options.base import BaseModelAdmin, LazyClass
from offbeat.contrib.admin.utils import NestedObjects
from offbeat.contrib.auth import get_permission_codename
from offbeat.core.exceptions import ValidationError
from offbeat.db import router
from offbeat.utils.text import format_lazy, get_text_list
from offbeat.utils.translation import gettext as _
from offbeat.utils.translation import ngettext

__all__ = ["InlineModelAdmin", "StackedInline", "TabularInline"]


def _protected_texts(obj: Any) -> list[str]:
    """What forbids the deletion of an object, as texts."""
    collector = NestedObjects(using=router.db_for_write(type(obj)))
    collector.collect([obj])
    return [
        _("%(class_name)s %(instance)s") % {"class_name": protected._meta.verbose_name, "instance": protected}
        for protected in collector.protected
    ]


def _listed(texts: list[str], limit: int | None) -> str:
    """Texts as a list of at most ``limit``, with how many more there are."""
    if limit is None or len(texts) <= limit:
        return get_text_list(texts, _("and"))
    if limit <= 0:
        return ""
    more = ngettext("…and %(count)d more object.", "…and %(count)d more objects.", len(texts) - limit)
    return ", ".join([*texts[:limit], more % {"count": len(texts) - limit}])


def guarded_formset(base_formset: Any, limit: int | None) -> type[Any]:
    """A formset that does not delete what other objects protect; ``limit``: how many of them its error names."""

    class GuardedFormSet(base_formset):  # type: ignore[misc]
        def clean(self) -> None:
            super().clean()
            if not self.can_delete:
                return
            errors = [
                self._protection_error(form.instance)
                for form in self.initial_forms
                if self._should_delete_form(form) and not form.instance._state.adding
            ]
            if found := [error for error in errors if error is not None]:
                raise ValidationError(found)

        def _protection_error(self, obj: Any) -> ValidationError | None:
            protected = _protected_texts(obj)
            if not protected:
                return None
            message = _(
                "Deleting %(class_name)s %(instance)s would require deleting the following protected related "
                "objects: %(related_objects)s"
            )
            params = {
                "class_name": obj._meta.verbose_name,
                "instance": obj,
                "related_objects": _listed(protected, limit),
            }
            return ValidationError(message, code="deleting_protected", params=params)

    GuardedFormSet.__name__ = GuardedFormSet.__qualname__ = base_formset.__name__
    return GuardedFormSet


def guarded_form(base_form: Any, can_change: bool, can_add: bool) -> type[Any]:
    """A form that neither adds nor changes without permission."""

    class GuardedForm(base_form):  # type: ignore[misc]
        def has_changed(self) -> bool:
            if not (can_add if self.instance._state.adding else can_change):
                return False
            return super().has_changed()  # type: ignore[no-any-return]

    GuardedForm.__name__ = GuardedForm.__qualname__ = base_form.__name__
    return GuardedForm


class InlineModelAdmin(BaseModelAdmin):
    """Options of a model whose objects are edited with the one that they refer to.

    ``parent_model``: the model whose page it is.
    """

    model: Any = None
    fk_name: str | None = None
    formset: Any = LazyClass("offbeat.forms.models", "BaseInlineFormSet")
    extra = 3
    min_num: int | None = None
    max_num: int | None = None
    template: Any = None
    verbose_name: Any = None
    verbose_name_plural: Any = None
    can_delete = True
    show_change_link = False
    classes: Any = None
    checks_class: Any = LazyClass("offbeat.contrib.admin.checks", "InlineModelAdminChecks")

    def __init__(self, parent_model: Any, admin_site: Any) -> None:
        self.admin_site = admin_site
        self.parent_model = parent_model
        self.opts = self.model._meta
        self.has_registered_model = admin_site.is_registered(self.model)
        super().__init__()
        if self.verbose_name_plural is None:
            if self.verbose_name is None:
                self.verbose_name_plural = self.opts.verbose_name_plural
            else:
                self.verbose_name_plural = format_lazy("{}s", self.verbose_name)
        if self.verbose_name is None:
            self.verbose_name = self.opts.verbose_name

    @property
    def media(self) -> Any:
        """The scripts that add and remove forms."""
        return assets.script_media(assets.INLINE)

    def get_extra(self, request: Any, obj: Any = None, **kwargs: Any) -> int:
        """How many empty forms are shown."""
        return self.extra

    def get_min_num(self, request: Any, obj: Any = None, **kwargs: Any) -> int | None:
        """How many forms there are at least."""
        return self.min_num

    def get_max_num(self, request: Any, obj: Any = None, **kwargs: Any) -> int | None:
        """How many forms there can be."""
        return self.max_num

    def get_formset(self, request: Any, obj: Any = None, **kwargs: Any) -> Any:
        """The class of the formset; ``kwargs`` replace what the factory gets."""
        return forms.inlineformset_factory(
            self.parent_model, self.model, **self._formset_options(request, obj, kwargs, fk_name=self.fk_name)
        )

    def _formset_options(
        self, request: Any, obj: Any, kwargs: dict[str, Any], **relation: Any
    ) -> dict[str, Any]:
        """What the factory of the formset gets besides the models."""
        fields = self._form_fields(request, obj, kwargs)
        excluded = self.get_exclude(request, obj)
        exclude = [*(excluded or ()), *self.get_readonly_fields(request, obj)]
        form_exclude = getattr(getattr(self.form, "_meta", None), "exclude", None)
        if excluded is None and form_exclude:
            exclude.extend(form_exclude)
        options = {
            "form": self.form,
            "formset": self.formset,
            **relation,
            "fields": fields,
            "exclude": exclude or None,
            "formfield_callback": partial(self.formfield_for_dbfield, request=request),
            "extra": self.get_extra(request, obj),
            "min_num": self.get_min_num(request, obj),
            "max_num": self.get_max_num(request, obj),
            "can_delete": self.can_delete and self.has_delete_permission(request, obj),
            **kwargs,
        }
        options["form"] = guarded_form(
            options["form"],
            can_change=self.has_change_permission(request, obj) if request else True,
            can_add=self.has_add_permission(request, obj) if request else True,
        )
        options["formset"] = guarded_formset(options["formset"], self.delete_confirmation_max_display)
        if options["fields"] is None and not forms.models.modelform_defines_fields(options["form"]):
            options["fields"] = forms.ALL_FIELDS
        return options

    def _get_form_for_get_fields(self, request: Any, obj: Any = None) -> Any:
        return self.get_formset(request, obj, fields=None).form

    def get_queryset(self, request: Any) -> Any:
        queryset = super().get_queryset(request)
        return queryset if self.has_view_or_change_permission(request) else queryset.none()

    # Permissions: the table between two models has none of its own, there those of the model at the end count.

    def _has_any_perms_for_target_model(self, request: Any, perms: list[str]) -> bool:
        opts = self.opts
        for field in opts.fields:
            if field.remote_field and field.remote_field.model != self.parent_model:
                opts = field.remote_field.model._meta
                break
        return any(
            request.user.has_perm(f"{opts.app_label}.{get_permission_codename(perm, opts)}") for perm in perms
        )

    def has_add_permission(self, request: Any, obj: Any) -> bool:  # type: ignore[override]
        """Whether the user may add objects to ``obj`` (None while that is added itself)."""
        if self.opts.auto_created:
            return self._has_any_perms_for_target_model(request, ["change"])
        return super().has_add_permission(request)

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        if self.opts.auto_created:
            return self._has_any_perms_for_target_model(request, ["change"])
        return super().has_change_permission(request)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        if self.opts.auto_created:
            return self._has_any_perms_for_target_model(request, ["change"])
        return super().has_delete_permission(request, obj)

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        if self.opts.auto_created:
            return self._has_any_perms_for_target_model(request, ["view", "change"])
        return super().has_view_permission(request)


class StackedInline(InlineModelAdmin):
    """Forms one below the other."""

    template = "admin/edit_inline/stacked.html"


class TabularInline(InlineModelAdmin):
    """Forms as rows of a table."""

    template = "admin/edit_inline/tabular.html"
