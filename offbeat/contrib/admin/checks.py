"""System checks of the options of ModelAdmins and inlines (Django documentation: ref/checks, "Admin")."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable
from typing import Any

from offbeat.contrib.admin.constants import HORIZONTAL, VERTICAL
from offbeat.contrib.admin.exceptions import NotRegistered
from offbeat.contrib.admin.site_checks import check_admin_app, check_dependencies
from offbeat.contrib.admin.utils import NotRelationField, flatten, get_fields_from_path
from offbeat.core import checks
from offbeat.core.exceptions import FieldDoesNotExist
from offbeat.db import models
from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.db.models.expressions import Combinable
from offbeat.forms.models import BaseModelForm, BaseModelFormSet, _get_foreign_key

__all__ = [
    "BaseModelAdminChecks",
    "InlineModelAdminChecks",
    "ModelAdminChecks",
    "check_admin_app",
    "check_dependencies",
    "must_be",
    "must_inherit_from",
    "refer_to_missing_field",
]


def _error(message: str, obj: Any, id: str, hint: str | None = None) -> list[Any]:
    return [checks.Error(message, hint=hint, obj=type(obj), id=id)]


def must_be(type: str, option: str, obj: Any, id: str) -> list[Any]:
    """The error of an option of the wrong type."""
    return _error(f"The value of '{option}' must be {type}.", obj, id)


def must_inherit_from(parent: str, option: str, obj: Any, id: str) -> list[Any]:
    """The error of a class with the wrong base."""
    return _error(f"The value of '{option}' must inherit from '{parent}'.", obj, id)


def refer_to_missing_field(field: str, option: str, obj: Any, id: str) -> list[Any]:
    """The error of a name that is not a field."""
    message = f"The value of '{option}' refers to '{field}', which is not a field of '{obj.opts.label}'."
    return _error(message, obj, id)


def _each(items: Iterable[Any], label: str, check: Callable[[Any, str], list[Any]]) -> list[Any]:
    """The errors of all items; ``check`` gets an item and its label, such as ``fields[0]``."""
    errors: list[Any] = []
    for i, item in enumerate(items):
        errors.extend(check(item, f"{label}[{i}]"))
    return errors


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _duplicates(names: Iterable[Any]) -> str:
    counts = collections.Counter(names)
    return ", ".join(repr(name) for name, count in counts.items() if count > 1)


def _find_field(model: Any, name: str) -> Any:
    """A field by its name; None also for the name of a key's column."""
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    # get_field() knows the columns of foreign keys, too, which have no form fields.
    return None if getattr(field, "attname", name) == name and name != field.name else field


