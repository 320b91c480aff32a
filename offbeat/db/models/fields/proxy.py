"""The field behind Meta.order_with_respect_to."""

from __future__ import annotations

from typing import Any

from offbeat.db.models.fields.numeric import IntegerField

__all__ = ["OrderWrt"]


class OrderWrt(IntegerField[Any, Any]):
    """The position of an object among those with the same order_with_respect_to; it is not for editing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["name"] = "_order"
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)
