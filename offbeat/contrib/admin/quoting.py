"""Primary keys in URLs: characters that mean something there are written as ``_XX``."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["QUOTE_MAP", "UNQUOTE_MAP", "UNQUOTE_RE", "quote", "unquote"]

QUOTE_MAP = {ord(char): f"_{ord(char):02X}" for char in '":/_#?;@&=+$,"[]<>%\n\\'}
UNQUOTE_MAP = {code: chr(char) for char, code in QUOTE_MAP.items()}
UNQUOTE_RE = re.compile("_(?:" + "|".join(code[1:] for code in UNQUOTE_MAP) + ")")


def quote(s: Any) -> Any:
    """A text that survives in a URL's path; what is not text is returned as it is."""
    return s.translate(QUOTE_MAP) if isinstance(s, str) else s


def unquote(s: str) -> str:
    """The text that ``quote`` made this of."""
    return UNQUOTE_RE.sub(lambda match: UNQUOTE_MAP[match[0]], s)
