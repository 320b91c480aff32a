"""Walking storages, and checking settings."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator
from typing import Any

from offbeat.conf import settings
from offbeat.core.exceptions import ImproperlyConfigured


def matches_patterns(path: str, patterns: Any) -> bool:
    """Whether the path matches any of the globs."""
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def get_files(storage: Any, ignore_patterns: Any = None, location: str = "") -> Iterator[str]:
    """Paths of all files of a storage below ``location``, without ignored files and folders."""
    ignored = ignore_patterns or []
    directories, files = storage.listdir(location)
    for name in files:
        if matches_patterns(name, ignored):
            continue
        path = os.path.join(location, name) if location else name
        if location and matches_patterns(path, ignored):
            continue
        yield path
    for name in directories:
        if matches_patterns(name, ignored):
            continue
        yield from get_files(storage, ignored, os.path.join(location, name) if location else name)


def check_settings(base_url: str | None = None) -> None:
    """ImproperlyConfigured when static and media files would get into each other's way."""
    base_url = settings.STATIC_URL if base_url is None else base_url
    if not base_url:
        raise ImproperlyConfigured(
            "You're using the staticfiles app without having set the required STATIC_URL setting."
        )
    if base_url == settings.MEDIA_URL:
        raise ImproperlyConfigured("The MEDIA_URL and STATIC_URL settings must have different values")
    if (
        settings.DEBUG
        and settings.MEDIA_URL
        and settings.STATIC_URL
        and settings.MEDIA_URL.startswith(settings.STATIC_URL)
    ):
        raise ImproperlyConfigured("runserver can't serve media if MEDIA_URL is within STATIC_URL.")
    if (settings.MEDIA_ROOT and settings.STATIC_ROOT) and settings.MEDIA_ROOT == settings.STATIC_ROOT:
        raise ImproperlyConfigured("The MEDIA_ROOT and STATIC_ROOT settings must have different values")
