"""A URL pattern for static files while developing."""

from __future__ import annotations

from typing import Any

from offbeat.conf import settings
from offbeat.conf.urls.static import static
from offbeat.contrib.staticfiles.views import serve

urlpatterns: list[Any] = []


def staticfiles_urlpatterns(prefix: str | None = None) -> list[Any]:
    """A pattern that serves static files below ``prefix`` (``STATIC_URL``) in debug mode."""
    return static(settings.STATIC_URL if prefix is None else prefix, view=serve)


# Only if empty: a project may have extended the list.
if settings.DEBUG and not urlpatterns:
    urlpatterns += staticfiles_urlpatterns()
