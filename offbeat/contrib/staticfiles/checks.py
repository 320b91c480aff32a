"""System checks of static files."""

from __future__ import annotations

from typing import Any

from offbeat.conf import settings
from offbeat.core.checks import Error


def check_finders(app_configs: Any = None, **kwargs: Any) -> list[Any]:
    """What the finders have to say about their settings."""
    from offbeat.contrib.staticfiles.finders import get_finders

    errors: list[Any] = []
    for finder in get_finders():
        try:
            errors.extend(finder.check())
        except NotImplementedError:
            continue
    return errors


def check_storages(app_configs: Any = None, **kwargs: Any) -> list[Any]:
    """staticfiles.E005: a storage for static files must be configured."""
    if "staticfiles" not in settings.STORAGES:
        return [
            Error(
                "The STORAGES setting must define a 'staticfiles' storage.",
                id="staticfiles.E005",
            )
        ]
    return []
