"""Faces: packages that collect names of their modules, and import a module when one of its names is asked for (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

__all__ = ["lazy_names"]


def lazy_names(
    face: str, modules: Mapping[str, Iterable[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The ``__getattr__`` and ``__dir__`` of the module ``face``, for names of ``modules``.

    A package has its submodules as attributes, too. AttributeError for what neither knows. Type checkers do not see these
    names: the face imports them once more under ``TYPE_CHECKING``.
    """
    origins = {name: module for module, names in modules.items() for name in names}
    namespace = vars(sys.modules[face])

    def __getattr__(name: str) -> Any:
        origin = origins.get(name)
        if origin is not None:
            # Kept, so that only the first use comes here.
            value = namespace[name] = getattr(import_module(origin), name)
            return value
        if "__path__" in namespace and not name.startswith("_") and find_spec(f"{face}.{name}") is not None:
            return import_module(f"{face}.{name}")
        raise AttributeError(f"module {face!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*namespace, *origins})

    return __getattr__, __dir__
