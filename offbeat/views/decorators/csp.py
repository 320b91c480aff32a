"""Decorators for the content security policy of one view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offbeat.views.decorators._wrap import finish_with

__all__ = ["csp_override", "csp_report_only_override"]


def _override(attribute: str, config: Any) -> Callable[[Any], Any]:
    if not isinstance(config, dict):
        raise TypeError("CSP config should be a mapping.")

    def change(response: Any) -> None:
        setattr(response, attribute, config)

    return finish_with(change)


def csp_override(config: Any) -> Callable[[Any], Any]:
    """Use this policy in place of ``SECURE_CSP``; an empty one sends no header."""
    return _override("_csp_config", config)


def csp_report_only_override(config: Any) -> Callable[[Any], Any]:
    """Use this policy in place of ``SECURE_CSP_REPORT_ONLY``; an empty one sends no header."""
    return _override("_csp_ro_config", config)
