"""Messages for templates."""

from __future__ import annotations

from typing import Any

from offbeat.contrib.messages.api import get_messages
from offbeat.contrib.messages.constants import DEFAULT_LEVELS


def messages(request: Any) -> dict[str, Any]:
    """``messages``, and ``DEFAULT_MESSAGE_LEVELS`` by name."""
    return {"messages": get_messages(request), "DEFAULT_MESSAGE_LEVELS": DEFAULT_LEVELS}
