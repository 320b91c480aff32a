"""The ``xml`` format."""

from __future__ import annotations

import json
from typing import Any
from xml.parsers.expat import ExpatError

from offbeat.apps import apps
from offbeat.core.exceptions import SuspiciousOperation
from offbeat.core.serializers import base
from offbeat.core.serializers.xml_parsing import (
    DefusedXmlException,
    DTDForbidden,
    Element,
    EntitiesForbidden,
    ExternalReferenceForbidden,
    iter_elements,
)
from offbeat.utils.xmlutils import SimplerXMLGenerator, UnserializableContentError

__all__ = [
    "DTDForbidden",
    "DefusedXmlException",
    "Deserializer",
    "EntitiesForbidden",
    "ExternalReferenceForbidden",
    "Serializer",
    "getInnerText",
]

DEFAULT_DB_ALIAS = "default"


class Serializer(base.Serializer):
    """Writes ``<django-objects>``. Options: ``indent`` (columns), ``encoding``."""

    xml: SimplerXMLGenerator

    def indent(self, level: int) -> None:
        """Begin a new line at that level, if lines are indented at all."""
        width = self.options.get("indent")
        if width is not None:
            self.xml.ignorableWhitespace("\n" + " " * width * level)

    def start_serialization(self) -> None:
        self.xml = SimplerXMLGenerator(self.stream, self.options.get("encoding", "utf-8"))
        self.xml.startDocument()
        self.xml.startElement("django-objects", {"version": "1.0"})

    def end_serialization(self) -> None:
        self.indent(0)
        self.xml.endElement("django-objects")
        self.xml.endDocument()

    def start_object(self, obj: Any) -> None:
        if not hasattr(obj, "_meta"):
            raise base.SerializationError(f"Non-model object ({type(obj)}) encountered during serialization")
        self.indent(1)
        attributes = {"model": str(obj._meta)}
        if obj.pk is not None and not self.omits_primary_key(obj):
            attributes["pk"] = obj._meta.pk.value_to_string(obj)
        self._write(obj, None, self.xml.startElement, "object", attributes)

    def end_object(self, obj: Any) -> None:
        self.indent(1)
        self.xml.endElement("object")

    def _write(self, obj: Any, field: Any, write: Any, *args: Any) -> None:
        try:
            write(*args)
        except UnserializableContentError:
            where = obj.__class__.__name__ + (f".{field.name}" if field is not None else "")
            raise ValueError(f"{where} (pk:{obj.pk}) contains unserializable characters") from None

    def handle_field(self, obj: Any, field: Any) -> None:
        self.indent(2)
        kind = field.get_internal_type()
        self.xml.startElement("field", {"name": field.name, "type": kind})
        if getattr(obj, field.name) is None:
            self.xml.addQuickElement("None")
        else:
            value = field.value_to_string(obj)
            if kind == "JSONField":
                value = json.dumps(value, cls=field.encoder)
            self._write(obj, field, self.xml.characters, value)
        self.xml.endElement("field")

    def handle_fk_field(self, obj: Any, field: Any) -> None:
        self._start_relational_field(field)
        value = getattr(obj, field.attname)
        natural = self.natural_key_of(obj, field) if value is not None else None
        if natural is not None:
            self._write_natural(obj, field, natural)
        elif value is None:
            self.xml.addQuickElement("None")
        else:
            self._write(obj, field, self.xml.characters, str(value))
        self.xml.endElement("field")

    def handle_m2m_field(self, obj: Any, field: Any) -> None:
        if not field.remote_field.through._meta.auto_created:
            return
        self._start_relational_field(field)
        natural, related = self.related_of(obj, field)
        empty = True
        for other in related:
            empty = False
            key = other.natural_key() if natural else None
            if key:
                self.xml.startElement("object", {})
                self._write_natural(obj, field, key)
                self.xml.endElement("object")
            else:
                self.indent(3)
                self._write(obj, field, self.xml.addQuickElement, "object", None, {"pk": str(other.pk)})
        if not empty:
            self.indent(2)
        self.xml.endElement("field")

    def _write_natural(self, obj: Any, field: Any, key: Any) -> None:
        for part in key:
            self.xml.startElement("natural", {})
            if part is None:
                self.xml.addQuickElement("None")
            else:
                self._write(obj, field, self.xml.characters, str(part))
            self.xml.endElement("natural")

    def _start_relational_field(self, field: Any) -> None:
        self.indent(2)
        remote = field.remote_field
        self.xml.startElement(
            "field", {"name": field.name, "rel": remote.__class__.__name__, "to": str(remote.model._meta)}
        )


