"""Checks of the databases themselves, for the aliases that a command names."""

from __future__ import annotations

from typing import Any

from offbeat.core.checks.messages import CheckMessage
from offbeat.core.checks.registry import Tags, register


@register(Tags.database)
def check_database_backends(databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """What the backends of ``databases`` find."""
    if databases is None:
        return []
    from offbeat.db import connections

    issues: list[CheckMessage] = []
    for alias in databases:
        issues.extend(connections[alias].validation.check(**kwargs))
    return issues
