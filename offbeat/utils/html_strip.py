"""The parser behind ``strip_tags()``."""

from __future__ import annotations

from html.parser import HTMLParser

__all__ = ["strip_once"]


class _TextOnly(HTMLParser):
    """Keeps what is outside of tags, entities as written."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.reset()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_entityref(self, name: str) -> None:
        self.parts.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.parts.append(f"&#{name};")


def strip_once(value: str) -> str:
    """``value`` without what the parser takes for tags."""
    parser = _TextOnly()
    parser.feed(value)
    parser.close()
    return "".join(parser.parts)
