"""Database functions, and wrappers round expressions."""

from __future__ import annotations

from typing import Any

from offbeat.core.exceptions import EmptyResultSet, FullResultSet
from offbeat.db.models.expressions.base import Expression, SQLiteNumericMixin, field_class
from offbeat.utils.deconstruct import deconstructible
from offbeat.utils.functional import cached_property


@deconstructible(path="offbeat.db.models.Func")
class Func(SQLiteNumericMixin, Expression):
    """A call of a database function (Django documentation: ref/models/expressions)."""

    function: Any = None
    template = "%(function)s(%(expressions)s)"
    arg_joiner = ", "
    arity: int | None = None

    def __init__(self, *expressions: Any, output_field: Any = None, **extra: Any) -> None:
        if self.arity is not None and len(expressions) != self.arity:
            raise TypeError(
                f"'{self.__class__.__name__}' takes exactly {self.arity} "
                f"{'argument' if self.arity == 1 else 'arguments'} ({len(expressions)} given)"
            )
        super().__init__(output_field=output_field)
        self.source_expressions = self._parse_expressions(*expressions)
        self.extra = extra

    def __repr__(self) -> str:
        args = self.arg_joiner.join(str(arg) for arg in self.source_expressions)
        extra = {**self.extra, **self._get_repr_options()}
        if extra:
            options = ", ".join(f"{key}={value}" for key, value in sorted(extra.items()))
            return f"{self.__class__.__name__}({args}, {options})"
        return f"{self.__class__.__name__}({args})"

    def _get_repr_options(self) -> dict[str, Any]:
        return {}

    def get_source_expressions(self) -> list[Any]:
        return self.source_expressions

    def set_source_expressions(self, exprs: list[Any]) -> None:
        self.source_expressions = exprs

    def as_sql(
        self,
        compiler: Any,
        connection: Any,
        function: Any = None,
        template: str | None = None,
        arg_joiner: str | None = None,
        **extra_context: Any,
    ) -> tuple[str, Any]:
        connection.ops.check_expression_support(self)
        sql_parts: list[str] = []
        params: list[Any] = []
        for arg in self.source_expressions:
            try:
                arg_sql, arg_params = compiler.compile(arg)
            except EmptyResultSet:
                empty = getattr(arg, "empty_result_set_value", NotImplemented)
                if empty is NotImplemented:
                    raise
                arg_sql, arg_params = compiler.compile(_value(empty))
            except FullResultSet:
                arg_sql, arg_params = compiler.compile(_value(True))
            sql_parts.append(arg_sql)
            params.extend(arg_params)
        # Nearest wins: what the caller passes, the instance's extra, the class.
        data = {**self.extra, **extra_context}
        if function is not None:
            data["function"] = function
        else:
            data.setdefault("function", self.function)
        template = template or data.get("template", self.template)
        arg_joiner = arg_joiner or data.get("arg_joiner", self.arg_joiner)
        data["expressions"] = data["field"] = arg_joiner.join(sql_parts)
        return template % data, tuple(params)

    def copy(self) -> Any:
        clone = super().copy()
        clone.source_expressions = self.source_expressions[:]
        clone.extra = self.extra.copy()
        return clone

    @cached_property
    def allowed_default(self) -> bool:
        return all(expression.allowed_default for expression in self.source_expressions)


def _value(value: Any) -> Any:
    from offbeat.db.models.expressions.values import Value

    return Value(value)


class ExpressionList(Func):
    """Several expressions side by side, as PARTITION BY wants them."""

    template = "%(expressions)s"

    def __str__(self) -> str:
        return self.arg_joiner.join(str(arg) for arg in self.source_expressions)

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        # A list has no type of its own to cast.
        return self.as_sql(compiler, connection, **extra_context)

    def get_group_by_cols(self) -> list[Any]:
        cols = []
        for expr in self.get_source_expressions():
            cols.extend(expr.get_group_by_cols())
        return cols


class OrderByList(ExpressionList):
    """The ORDER BY inside a window or an aggregate; accepts names with a leading minus sign."""

    allowed_default = False
    template = "ORDER BY %(expressions)s"

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        from offbeat.db.models.expressions.ordering import OrderBy
        from offbeat.db.models.expressions.refs import F

        parsed = (
            OrderBy(F(expr[1:]), descending=True) if isinstance(expr, str) and expr[:1] == "-" else expr
            for expr in expressions
        )
        super().__init__(*parsed, **extra)

    def as_sql(self, *args: Any, **kwargs: Any) -> tuple[str, Any]:
        if not self.source_expressions:
            return "", ()
        return super().as_sql(*args, **kwargs)

    @classmethod
    def from_param(cls, context: str, param: Any) -> Any:
        """``param`` (a name, an expression, a list of them, or None) as an ordering, or a ValueError naming ``context``."""
        if param is None:
            return None
        if isinstance(param, (list, tuple)):
            return cls(*param) if param else None
        if isinstance(param, str) or hasattr(param, "resolve_expression"):
            return cls(param)
        raise ValueError(
            f"{context} must be either a string reference to a field, an expression, or a list or tuple of them not "
            f"{param!r}."
        )


@deconstructible(path="offbeat.db.models.ExpressionWrapper")
class ExpressionWrapper(SQLiteNumericMixin, Expression):
    """Another expression with an explicit type."""

    def __init__(self, expression: Any, output_field: Any) -> None:
        super().__init__(output_field=output_field)
        self.expression = expression

    def set_source_expressions(self, exprs: list[Any]) -> None:
        self.expression = exprs[0]

    def get_source_expressions(self) -> list[Any]:
        return [self.expression]

    def get_group_by_cols(self) -> list[Any]:
        if isinstance(self.expression, Expression):
            expression = self.expression.copy()
            expression.output_field = self.output_field
            return expression.get_group_by_cols()  # type: ignore[no-any-return]
        # Lookups and conditions need the wrapper to stay groupable.
        return super().get_group_by_cols()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return compiler.compile(self.expression)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.expression})"

    @property
    def allowed_default(self) -> Any:  # type: ignore[override]
        return self.expression.allowed_default


class NegatedExpression(ExpressionWrapper):
    """The opposite of a condition."""

    def __init__(self, expression: Any) -> None:
        super().__init__(expression, output_field=field_class("BooleanField")())

    def __invert__(self) -> Any:
        return self.expression.copy()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        try:
            sql, params = super().as_sql(compiler, connection)
        except EmptyResultSet:
            features = compiler.connection.features
            if not features.supports_boolean_expr_in_select_clause:
                return "1=1", ()
            return compiler.compile(_value(True))  # type: ignore[no-any-return]
        ops = compiler.connection.ops
        # Some databases compare a boolean column rather than negate it.
        if not ops.conditional_expression_supported_in_where_clause(self.expression):
            return f"CASE WHEN {sql} = 0 THEN 1 ELSE 0 END", params
        return f"NOT {sql}", params

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        resolved = super().resolve_expression(query, allow_joins, reuse, summarize, for_save)
        if not getattr(resolved.expression, "conditional", False):
            raise TypeError("Cannot negate non-conditional expressions.")
        return resolved

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, Any]:
        features = compiler.connection.features
        if not features.supports_boolean_expr_in_select_clause:
            return f"CASE WHEN {sql} THEN 1 ELSE 0 END", params
        return sql, params
