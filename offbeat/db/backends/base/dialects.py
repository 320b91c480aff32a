"""Parts of the dialect that several databases have in common, but not all."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from offbeat.conf import settings
from offbeat.utils import timezone

__all__ = ["PlainColumns", "StandardNames"]


class StandardNames:
    """Names in double quotes, and ON CONFLICT. Mixed in before the base of all dialects."""

    def quote_name(self, name: str) -> str:
        if name.startswith('"') and name.endswith('"'):
            return name
        return f'"{name}"'

    def on_conflict_suffix_sql(
        self,
        fields: Sequence[Any],
        on_conflict: Any,
        update_fields: Iterable[str],
        unique_fields: Iterable[str],
    ) -> str:
        if on_conflict is not None and on_conflict.name == "UPDATE":
            targets = ", ".join(map(self.quote_name, unique_fields))
            changes = ", ".join([f"{name} = EXCLUDED.{name}" for name in map(self.quote_name, update_fields)])
            return f"ON CONFLICT({targets}) DO UPDATE SET {changes}"
        return super().on_conflict_suffix_sql(  # type: ignore[misc, no-any-return]
            fields, on_conflict, update_fields, unique_fields
        )


class PlainColumns:
    """Columns without time zones, truth values and UUIDs. Mixed in before the base of all dialects."""

    connection: Any
    # As messages call the database.
    dialect_name: str

    def adapt_datetimefield_value(self, value: Any) -> Any:
        if value is None or hasattr(value, "resolve_expression"):
            return value
        if timezone.is_aware(value):
            if not settings.USE_TZ:
                raise ValueError(
                    f"{self.dialect_name} backend does not support timezone-aware datetimes when USE_TZ is False."
                )
            value = timezone.make_naive(value, self.connection.timezone)
        return str(value)

    def adapt_timefield_value(self, value: Any) -> Any:
        if value is None or hasattr(value, "resolve_expression"):
            return value
        if timezone.is_aware(value):
            raise ValueError(f"{self.dialect_name} backend does not support timezone-aware times.")
        return str(value)

    def convert_booleanfield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """1 and 0 as True and False; other values as they are."""
        return bool(value) if value in {1, 0} else value

    def convert_uuidfield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """The UUID that a text stands for."""
        return None if value is None else uuid.UUID(value)
