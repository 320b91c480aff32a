"""The system check framework (Django documentation: topics/checks)."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from offbeat.utils.lazy_names import lazy_names

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, {})

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
