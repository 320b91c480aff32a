"""Look-up of views by dotted name."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from offbeat.core.exceptions import ViewDoesNotExist
from offbeat.utils.module_loading import module_has_submodule

__all__ = ["get_callable", "get_mod_func"]


@cache
def get_callable(lookup_view: Any) -> Any:
    """Return the callable itself, or the one a dotted name stands for.

    ImportError when the name is not a dotted path or its module fails to import; ViewDoesNotExist when the
    module lacks the name or what it names cannot be called.
    """
    if callable(lookup_view):
        return lookup_view
    if not isinstance(lookup_view, str):
        raise ViewDoesNotExist(f"'{lookup_view}' is not a callable or a dot-notation path")
    module_name, name = get_mod_func(lookup_view)
    if not name:
        raise ImportError(f"Could not import '{lookup_view}'. The path must be fully qualified.")
    try:
        module = import_module(module_name)
    except ImportError:
        parent, leaf = get_mod_func(module_name)
        if leaf and not module_has_submodule(import_module(parent), leaf):
            raise ViewDoesNotExist(
                f"Could not import '{lookup_view}'. Parent module {module_name} does not exist."
            ) from None
        raise
    try:
        view = getattr(module, name)
    except AttributeError:
        raise ViewDoesNotExist(
            f"Could not import '{lookup_view}'. View does not exist in module {module_name}."
        ) from None
    if not callable(view):
        raise ViewDoesNotExist(f"Could not import '{module_name}.{name}'. View is not callable.")
    return view


def get_mod_func(callback: str) -> tuple[str, str]:
    """Split ``"package.module.name"`` into module and name; the name is empty without a dot."""
    module, dot, name = callback.rpartition(".")
    return (module, name) if dot else (callback, "")
