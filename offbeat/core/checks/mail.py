"""Checks of ``MAILERS``."""

from __future__ import annotations

from typing import Any

from offbeat.conf import settings
from offbeat.core.checks.messages import CheckMessage, Error, Warning
from offbeat.core.checks.registry import Tags, register
from offbeat.utils.module_loading import own_path

_DEVELOPMENT_BACKENDS = {
    f"offbeat.core.mail.backends.{name}.EmailBackend" for name in ("console", "dummy", "filebased", "locmem")
}


@register(Tags.mail)
def check_mailers_default_alias(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """mail.W001."""
    mailers = getattr(settings, "MAILERS", None)
    if mailers is None or "default" in mailers:
        return []
    hint = "Add a 'default' entry to MAILERS"
    hint += ", or pass 'using' when sending email." if mailers else "."
    return [
        Warning(
            "Your MAILERS setting has no 'default' entry. Sending email without a valid mailer will fail.",
            hint=hint,
            id="mail.W001",
        )
    ]


@register(Tags.mail, deploy=True)
def check_mailers_production_backend(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """mail.E001: a backend that sends nothing."""
    mailers = getattr(settings, "MAILERS", None) or {}
    backend = mailers.get("default", {}).get("BACKEND", "")
    if not isinstance(backend, str) or own_path(backend) not in _DEVELOPMENT_BACKENDS:
        return []
    return [
        Error(
            f"Your MAILERS setting uses a development-only email backend in the 'default' entry ({backend}).",
            hint="Use a production-ready email backend, such as the SMTP backend, otherwise email will not be sent.",
            id="mail.E001",
        )
    ]
