"""Window functions (Django documentation: ref/models/expressions, "Window functions")."""

from __future__ import annotations

from enum import Enum
from typing import Any

from offbeat.db.models.expressions.base import Expression, SQLiteNumericMixin, field_class
from offbeat.db.models.expressions.func import ExpressionList, OrderByList
from offbeat.db.models.expressions.values import Value
from offbeat.db.utils import NotSupportedError


class Window(SQLiteNumericMixin, Expression):
    """``expression OVER (PARTITION BY … ORDER BY … frame)``."""

    template = "%(expression)s OVER (%(window)s)"
    # Aggregates inside are computed per window, not per group.
    contains_aggregate = False
    contains_over_clause = True

    def __init__(
        self,
        expression: Any,
        partition_by: Any = None,
        order_by: Any = None,
        frame: Any = None,
        output_field: Any = None,
    ) -> None:
        self.partition_by = partition_by
        self.order_by = order_by
        self.frame = frame
        if not getattr(expression, "window_compatible", False):
            raise ValueError(
                f"Expression '{expression.__class__.__name__}' isn't compatible with OVER clauses."
            )
        if self.partition_by is not None:
            if not isinstance(self.partition_by, (tuple, list)):
                self.partition_by = (self.partition_by,)
            self.partition_by = ExpressionList(*self.partition_by)
        self.order_by = OrderByList.from_param("Window.order_by", self.order_by)
        super().__init__(output_field=output_field)
        self.source_expression = self._parse_expressions(expression)[0]

    def _resolve_output_field(self) -> Any:
        return self.source_expression.output_field

    def get_source_expressions(self) -> list[Any]:
        return [self.source_expression, self.partition_by, self.order_by, self.frame]

    def set_source_expressions(self, exprs: list[Any]) -> None:
        self.source_expression, self.partition_by, self.order_by, self.frame = exprs

    def as_sql(self, compiler: Any, connection: Any, template: str | None = None) -> tuple[str, Any]:
        connection.ops.check_expression_support(self)
        if not connection.features.supports_over_clause:
            raise NotSupportedError("This backend does not support window expressions.")
        expression_sql, params = compiler.compile(self.source_expression)
        window_sql: list[str] = []
        window_params: tuple[Any, ...] = ()
        if self.partition_by is not None:
            sql, partition_params = self.partition_by.as_sql(
                compiler=compiler, connection=connection, template="PARTITION BY %(expressions)s"
            )
            window_sql.append(sql)
            window_params += tuple(partition_params)
        if self.order_by is not None:
            sql, order_params = compiler.compile(self.order_by)
            window_sql.append(sql)
            window_params += tuple(order_params)
        if self.frame:
            sql, frame_params = compiler.compile(self.frame)
            window_sql.append(sql)
            window_params += tuple(frame_params)
        template = template or self.template
        sql = template % {"expression": expression_sql, "window": " ".join(window_sql).strip()}
        return sql, (*params, *window_params)

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        if isinstance(self.output_field, field_class("DecimalField")):
            # The cast must go round the whole OVER clause, not round the function alone.
            clone = self.copy()
            source = clone.source_expression.copy()
            source.output_field = field_class("FloatField")()
            clone.source_expression = source
            return super(Window, clone).as_sqlite(compiler, connection, **extra_context)
        return self.as_sql(compiler, connection, **extra_context)

    def __str__(self) -> str:
        return "{} OVER ({}{}{})".format(
            self.source_expression,
            "PARTITION BY " + str(self.partition_by) if self.partition_by else "",
            str(self.order_by or ""),
            str(self.frame or ""),
        )

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self}>"

    def get_group_by_cols(self) -> list[Any]:
        group_by_cols = []
        if self.partition_by:
            group_by_cols.extend(self.partition_by.get_group_by_cols())
        if self.order_by is not None:
            group_by_cols.extend(self.order_by.get_group_by_cols())
        return group_by_cols


