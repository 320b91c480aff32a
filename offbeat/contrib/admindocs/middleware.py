"""Tells the bookmarklets which view made a page."""

from __future__ import annotations

from typing import Any

from offbeat.conf import settings
from offbeat.contrib.admindocs.utils import get_view_name
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.http import HttpResponse
from offbeat.utils.deprecation import MiddlewareMixin

__all__ = ["XViewMiddleware"]


class XViewMiddleware(MiddlewareMixin):
    """Answers HEAD requests of the staff, or from INTERNAL_IPS, with the view's name in the header ``X-View``."""

    def process_view(self, request: Any, view_func: Any, view_args: Any, view_kwargs: Any) -> Any:
        """The answer, None for other requests; ImproperlyConfigured without AuthenticationMiddleware."""
        if not hasattr(request, "user"):
            raise ImproperlyConfigured(
                "The XView middleware requires authentication middleware to be installed. Edit your MIDDLEWARE setting "
                "to insert 'offbeat.contrib.auth.middleware.AuthenticationMiddleware'."
            )
        if request.method != "HEAD":
            return None
        internal = request.META.get("REMOTE_ADDR") in settings.INTERNAL_IPS
        if not (internal or (request.user.is_active and request.user.is_staff)):
            return None
        response = HttpResponse()
        response.headers["X-View"] = get_view_name(view_func)
        return response
