"""MessageMiddleware: gives each request its messages, and stores with the response what was not shown."""

from __future__ import annotations

from typing import Any

from offbeat.conf import settings
from offbeat.contrib.messages.storage import default_storage
from offbeat.utils.deprecation import MiddlewareMixin


class MessageMiddleware(MiddlewareMixin):
    """Sets ``request._messages``."""

    def process_request(self, request: Any) -> None:
        """Give the request its storage."""
        request._messages = default_storage(request)

    def process_response(self, request: Any, response: Any) -> Any:
        """Store the messages; ValueError in debug mode if some could not be."""
        # A middleware further out may have answered before this one saw the request.
        if hasattr(request, "_messages"):
            unstored = request._messages.update(response)
            if unstored and settings.DEBUG:
                raise ValueError("Not all temporary messages could be stored.")
        return response
