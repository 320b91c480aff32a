"""ANSI colours (ECMA-48 §8.3.117)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
foreground = {name: f"3{i}" for i, name in enumerate(_NAMES)}
background = {name: f"4{i}" for i, name in enumerate(_NAMES)}
RESET = "0"
opt_dict = {"bold": "1", "underscore": "4", "blink": "5", "reverse": "7", "conceal": "8"}

NOCOLOR_PALETTE = "nocolor"
DARK_PALETTE = "dark"
LIGHT_PALETTE = "light"
_ROLES = (
    "ERROR",
    "SUCCESS",
    "WARNING",
    "NOTICE",
    "SQL_FIELD",
    "SQL_COLTYPE",
    "SQL_KEYWORD",
    "SQL_TABLE",
    "HTTP_INFO",
    "HTTP_SUCCESS",
    "HTTP_REDIRECT",
    "HTTP_NOT_MODIFIED",
    "HTTP_BAD_REQUEST",
    "HTTP_NOT_FOUND",
    "HTTP_SERVER_ERROR",
    "MIGRATE_HEADING",
    "MIGRATE_LABEL",
)
_BOLD = ("bold",)


def _palette(success: str, warning: str, redirect: str) -> dict[str, dict[str, Any]]:
    return {
        "ERROR": {"fg": "red", "opts": _BOLD},
        "SUCCESS": {"fg": success, "opts": _BOLD},
        "WARNING": {"fg": warning, "opts": _BOLD},
        "NOTICE": {"fg": "red"},
        "SQL_FIELD": {"fg": success, "opts": _BOLD},
        "SQL_COLTYPE": {"fg": success},
        "SQL_KEYWORD": {"fg": warning},
        "SQL_TABLE": {"opts": _BOLD},
        "HTTP_INFO": {"opts": _BOLD},
        "HTTP_SUCCESS": {},
        "HTTP_REDIRECT": {"fg": redirect},
        "HTTP_NOT_MODIFIED": {"fg": "cyan"},
        "HTTP_BAD_REQUEST": {"fg": "red", "opts": _BOLD},
        "HTTP_NOT_FOUND": {"fg": warning},
        "HTTP_SERVER_ERROR": {"fg": "magenta", "opts": _BOLD},
        "MIGRATE_HEADING": {"fg": "cyan", "opts": _BOLD},
        "MIGRATE_LABEL": {"opts": _BOLD},
    }


PALETTES: dict[str, dict[str, dict[str, Any]]] = {
    NOCOLOR_PALETTE: {role: {} for role in _ROLES},
    DARK_PALETTE: _palette("green", "yellow", "green"),
    LIGHT_PALETTE: _palette("green", "blue", "blue"),
}
DEFAULT_PALETTE = DARK_PALETTE


def colorize(text: str = "", opts: Any = (), **kwargs: Any) -> str:
    """The text in ANSI codes: ``fg``, ``bg``, and ``opts`` among bold, underscore, blink, reverse, conceal, noreset."""
    if text == "" and len(opts) == 1 and opts[0] == "reset":
        return f"\x1b[{RESET}m"
    codes = []
    for key, value in kwargs.items():
        if key == "fg":
            codes.append(foreground[value])
        elif key == "bg":
            codes.append(background[value])
    codes += [opt_dict[option] for option in opts if option in opt_dict]
    if "noreset" not in opts:
        text = f"{text or ''}\x1b[{RESET}m"
    return f"\x1b[{';'.join(codes)}m{text or ''}"


def make_style(opts: Any = (), **kwargs: Any) -> Callable[[Any], str]:
    """A function that colours its argument."""
    return lambda text: colorize(str(text), opts, **kwargs)


def parse_color_setting(config_string: str) -> dict[str, dict[str, Any]] | None:
    """The palette that text such as ``"light;error=yellow/blue,blink"`` describes; None for no colours."""
    if not config_string:
        return PALETTES[DEFAULT_PALETTE]
    palette = {role: dict(definition) for role, definition in PALETTES[NOCOLOR_PALETTE].items()}
    for part in config_string.lower().split(";"):
        if part in PALETTES:
            palette.update(PALETTES[part])
        elif "=" in part:
            role, _, styles = part.partition("=")
            definition = _definition(styles)
            if role.upper() in PALETTES[NOCOLOR_PALETTE] and definition:
                palette[role.upper()] = definition
    return None if palette == PALETTES[NOCOLOR_PALETTE] else palette


def _definition(styles: str) -> dict[str, Any]:
    colours, *options = styles.split(",")
    fg, _, bg = colours.partition("/")
    definition: dict[str, Any] = {}
    if fg in foreground:
        definition["fg"] = fg
    if bg in background:
        definition["bg"] = bg
    if known := tuple(option for option in reversed(options) if option in opt_dict):
        definition["opts"] = known
    return definition
