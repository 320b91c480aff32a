"""Errors of URL resolution and reversal."""

from __future__ import annotations

from offbeat.http import Http404

__all__ = ["NoReverseMatch", "Resolver404"]


class Resolver404(Http404):
    """No URL pattern matched a path. ``args[0]`` maps ``path`` and ``tried``."""


class NoReverseMatch(Exception):
    """No URL pattern fits the requested name and arguments."""

    silent_variable_failure = True