class Deserializer(base.Deserializer):
    """Reads ``<object>`` elements one by one."""

    def __init__(
        self,
        stream_or_string: Any,
        *,
        using: str = DEFAULT_DB_ALIAS,
        ignorenonexistent: bool = False,
        **options: Any,
    ) -> None:
        if isinstance(stream_or_string, bytes):
            stream_or_string = stream_or_string.decode()
        super().__init__(stream_or_string, **options)
        self.handle_forward_references = options.pop("handle_forward_references", False)
        self.db = using
        self.ignorenonexistent = ignorenonexistent
        self._elements = iter_elements(self.stream, "object")

    def __next__(self) -> Any:
        while True:
            try:
                element = next(self._elements)
            except ExpatError as error:
                raise base.DeserializationError(f"Invalid XML: {error}") from error
            found = self._handle_object(element)
            if found is not None:
                return found

    def _handle_object(self, node: Element) -> base.DeserializedObject | None:
        try:
            model = self._model_of(node)
        except base.DeserializationError:
            if self.ignorenonexistent and "model" in node.attributes:
                return None
            raise
        data: dict[str, Any] = {}
        label = node.attributes["model"]
        pk_text = node.attributes.get("pk")
        if pk_text is not None:
            try:
                data[model._meta.pk.attname] = model._meta.pk.to_python(pk_text)
            except Exception as error:
                raise base.DeserializationError.WithData(error, label, pk_text, None) from error
        m2m_data: dict[str, Any] = {}
        deferred: dict[Any, Any] = {}
        known = {field.name: field for field in model._meta.get_fields()}
        for child in node.elements("field"):
            name = child.attributes.get("name")
            if not name:
                raise base.DeserializationError("<field> node is missing the 'name' attribute")
            if self.ignorenonexistent and name not in known:
                continue
            field = model._meta.get_field(name)
            try:
                self._handle_field(child, field, data, m2m_data, deferred)
            except base.M2MDeserializationError as error:
                raise base.DeserializationError.WithData(
                    error.original_exc, label, pk_text, error.pk
                ) from error
            except (SuspiciousOperation, base.DeserializationError):
                raise
            except Exception as error:
                raise base.DeserializationError.WithData(error, label, pk_text, child.text()) from error
        return base.DeserializedObject(base.build_instance(model, data, self.db), m2m_data, deferred)

    def _handle_field(self, node: Element, field: Any, data: Any, m2m_data: Any, deferred: Any) -> None:
        if field.remote_field and field.many_to_many:
            stored: Any = [_related_value(item) for item in node.elements("object")]
            value = base.deserialize_m2m_values(field, stored, self.db, self.handle_forward_references)
            if value is base.DEFER_FIELD:
                deferred[field] = stored
            else:
                m2m_data[field.name] = value
        elif field.remote_field and field.concrete:
            stored = None if node.elements("None") else _related_value(node)
            value = base.deserialize_fk_value(field, stored, self.db, self.handle_forward_references)
            if value is base.DEFER_FIELD:
                deferred[field] = stored
            else:
                data[field.attname] = value
        elif node.elements("None"):
            data[field.name] = None
        else:
            value = field.to_python(getInnerText(node).strip())
            if field.get_internal_type() == "JSONField":
                value = json.loads(value, cls=field.decoder)
            data[field.name] = value

    def _model_of(self, node: Element) -> Any:
        label = node.attributes.get("model")
        if not label:
            raise base.DeserializationError("<object> node is missing the required 'model' attribute")
        try:
            return apps.get_model(label)
        except (LookupError, ValueError):
            raise base.DeserializationError(
                f"<object> node has invalid model identifier: '{label}'"
            ) from None


def _related_value(node: Element) -> Any:
    """The natural key inside, else the ``pk`` attribute, else the text."""
    natural = node.elements("natural")
    if natural:
        return [None if part.elements("None") else getInnerText(part).strip() for part in natural]
    pk = node.attributes.get("pk")
    return getInnerText(node).strip() if pk is None else pk


def getInnerText(node: Element) -> str:
    """The text of an element that may hold nothing else; SuspiciousOperation for an element inside.

    Text of nested elements is not collected: nobody writes it, and its cost was once quadratic (CVE-2025-64460).
    """
    for child in node.children:
        if type(child) is Element:
            raise SuspiciousOperation(f"Unexpected element: {child.name!r}")
    return node.text()
