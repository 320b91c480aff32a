"""The ``jsonl`` format: one JSON object per line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from offbeat.core.serializers.base import DeserializationError
from offbeat.core.serializers.encoding import DjangoJSONEncoder
from offbeat.core.serializers.json import Deserializer as JSONDeserializer
from offbeat.core.serializers.json import Serializer as JSONSerializer
from offbeat.core.serializers.python import Deserializer as PythonDeserializer

__all__ = ["Deserializer", "Serializer"]


class Serializer(JSONSerializer):
    """Writes a line per object, so that a reader needs to hold only one."""

    def _init_options(self) -> None:
        self.json_kwargs = self.options.copy()
        self.json_kwargs.update(indent=None, separators=(",", ": "))
        self.json_kwargs.setdefault("cls", DjangoJSONEncoder)
        self.json_kwargs.setdefault("ensure_ascii", False)

    def start_serialization(self) -> None:
        self._init_options()

    def end_serialization(self) -> None:
        """Nothing is open."""

    def end_object(self, obj: Any) -> None:
        json.dump(self.get_dump_object(obj), self.stream, **self.json_kwargs)
        self.stream.write("\n")
        self._current = None


class Deserializer(JSONDeserializer):
    """Reads line by line; empty lines are allowed."""

    def __init__(self, stream_or_string: Any, **options: Any) -> None:
        if isinstance(stream_or_string, bytes):
            stream_or_string = stream_or_string.decode()
        if isinstance(stream_or_string, str):
            stream_or_string = stream_or_string.splitlines()
        # Past the reading of one whole array.
        PythonDeserializer.__init__(self, _read(stream_or_string), **options)


def _read(lines: Any) -> Iterator[Any]:
    try:
        for line in lines:
            if line.strip():
                yield json.loads(line)
    except DeserializationError:
        raise
    except Exception as error:
        raise DeserializationError() from error
