"""Logging as documented: console in debug, mail to the admins in production."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from copy import copy, deepcopy
from typing import Any

from offbeat.conf import settings, warn_outside_framework
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.utils.deprecation import RemovedInDjango2028Warning
from offbeat.utils.functional import cached_property
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
        "mail_admins": {
            "level": "ERROR",
            "filters": ["require_debug_false"],
            "class": "offbeat.utils.log.AdminEmailHandler",
        },
    },
    "loggers": {
        "offbeat": {"handlers": ["console", "mail_admins"], "level": "INFO"},
        "offbeat.server": {"handlers": ["offbeat.server"], "level": "INFO", "propagate": False},
    },
}

_STANDARD = "logging.config.dictConfig"
_AS_WRITTEN = deepcopy(DEFAULT_LOGGING)


def configure_logging(logging_config: str | None, logging_settings: Any) -> None:
    """Apply the defaults, then ``LOGGING`` by the callable that ``LOGGING_CONFIG`` names; None leaves logging alone."""
    if not logging_config:
        return
    configure = None if logging_config == _STANDARD else import_string(logging_config)
    # The standard library's configurator brings along handlers for sockets, pickle and more.
    if DEFAULT_LOGGING == _AS_WRITTEN and not logging_settings and "logging.config" not in sys.modules:
        _apply_defaults()
        return
    from logging.config import dictConfig

    dictConfig(DEFAULT_LOGGING)
    if logging_settings:
        (configure or dictConfig)(logging_settings)


def _apply_defaults() -> None:
    """What ``dictConfig(DEFAULT_LOGGING)`` does to loggers."""
    console = logging.StreamHandler()
    console.addFilter(RequireDebugTrue())
    mail_admins = AdminEmailHandler()
    mail_admins.addFilter(RequireDebugFalse())
    server = logging.StreamHandler()
    server.setFormatter(ServerFormatter("[{server_time}] {message}", style="{"))
    for name, handler, level in (
        ("console", console, "INFO"),
        ("mail_admins", mail_admins, "ERROR"),
        ("offbeat.server", server, "INFO"),
    ):
        handler.name = name
        handler.setLevel(level)
    handlers: dict[str, list[logging.Handler]] = {
        "offbeat": [console, mail_admins],
        "offbeat.server": [server],
    }
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if name in handlers or isinstance(logger, logging.PlaceHolder):
            continue
        if name.startswith("offbeat."):
            logger.setLevel(logging.NOTSET)
            logger.handlers = []
            logger.propagate = True
        else:
            logger.disabled = False
    for name, own in handlers.items():
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        logger.handlers = own
        logger.disabled = False
    logging.getLogger("offbeat.server").propagate = False


class AdminEmailHandler(logging.Handler):
    """Mails records to ``ADMINS``, by the mailer ``using``; with ``include_html``, the report as HTML, too.

    ``reporter_class``: dotted path, by default that of DEFAULT_EXCEPTION_REPORTER. ``email_backend`` is deprecated.
    """

    def __init__(
        self,
        include_html: bool = False,
        email_backend: str | None = None,
        reporter_class: str | None = None,
        *,
        using: str | None = None,
    ) -> None:
        super().__init__()
        if hasattr(self, "connection"):
            raise AttributeError("The undocumented AdminEmailHandler.connection() method is no longer used.")
        if email_backend is not None:
            if using is not None:
                raise ImproperlyConfigured("The 'email_backend' argument is not compatible with 'using'.")
            if hasattr(settings, "MAILERS"):
                raise ImproperlyConfigured(
                    "The 'email_backend' argument is not valid when settings.MAILERS is defined."
                )
            warn_outside_framework(
                "The 'email_backend' argument is deprecated. Use 'using' instead.",
                RemovedInDjango2028Warning,
            )
        self.include_html = include_html
        self.email_backend = email_backend
        self.using = using
        self._reporter_path = reporter_class

    @cached_property
    def reporter_class(self) -> Any:
        """What makes the report of an error."""
        # Loaded with the first error: the debug pages are no small module.
        return import_string(self._reporter_path or settings.DEFAULT_EXCEPTION_REPORTER)

    def handle(self, record: logging.LogRecord) -> bool:
        """Mail a record that passes the filters; what goes wrong with that is no error of the code that logs.

        Without the lock of other handlers: sending suspends the request, and needs no order.
        """
        kept: Any = self.filter(record)
        if kept:
            try:
                self.emit(record if kept is True else kept)
            except Exception:
                self.handleError(record)
        return bool(kept)

    def emit(self, record: logging.LogRecord) -> None:
        if not settings.ADMINS and type(self).send_mail is AdminEmailHandler.send_mail:
            return
        request = getattr(record, "request", None)
        origin = ""
        if request is not None:
            internal = request.META.get("REMOTE_ADDR") in settings.INTERNAL_IPS
            origin = f" ({'internal' if internal else 'EXTERNAL'} IP)"
        subject = self.format_subject(f"{record.levelname}{origin}: {record.getMessage()}")
        # The traceback is the report's part, the formatter shall not repeat it.
        plain = copy(record)
        plain.exc_info = plain.exc_text = None
        exc_info = record.exc_info or (None, record.getMessage(), None)
        reporter = self.reporter_class(request, *exc_info, is_email=True)
        message = f"{self.format(plain)}\n\n{reporter.get_traceback_text()}"
        html_message = reporter.get_traceback_html() if self.include_html else None
        self.send_mail(subject, message, html_message=html_message)

    def send_mail(self, subject: str, message: str, *args: Any, **kwargs: Any) -> None:
        """Mail the admins; nothing happens where the mailer is not configured."""
        from offbeat.core import mail
        from offbeat.core.mail.shortcuts import mail_people

        if hasattr(settings, "MAILERS"):
            if (self.using or "default") not in mail.mailers:
                return
            if self.using is not None:
                kwargs.setdefault("using", self.using)
        elif not kwargs.keys() & {"connection", "fail_silently", "using"}:
            mail_people("ADMINS", subject, message, kwargs.get("html_message"), self._connect)
            return
        mail.mail_admins(subject, message, *args, **kwargs)

    def _connect(self) -> Any:
        if self.email_backend is not None:
            return import_string(self.email_backend)(fail_silently=True)
        from offbeat.core.mail.handler import connect

        return connect(None, fail_silently=True)

    def format_subject(self, subject: str) -> str:
        """A subject of one line."""
        return subject.replace("\n", "\\n").replace("\r", "\\r")


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


_STYLES = {
    1: "HTTP_INFO",
    2: "HTTP_SUCCESS",
    3: "HTTP_REDIRECT",
    4: "HTTP_BAD_REQUEST",
    304: "HTTP_NOT_MODIFIED",
    404: "HTTP_NOT_FOUND",
}


class ServerFormatter(logging.Formatter):
    """Adds ``server_time``, and colours by status on a terminal."""

    default_time_format = "%d/%b/%Y %H:%M:%S"

    @cached_property
    def style(self) -> Any:
        """The styles by status, which colour nothing where there is no terminal."""
        from offbeat.core.management.color import color_style

        return color_style()

    def format(self, record: logging.LogRecord) -> str:
        status = getattr(record, "status_code", None)
        message = record.msg
        if status:
            name = _STYLES.get(status) or _STYLES.get(status // 100, "HTTP_SERVER_ERROR")
            record.msg = getattr(self.style, name)(str(message))
        try:
            if self.uses_server_time() and not hasattr(record, "server_time"):
                record.server_time = self.formatTime(record, self.datefmt)
            return super().format(record)
        finally:
            # Other handlers get the same record.
            record.msg = message

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
