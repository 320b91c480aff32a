"""Functions that make UUIDs."""

from __future__ import annotations

from typing import Any

from offbeat.db import NotSupportedError
from offbeat.db.models.expressions import Func
from offbeat.db.models.fields import UUIDField


class UUID4(Func):
    """A random UUID."""

    function = "UUIDV4"
    arity = 0
    output_field = UUIDField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        if connection.features.is_postgresql_18:
            return self.as_sql(compiler, connection, **extra_context)
        return self.as_sql(compiler, connection, function="GEN_RANDOM_UUID", **extra_context)

    def as_mysql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        if connection.mysql_is_mariadb and connection.mysql_version >= (11, 7):
            return self.as_sql(compiler, connection, function="UUID_V4", **extra_context)
        if not connection.mysql_is_mariadb:
            raise NotSupportedError("UUID4 is not supported on MySQL.")
        raise NotSupportedError("UUID4 requires MariaDB version 11.7 or later.")

    def as_oracle(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        raise NotSupportedError("UUID4 is not supported on Oracle.")


class UUID7(Func):
    """A UUID that begins with the time, optionally shifted by a duration."""

    function = "UUIDV7"
    arity = None
    output_field = UUIDField()

    def __init__(self, shift: Any = None, **extra: Any) -> None:
        self.shift = shift
        super().__init__(*(() if shift is None else (shift,)), **extra)

    def as_sql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:  # type: ignore[override]
        if self.source_expressions and not getattr(
            connection.features, "supports_uuid7_function_shift", False
        ):
            raise NotSupportedError(
                f"The shift argument to UUID7 is not supported on {connection.display_name}."
            )
        return super().as_sql(compiler, connection, **extra_context)

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        if not getattr(connection.features, "supports_uuid7_function", False):
            raise NotSupportedError("UUID7 on SQLite requires Python version 3.14 or later.")
        return self.as_sql(compiler, connection, **extra_context)

    def as_postgresql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        if connection.features.is_postgresql_18:
            return self.as_sql(compiler, connection, **extra_context)
        raise NotSupportedError("UUID7 requires PostgreSQL version 18 or later.")

    def as_mysql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        if connection.mysql_is_mariadb and connection.mysql_version >= (11, 7):
            return self.as_sql(compiler, connection, function="UUID_V7", **extra_context)
        if not connection.mysql_is_mariadb:
            raise NotSupportedError("UUID7 is not supported on MySQL.")
        raise NotSupportedError("UUID7 requires MariaDB version 11.7 or later.")

    def as_oracle(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        raise NotSupportedError("UUID7 is not supported on Oracle.")
