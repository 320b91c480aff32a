"""Serialization of model instances (Django documentation: topics/serialization)."""

from __future__ import annotations

from typing import Any

from offbeat.core.serializers.base import (
    DeserializationError,
    M2MDeserializationError,
    SerializationError,
    SerializerDoesNotExist,
)

# Made on first use and whenever it is found empty: to forget what was loaded, put an empty dictionary here.
_serializers: dict[str, Any] = {}

from offbeat.core.serializers.dependencies import sort_dependencies  # noqa: E402
from offbeat.core.serializers.registry import (  # noqa: E402
    BUILTIN_SERIALIZERS,
    BadSerializer,
    deserialize,
    get_deserializer,
    get_public_serializer_formats,
    get_serializer,
    get_serializer_formats,
    register_serializer,
    serialize,
    unregister_serializer,
)

__all__ = [
    "BUILTIN_SERIALIZERS",
    "BadSerializer",
    "DeserializationError",
    "M2MDeserializationError",
    "SerializationError",
    "SerializerDoesNotExist",
    "deserialize",
    "get_deserializer",
    "get_public_serializer_formats",
    "get_serializer",
    "get_serializer_formats",
    "register_serializer",
    "serialize",
    "sort_dependencies",
    "unregister_serializer",
]
