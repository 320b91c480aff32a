"""A small tree of XML elements, read without any of XML's dangerous parts.

Document types are refused, and with them entities of all kinds (https://owasp.org/www-community/vulnerabilities/
XML_External_Entity_(XXE)_Processing). Work and memory grow linearly with the input.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

CHUNK_SIZE = 64 * 1024


class DefusedXmlException(ValueError):
    """The document uses what is refused."""


class DTDForbidden(DefusedXmlException):
    """A document type declaration."""

    def __init__(self, name: str, sysid: str | None, pubid: str | None) -> None:
        super().__init__(name, sysid, pubid)
        self.name = name
        self.sysid = sysid
        self.pubid = pubid

    def __str__(self) -> str:
        return f"DTDForbidden(name={self.name!r}, system_id={self.sysid!r}, public_id={self.pubid!r})"


class EntitiesForbidden(DefusedXmlException):
    """An entity declaration."""

    def __init__(self, name: str, *args: Any) -> None:
        super().__init__(name, *args)
        self.name = name

    def __str__(self) -> str:
        return f"EntitiesForbidden(name={self.name!r})"


class ExternalReferenceForbidden(DefusedXmlException):
    """A reference to something outside the document."""

    def __init__(self, context: Any, base: Any, sysid: Any, pubid: Any) -> None:
        super().__init__(context, base, sysid, pubid)
        self.sysid = sysid
        self.pubid = pubid

    def __str__(self) -> str:
        return f"ExternalReferenceForbidden(system_id={self.sysid!r}, public_id={self.pubid!r})"


class Element:
    """An element: ``name``, ``attributes``, and ``children`` (elements and texts in order)."""

    __slots__ = ("attributes", "children", "name")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Any] = []

    def elements(self, name: str | None = None) -> list[Element]:
        """Child elements, of that name if one is given."""
        return [c for c in self.children if type(c) is Element and (name is None or c.name == name)]

    def text(self) -> str:
        """The character data directly inside, in one piece."""
        return "".join(child for child in self.children if type(child) is str)


def iter_elements(stream: Any, name: str) -> Iterator[Element]:
    """Outermost elements of that name, each as soon as it is complete; ExpatError, DefusedXmlException."""
    reader = _Reader(name)
    while True:
        chunk = stream.read(CHUNK_SIZE)
        reader.parser.Parse(chunk, not chunk)
        yield from reader.complete
        reader.complete.clear()
        if not chunk:
            return


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name
        self.open: list[Element] = []
        self.complete: list[Element] = []
        self.parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity
        parser.UnparsedEntityDeclHandler = self._unparsed_entity
        parser.ExternalEntityRefHandler = self._external

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self.open or name == self.name:
            element = Element(name, attributes)
            if self.open:
                self.open[-1].children.append(element)
            self.open.append(element)

    def _end(self, name: str) -> None:
        if self.open:
            element = self.open.pop()
            if not self.open:
                self.complete.append(element)

    def _characters(self, text: str) -> None:
        if self.open:
            self.open[-1].children.append(text)

    def _doctype(self, name: str, sysid: str | None, pubid: str | None, internal: bool) -> None:
        raise DTDForbidden(name, sysid, pubid)

    def _entity(self, name: str, *args: Any) -> None:
        raise EntitiesForbidden(name, *args)

    def _unparsed_entity(self, name: str, *args: Any) -> None:
        raise EntitiesForbidden(name, *args)

    def _external(self, context: Any, base: Any, sysid: Any, pubid: Any) -> int:
        raise ExternalReferenceForbidden(context, base, sysid, pubid)
