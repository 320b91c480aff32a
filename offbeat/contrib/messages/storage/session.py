"""Messages in the session."""

from __future__ import annotations

import json
from typing import Any

from offbeat.contrib.messages.storage.base import BaseStorage
from offbeat.contrib.messages.storage.cookie import MessageDecoder, MessageEncoder
from offbeat.core.exceptions import ImproperlyConfigured


class SessionStorage(BaseStorage):
    """Keeps messages under the session's key ``_messages``."""

    session_key = "_messages"

    def __init__(self, request: Any, *args: Any, **kwargs: Any) -> None:
        if not hasattr(request, "session"):
            raise ImproperlyConfigured(
                "The session-based temporary message storage requires session middleware to be installed, and come "
                "before the message middleware in the MIDDLEWARE list."
            )
        super().__init__(request, *args, **kwargs)

    def _get(self, *args: Any, **kwargs: Any) -> tuple[list[Any] | None, bool]:
        """The messages in the session, which has all of them."""
        return self.deserialize_messages(self.request.session.get(self.session_key)), True

    def _store(self, messages: list[Any], response: Any, *args: Any, **kwargs: Any) -> list[Any]:
        """Put the messages into the session; there is always a place."""
        if messages:
            self.request.session[self.session_key] = self.serialize_messages(messages)
        else:
            self.request.session.pop(self.session_key, None)
        return []

    def serialize_messages(self, messages: list[Any]) -> str:
        """The messages as JSON."""
        return MessageEncoder().encode(messages)

    def deserialize_messages(self, data: Any) -> Any:
        """The messages of JSON text."""
        return json.loads(data, cls=MessageDecoder) if data and isinstance(data, str) else data
