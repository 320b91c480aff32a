"""The configured storage."""

from __future__ import annotations

from typing import Any

from offbeat.conf import settings
from offbeat.utils.module_loading import import_string


def default_storage(request: Any) -> Any:
    """The storage of class ``MESSAGE_STORAGE`` for the request."""
    return import_string(settings.MESSAGE_STORAGE)(request)
