"""System checks of the template configuration (``templates.*``; Django documentation: ref/checks)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from offbeat.core.checks import Error, Warning
from offbeat.template.backends.django import get_template_tag_modules

__all__ = ["check_same_tags", "check_string_if_invalid"]

_E002 = "'string_if_invalid' in TEMPLATES OPTIONS must be a string but got: {!r} ({})."
_E003 = "{} is used for multiple template tag modules: {}"


def check_string_if_invalid(backend: Any) -> list[Any]:
    """templates.E002."""
    value = backend.engine.string_if_invalid
    if isinstance(value, str):
        return []
    return [Error(_E002.format(value, type(value)), obj=backend, id="templates.E002")]


def check_same_tags(backend: Any) -> list[Any]:
    """templates.W003."""
    libraries: dict[str, set[str]] = defaultdict(set)
    for name, path in backend.engine.libraries.items():
        libraries[name].add(path)
    for name, path in get_template_tag_modules():
        libraries[name].add(path)
    return [
        Warning(
            _E003.format(repr(name), ", ".join(repr(path) for path in sorted(paths))),
            obj=backend,
            id="templates.W003",
        )
        for name, paths in libraries.items()
        if len(paths) > 1
    ]
