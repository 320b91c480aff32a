"""The functions that add and read messages (Django documentation: ref/contrib/messages)."""

from __future__ import annotations

from typing import Any

from offbeat.contrib.messages import constants
from offbeat.contrib.messages.storage import default_storage

__all__ = (
    "MessageFailure",
    "add_message",
    "debug",
    "error",
    "get_level",
    "get_messages",
    "info",
    "set_level",
    "success",
    "warning",
)


class MessageFailure(Exception):
    """A message could not be added, for the middleware is not installed."""


def add_message(
    request: Any, level: int, message: Any, extra_tags: str = "", fail_silently: bool = False
) -> Any:
    """Add a message to the request; MessageFailure without the middleware, unless ``fail_silently``."""
    try:
        messages = request._messages
    except AttributeError:
        if not hasattr(request, "META"):
            raise TypeError(
                f"add_message() argument must be an HttpRequest object, not '{request.__class__.__name__}'."
            )
        if not fail_silently:
            raise MessageFailure(
                "You cannot add messages without installing "
                "django.contrib.messages.middleware.MessageMiddleware"
            )
        return None
    return messages.add(level, message, extra_tags)


def get_messages(request: Any) -> Any:
    """The messages of the request; iterating marks them as shown."""
    return getattr(request, "_messages", [])


def get_level(request: Any) -> int:
    """The least level that is kept."""
    storage = getattr(request, "_messages", None) or default_storage(request)
    return int(storage.level)


def set_level(request: Any, level: int | None) -> bool:
    """Set the least level that is kept, None for the configured one; whether there is a storage to set it on."""
    if not hasattr(request, "_messages"):
        return False
    request._messages.level = level
    return True


def debug(request: Any, message: Any, extra_tags: str = "", fail_silently: bool = False) -> None:
    """Add a message of level DEBUG."""
    add_message(request, constants.DEBUG, message, extra_tags=extra_tags, fail_silently=fail_silently)


def info(request: Any, message: Any, extra_tags: str = "", fail_silently: bool = False) -> None:
    """Add a message of level INFO."""
    add_message(request, constants.INFO, message, extra_tags=extra_tags, fail_silently=fail_silently)


def success(request: Any, message: Any, extra_tags: str = "", fail_silently: bool = False) -> None:
    """Add a message of level SUCCESS."""
    add_message(request, constants.SUCCESS, message, extra_tags=extra_tags, fail_silently=fail_silently)


def warning(request: Any, message: Any, extra_tags: str = "", fail_silently: bool = False) -> None:
    """Add a message of level WARNING."""
    add_message(request, constants.WARNING, message, extra_tags=extra_tags, fail_silently=fail_silently)


def error(request: Any, message: Any, extra_tags: str = "", fail_silently: bool = False) -> None:
    """Add a message of level ERROR."""
    add_message(request, constants.ERROR, message, extra_tags=extra_tags, fail_silently=fail_silently)
