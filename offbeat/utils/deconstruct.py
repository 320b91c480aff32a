"""Objects that can tell how they were made, for migrations."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from offbeat.utils.version import get_docs_version


def deconstructible(*args: Any, path: str | None = None) -> Any:
    """Class decorator: adds ``deconstruct()``, which returns (path, args, kwargs) of the construction.

    ``path``: the import path to name, when it is not the class's own.
    """

    def decorate(klass: Any) -> Any:
        def __new__(cls: Any, *args: Any, **kwargs: Any) -> Any:
            instance = super(klass, cls).__new__(cls)
            instance._constructor_args = (args, kwargs)
            return instance

        def deconstruct(obj: Any) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
            if path and type(obj) is klass:
                module_name, _, name = path.rpartition(".")
            else:
                module_name, name = obj.__module__, type(obj).__name__
            if not hasattr(import_module(module_name), name):
                raise ValueError(
                    f"Could not find object {name} in {module_name}.\n"
                    "Please note that you cannot serialize things like inner classes. Please move the object into "
                    "the main module body to use migrations.\n"
                    f"For more information, see https://docs.djangoproject.com/en/{get_docs_version()}/topics/"
                    "migrations/#serializing-values"
                )
            shown = path if path and type(obj) is klass else f"{type(obj).__module__}.{name}"
            return (shown, *obj._constructor_args)

        klass.__new__ = staticmethod(__new__)
        klass.deconstruct = deconstruct
        return klass

    return decorate(*args) if args else decorate
