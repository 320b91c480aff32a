"""Logging as documented: console in debug, mail to the admins in production."""

from __future__ import annotations

import logging
import logging.config
from collections.abc import Callable
from typing import Any

from offbeat.conf import settings
from offbeat.utils.module_loading import import_string

request_logger = logging.getLogger("offbeat.request")

DEFAULT_LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "require_debug_false": {"()": "offbeat.utils.log.RequireDebugFalse"},
        "require_debug_true": {"()": "offbeat.utils.log.RequireDebugTrue"},
    },
    "formatters": {
        "offbeat.server": {
            "()": "offbeat.utils.log.ServerFormatter",
            "format": "[{server_time}] {message}",
            "style": "{",
        }
    },
    "handlers": {
        "console": {"level": "INFO", "filters": ["require_debug_true"], "class": "logging.StreamHandler"},
        "offbeat.server": {"level": "INFO", "class": "logging.StreamHandler", "formatter": "offbeat.server"},
    },
    "loggers": {
        "offbeat": {"handlers": ["console"], "level": "INFO"},
        "offbeat.server": {"handlers": ["offbeat.server"], "level": "INFO", "propagate": False},
    },
}


def configure_logging(logging_config: str | None, logging_settings: Any) -> None:
    """Apply the defaults, then ``LOGGING`` by the callable that ``LOGGING_CONFIG`` names; None leaves logging alone."""
    if not logging_config:
        return
    configure = import_string(logging_config)
    logging.config.dictConfig(DEFAULT_LOGGING)
    if logging_settings:
        configure(logging_settings)


class CallbackFilter(logging.Filter):
    """Keeps the records for which ``callback(record)`` is true."""

    def __init__(self, callback: Callable[[logging.LogRecord], Any]) -> None:
        super().__init__()
        self.callback = callback

    def filter(self, record: logging.LogRecord) -> bool:
        return bool(self.callback(record))


class RequireDebugFalse(logging.Filter):
    """Keeps records when ``DEBUG`` is off."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not settings.DEBUG


class RequireDebugTrue(logging.Filter):
    """Keeps records when ``DEBUG`` is on."""

    def filter(self, record: logging.LogRecord) -> bool:
        return bool(settings.DEBUG)


class ServerFormatter(logging.Formatter):
    """Adds ``server_time``, and colours by status on a terminal."""

    default_time_format = "%d/%b/%Y %H:%M:%S"

    def format(self, record: logging.LogRecord) -> str:
        if self.uses_server_time() and not hasattr(record, "server_time"):
            record.server_time = self.formatTime(record, self.datefmt)
        return super().format(record)

    def uses_server_time(self) -> bool:
        """Whether the format shows ``server_time``."""
        return bool(self._fmt and "{server_time}" in self._fmt)


_LEVELS = ((500, "error"), (400, "warning"))


def log_response(
    message: str,
    *args: Any,
    response: Any = None,
    request: Any = None,
    logger: logging.Logger = request_logger,
    level: str | None = None,
    exception: BaseException | None = None,
) -> None:
    """Log a response once: errors from status 500, warnings from 400, unless ``level`` says otherwise.

    Control characters in the arguments are escaped, so that a request cannot forge lines of the log.
    """
    if getattr(response, "_has_been_logged", False):
        return
    if level is None:
        level = next((name for limit, name in _LEVELS if response.status_code >= limit), "info")
    safe = tuple(
        arg.encode("unicode_escape").decode("ascii") if isinstance(arg, str) else arg for arg in args
    )
    getattr(logger, level)(
        message,
        *safe,
        extra={"status_code": response.status_code, "request": request},
        exc_info=exception,
    )
    response._has_been_logged = True
