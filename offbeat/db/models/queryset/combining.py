"""The operators &, | and ^ of querysets, and EmptyQuerySet."""

from __future__ import annotations

from typing import Any

__all__ = ["EmptyQuerySet", "merge"]


class _InstanceCheckMeta(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        from offbeat.db.models.query import QuerySet

        return isinstance(instance, QuerySet) and bool(instance._form.is_empty())


class EmptyQuerySet(metaclass=_InstanceCheckMeta):
    """For isinstance() only: `isinstance(queryset.none(), EmptyQuerySet)` is true."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError("EmptyQuerySet can't be instantiated")


def merge(left: Any, right: Any, operator: str, connector: str) -> Any:
    """A queryset with the conditions of both; TypeError where the two cannot be merged."""
    _check(left, right, operator)
    if connector == "AND":
        if right._form.is_empty():
            return right
        if left._form.is_empty():
            return left
        combined = left._chain()
    else:
        if left._form.is_empty():
            return right
        if right._form.is_empty():
            return left
        # A sliced query cannot take conditions: it becomes a subquery.
        combined = _filterable(left)._chain()
        right = _filterable(right)
    combined._known_related_objects = _all_known(combined, right)
    combined.query.combine(right._concrete_query(), connector)
    return combined


def _check(left: Any, right: Any, operator: str) -> None:
    for queryset in (left, right):
        if queryset._form.combinator:
            raise TypeError(f"Cannot use {operator} operator with combined queryset.")
    if left._fields is not None and (
        set(left._form.values_select) != set(right._form.values_select)
        or set(left._form.extra_select) != set(right._form.extra_select)
        or set(left._form.annotation_select) != set(right._form.annotation_select)
    ):
        raise TypeError(
            f"Merging '{left.__class__.__name__}' classes must involve the same values in each case."
        )


def _filterable(queryset: Any) -> Any:
    if queryset._form.can_filter():
        return queryset
    return queryset.model._base_manager.filter(pk__in=queryset.values("pk"))


def _all_known(left: Any, right: Any) -> dict[Any, dict[Any, Any]]:
    known = {field: dict(objects) for field, objects in left._known_related_objects.items()}
    for field, objects in right._known_related_objects.items():
        known.setdefault(field, {}).update(objects)
    return known
