"""Decorators that concern CommonMiddleware."""

from __future__ import annotations

from typing import Any

from offbeat.views.decorators._wrap import around

__all__ = ["no_append_slash"]


def no_append_slash(view_func: Any) -> Any:
    """Do not redirect to this view from its URL without the slash at the end."""
    wrapper = around(view_func)
    wrapper.should_append_slash = False
    return wrapper
