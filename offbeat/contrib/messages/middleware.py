"""MessageMiddleware: gives each request its messages, and stores with the response what was not shown."""

from __future__ import annotations

from typing import Any

from offbeat.conf import settings
from offbeat.contrib.messages.storage import default_storage
from offbeat.contrib.messages.storage.cookie import CookieStorage
from offbeat.contrib.messages.storage.fallback import FallbackStorage
from offbeat.utils.deprecation import MiddlewareMixin
from offbeat.utils.hooks import RequestBrief, ResponseBrief, in_brief
from offbeat.utils.module_loading import import_string

# They need nothing but the request, and do nothing before they are used.
_WAITING_STORAGES = frozenset((CookieStorage, FallbackStorage))


class MessageMiddleware(MiddlewareMixin):
    """Sets ``request._messages``."""

    def process_request(self, request: Any) -> None:
        """Give the request its storage."""
        request._messages = default_storage(request)

    @in_brief(process_request)
    def _give_messages(self) -> RequestBrief | None:
        storage = import_string(settings.MESSAGE_STORAGE)
        return RequestBrief(gives={"_messages": default_storage}) if storage in _WAITING_STORAGES else None

    def process_response(self, request: Any, response: Any) -> Any:
        """Store the messages; ValueError in debug mode if some could not be."""
        # A middleware further out may have answered before this one saw the request.
        if hasattr(request, "_messages"):
            unstored = request._messages.update(response)
            if unstored and settings.DEBUG:
                raise ValueError("Not all temporary messages could be stored.")
        return response

    @in_brief(process_response)
    def _nothing_without_messages(self) -> ResponseBrief:
        return ResponseBrief(touches="_messages")