class BaseModelAdminChecks:
    """Checks of what ModelAdmins and inlines have in common."""

    def check(self, admin_obj: Any, **kwargs: Any) -> list[Any]:
        """The errors of an object's options."""
        return [
            *self._check_autocomplete_fields(admin_obj),
            *self._check_raw_id_fields(admin_obj),
            *self._check_fields(admin_obj),
            *self._check_fieldsets(admin_obj),
            *self._check_exclude(admin_obj),
            *self._check_form(admin_obj),
            *self._check_filter_vertical(admin_obj),
            *self._check_filter_horizontal(admin_obj),
            *self._check_radio_fields(admin_obj),
            *self._check_prepopulated_fields(admin_obj),
            *self._check_view_on_site_url(admin_obj),
            *self._check_ordering(admin_obj),
            *self._check_readonly_fields(admin_obj),
            *self._check_delete_confirmation_max_display(admin_obj),
        ]

    def _check_autocomplete_fields(self, obj: Any) -> list[Any]:
        if not _is_list(obj.autocomplete_fields):
            return must_be("a list or tuple", option="autocomplete_fields", obj=obj, id="admin.E036")

        def check(name: str, label: str) -> list[Any]:
            field = _find_field(obj.model, name)
            if field is None:
                return refer_to_missing_field(name, label, obj, "admin.E037")
            if not (field.many_to_many or isinstance(field, models.ForeignKey)):
                return must_be("a foreign key or a many-to-many field", label, obj, "admin.E038")
            return self._check_autocomplete_target(obj, field)

        return _each(obj.autocomplete_fields, "autocomplete_fields", check)

    def _check_autocomplete_target(self, obj: Any, field: Any) -> list[Any]:
        related = field.remote_field.model
        own = type(obj).__name__
        try:
            related_admin = obj.admin_site.get_model_admin(related)
        except NotRegistered:
            message = (
                f'An admin for model "{related.__name__}" has to be registered to be referenced by '
                f"{own}.autocomplete_fields."
            )
            return _error(message, obj, "admin.E039")
        if not related_admin.search_fields:
            message = (
                f'{type(related_admin).__name__} must define "search_fields", because it\'s referenced by '
                f"{own}.autocomplete_fields."
            )
            return _error(message, obj, "admin.E040")
        return []

    def _check_raw_id_fields(self, obj: Any) -> list[Any]:
        if not _is_list(obj.raw_id_fields):
            return must_be("a list or tuple", option="raw_id_fields", obj=obj, id="admin.E001")

        def check(name: str, label: str) -> list[Any]:
            field = _find_field(obj.model, name)
            if field is None:
                return refer_to_missing_field(name, label, obj, "admin.E002")
            if not (field.many_to_many or isinstance(field, models.ForeignKey)):
                return must_be("a foreign key or a many-to-many field", label, obj, "admin.E003")
            return []

        return _each(obj.raw_id_fields, "raw_id_fields", check)

    def _check_fields(self, obj: Any) -> list[Any]:
        if obj.fields is None:
            return []
        if not _is_list(obj.fields):
            return must_be("a list or tuple", option="fields", obj=obj, id="admin.E004")
        if obj.fieldsets:
            return _error("Both 'fieldsets' and 'fields' are specified.", obj, "admin.E005")
        if twice := _duplicates(flatten(obj.fields)):
            message = "The value of 'fields' contains duplicate field(s)."
            return _error(message, obj, "admin.E006", f"Remove duplicates of {twice}.")
        return self._check_names(obj, obj.fields, "fields")

    def _check_names(self, obj: Any, names: Iterable[Any], label: str) -> list[Any]:
        errors: list[Any] = []
        for name in names:
            if _is_list(name):
                errors += _each(name, label, lambda one, where: self._check_field_spec_item(obj, one, where))
            else:
                errors += self._check_field_spec_item(obj, name, label)
        return errors

    def _check_field_spec_item(self, obj: Any, field_name: Any, label: str) -> list[Any]:
        # What is shown only may be anything, and other names may be those of form fields.
        if field_name in obj.readonly_fields:
            return []
        try:
            field = obj.model._meta.get_field(field_name)
        except (FieldDoesNotExist, TypeError):
            return []
        if isinstance(field, models.ManyToManyField) and not field.remote_field.through._meta.auto_created:
            message = (
                f"The value of '{label}' cannot include the ManyToManyField '{field_name}', because that field manually "
                "specifies a relationship model."
            )
            return _error(message, obj, "admin.E013")
        return []

    def _check_fieldsets(self, obj: Any) -> list[Any]:
        if obj.fieldsets is None:
            return []
        if not _is_list(obj.fieldsets):
            return must_be("a list or tuple", option="fieldsets", obj=obj, id="admin.E007")
        seen: list[Any] = []
        return _each(
            obj.fieldsets,
            "fieldsets",
            lambda fieldset, label: self._check_fieldsets_item(obj, fieldset, label, seen),
        )

    def _check_fieldsets_item(self, obj: Any, fieldset: Any, label: str, seen_fields: list[Any]) -> list[Any]:
        if not _is_list(fieldset):
            return must_be("a list or tuple", option=label, obj=obj, id="admin.E008")
        if len(fieldset) != 2:
            return must_be("of length 2", option=label, obj=obj, id="admin.E009")
        options = fieldset[1]
        if not isinstance(options, dict):
            return must_be("a dictionary", option=f"{label}[1]", obj=obj, id="admin.E010")
        if "fields" not in options:
            message = f"The value of '{label}[1]' must contain the key 'fields'."
            return _error(message, obj, "admin.E011")
        if not _is_list(options["fields"]):
            return must_be("a list or tuple", option=f"{label}[1]['fields']", obj=obj, id="admin.E008")
        seen_fields.extend(flatten(options["fields"]))
        if twice := _duplicates(seen_fields):
            message = f"There are duplicate field(s) in '{label}[1]'."
            return _error(message, obj, "admin.E012", f"Remove duplicates of {twice}.")
        return self._check_names(obj, options["fields"], f'{label}[1]["fields"]')

    def _check_exclude(self, obj: Any) -> list[Any]:
        if obj.exclude is None:
            return []
        if not _is_list(obj.exclude):
            return must_be("a list or tuple", option="exclude", obj=obj, id="admin.E014")
        if twice := _duplicates(obj.exclude):
            message = "The value of 'exclude' contains duplicate field(s)."
            return _error(message, obj, "admin.E015", f"Remove duplicates of {twice}.")
        return []

    def _check_form(self, obj: Any) -> list[Any]:
        if not (isinstance(obj.form, type) and issubclass(obj.form, BaseModelForm)):
            return must_inherit_from("BaseModelForm", "form", obj, "admin.E016")
        return []

    def _check_filter(self, obj: Any, option: str, id: str) -> list[Any]:
        value = getattr(obj, option)
        if not _is_list(value):
            return must_be("a list or tuple", option=option, obj=obj, id=id)

        def check(name: str, label: str) -> list[Any]:
            field = _find_field(obj.model, name)
            if field is None:
                return refer_to_missing_field(name, label, obj, "admin.E019")
            if not field.many_to_many or isinstance(field, models.ManyToManyRel):
                return must_be("a many-to-many field", label, obj, "admin.E020")
            if not field.remote_field.through._meta.auto_created:
                message = (
                    f"The value of '{label}' cannot include the ManyToManyField '{name}', because that field manually "
                    "specifies a relationship model."
                )
                return _error(message, obj, "admin.E013")
            return []

        return _each(value, option, check)

    def _check_filter_vertical(self, obj: Any) -> list[Any]:
        return self._check_filter(obj, "filter_vertical", "admin.E017")

    def _check_filter_horizontal(self, obj: Any) -> list[Any]:
        return self._check_filter(obj, "filter_horizontal", "admin.E018")

    def _check_radio_fields(self, obj: Any) -> list[Any]:
        if not isinstance(obj.radio_fields, dict):
            return must_be("a dictionary", option="radio_fields", obj=obj, id="admin.E021")
        errors: list[Any] = []
        for name, style in obj.radio_fields.items():
            field = _find_field(obj.model, name)
            if field is None:
                errors += refer_to_missing_field(name, "radio_fields", obj, "admin.E022")
            elif not (isinstance(field, models.ForeignKey) or field.choices):
                message = (
                    f"The value of 'radio_fields' refers to '{name}', which is not an instance of ForeignKey, and does "
                    "not have a 'choices' definition."
                )
                errors += _error(message, obj, "admin.E023")
            if style not in (HORIZONTAL, VERTICAL):
                message = f"The value of 'radio_fields[\"{name}\"]' must be either admin.HORIZONTAL or admin.VERTICAL."
                errors += _error(message, obj, "admin.E024")
        return errors

    def _check_view_on_site_url(self, obj: Any) -> list[Any]:
        if callable(obj.view_on_site) or isinstance(obj.view_on_site, bool):
            return []
        message = "The value of 'view_on_site' must be a callable or a boolean value."
        return _error(message, obj, "admin.E025")

    def _check_prepopulated_fields(self, obj: Any) -> list[Any]:
        if not isinstance(obj.prepopulated_fields, dict):
            return must_be("a dictionary", option="prepopulated_fields", obj=obj, id="admin.E026")
        errors: list[Any] = []
        for name, sources in obj.prepopulated_fields.items():
            errors += self._check_prepopulated_fields_key(obj, name)
            errors += self._check_prepopulated_fields_value(obj, sources, f'prepopulated_fields["{name}"]')
        return errors

    def _check_prepopulated_fields_key(self, obj: Any, name: str) -> list[Any]:
        field = _find_field(obj.model, name)
        if field is None:
            return refer_to_missing_field(name, "prepopulated_fields", obj, "admin.E027")
        if isinstance(field, (models.DateTimeField, models.ForeignKey, models.ManyToManyField)):
            message = (
                f"The value of 'prepopulated_fields' refers to '{name}', which must not be a DateTimeField, a ForeignKey, "
                "a OneToOneField, or a ManyToManyField."
            )
            return _error(message, obj, "admin.E028")
        return []

    def _check_prepopulated_fields_value(self, obj: Any, sources: Any, label: str) -> list[Any]:
        if not _is_list(sources):
            return must_be("a list or tuple", option=label, obj=obj, id="admin.E029")

        def check(name: str, label: str) -> list[Any]:
            if _find_field(obj.model, name) is None:
                return refer_to_missing_field(name, label, obj, "admin.E030")
            return []

        return _each(sources, label, check)

    def _check_ordering(self, obj: Any) -> list[Any]:
        if obj.ordering is None:
            return []
        if not _is_list(obj.ordering):
            return must_be("a list or tuple", option="ordering", obj=obj, id="admin.E031")
        return _each(
            obj.ordering, "ordering", lambda item, label: self._check_ordering_item(obj, item, label)
        )

    def _check_ordering_item(self, obj: Any, item: Any, label: str) -> list[Any]:
        if isinstance(item, (Combinable, models.OrderBy)):
            expression = item if isinstance(item, models.OrderBy) else item.asc()  # type: ignore[attr-defined]
            if not isinstance(expression.expression, models.F):
                return []
            item = expression.expression.name
        if item == "?":
            if len(obj.ordering) == 1:
                return []
            message = "The value of 'ordering' has the random ordering marker '?', but contains other fields as well."
            hint = 'Either remove the "?", or remove the other fields.'
            return _error(message, obj, "admin.E032", hint)
        name = item.removeprefix("-")
        # A path or a transform of a field: the query says so when it is wrong.
        if name == "pk" or LOOKUP_SEP in name:
            return []
        if not _has_field(obj.model, name):
            return refer_to_missing_field(name, label, obj, "admin.E033")
        return []

    def _check_readonly_fields(self, obj: Any) -> list[Any]:
        if obj.readonly_fields == ():
            return []
        if not _is_list(obj.readonly_fields):
            return must_be("a list or tuple", option="readonly_fields", obj=obj, id="admin.E034")

        def check(name: Any, label: str) -> list[Any]:
            if callable(name) or hasattr(obj, name) or hasattr(obj.model, name):
                return []
            if _has_field(obj.model, name):
                return []
            message = (
                f"The value of '{label}' refers to '{name}', which is not a callable, an attribute of "
                f"'{type(obj).__name__}', or an attribute of '{obj.model._meta.label}'."
            )
            return _error(message, obj, "admin.E035")

        return _each(obj.readonly_fields, "readonly_fields", check)

    def _check_delete_confirmation_max_display(self, obj: Any) -> list[Any]:
        value = obj.delete_confirmation_max_display
        if value is None or (isinstance(value, int) and value >= 0):
            return []
        return must_be("a non-negative integer or None", "delete_confirmation_max_display", obj, "admin.E041")


