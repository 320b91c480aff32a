"""QuerySet.in_bulk()."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from offbeat.db import connections
from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.db.models.queryset.iteration import (
    FlatValuesListIterable,
    ModelIterable,
    NamedValuesListIterable,
    ValuesIterable,
    ValuesListIterable,
)
from offbeat.db.models.utils import create_namedtuple_class

__all__ = ["in_bulk"]


def in_bulk(queryset: Any, id_list: Any, field_name: str) -> dict[Any, Any]:
    """The objects (or values) of `queryset` by the value of `field_name`."""
    if queryset._form.is_sliced:
        raise TypeError("Cannot use 'limit' or 'offset' with in_bulk().")
    _check_unique(queryset, field_name)
    if id_list is None:
        querysets = iter((queryset._chain(),))
    elif not id_list:
        return {}
    else:
        querysets = _filtered(queryset, field_name, tuple(id_list))
    if issubclass(queryset._iterable_class, ModelIterable):
        return {getattr(obj, field_name): obj for part in querysets for obj in part}
    return {key: value for part in querysets for key, value in _values(part, field_name)}


def _check_unique(queryset: Any, field_name: str) -> None:
    meta = queryset.model._meta
    alone = [c.fields[0] for c in meta.total_unique_constraints if len(c.fields) == 1]
    if (
        field_name != "pk"
        and not meta.get_field(field_name).unique
        and field_name not in alone
        and queryset._form.distinct_fields != (field_name,)
    ):
        raise ValueError(f"in_bulk()'s field_name must be a unique field but {field_name!r} isn't.")


def _filtered(queryset: Any, field_name: str, ids: tuple[Any, ...]) -> Iterator[Any]:
    meta = queryset.model._meta
    fields = list(meta.pk_fields) if field_name == "pk" else [meta.get_field(field_name)]
    size = max(connections[queryset.db].ops.bulk_batch_size(fields, ids), 1)
    for start in range(0, len(ids), size):
        yield queryset.filter(**{f"{field_name}{LOOKUP_SEP}in": ids[start : start + size]})


def _values(queryset: Any, field_name: str) -> Iterator[tuple[Any, Any]]:
    """(key, result) pairs of a queryset of values(): the key is selected too, and taken out of the results again."""
    iterable_class = queryset._iterable_class
    names = list(queryset._fields) or _all_names(queryset)
    added = field_name not in names
    if added:
        names.insert(0, field_name)
    rows = queryset._values(*names)
    rows._iterable_class = ValuesIterable
    make_row = (
        create_namedtuple_class(*names) if issubclass(iterable_class, NamedValuesListIterable) else None
    )
    for row in rows:
        key = row[field_name]
        if make_row is not None:
            yield key, make_row(*row.values())
            continue
        if added:
            del row[field_name]
        if issubclass(iterable_class, FlatValuesListIterable):
            yield key, next(iter(row.values()))
        elif issubclass(iterable_class, ValuesListIterable):
            yield key, tuple(row.values())
        else:
            yield key, row


def _all_names(queryset: Any) -> list[str]:
    form = queryset._form
    columns = [field.attname for field in queryset.model._meta.concrete_fields]
    return [*form.extra_select, *columns, *form.annotation_select]
