"""Which module serializes which format; modules are imported when the registry is first asked."""

from __future__ import annotations

import importlib
from typing import Any

import offbeat.core.serializers as face
from offbeat.conf import settings
from offbeat.core.serializers.base import SerializerDoesNotExist

BUILTIN_SERIALIZERS = {
    "xml": "offbeat.core.serializers.xml_serializer",
    "python": "offbeat.core.serializers.python",
    "json": "offbeat.core.serializers.json",
    "yaml": "offbeat.core.serializers.pyyaml",
    "jsonl": "offbeat.core.serializers.jsonl",
}


class BadSerializer:
    """Stands for a module that cannot be imported: its users get that import's error."""

    internal_use_only = False

    def __init__(self, exception: ImportError) -> None:
        self.exception = exception

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise self.exception


class _BadModule:
    def __init__(self, exception: ImportError) -> None:
        self.Serializer = self.Deserializer = BadSerializer(exception)


def register_serializer(format: str, serializer_module: str, serializers: Any = None) -> None:
    """Let the module of that dotted path, with Serializer and Deserializer, handle the format."""
    if serializers is None and not face._serializers:
        _load()
    try:
        module: Any = importlib.import_module(serializer_module)
    except ImportError as error:
        module = _BadModule(error)
    (face._serializers if serializers is None else serializers)[format] = module


def unregister_serializer(format: str) -> None:
    """Forget the format; SerializerDoesNotExist."""
    _known()
    if format not in face._serializers:
        raise SerializerDoesNotExist(format)
    del face._serializers[format]


def get_serializer(format: str) -> Any:
    """The Serializer class of the format; SerializerDoesNotExist."""
    return _module(format).Serializer


def get_deserializer(format: str) -> Any:
    """The Deserializer class of the format; SerializerDoesNotExist."""
    return _module(format).Deserializer


def get_serializer_formats() -> list[str]:
    """Names of all formats."""
    return list(_known())


def get_public_serializer_formats() -> list[str]:
    """Names of the formats that are meant for storage and exchange."""
    return [name for name, module in _known().items() if not module.Serializer.internal_use_only]


def serialize(format: str, queryset: Any, **options: Any) -> Any:
    """The objects of an iterable in that format; with the option ``stream``, written there."""
    serializer = get_serializer(format)()
    serializer.serialize(queryset, **options)
    return serializer.getvalue()


def deserialize(format: str, stream_or_string: Any, **options: Any) -> Any:
    """Iterator of DeserializedObject for a text, bytes or stream in that format."""
    return get_deserializer(format)(stream_or_string, **options)


def _known() -> dict[str, Any]:
    if not face._serializers:
        _load()
    return face._serializers


def _module(format: str) -> Any:
    try:
        return _known()[format]
    except KeyError:
        raise SerializerDoesNotExist(format) from None


def _load() -> None:
    serializers: dict[str, Any] = {}
    for format, path in BUILTIN_SERIALIZERS.items():
        register_serializer(format, path, serializers)
    for format, path in (getattr(settings, "SERIALIZATION_MODULES", None) or {}).items():
        register_serializer(format, path, serializers)
    face._serializers = serializers
