"""Decorators for the X-Frame-Options header of one view."""

from __future__ import annotations

from typing import Any

from offbeat.views.decorators._wrap import finish_with

__all__ = ["xframe_options_deny", "xframe_options_exempt", "xframe_options_sameorigin"]


def _set_unless_set(value: str) -> Any:
    def change(response: Any) -> None:
        if response.get("X-Frame-Options") is None:
            response["X-Frame-Options"] = value

    return change


def _exempt(response: Any) -> None:
    response.xframe_options_exempt = True


def xframe_options_deny(view_func: Any) -> Any:
    """No page may show this one in a frame."""
    return finish_with(_set_unless_set("DENY"))(view_func)


def xframe_options_sameorigin(view_func: Any) -> Any:
    """Pages of the same origin may show this one in a frame."""
    return finish_with(_set_unless_set("SAMEORIGIN"))(view_func)


def xframe_options_exempt(view_func: Any) -> Any:
    """Any page may show this one in a frame."""
    return finish_with(_exempt)(view_func)
