"""Modules that are imported when something of them is first used, for callers that an import statement would slow down."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["LazyModule"]


class LazyModule:
    """Stands for a module at the top of another.

    An import statement in a function asks the import system each time, which a query would feel; one at the top loads the
    module for processes that never need it. What is found is kept. Type checkers see the module itself, by an import
    under ``TYPE_CHECKING``.
    """

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __getattr__(self, name: str) -> Any:
        value = self.__dict__[name] = getattr(import_module(self.__name__), name)
        return value
