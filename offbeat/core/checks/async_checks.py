"""The guard against blocking queries must not be off in production."""

from __future__ import annotations

import os
from typing import Any

from offbeat.core.checks.messages import CheckMessage, Error
from offbeat.core.checks.registry import Tags, register

E001 = Error(
    "You should not set the OFFBEAT_ALLOW_ASYNC_UNSAFE environment variable in deployment. This disables async safety "
    "protection.",
    id="async.E001",
)


@register(Tags.async_support, deploy=True)
def check_async_unsafe(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """async.E001."""
    names = ("OFFBEAT_ALLOW_ASYNC_UNSAFE", "DJANGO_ALLOW_ASYNC_UNSAFE")
    return [E001] if any(os.environ.get(name) for name in names) else []
