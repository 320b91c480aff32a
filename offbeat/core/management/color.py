"""Colours of command output."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import Any

from offbeat.utils import termcolors


def supports_color() -> bool:
    """Whether standard output is a terminal that shows ANSI colours."""
    return bool(
        getattr(sys.stdout, "isatty", lambda: False)()
        and (sys.platform != "win32" or "ANSICON" in os.environ or "WT_SESSION" in os.environ)
        and os.environ.get("TERM") != "dumb"
    )


class Style:
    """One function for each role: ``style.ERROR(text)`` gives the text in that role's colour."""

    def __getattr__(self, name: str) -> Callable[[Any], str]:
        raise AttributeError(name)


def make_style(config_string: str = "") -> Style:
    """A style for the palette that ``config_string`` describes (``OFFBEAT_COLORS``/``DJANGO_COLORS`` syntax)."""
    style = Style()
    settings = termcolors.parse_color_setting(config_string)
    for role in termcolors.PALETTES[termcolors.NOCOLOR_PALETTE]:
        if settings:
            setattr(style, role, termcolors.make_style(**settings.get(role, {})))
        else:
            setattr(style, role, _plain)
    # A stand-in for the colour that the shell's prompt has anyway.
    style.ERROR_OUTPUT = style.ERROR  # type: ignore[attr-defined]
    return style


def _plain(text: Any) -> Any:
    return text


@functools.cache
def no_style() -> Style:
    """A style that colours nothing."""
    return make_style("nocolor")


def color_style(force_color: bool = False) -> Style:
    """The style for this terminal."""
    if not force_color and not supports_color():
        return no_style()
    return make_style(os.environ.get("OFFBEAT_COLORS") or os.environ.get("DJANGO_COLORS", ""))
