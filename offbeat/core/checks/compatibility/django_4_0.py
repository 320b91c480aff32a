"""``CSRF_TRUSTED_ORIGINS`` holds origins, not hosts."""

from __future__ import annotations

from typing import Any

from offbeat.conf import settings
from offbeat.core.checks.messages import CheckMessage, Error
from offbeat.core.checks.registry import Tags, register


@register(Tags.compatibility)
def check_csrf_trusted_origins(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """4_0.E001: an origin without a scheme."""
    return [
        Error(
            "As of Django 4.0, the values in the CSRF_TRUSTED_ORIGINS setting must start with a scheme (usually http:// or "
            f"https://) but found {origin}. See the release notes for details.",
            id="4_0.E001",
        )
        for origin in settings.CSRF_TRUSTED_ORIGINS
        if "://" not in origin
    ]
