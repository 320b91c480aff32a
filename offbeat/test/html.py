"""HTML as a tree in which only what matters is compared: not white space between tags, nor the order of attributes."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from html.parser import HTMLParser
from typing import Any, TypeAlias

from offbeat.utils.html import VOID_ELEMENTS

__all__ = ["Element", "HTMLParseError", "Parser", "RootElement", "parse_html"]

# ASCII white space only: a no-break space is a character like others.
_SPACE = "\t\n\f\r "
_SPACES = re.compile(f"[{_SPACE}]+")

BOOLEAN_ATTRIBUTES = frozenset(
    [
        "allowfullscreen",
        "async",
        "autofocus",
        "autoplay",
        "checked",
        "controls",
        "default",
        "defer",
        "disabled",
        "formnovalidate",
        "hidden",
        "ismap",
        "itemscope",
        "loop",
        "multiple",
        "muted",
        "nomodule",
        "novalidate",
        "open",
        "playsinline",
        "readonly",
        "required",
        "reversed",
        "selected",
        "truespeed",
    ]
)

Node: TypeAlias = "Element | str"
Attributes: TypeAlias = "list[tuple[str, str | None]]"


class Element:
    """An element: its name, its normalised attributes, and its children, which are elements and strings."""

    def __init__(self, name: str | None, attributes: Iterable[tuple[str, str | None]]) -> None:
        self.name = name
        self.attributes = sorted(attributes, key=lambda pair: pair[0])
        self.children: list[Node] = []

    def append(self, element: Node) -> None:
        """Add a child; text joins the text before it."""
        if isinstance(element, str) and self.children and isinstance(self.children[-1], str):
            element = self.children.pop() + element  # type: ignore[operator]
        self.children.append(element)

    def finalize(self) -> None:
        """Normalise white space, here and below."""
        children: list[Node] = []
        for child in self.children:
            if isinstance(child, str):
                text = _SPACES.sub(" ", child).strip()
                if text:
                    children.append(text)
            else:
                child.finalize()
                children.append(child)
        self.children = children

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Element)
            and self.name == other.name
            and self.attributes == other.attributes
            and self.children == other.children
        )

    def __hash__(self) -> int:
        return hash((self.name, *self.attributes))

    def count(self, element: Node) -> int:
        """How often an element, a sequence of siblings, or a piece of text occurs here and below."""
        if isinstance(element, RootElement) and len(element.children) == 1:
            element = element.children[0]
        if isinstance(element, str):
            return sum(child.count(element) for child in self.children)
        if self == element:
            return 1
        below = sum(child.count(element) for child in self.children if isinstance(child, Element))
        if isinstance(element, RootElement):
            below += _count_runs(self.children, element.children)
        return below

    def __contains__(self, element: Node) -> bool:
        return self.count(element) > 0

    def __getitem__(self, key: Any) -> Any:
        return self.children[key]

    def __str__(self) -> str:
        parts = [f"<{self.name}"]
        for name, value in self.attributes:
            parts.append(f" {name}" if value is None else f' {name}="{value}"')
        parts.append(">")
        if self.children:
            parts.append(f"\n{self._inner()}\n</{self.name}>")
        return "".join(parts)

    def _inner(self) -> str:
        # Escaped, so that text which looks like a tag differs from the tag.
        return "\n".join(
            html.escape(child, quote=False) if isinstance(child, str) else str(child)
            for child in self.children
        )

    def __repr__(self) -> str:
        return str(self)


class RootElement(Element):
    """A fragment: children without an element around them."""

    def __init__(self) -> None:
        super().__init__(None, ())

    def __str__(self) -> str:
        return self._inner()


def _count_runs(where: Sequence[Node], wanted: Sequence[Node]) -> int:
    """How often `wanted` occurs in `where`, without overlaps."""
    size = len(wanted)
    found = start = 0
    while size and start + size <= len(where):
        if where[start : start + size] == wanted:
            found += 1
            start += size
        else:
            start += 1
    return found


class HTMLParseError(Exception):
    """The HTML has an end tag too many, for example."""


class Parser(HTMLParser):
    """Builds the tree under ``root``."""

    def __init__(self) -> None:
        super().__init__()
        self.root = RootElement()
        self.open_tags: list[Element] = []
        self.element_positions: dict[int, tuple[int, int]] = {}

    def error(self, msg: str) -> Any:
        """Raise HTMLParseError."""
        raise HTMLParseError(msg, self.getpos())

    def format_position(self, element: Element | None = None) -> str:
        """Where an element begins, or where the parser is."""
        position = self.element_positions[id(element)] if element is not None else self.getpos()
        return "Line {}, Column {}".format(*position)

    @property
    def current(self) -> Element:
        return self.open_tags[-1] if self.open_tags else self.root

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID_ELEMENTS:
            self.handle_endtag(tag)

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        element = Element(tag, map(_normalized, attrs))
        self.current.append(element)
        if tag not in VOID_ELEMENTS:
            self.open_tags.append(element)
        self.element_positions[id(element)] = self.getpos()

    def handle_endtag(self, tag: str) -> None:
        if not self.open_tags:
            self.error(f"Unexpected end tag `{tag}` ({self.format_position()})")
        element = self.open_tags.pop()
        while element.name != tag:
            if not self.open_tags:
                self.error(f"Unexpected end tag `{tag}` ({self.format_position()})")
            element = self.open_tags.pop()

    def handle_data(self, data: str) -> None:
        self.current.append(data)


def _normalized(attribute: tuple[str, str | None]) -> tuple[str, str | None]:
    name, value = attribute
    if name == "class":
        return name, " ".join(sorted(part for part in _SPACES.split(value or "") if part))
    if name in BOOLEAN_ATTRIBUTES:
        return name, None if not value or value == name else value
    return name, value or ""


def parse_html(html: str) -> Element:
    """The tree of an HTML fragment: its element, if it is a single one, else a RootElement. HTMLParseError."""
    parser = Parser()
    parser.feed(html)
    parser.close()
    document = parser.root
    document.finalize()
    if len(document.children) == 1 and isinstance(document.children[0], Element):
        return document.children[0]
    return document
