"""Writing XML by events."""

from __future__ import annotations

import re
from typing import Any
from xml.sax.saxutils import XMLGenerator

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class UnserializableContentError(ValueError):
    """The text has control characters, which XML 1.0 cannot carry (§2.2)."""


class SimplerXMLGenerator(XMLGenerator):
    """An XMLGenerator with a short form for whole elements, which refuses control characters."""

    def addQuickElement(
        self, name: str, contents: str | None = None, attrs: dict[str, str] | None = None
    ) -> None:
        """Write an element with text and attributes."""
        self.startElement(name, attrs or {})
        if contents is not None:
            self.characters(contents)
        self.endElement(name)

    def characters(self, content: Any) -> None:
        """Write text; UnserializableContentError."""
        if content and _CONTROL.search(content):
            raise UnserializableContentError("Control characters are not supported in XML 1.0")
        super().characters(content)

    def startElement(self, name: str, attrs: Any) -> None:
        """Write a start tag, attributes in alphabetical order being the caller's business."""
        for value in attrs.values():
            if value and _CONTROL.search(value):
                raise UnserializableContentError("Control characters are not supported in XML 1.0")
        super().startElement(name, attrs)
