"""Helpers that the admin and packages around it use: names of fields, values as text, paths, what a deletion entails."""

from __future__ import annotations

import datetime
import decimal
import json
from collections.abc import Iterable, Mapping
from typing import Any

from offbeat.contrib.admin.constants import EMPTY_VALUE_STRING
from offbeat.contrib.admin.deletion import NestedObjects, get_deleted_objects
from offbeat.contrib.admin.quoting import QUOTE_MAP, UNQUOTE_MAP, UNQUOTE_RE, quote, unquote
from offbeat.core.exceptions import FieldDoesNotExist
from offbeat.core.validators import EMPTY_VALUES
from offbeat.db import models
from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.utils import formats, timezone
from offbeat.utils.hashable import make_hashable
from offbeat.utils.html import format_html
from offbeat.utils.translation import ngettext
from offbeat.utils.translation import override as translation_override

__all__ = [
    "EMPTY_VALUES",
    "QUOTE_MAP",
    "UNQUOTE_MAP",
    "UNQUOTE_RE",
    "FieldIsAForeignKeyColumnName",
    "NestedObjects",
    "NotRelationField",
    "build_q_object_from_lookup_parameters",
    "construct_change_message",
    "display_for_field",
    "display_for_value",
    "flatten",
    "flatten_fieldsets",
    "get_deleted_objects",
    "get_fields_from_path",
    "get_last_value_from_parameters",
    "get_model_from_relation",
    "help_text_for_field",
    "label_for_field",
    "lookup_field",
    "lookup_spawns_duplicates",
    "model_format_dict",
    "model_ngettext",
    "object_text",
    "prepare_lookup_value",
    "quote",
    "reverse_field_path",
    "unquote",
]

_FALSE_WORDS = ("", "false", "0")


class FieldIsAForeignKeyColumnName(Exception):
    """A name is that of a foreign key's column, such as ``author_id``."""


class NotRelationField(Exception):
    """A field does not lead to another model."""


# Paths and parameters


def lookup_spawns_duplicates(opts: Any, lookup_path: str) -> bool:
    """Whether filtering by a path may return an object several times (it crosses a relation to many)."""
    for name in lookup_path.split(LOOKUP_SEP):
        try:
            field = opts.pk if name == "pk" else opts.get_field(name)
        except FieldDoesNotExist:
            # A lookup or transform, or an annotation: no further relations.
            return False
        if hasattr(field, "path_infos"):
            if any(path.m2m for path in field.path_infos):
                return True
            opts = field.path_infos[-1].to_opts
    return False


def get_last_value_from_parameters(parameters: Mapping[str, Any], key: str) -> Any:
    """The last value of a parameter that may have come as a list; None without one."""
    value = parameters.get(key)
    return value[-1] if isinstance(value, list) and value else value


def prepare_lookup_value(key: str, value: Any, separator: str = ",") -> Any:
    """A parameter's text (or list of texts) as the lookup in its name wants it."""
    if isinstance(value, list):
        return [prepare_lookup_value(key, one, separator=separator) for one in value]
    if key.endswith("__in"):
        return value.split(separator)
    if key.endswith("__isnull"):
        return value.lower() not in _FALSE_WORDS
    return value


def build_q_object_from_lookup_parameters(parameters: Mapping[str, Iterable[Any]]) -> Any:
    """A Q object: any of the values of each parameter."""
    conditions = models.Q()
    for name, values in parameters.items():
        alternatives = models.Q()
        for value in values:
            alternatives |= models.Q((name, value))
        conditions &= alternatives
    return conditions


def get_model_from_relation(field: Any) -> Any:
    """The model that a relation leads to; NotRelationField for another field."""
    if hasattr(field, "path_infos"):
        return field.path_infos[-1].to_opts.model
    raise NotRelationField


