"""Messages: short texts shown to a visitor once, on this page or the next one."""

from offbeat.contrib.messages.api import (
    MessageFailure,
    add_message,
    debug,
    error,
    get_level,
    get_messages,
    info,
    set_level,
    success,
    warning,
)
from offbeat.contrib.messages.constants import (
    DEBUG,
    DEFAULT_LEVELS,
    DEFAULT_TAGS,
    ERROR,
    INFO,
    SUCCESS,
    WARNING,
)
from offbeat.contrib.messages.storage.base import Message

__all__ = [
    "DEBUG",
    "DEFAULT_LEVELS",
    "DEFAULT_TAGS",
    "ERROR",
    "INFO",
    "SUCCESS",
    "WARNING",
    "Message",
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
]
