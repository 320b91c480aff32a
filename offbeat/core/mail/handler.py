"""The configured ways to send mail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from offbeat.conf import DEPRECATED_EMAIL_SETTINGS, deprecated_email_setting, settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.core.mail.deprecation import GET_CONNECTION_WARNING, NO_DEFAULT_MAILER_WARNING, warn
from offbeat.utils.deprecation import RemovedInDjango2028Warning, deprecate_posargs
from offbeat.utils.module_loading import import_string

DEFAULT_MAILER_ALIAS = "default"
DEFAULT_BACKEND = "offbeat.core.mail.backends.smtp.EmailBackend"


class InvalidMailer(ImproperlyConfigured):
    """An entry of ``MAILERS`` is wrong."""


class MailerDoesNotExist(InvalidMailer, KeyError):
    """``MAILERS`` has no such alias."""

    def __init__(self, *, alias: Any) -> None:
        super().__init__(f"The mailer '{alias}' is not configured.")
        self.alias = alias

    # A KeyError would show its message in quotes.
    __str__ = Exception.__str__


class MailersHandler:
    """``mailers[alias]``: a new backend as ``MAILERS`` configures it; ``mailers.default`` for the default one.

    Without the setting, the default mailer follows ``EMAIL_BACKEND`` and the other ``EMAIL_…`` settings.
    """

    @property
    def _is_configured(self) -> bool:
        return hasattr(settings, "MAILERS")

    def __getitem__(self, alias: Any) -> Any:
        return self.create_connection(alias)

    def __contains__(self, alias: object) -> bool:
        return alias in self._aliases()

    def __iter__(self) -> Iterator[str]:
        return iter(self._aliases())

    def _aliases(self) -> list[str]:
        return list(settings.MAILERS) if self._is_configured else [DEFAULT_MAILER_ALIAS]

    def get(self, alias: Any, default: Any = None) -> Any:
        """A new backend, or ``default`` when there is no such alias."""
        return self.create_connection(alias) if alias in self else default

    @property
    def default(self) -> Any:
        """A new backend of the default mailer."""
        return self.create_connection(DEFAULT_MAILER_ALIAS)

    def create_connection(self, alias: Any, **options: Any) -> Any:
        """A backend with the configured options and these; MailerDoesNotExist, InvalidMailer."""
        if not self._is_configured:
            return self._create_from_email_settings(alias, options)
        try:
            config = settings.MAILERS[alias]
        except (KeyError, TypeError):
            raise MailerDoesNotExist(alias=alias) from None
        configured = config.get("OPTIONS", {})
        if "alias" in configured:
            raise InvalidMailer(f"MAILERS[{alias!r}]: OPTIONS must not define 'alias'.")
        path = config.get("BACKEND", DEFAULT_BACKEND)
        try:
            backend = import_string(path)
        except ImportError as error:
            raise InvalidMailer(f"MAILERS[{alias!r}]: Could not find BACKEND {path!r}: {error}") from error
        return backend(alias=alias, **{**configured, **options})

    @staticmethod
    def _create_from_email_settings(alias: Any, options: dict[str, Any]) -> Any:
        if alias != DEFAULT_MAILER_ALIAS:
            raise MailerDoesNotExist(alias=alias)
        if not any(settings.is_overridden(name) for name in DEPRECATED_EMAIL_SETTINGS):
            warn(NO_DEFAULT_MAILER_WARNING)
        return import_string(deprecated_email_setting("EMAIL_BACKEND"))(**options)


mailers = MailersHandler()


@deprecate_posargs(RemovedInDjango2028Warning, ["fail_silently"])
def get_connection(backend: str | None = None, *, fail_silently: bool = False, **kwargs: Any) -> Any:
    """A backend by dotted path, by default that of the default mailer, made with ``kwargs``. Deprecated."""
    warn(GET_CONNECTION_WARNING)
    if backend is None:
        return mailers.create_connection(DEFAULT_MAILER_ALIAS, fail_silently=fail_silently, **kwargs)
    return import_string(backend)(fail_silently=fail_silently, **kwargs)


def connect(using: str | None, fail_silently: bool = False, user: Any = None, password: Any = None) -> Any:
    """A backend for the arguments of the sending functions."""
    options = {"fail_silently": fail_silently or None, "username": user, "password": password}
    given = {name: value for name, value in options.items() if value is not None}
    return mailers.create_connection(DEFAULT_MAILER_ALIAS if using is None else using, **given)