def get_fields_from_path(model: Any, path: str) -> list[Any]:
    """The fields of a path such as ``author__name``."""
    fields: list[Any] = []
    for name in path.split(LOOKUP_SEP):
        owner = get_model_from_relation(fields[-1]) if fields else model
        fields.append(owner._meta.get_field(name))
    return fields


def reverse_field_path(model: Any, path: str) -> tuple[Any, str]:
    """The model at the end of a path, and the path back from there.

    A field at the end that is no relation is left out.
    """
    reversed_names: list[str] = []
    owner = model
    for name in path.split(LOOKUP_SEP):
        field = owner._meta.get_field(name)
        try:
            target = get_model_from_relation(field)
        except NotRelationField:
            break
        forward = not field.auto_created or field.concrete
        reversed_names.append(field.related_query_name() if forward else field.field.name)
        owner = target
    return owner, LOOKUP_SEP.join(reversed(reversed_names))


# Fields of forms


def flatten(fields: Iterable[Any]) -> list[Any]:
    """A list of names without the groups in it."""
    flat: list[Any] = []
    for field in fields:
        flat.extend(field if isinstance(field, (list, tuple)) else (field,))
    return flat


def flatten_fieldsets(fieldsets: Iterable[Any]) -> list[Any]:
    """The names of the fields of all field sets."""
    return [name for _, options in fieldsets for name in flatten(options["fields"])]


# Names of models


def model_format_dict(obj: Any) -> dict[str, Any]:
    """``verbose_name`` and ``verbose_name_plural`` of a model, its options, an object or queryset."""
    if isinstance(obj, models.QuerySet):
        obj = obj.model
    opts = getattr(obj, "_meta", obj)
    return {"verbose_name": opts.verbose_name, "verbose_name_plural": opts.verbose_name_plural}


def model_ngettext(obj: Any, n: int | None = None) -> str:
    """A model's name in the form that a number wants; the number of a queryset is its length."""
    if isinstance(obj, models.QuerySet):
        n = obj.count() if n is None else n
        obj = obj.model
    names = model_format_dict(obj)
    return ngettext(names["verbose_name"], names["verbose_name_plural"], n or 0)


# Columns: fields, attributes, methods and callables


def _get_non_gfk_field(opts: Any, name: str) -> Any:
    """A field that has a column or a single value.

    FieldDoesNotExist for generic foreign keys and reverse relations to many (attributes serve there),
    FieldIsAForeignKeyColumnName for the name of a key's column.
    """
    field = opts.get_field(name)
    generic = field.is_relation and ((field.many_to_one and not field.related_model) or field.one_to_many)
    if generic:
        raise FieldDoesNotExist
    if field.is_relation and not field.many_to_many and getattr(field, "attname", None) == name:
        raise FieldIsAForeignKeyColumnName
    return field


def _follow(obj: Any, path: str) -> Any:
    """The value at the end of a path of attributes, None where there is none."""
    for name in path.split(LOOKUP_SEP):
        obj = getattr(obj, name, None)
    return obj


def lookup_field(name: Any, obj: Any, model_admin: Any = None) -> tuple[Any, Any, Any]:
    """What a column shows of an object: ``(field, attribute, value)``.

    ``field`` is None for what is not a field; ``attribute`` is then what carries ``short_description`` and the like.
    """
    try:
        field = _get_non_gfk_field(obj._meta, name)
    except (FieldDoesNotExist, FieldIsAForeignKeyColumnName):
        pass
    else:
        return field, None, getattr(obj, name)
    if callable(name):
        return None, name, name(obj)
    if model_admin is not None and name != "__str__" and hasattr(model_admin, name):
        attr = getattr(model_admin, name)
        return None, attr, attr(obj)
    sentinel = object()
    attr = getattr(obj, name, sentinel)
    if attr is sentinel:
        attr = _follow(obj, name) if LOOKUP_SEP in name else None
        return None, attr, attr
    # What @display says of a property stands on its getter.
    getter = getattr(getattr(type(obj), name, None), "fget", None)
    if getter is not None and any(hasattr(getter, hint) for hint in ("boolean", "empty_value_display")):
        return None, getter, attr
    return None, attr, attr() if callable(attr) else attr


