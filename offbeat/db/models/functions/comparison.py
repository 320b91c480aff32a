"""Database functions for comparing and converting values."""

from __future__ import annotations

from typing import Any

from offbeat.db.models.expressions import Func, Value
from offbeat.utils.lazy_pattern import lazy_pattern


class Cast(Func):
    """An expression's value as another type."""

    function = "CAST"
    template = "%(function)s(%(expressions)s AS %(db_type)s)"

    def __init__(self, expression: Any, output_field: Any) -> None:
        super().__init__(expression, output_field=output_field)

    def as_sql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:  # type: ignore[override]
        extra_context["db_type"] = self.output_field.cast_db_type(connection)
        return super().as_sql(compiler, connection, **extra_context)

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        db_type = self.output_field.db_type(connection)
        # SQLite has no date types: CAST would cut the text down to its leading number.
        if db_type in {"datetime", "time"}:
            layout = "'%%Y-%%m-%%d %%H:%%M:%%f'" if db_type == "datetime" else "'%%H:%%M:%%f'"
            sql, params = super().as_sql(compiler, connection, template="%(expressions)s", **extra_context)
            return f"strftime({layout}, {sql})", params
        if db_type == "date":
            return super().as_sql(compiler, connection, template="date(%(expressions)s)", **extra_context)
        return self.as_sql(compiler, connection, **extra_context)

    def as_mysql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        template = None
        output_type = self.output_field.get_internal_type()
        if output_type == "FloatField":
            template = "(%(expressions)s + 0.0)"
        elif output_type == "JSONField":
            template = "JSON_EXTRACT(%(expressions)s, '$')"
        return self.as_sql(compiler, connection, template=template, **extra_context)

    def as_postgresql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        # Works for type names of several words, which CAST() takes too, and reads well.
        return self.as_sql(compiler, connection, template="(%(expressions)s)::%(db_type)s", **extra_context)


class Coalesce(Func):
    """The first of its arguments that is not NULL."""

    function = "COALESCE"

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        if len(expressions) < 2:
            raise ValueError("Coalesce must take at least two expressions")
        super().__init__(*expressions, **extra)

    @property
    def empty_result_set_value(self) -> Any:
        for expression in self.get_source_expressions():
            result = expression.empty_result_set_value
            if result is NotImplemented or result is not None:
                return result
        return None


class Collate(Func):
    """Text compared by the rules of a collation."""

    function = "COLLATE"
    template = "%(expressions)s %(function)s %(collation)s"
    allowed_default = False
    # A collation's name is written into the SQL.
    collation_re = lazy_pattern(r"^[\w-]+$")

    def __init__(self, expression: Any, collation: str) -> None:
        if not (collation and self.collation_re.match(collation)):
            raise ValueError(f"Invalid collation name: {collation!r}.")
        self.collation = collation
        super().__init__(expression)

    def as_sql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:  # type: ignore[override]
        extra_context.setdefault("collation", connection.ops.quote_name(self.collation))
        return super().as_sql(compiler, connection, **extra_context)


class _Extreme(Func):
    """Greatest and Least: alike but for the function."""

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        if len(expressions) < 2:
            raise ValueError(f"{self.__class__.__name__} must take at least two expressions")
        super().__init__(*expressions, **extra)


class Greatest(_Extreme):
    """The largest argument. With a NULL among them: NULL on SQLite, MySQL and Oracle; ignored on PostgreSQL."""

    function = "GREATEST"

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        return super().as_sqlite(compiler, connection, function="MAX", **extra_context)


class Least(_Extreme):
    """The smallest argument. With a NULL among them: NULL on SQLite, MySQL and Oracle; ignored on PostgreSQL."""

    function = "LEAST"

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        return super().as_sqlite(compiler, connection, function="MIN", **extra_context)


class NullIf(Func):
    """NULL where both arguments are equal, else the first."""

    function = "NULLIF"
    arity = 2

    def as_oracle(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        expression1 = self.get_source_expressions()[0]
        if isinstance(expression1, Value) and expression1.value is None:
            raise ValueError("Oracle does not allow Value(None) for expression1.")
        return super().as_sql(compiler, connection, **extra_context)
