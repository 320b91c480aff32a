"""Importing by dotted name."""

from __future__ import annotations

import copy
import os
import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any


def own_path(dotted_path: str) -> str:
    """A dotted path of Django's or Channels' as one of this package's; any other path as it is.

    Settings of existing projects name ``django.…`` classes; the same settings file works here unchanged.
    """
    if dotted_path.startswith("django."):
        return "offbeat." + dotted_path[7:]
    if dotted_path.startswith("channels."):
        return "offbeat." + dotted_path
    return dotted_path


def shared_path(dotted_path: str) -> str:
    """The inverse of ``own_path()`` while the alias is on: the name by which data is kept that may go back."""
    if sys.modules.get("django") is sys.modules["offbeat"] and dotted_path.startswith("offbeat."):
        return "django." + dotted_path[8:]
    return dotted_path


def cached_import(module_path: str, class_name: str) -> Any:
    """``class_name`` of a module; the module comes from ``sys.modules`` once it is fully loaded."""
    module = sys.modules.get(module_path)
    spec = getattr(module, "__spec__", None)
    if module is None or spec is None or getattr(spec, "_initializing", False):
        module = import_module(module_path)
    return getattr(module, class_name)


def import_string(dotted_path: str) -> Any:
    """The attribute named by the last part of ``dotted_path``; ImportError if there is none."""
    path = own_path(dotted_path)
    module_path, dot, name = path.rpartition(".")
    if not dot:
        raise ImportError(f"{dotted_path} doesn't look like a module path")
    try:
        return cached_import(module_path, name)
    except AttributeError as error:
        raise ImportError(f'Module "{module_path}" does not define a "{name}" attribute/class') from error


def autodiscover_modules(*args: str, register_to: Any = None) -> None:
    """Import the named submodules of every installed application.

    A failing import leaves ``register_to._registry`` as it was before that import.
    """
    from offbeat.apps import apps

    for app_config in apps.get_app_configs():
        for name in args:
            before = copy.copy(register_to._registry) if register_to else None
            try:
                import_module(f"{app_config.name}.{name}")
            except Exception:
                if register_to:
                    register_to._registry = before
                if module_has_submodule(app_config.module, name):
                    raise


def module_has_submodule(package: ModuleType, module_name: str) -> bool:
    """Whether ``package`` has the submodule, without importing it."""
    path = getattr(package, "__path__", None)
    name = getattr(package, "__name__", None)
    if path is None or name is None:
        return False
    try:
        return find_spec(f"{name}.{module_name}", path) is not None
    except ModuleNotFoundError:
        # A dotted module_name whose parent does not exist.
        return False


def module_dir(module: ModuleType) -> str:
    """The one directory of a module or namespace package; ValueError when it has several or none."""
    paths = list(getattr(module, "__path__", []))
    if len(paths) == 1:
        return str(paths[0])
    filename: str | None = getattr(module, "__file__", None)
    if filename is None:
        raise ValueError(f"Cannot determine directory containing {module}")
    return os.path.dirname(filename)
