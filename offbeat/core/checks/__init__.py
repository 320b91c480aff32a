"""The system check framework (Django documentation: topics/checks)."""

from __future__ import annotations

from offbeat.core.checks.messages import (
    CRITICAL,
    DEBUG,
    ERROR,
    INFO,
    WARNING,
    CheckMessage,
    Critical,
    Debug,
    Error,
    Info,
    Warning,
)
from offbeat.core.checks.registry import Tags, register, run_checks, tag_exists

# Importing a module of checks registers them.
from offbeat.core.checks import (  # isort: skip
    async_checks,
    caches,
    commands,
    compatibility,
    database,
    files,
    mail,
    model_checks,
    security,
    templates,
    translation,
    urls,
)
from offbeat.core.checks.compatibility import django_4_0  # isort: skip
from offbeat.core.checks.security import base, csrf, sessions  # isort: skip

__all__ = [
    "CRITICAL",
    "DEBUG",
    "ERROR",
    "INFO",
    "WARNING",
    "CheckMessage",
    "Critical",
    "Debug",
    "Error",
    "Info",
    "Tags",
    "Warning",
    "register",
    "run_checks",
    "tag_exists",
]
