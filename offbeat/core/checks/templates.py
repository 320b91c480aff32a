"""Checks of ``TEMPLATES``: every engine looks at itself."""

from __future__ import annotations

from typing import Any

from offbeat.core.checks.messages import CheckMessage
from offbeat.core.checks.registry import Tags, register


@register(Tags.templates)
def check_templates(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What the engines find."""
    from offbeat.template import engines

    return [message for engine in engines.all() for message in engine.check()]
