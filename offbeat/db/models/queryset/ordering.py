"""Which rows come first: checks shared by first(), last(), earliest(), latest() and totally_ordered."""

from __future__ import annotations

from typing import Any

from offbeat.core.exceptions import FieldDoesNotExist
from offbeat.db.models.constants import LOOKUP_SEP

__all__ = ["check_order_of_groups", "covers_unique_fields", "edge"]


def covers_unique_fields(query: Any) -> bool:
    """True if the fields the query is ordered by include a set that is unique and never null."""
    names = _ordered_names(query)
    meta = query.get_meta()
    fields = set()
    for name in names:
        field = meta.pk if name == "pk" else _own_field(meta, name)
        if field is None:
            continue
        if field.primary_key or (field.unique and not field.null):
            return not query.group_by or field.primary_key
        fields.add(field)
    pk_fields = getattr(meta, "pk_fields", None)
    if pk_fields and fields.issuperset(pk_fields):
        return True
    by_name = {field.name for field in fields if not field.null}
    uniques = [tuple(names) for names in meta.unique_together]
    uniques += [constraint.fields for constraint in meta.total_unique_constraints]
    return any(by_name.issuperset(names) for names in uniques)


def _ordered_names(query: Any) -> list[str]:
    from offbeat.db.models.expressions import F, OrderBy

    if query.extra_order_by:
        return []
    ordering = query.order_by or (query.get_meta().ordering if query.default_ordering else ())
    names = []
    for item in ordering:
        if isinstance(item, OrderBy):
            item = item.expression
        if isinstance(item, F):
            item = item.name
        if isinstance(item, str):
            names.append(item.lstrip("+-"))
    return names


def _own_field(meta: Any, name: str) -> Any:
    if LOOKUP_SEP in name:
        return None
    try:
        field = meta.get_field(name)
    except FieldDoesNotExist:
        for candidate in meta.concrete_fields:
            if candidate.attname == name:
                return candidate
        return None
    if not getattr(field, "concrete", False) or (
        field.is_relation and field.name == name and field.many_to_many
    ):
        return None
    return field


def check_order_of_groups(queryset: Any, method: str) -> None:
    """TypeError for first() or last() on groups in no order: adding the primary key would change the groups."""
    query = queryset._form
    if isinstance(query.group_by, tuple) and not any(
        column.output_field is queryset.model._meta.pk for column in query.group_by
    ):
        raise TypeError(
            f"Cannot use QuerySet.{method}() on an unordered queryset performing aggregation. "
            "Add an ordering with order_by()."
        )


def edge(queryset: Any, fields: tuple[Any, ...]) -> Any:
    """The object that comes first by `fields`, or by Meta.get_latest_by; DoesNotExist when there is none."""
    if not fields:
        by_default = queryset.model._meta.get_latest_by
        if not by_default:
            raise ValueError(
                "earliest() and latest() require either fields as positional arguments or "
                "'get_latest_by' in the model's Meta."
            )
        fields = (by_default,) if isinstance(by_default, str) else tuple(by_default)
    if queryset._form.is_sliced:
        raise TypeError("Cannot change a query once a slice has been taken.")
    clone = queryset._chain()
    clone.query.set_limits(high=1)
    clone.query.clear_ordering(force=True)
    clone.query.add_ordering(*fields)
    return clone.get()
