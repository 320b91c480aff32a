"""Text lookups on UUIDs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offbeat.db.models.expressions import Value
from offbeat.db.models.expressions.base import field_class
from offbeat.db.models.lookups.comparison import IExact
from offbeat.db.models.lookups.patterns import (
    Contains,
    EndsWith,
    IContains,
    IEndsWith,
    IStartsWith,
    StartsWith,
)
from offbeat.db.models.sql.params import Param


class UUIDTextMixin:
    """Text lookups on a UUID: without a native type the column holds no hyphens."""

    def process_value(self, value: Any, compiler: Any, connection: Any) -> tuple[str, Any]:
        if not connection.features.has_native_uuid_field and type(value) is not Param:
            if hasattr(value, "as_sql"):
                from offbeat.db.models.functions import Replace

                value = Replace(value, Value("-"), Value(""), output_field=field_class("CharField")())
            else:
                value = str(value).replace("-", "")
        return super().process_value(value, compiler, connection)  # type: ignore[misc, no-any-return]

    def param_binder(self, connection: Any) -> Callable[[Any], Any] | None:
        bind = super().param_binder(connection)  # type: ignore[misc]
        if connection.features.has_native_uuid_field:
            return bind  # type: ignore[no-any-return]
        return lambda value: bind(str(value).replace("-", ""))


class UUIDIExact(UUIDTextMixin, IExact):
    pass


class UUIDContains(UUIDTextMixin, Contains):
    pass


class UUIDIContains(UUIDTextMixin, IContains):
    pass


class UUIDStartsWith(UUIDTextMixin, StartsWith):
    pass


class UUIDIStartsWith(UUIDTextMixin, IStartsWith):
    pass


class UUIDEndsWith(UUIDTextMixin, EndsWith):
    pass


class UUIDIEndsWith(UUIDTextMixin, IEndsWith):
    pass
