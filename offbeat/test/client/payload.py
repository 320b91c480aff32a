"""Bodies of requests: multipart encoding, and a body that can be read once."""

from __future__ import annotations

import mimetypes
import os
import re
from collections.abc import Iterable, Mapping
from io import BytesIO, IOBase
from typing import Any

from offbeat.conf import settings
from offbeat.utils.encoding import force_bytes

__all__ = [
    "BOUNDARY",
    "CONTENT_TYPE_RE",
    "JSON_CONTENT_TYPE_RE",
    "MULTIPART_CONTENT",
    "FakePayload",
    "encode_file",
    "encode_multipart",
]

BOUNDARY = "BoUnDaRyStRiNg"
MULTIPART_CONTENT = f"multipart/form-data; boundary={BOUNDARY}"
CONTENT_TYPE_RE = re.compile(r".*; charset=([\w-]+);?")
# RFC 6839 structured syntax suffixes are JSON, too.
JSON_CONTENT_TYPE_RE = re.compile(r"^application\/(.+\+)?json")


class FakePayload(IOBase):
    """What a server gives as ``wsgi.input``: not seekable, and nothing comes after the end.

    Reading more than there is would block on a real server, so it is an AssertionError.
    """

    def __init__(self, initial_bytes: bytes | str | None = None) -> None:
        self._content = BytesIO()
        self._length = 0
        self.read_started = False
        if initial_bytes is not None:
            self.write(initial_bytes)

    def __len__(self) -> int:
        return self._length

    def _begin(self) -> None:
        if not self.read_started:
            self._content.seek(0)
            self.read_started = True

    def _checked(self, size: int | None) -> int:
        size = self._length if size is None or size < 0 else size
        if self._length < size:
            raise AssertionError("Cannot read more than the available bytes from the HTTP incoming data.")
        return size

    def read(self, size: int | None = -1, /) -> bytes:
        """Read `size` bytes, or all."""
        self._begin()
        content = self._content.read(self._checked(size))
        self._length -= len(content)
        return content

    def readline(self, size: int | None = -1, /) -> bytes:
        """Read a line."""
        self._begin()
        content = self._content.readline(self._checked(size))
        self._length -= len(content)
        return content

    def write(self, b: bytes | str, /) -> None:
        """Append to the body; ValueError once it has been read from."""
        if self.read_started:
            raise ValueError("Unable to write a payload after it's been read")
        content = force_bytes(b)
        self._content.write(content)
        self._length += len(content)


def _is_file(thing: Any) -> bool:
    return callable(getattr(thing, "read", None))


def encode_multipart(boundary: str, data: Mapping[str, Any]) -> bytes:
    """Encode a dictionary as multipart/form-data; lists give a part for each item, files their content.

    TypeError for a value that is None.
    """
    lines: list[bytes] = []
    for key, value in data.items():
        if value is None:
            raise TypeError(
                f"Cannot encode None for key '{key}' as POST data. Did you mean to pass an empty string or omit the "
                "value?"
            )
        several = not _is_file(value) and not isinstance(value, (str, bytes)) and isinstance(value, Iterable)
        for item in value if several else (value,):
            if _is_file(item):
                lines += encode_file(boundary, key, item)
            else:
                lines += [
                    _bytes(f"--{boundary}"),
                    _bytes(f'Content-Disposition: form-data; name="{key}"'),
                    b"",
                    _bytes(item),
                ]
    lines += [_bytes(f"--{boundary}--"), b""]
    return b"\r\n".join(lines)


def _bytes(value: Any) -> bytes:
    return bytes(force_bytes(value, settings.DEFAULT_CHARSET))


def encode_file(boundary: str, key: str, file: Any) -> list[bytes]:
    """The lines of the part for a file."""
    name = getattr(file, "name", "")
    # The name of a temporary file may be a descriptor's number.
    filename = os.path.basename(name) if isinstance(name, str) else ""
    content_type = getattr(file, "content_type", None) or mimetypes.guess_type(filename)[0]
    return [
        _bytes(f"--{boundary}"),
        _bytes(f'Content-Disposition: form-data; name="{key}"; filename="{filename or key}"'),
        _bytes(f"Content-Type: {content_type or 'application/octet-stream'}"),
        b"",
        _bytes(file.read()),
    ]
