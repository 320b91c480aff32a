"""The ``json`` format."""

from __future__ import annotations

import json
from typing import Any

from offbeat.core.serializers.base import DeserializationError
from offbeat.core.serializers.encoding import DjangoJSONEncoder
from offbeat.core.serializers.python import Deserializer as PythonDeserializer
from offbeat.core.serializers.python import Serializer as PythonSerializer

__all__ = ["Deserializer", "DjangoJSONEncoder", "Serializer"]


class Serializer(PythonSerializer):
    """Writes a JSON array, object by object. Options are those of ``json.dump()``."""

    internal_use_only = False

    json_kwargs: dict[str, Any]

    def _init_options(self) -> None:
        self.json_kwargs = self.options.copy()
        if self.options.get("indent"):
            self.json_kwargs.setdefault("separators", (",", ": "))
        self.json_kwargs.setdefault("cls", DjangoJSONEncoder)
        self.json_kwargs.setdefault("ensure_ascii", False)

    def start_serialization(self) -> None:
        self._init_options()
        self.stream.write("[")

    def end_serialization(self) -> None:
        if self.options.get("indent"):
            self.stream.write("\n")
        self.stream.write("]\n")

    def end_object(self, obj: Any) -> None:
        indent = self.options.get("indent")
        if not self.first:
            self.stream.write("," if indent else ", ")
        if indent:
            self.stream.write("\n")
        json.dump(self.get_dump_object(obj), self.stream, **self.json_kwargs)
        self._current = None

    def getvalue(self) -> Any:
        read = getattr(self.stream, "getvalue", None)
        return read() if callable(read) else None


class Deserializer(PythonDeserializer):
    """Reads a JSON array; DeserializationError for anything else."""

    def __init__(self, stream_or_string: Any, **options: Any) -> None:
        try:
            text = stream_or_string if isinstance(stream_or_string, str | bytes) else stream_or_string.read()
            objects = json.loads(text)
        except Exception as error:
            raise DeserializationError() from error
        super().__init__(objects, **options)

    def _handle_object(self, obj: Any) -> Any:
        try:
            yield from super()._handle_object(obj)
        except DeserializationError:
            raise
        except Exception as error:
            raise DeserializationError(f"Error deserializing object: {error}") from error
