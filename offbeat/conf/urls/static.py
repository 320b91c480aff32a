"""URL patterns that serve files while developing."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from offbeat.conf import settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.urls import re_path
from offbeat.views.static import serve

__all__ = ["static"]


def static(prefix: str, view: Any = serve, **kwargs: Any) -> list[Any]:
    """Return patterns for the files below a prefix, none unless DEBUG is on and the prefix is local.

    ImproperlyConfigured for an empty prefix.
    """
    if not prefix:
        raise ImproperlyConfigured("Empty static prefix not permitted")
    if not settings.DEBUG or urlsplit(prefix).netloc:
        return []
    return [re_path(rf"^{re.escape(prefix.lstrip('/'))}(?P<path>.*)$", view, kwargs=kwargs)]
