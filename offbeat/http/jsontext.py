"""The JSON text of a response: a long one by orjson where it is installed, everything else by the standard library.

orjson writes the same data without spaces and with characters beyond ASCII as they are. Short texts keep the form that
tests and logs are used to, which costs next to nothing. What orjson cannot write as the standard library does (integers
beyond 64 bits, keys that are not text, types that neither knows) is left to that, too.
"""

from __future__ import annotations

import json
import json.encoder
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from offbeat.conf import settings
from offbeat.core.serializers.encoding import DjangoJSONEncoder

__all__ = ["encode_json"]

# Bytes of JSON from which the time that the standard library takes matters.
LONG = 4096
FEW = 8
_encoder = DjangoJSONEncoder()
_quote = json.encoder.encode_basestring_ascii


def _make_chunks() -> Callable[[Any, int], Iterable[str]]:
    """The encoder's ``iterencode()``, with the C encoder made once instead of for every call."""
    make = json.encoder.c_make_encoder  # type: ignore[attr-defined]
    if make is None:
        return lambda data, level: _encoder.iterencode(data)
    return make(  # type: ignore[no-any-return]
        None, _encoder.default, json.encoder.encode_basestring_ascii, None, ": ", ", ", False, False, True
    )


_chunks = _make_chunks()


def _orjson_default(value: Any) -> Any:
    """What orjson writes in place of an object that it does not know, or should not write in its own way."""
    if isinstance(value, dict):
        # A QueryDict, say, whose items are not what the dictionary below it holds.
        return dict(value.items())
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    return _encoder.default(value)


@cache
def _load_orjson() -> tuple[Any, int]:
    """orjson and its options; None where it is not installed. Loaded for the first text that may be long."""
    try:
        import orjson
    except ImportError:
        return None, 0
    return orjson, (
        orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS
    )


def encode_json(data: Any) -> bytes:
    """Return ``data`` as JSON; TypeError or ValueError, as ``json.dumps()``, for what has no JSON form.

    ``USE_ORJSON = False`` keeps to the standard library's text.
    """
    text = _encode_flat(data) if type(data) is dict and len(data) <= FEW else None
    if text is not None:
        return text.encode(settings.DEFAULT_CHARSET)
    content = _encode_long(data)
    if content is not None:
        return content
    try:
        return "".join(_chunks(data, 0)).encode(settings.DEFAULT_CHARSET)
    except RecursionError:
        # Most often a circular reference, which the slower way names.
        return _encoder.encode(data).encode(settings.DEFAULT_CHARSET)


def _encode_flat(data: dict[Any, Any]) -> str | None:
    """A few texts, integers and nulls by name, written while it is found out that there is nothing else; else None."""
    pairs = []
    try:
        for key, value in data.items():
            if type(value) is str:
                pairs.append(f"{_quote(key)}: {_quote(value)}")
            elif type(value) is int:
                pairs.append(f"{_quote(key)}: {value}")
            elif value is None:
                pairs.append(f"{_quote(key)}: null")
            else:
                return None
    except TypeError:  # a key that is no text
        return None
    text = f"{{{', '.join(pairs)}}}"
    return text if len(text) <= LONG else None


def _encode_long(data: Any) -> bytes | None:
    if not settings.USE_ORJSON or settings.DEFAULT_CHARSET != "utf-8":
        return None
    orjson, options = _load_orjson()
    if orjson is None:
        return None
    try:
        text: bytes = orjson.dumps(data, _orjson_default, options)
    except orjson.JSONEncodeError:
        return None
    return text if len(text) > LONG else None