def _path_label(model: Any, name: str) -> tuple[str, Any] | None:
    """Label and field of a path to a related model's field, None where it leads nowhere."""
    try:
        return pretty_name(name), get_fields_from_path(model, name)[-1]
    except (FieldDoesNotExist, NotRelationField):
        return None


def pretty_name(name: str) -> str:
    """A name as a label: ``published_on`` is "Published on"."""
    return name.replace("_", " ").capitalize() if name else ""


def _description_of(attr: Any, name: Any) -> Any:
    """The label of what is not a field: ``short_description``, of a property that of its getter, or its name."""
    if hasattr(attr, "short_description"):
        return attr.short_description
    getter: Any = attr.fget if isinstance(attr, property) else None
    if hasattr(getter, "short_description"):
        return getter.short_description
    if callable(attr):
        return "--" if attr.__name__ == "<lambda>" else pretty_name(attr.__name__)
    return pretty_name(name)


def _attribute_for_label(name: Any, model: Any, model_admin: Any, form: Any) -> tuple[Any, Any]:
    """What a name stands for that is not a field, and its label where it is fixed.

    AttributeError where it stands for nothing.
    """
    if name == "__str__":
        return str, str(model._meta.verbose_name)
    if callable(name):
        return name, None
    if model_admin is not None and hasattr(model_admin, name):
        return getattr(model_admin, name), None
    if hasattr(model, name):
        return getattr(model, name), None
    if form is not None and name in form.fields:
        return form.fields[name], None
    if found := _path_label(model, name):
        return found[1], found[0]
    message = f"Unable to lookup {name!r} on {model._meta.object_name}"
    if model_admin is not None:
        message += f" or {type(model_admin).__name__}"
    if form is not None:
        message += f" or {type(form).__name__}"
    raise AttributeError(message)


def label_for_field(
    name: Any, model: Any, model_admin: Any = None, return_attr: bool = False, form: Any = None
) -> Any:
    """The label of a column: of a field, attribute, method, callable or field of a form; AttributeError for others.

    With ``return_attr`` also what it stands for, None for a field of the model.
    """
    attr: Any = None
    try:
        field = _get_non_gfk_field(model._meta, name)
    except FieldIsAForeignKeyColumnName:
        label, attr = pretty_name(name), name
    except FieldDoesNotExist:
        attr, label = _attribute_for_label(name, model, model_admin, form)
        if label is None:
            label = _description_of(attr, name)
    else:
        # A reverse relation to one object is called as the model at its other end.
        named = field if hasattr(field, "verbose_name") else field.related_model._meta
        label = named.verbose_name
    return (label, attr) if return_attr else label


def help_text_for_field(name: str, model: Any) -> Any:
    """The help text of a model's field, '' for what is not a field."""
    try:
        field = _get_non_gfk_field(model._meta, name)
    except (FieldDoesNotExist, FieldIsAForeignKeyColumnName):
        return ""
    return getattr(field, "help_text", "")


# Values as text


def boolean_icon(value: Any) -> str:
    """An image for True, False or None."""
    from offbeat.templatetags.static import static

    icon = {True: "yes", False: "no", None: "unknown"}[value]
    return format_html('<img src="{}" alt="{}">', static(f"admin/img/icon-{icon}.svg"), value)


def _choice_text(value: Any, field: Any, empty_value_display: Any) -> Any:
    try:
        return dict(field.flatchoices).get(value, empty_value_display)
    except TypeError:
        choices = dict(make_hashable(field.flatchoices))
        return choices.get(make_hashable(value), empty_value_display)