def _has_field(model: Any, name: str) -> bool:
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


class ModelAdminChecks(BaseModelAdminChecks):
    """Checks of ModelAdmins."""

    def check(self, admin_obj: Any, **kwargs: Any) -> list[Any]:
        return [
            *super().check(admin_obj),
            *self._check_save_as(admin_obj),
            *self._check_save_on_top(admin_obj),
            *self._check_inlines(admin_obj),
            *self._check_list_display(admin_obj),
            *self._check_list_display_links(admin_obj),
            *self._check_list_filter(admin_obj),
            *self._check_list_select_related(admin_obj),
            *self._check_list_per_page(admin_obj),
            *self._check_list_max_show_all(admin_obj),
            *self._check_list_editable(admin_obj),
            *self._check_search_fields(admin_obj),
            *self._check_date_hierarchy(admin_obj),
            *self._check_actions(admin_obj),
        ]

    def _check_save_as(self, obj: Any) -> list[Any]:
        return [] if isinstance(obj.save_as, bool) else must_be("a boolean", "save_as", obj, "admin.E101")

    def _check_save_on_top(self, obj: Any) -> list[Any]:
        if isinstance(obj.save_on_top, bool):
            return []
        return must_be("a boolean", "save_on_top", obj, "admin.E102")

    def _check_inlines(self, obj: Any) -> list[Any]:
        if not _is_list(obj.inlines):
            return must_be("a list or tuple", option="inlines", obj=obj, id="admin.E103")
        return _each(obj.inlines, "inlines", lambda inline, label: self._check_inlines_item(obj, inline))

    def _check_inlines_item(self, obj: Any, inline: Any) -> list[Any]:
        from offbeat.contrib.admin.options import InlineModelAdmin

        try:
            label = f"{inline.__module__}.{inline.__name__}"
        except AttributeError:
            return _error(f"'{obj}' must inherit from 'InlineModelAdmin'.", obj, "admin.E104")
        if not (isinstance(inline, type) and issubclass(inline, InlineModelAdmin)):
            return _error(f"'{label}' must inherit from 'InlineModelAdmin'.", obj, "admin.E104")
        if not inline.model:
            return _error(f"'{label}' must have a 'model' attribute.", obj, "admin.E105")
        if not (isinstance(inline.model, type) and issubclass(inline.model, models.Model)):
            return must_be("a Model", option=f"{label}.model", obj=obj, id="admin.E106")
        return inline(obj.model, obj.admin_site).check()

    def _check_list_display(self, obj: Any) -> list[Any]:
        if not _is_list(obj.list_display):
            return must_be("a list or tuple", option="list_display", obj=obj, id="admin.E107")
        return _each(
            obj.list_display,
            "list_display",
            lambda item, label: self._check_list_display_item(obj, item, label),
        )

    def _check_list_display_item(self, obj: Any, item: Any, label: str) -> list[Any]:
        if callable(item) or hasattr(obj, item):
            return []
        try:
            field = obj.model._meta.get_field(item)
        except FieldDoesNotExist:
            try:
                field = getattr(obj.model, item)
            except AttributeError:
                field = _last_field(obj.model, item)
                if field is None:
                    message = (
                        f"The value of '{label}' refers to '{item}', which is not a callable or attribute of "
                        f"'{type(obj).__name__}', or an attribute, method, or field on '{obj.model._meta.label}'."
                    )
                    return _error(message, obj, "admin.E108")
        # A reverse relation is an attribute of the model, which has the relation.
        relation = getattr(field, "rel", field)
        many = getattr(relation, "one_to_many", False) or getattr(relation, "many_to_many", False)
        if many:
            message = f"The value of '{label}' must not be a many-to-many field or a reverse foreign key."
            return _error(message, obj, "admin.E109")
        return []

    def _check_list_display_links(self, obj: Any) -> list[Any]:
        from offbeat.contrib.admin.options import ModelAdmin

        if obj.list_display_links is None:
            return []
        if not _is_list(obj.list_display_links):
            return must_be("a list, a tuple, or None", "list_display_links", obj, "admin.E110")
        # What the method returns instead is not known here.
        if obj.get_list_display.__func__ is not ModelAdmin.get_list_display:
            return []

        def check(name: Any, label: str) -> list[Any]:
            if name in obj.list_display:
                return []
            message = f"The value of '{label}' refers to '{name}', which is not defined in 'list_display'."
            return _error(message, obj, "admin.E111")

        return _each(obj.list_display_links, "list_display_links", check)

    def _check_list_filter(self, obj: Any) -> list[Any]:
        if not _is_list(obj.list_filter):
            return must_be("a list or tuple", option="list_filter", obj=obj, id="admin.E112")
        return _each(
            obj.list_filter,
            "list_filter",
            lambda item, label: self._check_list_filter_item(obj, item, label),
        )

    def _check_list_filter_item(self, obj: Any, item: Any, label: str) -> list[Any]:
        from offbeat.contrib.admin.filters import FieldListFilter, ListFilter

        if callable(item) and not isinstance(item, models.Field):
            if not (isinstance(item, type) and issubclass(item, ListFilter)):
                return must_inherit_from("ListFilter", label, obj, "admin.E113")
            if issubclass(item, FieldListFilter):
                message = f"The value of '{label}' must not inherit from 'FieldListFilter'."
                return _error(message, obj, "admin.E114")
            return []
        if _is_list(item):
            list_filter_class = item[1] if len(item) == 2 else None
            # A function may make the filter.
            if isinstance(list_filter_class, type) or not callable(list_filter_class):
                is_filter = isinstance(list_filter_class, type) and issubclass(
                    list_filter_class, FieldListFilter
                )
                if not is_filter:
                    return must_inherit_from("FieldListFilter", f"{label}[1]", obj, "admin.E115")
            return []
        try:
            get_fields_from_path(obj.model, item)
        except (NotRelationField, FieldDoesNotExist):
            message = f"The value of '{label}' refers to '{item}', which does not refer to a Field."
            return _error(message, obj, "admin.E116")
        return []

    def _check_list_select_related(self, obj: Any) -> list[Any]:
        if isinstance(obj.list_select_related, (bool, list, tuple)):
            return []
        return must_be("a boolean, tuple or list", "list_select_related", obj, "admin.E117")

    def _check_list_per_page(self, obj: Any) -> list[Any]:
        if isinstance(obj.list_per_page, int):
            return []
        return must_be("an integer", "list_per_page", obj, "admin.E118")

    def _check_list_max_show_all(self, obj: Any) -> list[Any]:
        if isinstance(obj.list_max_show_all, int):
            return []
        return must_be("an integer", "list_max_show_all", obj, "admin.E119")

    def _check_list_editable(self, obj: Any) -> list[Any]:
        if not _is_list(obj.list_editable):
            return must_be("a list or tuple", option="list_editable", obj=obj, id="admin.E120")
        return _each(
            obj.list_editable,
            "list_editable",
            lambda item, label: self._check_list_editable_item(obj, item, label),
        )

    def _check_list_editable_item(self, obj: Any, name: str, label: str) -> list[Any]:
        try:
            field = obj.model._meta.get_field(name)
        except FieldDoesNotExist:
            return refer_to_missing_field(name, label, obj, "admin.E121")
        prefix = f"The value of '{label}' refers to "
        if name not in obj.list_display:
            message = f"{prefix}'{name}', which is not contained in 'list_display'."
            return _error(message, obj, "admin.E122")
        if obj.list_display_links and name in obj.list_display_links:
            message = f"The value of '{name}' cannot be in both 'list_editable' and 'list_display_links'."
            return _error(message, obj, "admin.E123")
        # The first column would be the link.
        if obj.list_display[0] == name and not obj.list_display_links and obj.list_display_links is not None:
            message = (
                f"{prefix}the first field in 'list_display' ('{name}'), which cannot be used unless "
                "'list_display_links' is set."
            )
            return _error(message, obj, "admin.E124")
        if not field.editable or field.primary_key:
            message = f"{prefix}'{name}', which is not editable through the admin."
            return _error(message, obj, "admin.E125")
        return []

    def _check_search_fields(self, obj: Any) -> list[Any]:
        if _is_list(obj.search_fields):
            return []
        return must_be("a list or tuple", "search_fields", obj, "admin.E126")

    def _check_date_hierarchy(self, obj: Any) -> list[Any]:
        if obj.date_hierarchy is None:
            return []
        field = _last_field(obj.model, obj.date_hierarchy)
        if field is None:
            message = f"The value of 'date_hierarchy' refers to '{obj.date_hierarchy}', which does not refer to a Field."
            return _error(message, obj, "admin.E127")
        if field.get_internal_type() not in {"DateField", "DateTimeField"}:
            return must_be("a DateField or DateTimeField", "date_hierarchy", obj, "admin.E128")
        return []

    def _check_actions(self, obj: Any) -> list[Any]:
        errors: list[Any] = []
        actions = obj._get_base_actions()
        for action in actions:
            for permission in getattr(action.func, "allowed_permissions", ()):
                method = f"has_{permission}_permission"
                if not hasattr(obj, method):
                    message = f"{type(obj).__name__} must define a {method}() method for the {action.func.__name__} action."
                    errors += _error(message, obj, "admin.E129")
        counts = collections.Counter(action.name for action in actions)
        for name, count in counts.items():
            if count > 1:
                message = (
                    f"__name__ attributes of actions defined in {type(obj).__name__} must be unique. Name {name!r} is not "
                    "unique."
                )
                errors += _error(message, obj, "admin.E130")
        return errors


