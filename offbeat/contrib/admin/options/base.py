"""What a ModelAdmin and an inline have in common: form fields, querysets, permissions."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from offbeat import forms
from offbeat.contrib.admin import widgets
from offbeat.contrib.admin.constants import VERTICAL
from offbeat.contrib.admin.utils import flatten_fieldsets
from offbeat.contrib.auth import get_permission_codename
from offbeat.core.exceptions import FieldDoesNotExist
from offbeat.db import models
from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.forms.widgets import CheckboxSelectMultiple, SelectMultiple
from offbeat.urls import reverse
from offbeat.utils.text import format_lazy
from offbeat.utils.translation import gettext as _

__all__ = [
    "FORMFIELD_FOR_DBFIELD_DEFAULTS",
    "BaseModelAdmin",
    "LazyClass",
    "get_content_type_for_model",
    "get_ul_class",
]

FORMFIELD_FOR_DBFIELD_DEFAULTS: dict[Any, dict[str, Any]] = {
    models.DateTimeField: {
        "form_class": forms.SplitDateTimeField,
        "widget": widgets.AdminSplitDateTime,
    },
    models.DateField: {"widget": widgets.AdminDateWidget},
    models.TimeField: {"widget": widgets.AdminTimeWidget},
    models.TextField: {"widget": widgets.AdminTextareaWidget},
    models.URLField: {"widget": widgets.AdminURLFieldWidget},
    models.IntegerField: {"widget": widgets.AdminIntegerFieldWidget},
    models.BigIntegerField: {"widget": widgets.AdminBigIntegerFieldWidget},
    models.CharField: {"widget": widgets.AdminTextInputWidget},
    models.ImageField: {"widget": widgets.AdminFileWidget},
    models.FileField: {"widget": widgets.AdminFileWidget},
    models.EmailField: {"widget": widgets.AdminEmailInputWidget},
    models.UUIDField: {"widget": widgets.AdminUUIDInputWidget},
}


class LazyClass:
    """A class attribute whose value is imported when it is first read."""

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name

    def __get__(self, instance: Any, owner: Any) -> Any:
        return getattr(import_module(self.module), self.name)


def get_content_type_for_model(obj: Any) -> Any:
    """The content type of an object's or a proxy's own model."""
    from offbeat.contrib.contenttypes.models import ContentType

    return ContentType.objects.get_for_model(obj, for_concrete_model=False)


def get_ul_class(radio_style: int) -> str:
    """The CSS class of radio buttons below or beside each other."""
    return "radiolist" if radio_style == VERTICAL else "radiolist inline"


class BaseModelAdmin(metaclass=forms.MediaDefiningClass):
    """Options, hooks and permissions that lists of objects and inlines share."""

    model: Any
    opts: Any
    admin_site: Any

    autocomplete_fields: Any = ()
    raw_id_fields: Any = ()
    fields: Any = None
    exclude: Any = None
    fieldsets: Any = None
    form: Any = LazyClass("offbeat.forms.models", "ModelForm")
    filter_vertical: Any = ()
    filter_horizontal: Any = ()
    radio_fields: dict[str, int] = {}
    prepopulated_fields: dict[str, Any] = {}
    formfield_overrides: dict[Any, dict[str, Any]] = {}
    readonly_fields: Any = ()
    ordering: Any = None
    sortable_by: Any = None
    view_on_site: Any = True
    show_full_result_count = True
    delete_confirmation_max_display: int | None = None
    checks_class: Any = LazyClass("offbeat.contrib.admin.checks", "BaseModelAdminChecks")

    def __init__(self) -> None:
        overrides = copy.deepcopy(FORMFIELD_FOR_DBFIELD_DEFAULTS)
        for field_class, options in self.formfield_overrides.items():
            overrides.setdefault(field_class, {}).update(options)
        self.formfield_overrides = overrides

    def check(self, **kwargs: Any) -> list[Any]:
        """The errors that the system checks find in the options."""
        return self.checks_class().check(self, **kwargs)  # type: ignore[no-any-return]

    # Form fields

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """The form field of a model's field, None for no field.

        ``kwargs`` go to its constructor.
        """
        if db_field.choices:
            return self.formfield_for_choice_field(db_field, request, **kwargs)
        if isinstance(db_field, (models.ForeignKey, models.ManyToManyField)):
            return self._formfield_for_relation(db_field, request, kwargs)
        for field_class in type(db_field).mro():
            if field_class in self.formfield_overrides:
                options = {**copy.deepcopy(self.formfield_overrides[field_class]), **kwargs}
                return db_field.formfield(**options)
        return db_field.formfield(**kwargs)

    def _formfield_for_relation(self, db_field: Any, request: Any, kwargs: dict[str, Any]) -> Any:
        if type(db_field) in self.formfield_overrides:
            kwargs = {**self.formfield_overrides[type(db_field)], **kwargs}
        if isinstance(db_field, models.ForeignKey):
            formfield = self.formfield_for_foreignkey(db_field, request, **kwargs)
        else:
            formfield = self.formfield_for_manytomany(db_field, request, **kwargs)
        # The wrapper adds links to change the related object; the window of raw ids offers that itself.
        if formfield and db_field.name not in self.raw_id_fields:
            formfield.widget = widgets.RelatedFieldWidgetWrapper(
                formfield.widget,
                db_field.remote_field,
                self.admin_site,
                **self._related_permissions(db_field.remote_field.model, request),
            )
        return formfield

    def _related_permissions(self, related_model: Any, request: Any) -> dict[str, bool]:
        if not self.admin_site.is_registered(related_model):
            return {}
        related = self.admin_site.get_model_admin(related_model)
        return {
            "can_add_related": related.has_add_permission(request),
            "can_change_related": related.has_change_permission(request),
            "can_delete_related": related.has_delete_permission(request),
            "can_view_related": related.has_view_permission(request),
        }

    def formfield_for_choice_field(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """The form field of a field with choices."""
        if db_field.name in self.radio_fields:
            style = get_ul_class(self.radio_fields[db_field.name])
            kwargs.setdefault("widget", widgets.AdminRadioSelect(attrs={"class": style}))
            if "choices" not in kwargs:
                kwargs["choices"] = db_field.get_choices(
                    include_blank=db_field.blank, blank_choice=[("", _("None"))]
                )
        return db_field.formfield(**kwargs)

    def get_field_queryset(self, db: str | None, db_field: Any, request: Any) -> Any:
        """The related objects in the order of their ModelAdmin, None to leave it to the field."""
        related_model = db_field.remote_field.model
        if self.admin_site.is_registered(related_model):
            ordering = self.admin_site.get_model_admin(related_model).get_ordering(request)
            if ordering is not None and ordering != ():
                return related_model._default_manager.using(db).order_by(*ordering)
        return None

    def _add_queryset(self, db_field: Any, request: Any, kwargs: dict[str, Any]) -> None:
        if "queryset" not in kwargs:
            queryset = self.get_field_queryset(kwargs.get("using"), db_field, request)
            if queryset is not None:
                kwargs["queryset"] = queryset

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """The form field of a foreign key."""
        db = kwargs.get("using")
        if "widget" not in kwargs:
            if db_field.name in self.get_autocomplete_fields(request):
                kwargs["widget"] = widgets.AutocompleteSelect(db_field, self.admin_site, using=db)
            elif db_field.name in self.raw_id_fields:
                kwargs["widget"] = widgets.ForeignKeyRawIdWidget(
                    db_field.remote_field, self.admin_site, using=db
                )
            elif db_field.name in self.radio_fields:
                style = get_ul_class(self.radio_fields[db_field.name])
                kwargs["widget"] = widgets.AdminRadioSelect(attrs={"class": style})
                kwargs["empty_label"] = kwargs.get("empty_label", _("None")) if db_field.blank else None
        self._add_queryset(db_field, request, kwargs)
        return db_field.formfield(**kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """The form field of a relation to many; None where a table of one's own stands between."""
        if not db_field.remote_field.through._meta.auto_created:
            return None
        db = kwargs.get("using")
        if "widget" not in kwargs:
            if db_field.name in self.get_autocomplete_fields(request):
                kwargs["widget"] = widgets.AutocompleteSelectMultiple(db_field, self.admin_site, using=db)
            elif db_field.name in self.raw_id_fields:
                kwargs["widget"] = widgets.ManyToManyRawIdWidget(
                    db_field.remote_field, self.admin_site, using=db
                )
            elif db_field.name in [*self.filter_vertical, *self.filter_horizontal]:
                kwargs["widget"] = widgets.FilteredSelectMultiple(
                    db_field.verbose_name, db_field.name in self.filter_vertical
                )
        self._add_queryset(db_field, request, kwargs)
        form_field = db_field.formfield(**kwargs)
        if _picks_with_keys(form_field.widget):
            hint = _("Hold down “Control”, or “Command” on a Mac, to select more than one.")
            help_text = form_field.help_text
            form_field.help_text = format_lazy("{} {}", help_text, hint) if help_text else hint
        return form_field

    def get_autocomplete_fields(self, request: Any) -> Any:
        """The relations whose objects are found by typing."""
        return self.autocomplete_fields

    # Objects and fields

    def get_view_on_site_url(self, obj: Any = None) -> Any:
        """The URL of an object's page on the site, None without one."""
        if obj is None or not self.view_on_site:
            return None
        if callable(self.view_on_site):
            return self.view_on_site(obj)
        if hasattr(obj, "get_absolute_url"):
            return reverse(
                "admin:view_on_site",
                kwargs={"content_type_id": get_content_type_for_model(obj).pk, "object_id": obj.pk},
                current_app=self.admin_site.name,
            )
        return None

    def get_empty_value_display(self) -> Any:
        """What is shown for nothing: the class's, or the site's ``empty_value_display``."""
        return getattr(self, "empty_value_display", self.admin_site.empty_value_display)

    def get_exclude(self, request: Any, obj: Any = None) -> Any:
        """The fields to leave out."""
        return self.exclude

    def get_inlines(self, request: Any, obj: Any) -> Any:
        """The classes of the inlines."""
        return self.inlines  # type: ignore[attr-defined]

    def _get_form_for_get_fields(self, request: Any, obj: Any) -> Any:
        raise NotImplementedError

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        """The names of the fields, by default those of the form and the read-only ones."""
        if self.fields:
            return self.fields
        form = self._get_form_for_get_fields(request, obj)
        return [*form.base_fields, *self.get_readonly_fields(request, obj)]

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        """The field sets, by default one with all fields."""
        return self.fieldsets or [(None, {"fields": self.get_fields(request, obj)})]

    def get_ordering(self, request: Any) -> Any:
        """The order of the objects; empty for that of the model."""
        return self.ordering or ()

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        """The fields that are shown only."""
        return self.readonly_fields

    def get_prepopulated_fields(self, request: Any, obj: Any = None) -> Any:
        """The fields that are filled while others are typed."""
        return self.prepopulated_fields

    def get_queryset(self, request: Any) -> Any:
        """The objects that can be seen and changed here."""
        queryset = self.model._default_manager.get_queryset()
        ordering = self.get_ordering(request)
        return queryset.order_by(*ordering) if ordering else queryset

    def get_sortable_by(self, request: Any) -> Any:
        """The columns that the list can be sorted by."""
        if self.sortable_by is not None:
            return self.sortable_by
        return self.get_list_display(request)  # type: ignore[attr-defined]

    def _form_fields(self, request: Any, obj: Any, kwargs: dict[str, Any]) -> list[Any]:
        """The names of the form's fields: those asked for, or those of the field sets."""
        if "fields" in kwargs:
            return kwargs.pop("fields")  # type: ignore[no-any-return]
        return flatten_fieldsets(self.get_fieldsets(request, obj))

    # What a URL may filter by and refer to

    def lookup_allowed(self, lookup: str, value: Any, request: Any) -> bool:
        """Whether the URL of the list may filter by a lookup.

        Fields of the model itself are allowed, and of related ones those that the list or another form's
        ``limit_choices_to`` filter by.
        """
        if self._is_limit_of_choices(lookup, value):
            return True
        path, last = _relation_path(self.model, lookup)
        if len(path) <= 1:
            return True
        allowed = {self.date_hierarchy, *self._filtered_paths(request)}  # type: ignore[attr-defined]
        shown = LOOKUP_SEP.join(path)
        return shown in allowed or f"{shown}{LOOKUP_SEP}{last}" in allowed

    def _is_limit_of_choices(self, lookup: str, value: Any) -> bool:
        # The window of raw ids opens the list with the limit of the foreign key in the URL.
        for limit in self.model._meta.related_fkey_lookups:
            limits = widgets.url_params_from_lookup_dict(limit() if callable(limit) else limit)
            if (lookup, value) in limits.items():
                return True
        return False

    def _filtered_paths(self, request: Any) -> Iterator[Any]:
        from offbeat.contrib.admin.filters import SimpleListFilter

        for item in self.get_list_filter(request):  # type: ignore[attr-defined]
            if isinstance(item, type) and issubclass(item, SimpleListFilter):
                yield item.parameter_name
            elif isinstance(item, (list, tuple)):
                yield item[0]
            else:
                yield item

    def to_field_allowed(self, request: Any, to_field: str) -> bool:
        """Whether a window may refer to objects by a field: one that something registered refers to."""
        opts = self.opts
        try:
            field = opts.get_field(to_field)
        except FieldDoesNotExist:
            return False
        if field.primary_key:
            return True
        if any(relation.m2m_target_field_name() == to_field for relation in opts.many_to_many):
            return True
        registered = self._registered_models()
        for related in opts.get_fields(include_hidden=True):
            if not related.auto_created or related.concrete or not related.related_model:
                continue
            if related.many_to_many:
                referred = related.field.m2m_reverse_target_field_name()
            else:
                referred = getattr(related.field.remote_field, "field_name", None)
            if referred == to_field and any(issubclass(model, related.related_model) for model in registered):
                return True
        return False

    def _registered_models(self) -> set[Any]:
        models_ = set()
        for model, model_admin in self.admin_site._registry.items():
            models_.add(model)
            models_.update(inline.model for inline in model_admin.inlines)
        return models_

    # Permissions

    def _has_perm(self, request: Any, action: str) -> bool:
        codename = get_permission_codename(action, self.opts)
        return request.user.has_perm(f"{self.opts.app_label}.{codename}")  # type: ignore[no-any-return]

    def has_add_permission(self, request: Any) -> bool:
        """Whether the user may add objects."""
        return self._has_perm(request, "add")

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        """Whether the user may change an object, objects in general when None."""
        return self._has_perm(request, "change")

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        """Whether the user may delete an object, objects in general when None."""
        return self._has_perm(request, "delete")

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        """Whether the user may view an object, objects in general when None; who may change may view."""
        return self._has_perm(request, "view") or self._has_perm(request, "change")

    def has_view_or_change_permission(self, request: Any, obj: Any = None) -> bool:
        """Whether one of the two is granted."""
        return self.has_view_permission(request, obj) or self.has_change_permission(request, obj)

    def has_module_permission(self, request: Any) -> bool:
        """Whether the index lists the model for the user."""
        return request.user.has_module_perms(self.opts.app_label)  # type: ignore[no-any-return]


def _picks_with_keys(widget: Any) -> bool:
    """Whether several options are chosen with a key held down."""
    return (
        isinstance(widget, SelectMultiple)
        and widget.allow_multiple_selected
        and not isinstance(widget, (CheckboxSelectMultiple, widgets.AutocompleteSelectMultiple))
    )


def _relation_path(model: Any, lookup: str) -> tuple[list[str], str]:
    """The names that lead away from the model in a lookup, and the last name that was looked at.

    A key that a relation itself holds does not lead anywhere: ``author__id`` is ``author``.
    """
    path: list[str] = []
    previous: Any = None
    name = ""
    for name in lookup.split(LOOKUP_SEP):
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            # A transform or lookup ends the path.
            break
        if previous is None or field not in previous.path_infos[-1].target_fields:
            path.append(name)
        if not getattr(field, "path_infos", None):
            break
        previous = field
        model = field.path_infos[-1].to_opts.model
    return path, name
