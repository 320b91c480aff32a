"""The ``yaml`` format; needs PyYAML."""

from __future__ import annotations

import datetime
import decimal
from collections import OrderedDict
from io import StringIO
from typing import Any

import yaml

from offbeat.core.serializers.base import DeserializationError
from offbeat.core.serializers.json import Deserializer as JSONDeserializer
from offbeat.core.serializers.python import Deserializer as PythonDeserializer
from offbeat.core.serializers.python import Serializer as PythonSerializer

# The C implementations are part of PyYAML's wheels, not of every build.
SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SafeDumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class DjangoSafeDumper(SafeDumper):  # type: ignore[misc]
    """A safe dumper that knows decimals and ordered dictionaries."""

    def represent_decimal(self, data: decimal.Decimal) -> Any:
        """A decimal as text, so that no digit is lost."""
        return self.represent_scalar("tag:yaml.org,2002:str", str(data))

    def represent_ordered_dict(self, data: OrderedDict[Any, Any]) -> Any:
        """An ordered dictionary as a mapping in its order."""
        return self.represent_mapping("tag:yaml.org,2002:map", data.items())


DjangoSafeDumper.add_representer(decimal.Decimal, DjangoSafeDumper.represent_decimal)
DjangoSafeDumper.add_representer(OrderedDict, DjangoSafeDumper.represent_ordered_dict)


class Serializer(PythonSerializer):
    """Writes a YAML sequence. Options are those of ``yaml.dump()``."""

    internal_use_only = False

    def _value_from_field(self, obj: Any, field: Any) -> Any:
        value = super()._value_from_field(obj, field)
        # YAML has no type for a time of day.
        return str(value) if isinstance(value, datetime.time) else value

    def end_serialization(self) -> None:
        options = {"allow_unicode": True, "sort_keys": False, **self.options}
        yaml.dump(self.objects, self.stream, Dumper=DjangoSafeDumper, **options)

    def getvalue(self) -> Any:
        read = getattr(self.stream, "getvalue", None)
        return read() if callable(read) else None


class Deserializer(JSONDeserializer):
    """Reads a YAML sequence with the safe loader; DeserializationError for anything else."""

    def __init__(self, stream_or_string: Any, **options: Any) -> None:
        if isinstance(stream_or_string, bytes):
            stream_or_string = stream_or_string.decode()
        stream = StringIO(stream_or_string) if isinstance(stream_or_string, str) else stream_or_string
        try:
            objects = yaml.load(stream, Loader=SafeLoader)
        except Exception as error:
            raise DeserializationError() from error
        PythonDeserializer.__init__(self, objects, **options)
