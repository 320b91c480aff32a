"""Offbeat: Django's documented API on one code path that serves sync and async callers."""

from __future__ import annotations

from offbeat.utils.version import get_version

VERSION = (6, 1, 3, "final", 0)
__version__ = "0.1.0"

__all__ = ["VERSION", "__version__", "get_version", "setup"]


def setup(set_prefix: bool = True) -> None:
    """Configure logging, set the URL script prefix if asked to, and load the installed applications.

    Django documentation: ref/applications, "How applications are loaded".
    """
    from offbeat.apps import apps
    from offbeat.conf import settings
    from offbeat.urls import set_script_prefix
    from offbeat.utils.log import configure_logging

    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
    if set_prefix:
        set_script_prefix("/" if settings.FORCE_SCRIPT_NAME is None else settings.FORCE_SCRIPT_NAME)
    apps.populate(settings.INSTALLED_APPS)
