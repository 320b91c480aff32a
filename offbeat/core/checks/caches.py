"""Checks of ``CACHES``."""

from __future__ import annotations

import pathlib
from typing import Any

from offbeat.conf import settings
from offbeat.core.checks.messages import CheckMessage, Error, Warning
from offbeat.core.checks.registry import Tags, register
from offbeat.utils.module_loading import own_path

E001 = Error("You must define a 'default' cache in your CACHES setting.", id="caches.E001")

_FILE_BASED = "offbeat.core.cache.backends.filebased.FileBasedCache"


@register(Tags.caches)
def check_default_cache_is_configured(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """caches.E001."""
    return [] if "default" in settings.CACHES else [E001]


@register(Tags.caches, deploy=True)
def check_cache_location_not_exposed(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """caches.W002: files of a cache that a server might hand out."""
    errors: list[CheckMessage] = []
    for name in ("MEDIA_ROOT", "STATIC_ROOT", "STATICFILES_DIRS"):
        setting = getattr(settings, name, None)
        if not setting:
            continue
        folders = setting if name == "STATICFILES_DIRS" else [setting]
        # Folders of static files may come with a prefix.
        paths = {
            pathlib.Path(folder[1] if isinstance(folder, list | tuple) else folder).resolve()
            for folder in folders
        }
        for alias, location in _file_locations():
            relation = _relation(location.resolve(), paths)
            if relation:
                errors.append(
                    Warning(
                        f"Your '{alias}' cache configuration might expose your cache or lead to corruption of your data "
                        f"because its LOCATION {relation} {name}.",
                        id="caches.W002",
                    )
                )
    return errors


def _file_locations() -> list[tuple[str, pathlib.Path]]:
    return [
        (alias, pathlib.Path(config["LOCATION"]))
        for alias, config in settings.CACHES.items()
        if own_path(str(config.get("BACKEND", ""))) == _FILE_BASED and config.get("LOCATION")
    ]


def _relation(location: pathlib.Path, paths: set[pathlib.Path]) -> str | None:
    if location in paths:
        return "matches"
    if any(path in location.parents for path in paths):
        return "is inside"
    if any(location in path.parents for path in paths):
        return "contains"
    return None


@register(Tags.caches)
def check_file_based_cache_is_absolute(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """caches.W003."""
    return [
        Warning(
            f"Your '{alias}' cache LOCATION path is relative. Use an absolute path instead.", id="caches.W003"
        )
        for alias, location in _file_locations()
        if not location.is_absolute()
    ]