def _json_text(value: Any, field: Any, empty_value_display: Any) -> Any:
    try:
        return json.dumps(value, ensure_ascii=False, cls=field.encoder)
    except TypeError:
        return display_for_value(value, empty_value_display)


def _is_password(field: Any) -> bool:
    """Whether a field named so is that of a user, of whatever model and table."""
    from offbeat.contrib.auth.base_user import AbstractBaseUser

    return issubclass(field.model, AbstractBaseUser)


def display_for_field(value: Any, field: Any, empty_value_display: Any, avoid_link: bool = False) -> Any:
    """A field's value as lists and read-only fields show it; ``avoid_link`` where it stands inside of a link."""
    if getattr(field, "flatchoices", None):
        return _choice_text(value, field, empty_value_display)
    if isinstance(field, models.BooleanField):
        return boolean_icon(value)
    if getattr(field, "name", None) == "password" and _is_password(field):
        from offbeat.contrib.auth.templatetags.auth import render_password_as_hash

        return render_password_as_hash(value)
    if value in field.empty_values:
        return empty_value_display
    if isinstance(field, models.DateTimeField):
        return formats.localize(timezone.template_localtime(value))
    if isinstance(field, (models.DateField, models.TimeField)):
        return formats.localize(value)
    if isinstance(field, models.DecimalField):
        return formats.number_format(value, field.decimal_places)
    if isinstance(field, (models.IntegerField, models.FloatField)):
        return formats.number_format(value)
    if isinstance(field, models.FileField) and value and not avoid_link:
        return format_html('<a href="{}">{}</a>', value.url, value)
    if isinstance(field, models.JSONField) and value:
        return _json_text(value, field, empty_value_display)
    return display_for_value(value, empty_value_display)


def object_text(obj: Any) -> str:
    """An object's text, or a dash where there is nothing to see."""
    return str(obj).strip() or EMPTY_VALUE_STRING


def display_for_value(value: Any, empty_value_display: Any, boolean: bool = False) -> Any:
    """A value without a field as text; ``boolean`` shows an icon."""
    if boolean:
        return boolean_icon(None if value in EMPTY_VALUES else value)
    if value in EMPTY_VALUES:
        return empty_value_display
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, datetime.datetime):
        return formats.localize(timezone.template_localtime(value))
    if isinstance(value, (datetime.date, datetime.time)):
        return formats.localize(value)
    if isinstance(value, (int, decimal.Decimal, float)):
        return formats.number_format(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(str(one) for one in value)
    return str(value).strip() or empty_value_display


# Messages about changes


def _changed_labels(form: Any, changed_data: Iterable[str]) -> list[str]:
    labels = []
    for name in changed_data:
        try:
            label = form.fields[name].label or (
                form._meta.model._meta.get_field(name).verbose_name if hasattr(form, "_meta") else name
            )
        except (KeyError, FieldDoesNotExist):
            label = name
        labels.append(str(label))
    return labels


def _formset_changes(formset: Any) -> Iterable[dict[str, Any]]:
    for obj in formset.new_objects:
        yield {"added": _named(obj)}
    for obj, changed in formset.changed_objects:
        yield {"changed": {**_named(obj), "fields": _changed_labels(formset.forms[0], changed)}}
    for obj in formset.deleted_objects:
        yield {"deleted": _named(obj)}


def _named(obj: Any) -> dict[str, str]:
    return {"name": str(obj._meta.verbose_name), "object": str(obj)}


def construct_change_message(form: Any, formsets: Iterable[Any] | None, add: bool) -> list[dict[str, Any]]:
    """What was added, changed and deleted, in the form that the log stores: English names, translated when shown."""
    changed_data = form.changed_data
    changes: list[dict[str, Any]] = []
    with translation_override(None):
        if add:
            changes.append({"added": {}})
        elif changed_data:
            changes.append({"changed": {"fields": _changed_labels(form, changed_data)}})
        for formset in formsets or ():
            changes.extend(_formset_changes(formset))
    return changes
