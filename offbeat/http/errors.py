"""What goes wrong while a body is parsed."""

from __future__ import annotations

__all__ = ["MultiPartParserError"]


class MultiPartParserError(Exception):
    """The body is not well-formed multipart data; the client gets status 400."""
