"""Questions about functions."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any


@functools.lru_cache(maxsize=512)
def _parameters(func: Callable[..., Any]) -> tuple[inspect.Parameter, ...]:
    return tuple(inspect.signature(func).parameters.values())


def _own_parameters(func: Callable[..., Any]) -> list[inspect.Parameter]:
    """Without ``self`` or ``cls`` of bound methods."""
    if inspect.ismethod(func):
        return list(_parameters(func.__func__))[1:]
    return list(_parameters(func))


def get_func_args(func: Callable[..., Any]) -> list[str]:
    """Names of the positional-or-keyword parameters."""
    return [p.name for p in _own_parameters(func) if p.kind is p.POSITIONAL_OR_KEYWORD]


def get_func_full_args(func: Callable[..., Any]) -> list[tuple[Any, ...]]:
    """(name,) or (name, default) of each parameter, without ``self``; ``*args`` and ``**kwargs`` keep their stars."""
    result: list[tuple[Any, ...]] = []
    for p in _own_parameters(func):
        if p.name == "self":
            continue
        stars = "*" if p.kind is p.VAR_POSITIONAL else "**" if p.kind is p.VAR_KEYWORD else ""
        name = stars + p.name
        result.append((name,) if p.default is p.empty else (name, p.default))
    return result


def func_accepts_kwargs(func: Callable[..., Any]) -> bool:
    """Whether it takes ``**kwargs``."""
    return any(p.kind is p.VAR_KEYWORD for p in _own_parameters(func))


def func_accepts_var_args(func: Callable[..., Any]) -> bool:
    """Whether it takes ``*args``."""
    return any(p.kind is p.VAR_POSITIONAL for p in _own_parameters(func))


def method_has_no_args(meth: Callable[..., Any]) -> bool:
    """Whether it takes nothing besides ``self``."""
    count = len([p for p in _own_parameters(meth) if p.kind is p.POSITIONAL_OR_KEYWORD])
    return count == 0 if inspect.ismethod(meth) else count == 1


def func_supports_parameter(func: Callable[..., Any], name: str) -> bool:
    """Whether it has a parameter of this name."""
    return any(p.name == name for p in _own_parameters(func))


def is_module_level_function(func: Any) -> bool:
    """Whether it is a plain function defined at the top of a module."""
    return inspect.isfunction(func) and func.__qualname__ == func.__name__
