"""The accessors of Meta.order_with_respect_to: question.get_answer_order() and set_answer_order()."""

from __future__ import annotations

from functools import partialmethod
from typing import Any

__all__ = ["make_foreign_order_accessors", "method_get_order", "method_set_order"]


def method_set_order(self: Any, ordered_obj: Any, id_list: Any, using: str | None = None) -> None:
    """Give the objects with these keys the order of the list."""
    from offbeat.db import router

    if using is None:
        using = router.db_for_write(ordered_obj, instance=self)
    order_wrt = ordered_obj._meta.order_with_respect_to
    filter_args = order_wrt.get_forward_related_filter(self)
    ordered_obj.objects.db_manager(using).filter(**filter_args).bulk_update(
        [ordered_obj(pk=pk, _order=order) for order, pk in enumerate(id_list)], ["_order"]
    )


def method_get_order(self: Any, ordered_obj: Any) -> Any:
    """Return the keys of the ordered objects."""
    order_wrt = ordered_obj._meta.order_with_respect_to
    filter_args = order_wrt.get_forward_related_filter(self)
    pk_name = ordered_obj._meta.pk.name
    return ordered_obj.objects.filter(**filter_args).values_list(pk_name, flat=True)


def make_foreign_order_accessors(model: Any, related_model: Any) -> None:
    """Put get_RELATED_order() and set_RELATED_order() on the model that `model` is ordered with respect to."""
    name = model.__name__.lower()
    setattr(related_model, f"get_{name}_order", partialmethod(method_get_order, model))
    setattr(related_model, f"set_{name}_order", partialmethod(method_set_order, model))
