"""The configured template engines."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from offbeat.apps import apps
from offbeat.conf import settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.utils.functional import cached_property
from offbeat.utils.module_loading import import_string

__all__ = ["EngineHandler", "InvalidTemplateEngineError", "get_app_template_dirs"]


class InvalidTemplateEngineError(ImproperlyConfigured):
    """No engine is configured under this name."""


class EngineHandler:
    """``engines``: the engines of the TEMPLATES setting, made when they are first asked for."""

    def __init__(self, templates: Any = None) -> None:
        self._templates = templates
        self._engines: dict[str, Any] = {}

    @cached_property
    def templates(self) -> dict[str, dict[str, Any]]:
        """Each engine's configuration with its defaults filled in, by name."""
        if self._templates is None:
            self._templates = settings.TEMPLATES
        templates: dict[str, dict[str, Any]] = {}
        names: list[str] = []
        for conf in self._templates:
            try:
                # "offbeat.template.backends.django.DjangoTemplates" is called "django".
                default_name = conf["BACKEND"].rsplit(".", 2)[-2]
            except Exception as e:
                invalid = conf.get("BACKEND", "<not defined>")
                raise ImproperlyConfigured(
                    f"Invalid BACKEND for a template engine: {invalid}. Check your TEMPLATES setting."
                ) from e
            conf = {"NAME": default_name, "DIRS": [], "APP_DIRS": False, "OPTIONS": {}, **conf}
            templates[conf["NAME"]] = conf
            names.append(conf["NAME"])
        duplicates = [alias for alias, count in Counter(names).most_common() if count > 1]
        if duplicates:
            raise ImproperlyConfigured(
                f"Template engine aliases aren't unique, duplicates: {', '.join(duplicates)}. "
                "Set a unique NAME for each engine in settings.TEMPLATES."
            )
        return templates

    def __getitem__(self, alias: str) -> Any:
        try:
            return self._engines[alias]
        except KeyError:
            pass
        try:
            params = self.templates[alias]
        except KeyError:
            raise InvalidTemplateEngineError(
                f"Could not find config for '{alias}' in settings.TEMPLATES"
            ) from None
        params = params.copy()
        backend = own_path(params.pop("BACKEND"))
        engine = import_string(backend)(params)
        self._engines[alias] = engine
        return engine

    def __iter__(self) -> Iterator[str]:
        return iter(self.templates)

    def all(self) -> list[Any]:
        """All engines."""
        return [self[alias] for alias in self]


def own_path(path: Any) -> Any:
    """A dotted path that begins with ``django.`` as the path of the same thing here."""
    if isinstance(path, str) and path.startswith("django."):
        return "offbeat." + path.removeprefix("django.")
    return path


@functools.lru_cache
def get_app_template_dirs(dirname: str) -> tuple[Path, ...]:
    """The directories called ``dirname`` of the installed applications."""
    return tuple(
        Path(app_config.path) / dirname
        for app_config in apps.get_app_configs()
        if app_config.path and (Path(app_config.path) / dirname).is_dir()
    )
