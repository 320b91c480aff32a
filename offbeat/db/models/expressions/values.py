"""Values and literal SQL."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from offbeat.db.models.expressions.base import Expression, SQLiteNumericMixin, field_class, made_of
from offbeat.db.models.sql.params import BoundParam, Param, Unbindable
from offbeat.utils.deconstruct import deconstructible

# Checked in this order: bool before int and datetime before date, as they are subclasses.
_FIELD_NAMES: tuple[tuple[type, str], ...] = (
    (str, "CharField"),
    (bool, "BooleanField"),
    (int, "IntegerField"),
    (float, "FloatField"),
    (datetime.datetime, "DateTimeField"),
    (datetime.date, "DateField"),
    (datetime.time, "TimeField"),
    (datetime.timedelta, "DurationField"),
    (Decimal, "DecimalField"),
    (bytes, "BinaryField"),
    (UUID, "UUIDField"),
)


@deconstructible(path="offbeat.db.models.Value")
class Value(SQLiteNumericMixin, Expression):
    """A Python value, passed to the database as a parameter."""

    # The type is resolved from the value, so comparisons of two values need no hint.
    for_save = False
    allowed_default = True

    def __init__(self, value: Any, output_field: Any = None) -> None:
        super().__init__(output_field=output_field)
        self.value = value

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.value!r})"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        connection.ops.check_expression_support(self)
        value = self.value
        field = self._output_field_or_none
        if type(value) is Param:
            return "%s", (self._bound(value, field, connection),)
        if field is not None:
            convert = field.get_db_prep_save if self.for_save else field.get_db_prep_value
            value = convert(value, connection=connection)
            if hasattr(field, "get_placeholder_sql"):
                return field.get_placeholder_sql(value, compiler, connection)  # type: ignore[no-any-return]
            if hasattr(field, "get_placeholder"):
                return field.get_placeholder(value, compiler, connection), (value,)
        if value is None:
            # Some databases cannot tell the type of a NULL parameter.
            return "NULL", ()
        return "%s", (value,)

    def _bound(self, param: Param, field: Any, connection: Any) -> BoundParam:
        if field is None:
            return BoundParam(param.index)
        if hasattr(field, "get_placeholder_sql") or hasattr(field, "get_placeholder"):
            raise Unbindable("The placeholder depends on the value.")
        convert = field.get_db_prep_save if self.for_save else field.get_db_prep_value
        return BoundParam(param.index, lambda value: convert(value, connection=connection))

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        resolved = super().resolve_expression(query, allow_joins, reuse, summarize, for_save)
        resolved.for_save = for_save
        return resolved

    def get_group_by_cols(self) -> list[Any]:
        return []

    def _resolve_output_field(self) -> Any:
        value = self.value.sample if type(self.value) is Param else self.value
        for kind, name in _FIELD_NAMES:
            if isinstance(value, kind):
                return field_class(name)()
        return None

    @property
    def empty_result_set_value(self) -> Any:
        return self.value


made_of["value"] = Value


class RawSQL(Expression):
    """Literal SQL with parameters."""

    allowed_default = True

    def __init__(self, sql: str, params: Any, output_field: Any = None) -> None:
        if output_field is None:
            output_field = field_class("Field")()
        self.sql, self.params = sql, params
        super().__init__(output_field=output_field)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.sql}, {self.params})"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return f"({self.sql})", tuple(self.params or ())

    def get_group_by_cols(self) -> list[Any]:
        return [self]

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        # Columns of a parent's table may be named in the text, so those tables must be joined.
        if query.model:
            for parent in query.model._meta.all_parents:
                for parent_field in parent._meta.local_fields:
                    if parent_field.column.lower() in self.sql.lower():
                        query.resolve_ref(parent_field.name, allow_joins, reuse, summarize)
                        break
        return super().resolve_expression(query, allow_joins, reuse, summarize, for_save)


class DatabaseDefault(Expression):
    """The column's own default; ``expression`` is used where the database has no DEFAULT keyword."""

    def __init__(self, expression: Any, output_field: Any = None) -> None:
        super().__init__(output_field=output_field)
        self.expression = expression

    def get_source_expressions(self) -> list[Any]:
        return [self.expression]

    def set_source_expressions(self, exprs: list[Any]) -> None:
        (self.expression,) = exprs

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        resolved_expression = self.expression.resolve_expression(
            query, allow_joins, reuse, summarize, for_save
        )
        # Saving writes DEFAULT; anywhere else (validation, for example) the expression itself counts.
        if not for_save:
            return resolved_expression
        return DatabaseDefault(resolved_expression, output_field=self._output_field_or_none)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if not connection.features.supports_default_keyword_in_insert:
            return compiler.compile(self.expression)  # type: ignore[no-any-return]
        return "DEFAULT", ()
