"""Looking at settings that name classes."""

from __future__ import annotations

from offbeat.conf import settings
from offbeat.utils.module_loading import own_path


def has_middleware(path: str) -> bool:
    """Whether ``MIDDLEWARE`` holds this class, under its own or under Django's name."""
    return any(own_path(name) == path for name in settings.MIDDLEWARE)


def has_app(path: str) -> bool:
    """Whether ``INSTALLED_APPS`` holds this application, under its own or under Django's name."""
    return any(own_path(name) == path for name in settings.INSTALLED_APPS)
