"""System checks of the template configuration (``templates.*``; Django documentation: ref/checks)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from offbeat.core.checks import Error, Tags, Warning, register
from offbeat.template.backends.django import get_template_tag_modules

__all__ = ["check_templates"]

_E002 = "'string_if_invalid' in TEMPLATES OPTIONS must be a string but got: {!r} ({})."
_E003 = "{} is used for multiple template tag modules: {}"


@register(Tags.templates)
def check_templates(app_configs: Any = None, **kwargs: Any) -> list[Any]:
    """Checks of all engines."""
    from offbeat.template import engines

    errors: list[Any] = []
    for engine in engines.all():
        errors.extend(engine.check())
    return errors


def check_engine(backend: Any) -> list[Any]:
    """Checks of one engine."""
    return [*_check_string_if_invalid(backend), *_check_same_tags(backend)]


def _check_string_if_invalid(backend: Any) -> list[Any]:
    value = backend.engine.string_if_invalid
    if isinstance(value, str):
        return []
    return [Error(_E002.format(value, type(value).__name__), obj=backend, id="templates.E002")]


def _check_same_tags(backend: Any) -> list[Any]:
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
