"""The configured ways to send mail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from offbeat.conf import settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.utils.module_loading import import_string

DEFAULT_MAILER_ALIAS = "default"


class MailerDoesNotExist(ImproperlyConfigured):
    """``MAILERS`` has no such alias."""


class MailersHandler:
    """``mailers[alias]``: a new backend as ``MAILERS`` configures it; ``mailers.default`` for the default one.

    Without the setting, the default mailer follows ``EMAIL_BACKEND`` and the other ``EMAIL_…`` settings.
    """

    @property
    def settings(self) -> dict[str, Any]:
        """The configuration by alias."""
        configured = getattr(settings, "MAILERS", None)
        return configured or {DEFAULT_MAILER_ALIAS: {"BACKEND": settings.EMAIL_BACKEND}}

    def __getitem__(self, alias: str) -> Any:
        return self.create(alias)

    def __iter__(self) -> Iterator[str]:
        return iter(self.settings)

    @property
    def default(self) -> Any:
        """The default mailer."""
        return self.create(DEFAULT_MAILER_ALIAS)

    def create(self, alias: str, **options: Any) -> Any:
        """A backend with the configured options and these; MailerDoesNotExist, ImproperlyConfigured."""
        try:
            config = self.settings[alias]
        except KeyError:
            raise MailerDoesNotExist(f"The mailer '{alias}' is not configured.")
        path = config.get("BACKEND", settings.EMAIL_BACKEND)
        try:
            backend = import_string(path)
        except ImportError as error:
            raise ImproperlyConfigured(f"Could not find mailer backend {path!r}: {error}") from error
        return backend(**{**config.get("OPTIONS", {}), **options})


mailers = MailersHandler()


def get_connection(backend: str | None = None, *, fail_silently: bool = False, **kwargs: Any) -> Any:
    """A backend by dotted path, by default that of the default mailer, made with ``kwargs``."""
    if backend is None:
        return mailers.create(DEFAULT_MAILER_ALIAS, fail_silently=fail_silently, **kwargs)
    return import_string(backend)(fail_silently=fail_silently, **kwargs)
