"""Text that is safe to put into HTML as it is."""

from __future__ import annotations

from functools import wraps
from typing import Any

from offbeat.utils.functional import keep_lazy


class SafeData:
    """Base of types that need no further escaping."""

    __slots__ = ()

    def __html__(self) -> Any:
        return self


class SafeString(str, SafeData):
    """Text marked as safe for HTML."""

    __slots__ = ()

    def __add__(self, rhs: str) -> Any:
        if not isinstance(rhs, str):
            return NotImplemented
        text = super().__add__(rhs)
        return SafeString(text) if isinstance(rhs, SafeData) else text

    def __str__(self) -> str:
        return self


SafeText = SafeString


def _safety_decorator(safety_marker: Any, func: Any) -> Any:
    @wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return safety_marker(func(*args, **kwargs))

    return wrapper


@keep_lazy(SafeString)
def mark_safe(s: Any) -> Any:
    """``s`` marked as safe for HTML output; as a decorator, the function's result. Lazy text stays lazy."""
    if hasattr(s, "__html__"):
        return s
    if callable(s):
        return _safety_decorator(mark_safe, s)
    return SafeString(s)
