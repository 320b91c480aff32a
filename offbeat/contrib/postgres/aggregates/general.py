"""Aggregates into arrays, JSON, text, bits and truth."""

from __future__ import annotations

import warnings
from typing import Any

from offbeat.contrib.postgres.fields import ArrayField
from offbeat.db import models
from offbeat.db.models import Aggregate, BooleanField, JSONField, Value
from offbeat.utils.deprecation import RemovedInDjango2028Warning
from offbeat.utils.functional import cached_property

__all__ = ["ArrayAgg", "BitAnd", "BitOr", "BitXor", "BoolAnd", "BoolOr", "JSONBAgg", "StringAgg"]


class ArrayAgg(Aggregate):
    """The values as an array."""

    function = "ARRAY_AGG"
    allow_distinct = True
    allow_order_by = True

    @cached_property
    def output_field(self) -> Any:
        return ArrayField(self.source_expressions[0].output_field)


class JSONBAgg(Aggregate):
    """The values as a JSON array."""

    function = "JSONB_AGG"
    allow_distinct = True
    allow_order_by = True
    output_field = JSONField()


class BoolAnd(Aggregate):
    """Whether all are true."""

    function = "BOOL_AND"
    output_field = BooleanField()


class BoolOr(Aggregate):
    """Whether one is true."""

    function = "BOOL_OR"
    output_field = BooleanField()


def _deprecated(name: str) -> None:
    warnings.warn(
        f"The PostgreSQL-specific {name} function is deprecated. Use offbeat.db.models.aggregates.{name} instead.",
        category=RemovedInDjango2028Warning,
        stacklevel=3,
    )


class BitAnd(models.BitAnd):
    """Bitwise AND."""

    def __init__(self, expression: Any, **extra: Any) -> None:
        _deprecated("BitAnd")
        super().__init__(expression, **extra)


class BitOr(models.BitOr):
    """Bitwise OR."""

    def __init__(self, expression: Any, **extra: Any) -> None:
        _deprecated("BitOr")
        super().__init__(expression, **extra)


class BitXor(models.BitXor):
    """Bitwise exclusive OR."""

    def __init__(self, expression: Any, **extra: Any) -> None:
        _deprecated("BitXor")
        super().__init__(expression, **extra)


class StringAgg(models.StringAgg):
    """The texts, joined by a delimiter, which may be a plain string here."""

    def __init__(self, expression: Any, delimiter: Any, **extra: Any) -> None:
        if isinstance(delimiter, str):
            warnings.warn(
                "delimiter: str will be resolved as a field reference instead of a string literal on Django 2028. "
                f"Pass `delimiter=Value({delimiter!r})` to preserve the previous behavior.",
                category=RemovedInDjango2028Warning,
                stacklevel=2,
            )
            delimiter = Value(delimiter)
        warnings.warn(
            "The PostgreSQL specific StringAgg function is deprecated. Use offbeat.db.models.aggregates.StringAgg "
            "instead.",
            category=RemovedInDjango2028Warning,
            stacklevel=2,
        )
        super().__init__(expression, delimiter, **extra)
