"""Serialization of model instances (Django documentation: topics/serialization)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offbeat.utils.lazy_names import lazy_names

if TYPE_CHECKING:
    from offbeat.core.serializers.base import (
        DeserializationError,
        M2MDeserializationError,
        SerializationError,
        SerializerDoesNotExist,
    )
    from offbeat.core.serializers.dependencies import sort_dependencies
    from offbeat.core.serializers.registry import (
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
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "offbeat.core.serializers.base": (
                "DeserializationError",
                "M2MDeserializationError",
                "SerializationError",
                "SerializerDoesNotExist",
            ),
            "offbeat.core.serializers.dependencies": ("sort_dependencies",),
            "offbeat.core.serializers.registry": (
                "BUILTIN_SERIALIZERS",
                "BadSerializer",
                "deserialize",
                "get_deserializer",
                "get_public_serializer_formats",
                "get_serializer",
                "get_serializer_formats",
                "register_serializer",
                "serialize",
                "unregister_serializer",
            ),
        },
    )


# Made on first use and whenever it is found empty: to forget what was loaded, put an empty dictionary here.
_serializers: dict[str, Any] = {}


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
