"""Comparing values, contexts and XML documents."""

from __future__ import annotations

import re
from typing import Any
from xml.dom.minidom import Node, parseString

__all__ = ["Approximate", "ContextList", "compare_xml"]


class Approximate:
    """Equal to numbers that are the same to `places` decimal places."""

    def __init__(self, val: Any, places: int = 7) -> None:
        self.val = val
        self.places = places

    def __repr__(self) -> str:
        return repr(self.val)

    def __eq__(self, other: object) -> bool:
        return bool(self.val == other) or round(abs(self.val - other), self.places) == 0

    __hash__ = None  # type: ignore[assignment]


class ContextList(list[Any]):
    """The contexts of the templates that were rendered; looking a key up looks in all of them."""

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return super().__getitem__(key)
        for context in self:
            if key in context:
                return context[key]
        raise KeyError(key)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or `default`."""
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key: object) -> bool:
        try:
            self[key]
        except KeyError:
            return False
        return True

    def keys(self) -> set[str]:
        """The keys of all contexts."""
        return {key for context in self for layer in context for key in layer}


_SPACE = re.compile(r"[ \t\n][ \t\n]+")


def _normalized(text: str) -> str:
    return _SPACE.sub(" ", text)


def _text_of(element: Any) -> str:
    return _normalized("".join(c.data for c in element.childNodes if c.nodeType == Node.TEXT_NODE))


def _same(want: Any, got: Any) -> bool:
    if want.tagName != got.tagName or _text_of(want) != _text_of(got):
        return False
    if dict(want.attributes.items()) != dict(got.attributes.items()):
        return False
    wanted = [child for child in want.childNodes if child.nodeType == Node.ELEMENT_NODE]
    given = [child for child in got.childNodes if child.nodeType == Node.ELEMENT_NODE]
    return len(wanted) == len(given) and all(map(_same, wanted, given))


def _root(document: Any) -> Any:
    ignored = (Node.COMMENT_NODE, Node.DOCUMENT_TYPE_NODE, Node.PROCESSING_INSTRUCTION_NODE)
    return next(node for node in document.childNodes if node.nodeType not in ignored)


def compare_xml(want: str, got: str) -> bool:
    """Whether two XML documents or fragments are the same but for white space, comments and the order of attributes.

    Raises an error of the XML parser for what is not well-formed.
    """
    want = want.strip().replace("\\n", "\n")
    got = got.strip().replace("\\n", "\n")
    if not want.startswith("<?xml"):
        want, got = f"<root>{want}</root>", f"<root>{got}</root>"
    return _same(_root(parseString(want)), _root(parseString(got)))
