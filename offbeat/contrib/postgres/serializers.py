"""Ranges in migration files."""

from __future__ import annotations

from typing import Any

from offbeat.db.migrations.serializer import BaseSerializer

__all__ = ["RangeSerializer"]


class RangeSerializer(BaseSerializer):
    """A range of the driver, by its repr."""

    def serialize(self) -> tuple[str, set[str]]:
        """Return (source text, import lines)."""
        value: Any = self.value
        module = type(value).__module__
        return f"{module}.{value!r}", {f"import {module}"}
