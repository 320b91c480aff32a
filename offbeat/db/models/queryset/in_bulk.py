"""QuerySet.in_bulk()."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from offbeat.db import connections
from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.db.models.queryset.iteration import ModelIterable

__all__ = ["in_bulk"]


def in_bulk(queryset: Any, id_list: Any, field_name: str) -> dict[Any, Any]:
    """The objects of `queryset` by the value of `field_name`."""
    if queryset._form.is_sliced:
        raise TypeError("Cannot use 'limit' or 'offset' with in_bulk().")
    if not issubclass(queryset._iterable_class, ModelIterable):
        raise TypeError("in_bulk() cannot be used with values() or values_list().")
    _check_unique(queryset, field_name)
    if id_list is None:
        querysets = iter((queryset._chain(),))
    elif not id_list:
        return {}
    else:
        querysets = _filtered(queryset, f"{field_name}{LOOKUP_SEP}in", tuple(id_list))
    return {getattr(obj, field_name): obj for part in querysets for obj in part}


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


def _filtered(queryset: Any, lookup: str, ids: tuple[Any, ...]) -> Iterator[Any]:
    features = connections[queryset.db].features
    size = features.max_query_params
    columns = len(getattr(queryset.model._meta, "pk_fields", ()) or (1,))
    if size and columns * len(ids) > size:
        size //= columns
        for start in range(0, len(ids), size):
            yield queryset.filter(**{lookup: ids[start : start + size]})
    else:
        yield queryset.filter(**{lookup: ids})
