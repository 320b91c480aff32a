"""``import offbeat.as_django``: from then on ``django`` and ``channels`` are this package.

``import django.db.models`` gives the very module object ``offbeat.db.models``, whether or not the real packages are
installed, so existing projects and third-party packages run without an edit. ``offbeat run COMMAND …`` does the same for
a whole command and the Python processes that it starts.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import offbeat

ALIASES = {"django": "offbeat", "channels": "offbeat.channels"}

__all__ = ["ALIASES", "install"]


def target_of(name: str) -> str | None:
    """The module that stands behind an aliased name, None for any other name."""
    root, dot, rest = name.partition(".")
    target = ALIASES.get(root)
    return None if target is None else f"{target}{dot}{rest}"


@cache
def _prepare_asgiref() -> None:
    """Existing code takes its adapters from asgiref; in a bridge they have to suspend, too.

    Only once a name is asked for: ``offbeat run`` also starts programs that never do.
    """
    from offbeat.concurrency import patch_asgiref

    patch_asgiref()


class AliasLoader(Loader):
    """Gives an aliased name the module that stands behind it."""

    def __init__(self, target: str) -> None:
        self.target = target
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The target, imported under its own name."""
        _prepare_asgiref()
        module = import_module(self.target)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """It has run already; only its own spec, which the import system has just replaced, is put back."""
        module.__spec__ = self._spec

    def get_code(self, fullname: str) -> Any:
        """The target's code, for ``python -m django``."""
        spec = find_spec(self.target)
        loader: Any = spec.loader if spec else None
        return loader.get_code(self.target) if loader else None


class AliasFinder(MetaPathFinder):
    """Finds aliased names before anything that may be installed under them."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A spec for an aliased name whose target exists."""
        real = target_of(fullname)
        if real is None:
            return None
        if real not in sys.modules:
            found = find_spec(real)
            if found is None:
                raise ModuleNotFoundError(
                    f"No module named {fullname!r} (Offbeat has no {real!r})", name=fullname
                )
            is_package, origin = found.submodule_search_locations is not None, found.origin
        else:
            module = sys.modules[real]
            is_package, origin = hasattr(module, "__path__"), getattr(module, "__file__", None)
        # The origin becomes sys.argv[0] under ``python -m``.
        return ModuleSpec(fullname, AliasLoader(real), origin=origin, is_package=is_package)


def shared_logger_name(name: str) -> str:
    """The name that configurations written for Django know a logger of this package by."""
    root, dot, rest = name.partition(".")
    return f"django{dot}{rest}" if root == "offbeat" else name


def share_loggers() -> None:
    """Give ``django.…`` and ``offbeat.…`` one logger, whose records are named as Django's are."""
    manager = logging.Logger.manager
    get_logger = manager.getLogger
    names = [name for name in manager.loggerDict if shared_logger_name(name) != name]
    for earlier in [manager.loggerDict.pop(name) for name in names]:
        # Somebody holds it already: what it is given goes to the one that configurations reach.
        if isinstance(earlier, logging.Logger):
            earlier.name = shared_logger_name(earlier.name)
            earlier.parent = get_logger(earlier.name)
    manager.getLogger = lambda name: get_logger(shared_logger_name(name))  # type: ignore[method-assign]


def install() -> None:
    """Switch the alias on; RuntimeError when the real Django is loaded already. Calling it again does nothing."""
    loaded = sys.modules.get("django")
    if loaded is offbeat:
        return
    if loaded is not None:
        raise RuntimeError(
            "Django itself is already imported, so its names cannot be given to Offbeat: import offbeat.as_django first, "
            "or start the program with 'offbeat run'."
        )
    sys.meta_path.insert(0, AliasFinder())
    # Present from the start: it is how the rest of the package sees that the alias is on.
    sys.modules["django"] = offbeat
    share_loggers()


install()
