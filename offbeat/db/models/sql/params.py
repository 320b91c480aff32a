"""Placeholders that let one compiled query serve many values.

A cached query shape is built with ``Param(index, sample)`` where a value would stand. The life of a value:

1. At the call that supplies it, ``query.param_preparers.get(index)`` (if any) is applied: it validates and
   normalises exactly as ``Field.get_prep_value`` would, raising the same errors, or raises ``Unbindable`` when
   this value would change the SQL itself (an integer outside the column's range, for example).
2. Compiling puts ``BoundParam(index, binder)`` into the parameter list. ``binder`` takes the *prepared* value and
   returns the database value; ``None`` means the prepared value goes to the driver as it is.
3. Executing maps the parameter list with ``bind_params(params, values)``.

``Unbindable`` at any step means: build this query with concrete values instead. It is never an error for users.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

__all__ = ["ActiveZone", "BoundParam", "Param", "Unbindable", "bind_params", "compile_once", "is_param"]


class Unbindable(Exception):
    """This query (or value) cannot be compiled once for many values."""


class Param:
    """Stands for the value number ``index``; ``sample`` is the value the shape was first built with."""

    __slots__ = ("index", "sample")

    def __init__(self, index: int, sample: Any) -> None:
        self.index = index
        self.sample = sample

    def __repr__(self) -> str:
        return f"Param({self.index}, {self.sample!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Param):
            return NotImplemented
        return self.index == other.index

    def __hash__(self) -> int:
        return hash((Param, self.index))


class BoundParam:
    """One entry of a compiled parameter list, filled in when the query runs."""

    __slots__ = ("binder", "index")

    def __init__(self, index: int, binder: Callable[[Any], Any] | None = None) -> None:
        self.index = index
        self.binder = binder

    def bind(self, values: Sequence[Any]) -> Any:
        value = values[self.index]
        return value if self.binder is None else self.binder(value)

    def __repr__(self) -> str:
        return f"BoundParam({self.index}, {self.binder!r})"

    def __str__(self) -> NoReturn:
        # Formatting a parameter into SQL or into another parameter would freeze one caller's value.
        raise Unbindable("A bound parameter cannot be turned into text.")

    def __format__(self, format_spec: str) -> NoReturn:
        raise Unbindable("A bound parameter cannot be turned into text.")

    def __bool__(self) -> NoReturn:
        raise Unbindable("A bound parameter has no truth value.")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BoundParam):
            return NotImplemented
        return self.index == other.index and self.binder == other.binder

    def __hash__(self) -> int:
        return hash((BoundParam, self.index, self.binder))


class ActiveZone:
    """Counts how often SQL was written that names the time zone that is active then."""

    uses = 0


def compile_once(compiler: Any) -> tuple[str, Any]:
    """The compiler's SQL, for as often as it is wanted. Raises Unbindable for SQL that names the active time zone."""
    uses = ActiveZone.uses
    sql, params = compiler.as_sql()
    # Another thread may have counted: that only costs a plan.
    if ActiveZone.uses != uses:
        raise Unbindable("The active time zone is in the SQL.")
    return sql, params


def is_param(value: Any) -> bool:
    """True for a placeholder that stands for a caller's value."""
    return type(value) is Param


def bind_params(params: Iterable[Any], values: Sequence[Any]) -> tuple[Any, ...]:
    """The driver parameters for one execution: constants kept, bound parameters filled from ``values``."""
    return tuple([param.bind(values) if type(param) is BoundParam else param for param in params])