class WindowFrameExclusion(Enum):
    """Rows left out of a frame."""

    CURRENT_ROW = "CURRENT ROW"
    GROUP = "GROUP"
    TIES = "TIES"
    NO_OTHERS = "NO OTHERS"

    def __repr__(self) -> str:
        return f"{self.__class__.__qualname__}.{self._name_}"


class WindowFrame(Expression):
    """The part of a partition that a window function sees; use ``RowRange`` or ``ValueRange``."""

    template = "%(frame_type)s BETWEEN %(start)s AND %(end)s%(exclude)s"
    frame_type: str

    def __init__(self, start: int | None = None, end: int | None = None, exclusion: Any = None) -> None:
        self.start = Value(start)
        self.end = Value(end)
        if not isinstance(exclusion, (type(None), WindowFrameExclusion)):
            raise TypeError(
                f"{self.__class__.__qualname__}.exclusion must be a WindowFrameExclusion instance."
            )
        self.exclusion = exclusion
        super().__init__()

    def set_source_expressions(self, exprs: list[Any]) -> None:
        self.start, self.end = exprs

    def get_source_expressions(self) -> list[Any]:
        return [self.start, self.end]

    def get_exclusion(self) -> str:
        return "" if self.exclusion is None else f" EXCLUDE {self.exclusion.value}"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        connection.ops.check_expression_support(self)
        start, end = self.window_frame_start_end(connection, self.start.value, self.end.value)
        if self.exclusion and not connection.features.supports_frame_exclusion:
            raise NotSupportedError("This backend does not support window frame exclusions.")
        context = {"frame_type": self.frame_type, "start": start, "end": end, "exclude": self.get_exclusion()}
        return self.template % context, ()

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self}>"

    def get_group_by_cols(self) -> list[Any]:
        return []

    def __str__(self) -> str:
        from offbeat.db import connection

        start, end = _frame_bounds(connection.ops, self.start.value, self.end.value)
        return self.template % {
            "frame_type": self.frame_type,
            "start": start,
            "end": end,
            "exclude": self.get_exclusion(),
        }

    def window_frame_start_end(self, connection: Any, start: Any, end: Any) -> tuple[str, str]:
        raise NotImplementedError("Subclasses must implement window_frame_start_end().")


def _frame_bounds(ops: Any, start: Any, end: Any) -> tuple[str, str]:
    """The words of a frame's bounds: negative precedes, zero is the current row, positive follows."""

    def words(value: Any, unbounded: str) -> str:
        if value is None:
            return unbounded
        if not value:
            return str(ops.CURRENT_ROW)
        return f"{abs(value)} {ops.PRECEDING if value < 0 else ops.FOLLOWING}"

    return words(start, ops.UNBOUNDED_PRECEDING), words(end, ops.UNBOUNDED_FOLLOWING)


class RowRange(WindowFrame):
    """A frame counted in rows."""

    frame_type = "ROWS"

    def window_frame_start_end(self, connection: Any, start: Any, end: Any) -> tuple[str, str]:
        for name, value in (("start", start), ("end", end)):
            if value is not None and not isinstance(value, int):
                raise ValueError(f"{name} argument must be an integer, zero, or None, but got '{value}'.")
        return connection.ops.window_frame_rows_start_end(start, end)  # type: ignore[no-any-return]


class ValueRange(WindowFrame):
    """A frame of rows whose ordering values are near."""

    frame_type = "RANGE"

    def window_frame_start_end(self, connection: Any, start: Any, end: Any) -> tuple[str, str]:
        if start is not None and not (isinstance(start, int) and start <= 0):
            raise ValueError(f"start argument must be a negative integer, zero, or None, but got '{start}'.")
        if end is not None and not (isinstance(end, int) and end >= 0):
            raise ValueError(f"end argument must be a positive integer, zero, or None, but got '{end}'.")
        return connection.ops.window_frame_range_start_end(start, end)  # type: ignore[no-any-return]


# As the other expressions: known by the package's name.
for _class in (RowRange, ValueRange, Window, WindowFrame, WindowFrameExclusion):
    _class.__module__ = "offbeat.db.models.expressions"
