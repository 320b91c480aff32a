"""Functions that build JSON."""

from __future__ import annotations

from typing import Any

from offbeat.db import NotSupportedError
from offbeat.db.models.expressions import Func, Value
from offbeat.db.models.expressions.base import field_class
from offbeat.db.models.fields import TextField
from offbeat.db.models.functions.comparison import Cast
from offbeat.utils.functional import cached_property


class JSONArray(Func):
    """A JSON array of the arguments."""

    function = "JSON_ARRAY"

    @cached_property
    def output_field(self) -> Any:
        return field_class("JSONField")()

    def as_sql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:  # type: ignore[override]
        if not connection.features.supports_json_field:
            raise NotSupportedError("JSONFields are not supported on this database backend.")
        return super().as_sql(compiler, connection, **extra_context)

    def as_native(
        self, compiler: Any, connection: Any, *, returning: str, **extra_context: Any
    ) -> tuple[str, Any]:
        # NULL arguments are kept as nulls; without arguments the clause is not allowed.
        if len(self.get_source_expressions()) == 0:
            null_on_null = ""
        else:
            null_on_null = "NULL ON NULL"
        return self.as_sql(
            compiler,
            connection,
            template=f"%(function)s(%(expressions)s {null_on_null} RETURNING {returning})",
            **extra_context,
        )

    def as_postgresql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        # A parameter without a type is not taken, so text is cast.
        casted = self.copy()
        if connection.features.is_postgresql_16:
            casted.set_source_expressions(
                [_typed(expression) for expression in casted.get_source_expressions()]
            )
            return casted.as_native(compiler, connection, returning="JSONB", **extra_context)  # type: ignore[no-any-return]
        casted.set_source_expressions([_typed(expression) for expression in casted.get_source_expressions()])
        return casted.as_sql(compiler, connection, function="JSONB_BUILD_ARRAY", **extra_context)  # type: ignore[no-any-return]

    def as_oracle(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        return self.as_native(compiler, connection, returning="CLOB", **extra_context)


def _typed(expression: Any) -> Any:
    return Cast(expression, expression.output_field) if isinstance(expression, Value) else expression


class JSONObject(Func):
    """A JSON object of the keyword arguments."""

    function = "JSON_OBJECT"

    @cached_property
    def output_field(self) -> Any:
        return field_class("JSONField")()

    def __init__(self, **fields: Any) -> None:
        expressions: list[Any] = []
        for key, value in fields.items():
            expressions.extend((Value(key), value))
        super().__init__(*expressions)

    def as_sql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:  # type: ignore[override]
        if not connection.features.has_json_object_function:
            raise NotSupportedError("JSONObject() is not supported on this database backend.")
        return super().as_sql(compiler, connection, **extra_context)

    def join(self, args: list[str]) -> str:
        """Keys and values in the notation ``key VALUE value``."""
        pairs = zip(args[::2], args[1::2], strict=True)
        # The parentheses keep the key apart from the operator, as it may be an expression.
        return ", ".join([f"({key}) VALUE {value}" for key, value in pairs])

    def as_native(
        self, compiler: Any, connection: Any, *, returning: str, **extra_context: Any
    ) -> tuple[str, Any]:
        return self.as_sql(
            compiler,
            connection,
            arg_joiner=_Joiner(self.join),
            template=f"%(function)s(%(expressions)s RETURNING {returning})",
            **extra_context,
        )

    def as_postgresql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        # Keys must have a type.
        copy = self.copy()
        copy.set_source_expressions(
            [
                Cast(expression, TextField()) if index % 2 == 0 else _typed(expression)
                for index, expression in enumerate(copy.get_source_expressions())
            ]
        )
        if connection.features.is_postgresql_16:
            return copy.as_native(compiler, connection, returning="JSONB", **extra_context)  # type: ignore[no-any-return]
        return copy.as_sql(compiler, connection, function="JSONB_BUILD_OBJECT", **extra_context)  # type: ignore[no-any-return]

    def as_oracle(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        return self.as_native(compiler, connection, returning="CLOB", **extra_context)


class _Joiner:
    """Joins argument texts in a way of its own, where Func expects a separator."""

    def __init__(self, join: Any) -> None:
        self.join = join
