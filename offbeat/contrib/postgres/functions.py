"""Functions of PostgreSQL (Django documentation: ref/contrib/postgres/functions)."""

from __future__ import annotations

from typing import Any

from offbeat.db.models import DateTimeField, Func, UUIDField

__all__ = ["RandomUUID", "TransactionNow"]


class RandomUUID(Func):
    """A random UUID."""

    template = "GEN_RANDOM_UUID()"
    output_field = UUIDField()

    def __init__(self, output_field: Any = None, **extra: Any) -> None:
        super().__init__(output_field=output_field, **extra)


class TransactionNow(Func):
    """When the transaction began."""

    template = "CURRENT_TIMESTAMP"
    output_field = DateTimeField()

    def __init__(self, output_field: Any = None, **extra: Any) -> None:
        super().__init__(output_field=output_field, **extra)
