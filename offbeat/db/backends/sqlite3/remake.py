"""A model as it would be with other fields, for the SQL of its table only."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

__all__ = ["stand_in"]


def stand_in(
    model: Any,
    fields: Sequence[Any],
    *,
    table: str,
    names: dict[str, Any],
    removed: str | None = None,
    constraints: Sequence[Any] | None = None,
) -> Any:
    """A class with the options of `model`, but other fields and another table. It is in no registry.

    `names`: further names of fields (those from before a renaming). Indexes and constraints over the `removed` field
    are left out.
    """
    old = model._meta
    meta = copy.copy(old)
    meta._get_fields_cache = {}
    meta._expire_cache()
    # A field that belongs to no model yet is read as one of this model.
    bound = {id(field): field if hasattr(field, "model") else _bound(field, model) for field in fields}
    fields = [bound[id(field)] for field in fields]
    names = {name: bound.get(id(field), field) for name, field in names.items()}
    meta.local_fields = list(fields)
    meta.local_many_to_many = []
    meta.db_table = table
    meta.pk = next((field for field in fields if field.primary_key), None)
    meta.constraints = list(old.constraints if constraints is None else constraints)
    meta.indexes = list(old.indexes)
    meta.unique_together = [tuple(names_) for names_ in old.unique_together]
    # Only models of old migrations have it.
    meta.index_together = [tuple(names_) for names_ in getattr(old, "index_together", ())]
    if removed is not None:
        meta.index_together = [group for group in meta.index_together if removed not in group]
        meta.unique_together = [group for group in meta.unique_together if removed not in group]
        meta.indexes = [index for index in meta.indexes if removed not in _fields_of(index)]
        meta.constraints = [item for item in meta.constraints if removed not in _fields_of(item)]
    known = dict(meta._forward_fields_map)
    # Indexes and constraints still use the name from before, which means the new field now.
    meta.__dict__["_forward_fields_map"] = {**names, **known}
    meta.__dict__["_relation_tree"] = ()
    duplicate: Any = type(model.__name__, (), {"_meta": meta, "__module__": model.__module__})
    meta.model = duplicate
    meta.concrete_model = duplicate
    meta.apps = old.apps
    return duplicate


def _bound(field: Any, model: Any) -> Any:
    field = copy.copy(field)
    field.model = model
    return field


def _fields_of(item: Any) -> set[str]:
    return {name.lstrip("-") for name in getattr(item, "fields", ()) or ()}