def _last_field(model: Any, path: str) -> Any:
    """The field at the end of a path, None where it leads nowhere."""
    try:
        return get_fields_from_path(model, path)[-1]
    except (NotRelationField, FieldDoesNotExist):
        return None


class InlineModelAdminChecks(BaseModelAdminChecks):
    """Checks of inlines."""

    def check(self, inline_obj: Any, **kwargs: Any) -> list[Any]:  # type: ignore[override]
        parent_model = inline_obj.parent_model
        return [
            *super().check(inline_obj),
            *self._check_relation(inline_obj, parent_model),
            *self._check_exclude_of_parent_model(inline_obj, parent_model),
            *self._check_extra(inline_obj),
            *self._check_max_num(inline_obj),
            *self._check_min_num(inline_obj),
            *self._check_formset(inline_obj),
        ]

    def _check_exclude_of_parent_model(self, obj: Any, parent_model: Any) -> list[Any]:
        # Errors of the options themselves are reported elsewhere.
        if super()._check_exclude(obj) or self._check_relation(obj, parent_model) or obj.exclude is None:
            return []
        fk = _get_foreign_key(parent_model, obj.model, fk_name=obj.fk_name)
        if fk.name in obj.exclude:
            message = (
                f"Cannot exclude the field '{fk.name}', because it is the foreign key to the parent model "
                f"'{parent_model._meta.label}'."
            )
            return _error(message, obj, "admin.E201")
        return []

    def _check_relation(self, obj: Any, parent_model: Any) -> list[Any]:
        try:
            _get_foreign_key(parent_model, obj.model, fk_name=obj.fk_name)
        except ValueError as error:
            return [checks.Error(error.args[0], obj=type(obj), id="admin.E202")]
        return []

    def _check_extra(self, obj: Any) -> list[Any]:
        return [] if isinstance(obj.extra, int) else must_be("an integer", "extra", obj, "admin.E203")

    def _check_max_num(self, obj: Any) -> list[Any]:
        if obj.max_num is None or isinstance(obj.max_num, int):
            return []
        return must_be("an integer", "max_num", obj, "admin.E204")

    def _check_min_num(self, obj: Any) -> list[Any]:
        if obj.min_num is None or isinstance(obj.min_num, int):
            return []
        return must_be("an integer", "min_num", obj, "admin.E205")

    def _check_formset(self, obj: Any) -> list[Any]:
        if isinstance(obj.formset, type) and issubclass(obj.formset, BaseModelFormSet):
            return []
        return must_inherit_from("BaseModelFormSet", "formset", obj, "admin.E206")
