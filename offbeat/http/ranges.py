"""Range requests for one range of bytes (RFC 9110 §14)."""

from __future__ import annotations

import re
import time
from typing import Any

from offbeat.utils.http import parse_http_date_safe
from offbeat.utils.lazy_pattern import lazy_pattern

__all__ = ["UNSATISFIABLE", "FilePart", "requested_range"]

UNSATISFIABLE: Any = object()
_ONE_RANGE = lazy_pattern(r"bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*", re.IGNORECASE | re.ASCII)
# No file is as long as a number of more digits says.
_DIGITS = 18


def requested_range(request: Any, response: Any, size: int) -> Any:
    """The part of ``size`` bytes that a request asks for, as (start, length).

    None when it wants everything: also for several ranges, what is not understood, and after a change of the content
    (If-Range). UNSATISFIABLE when nothing of the range exists.
    """
    value = request.META.get("HTTP_RANGE")
    if request.method != "GET" or not value or response.status_code != 200:
        return None
    match = _ONE_RANGE.fullmatch(value)
    if match is None or not _is_unchanged(request, response):
        return None
    first, last = (int(text) if len(text) <= _DIGITS else 10**_DIGITS for text in _numbers(match))
    if not match[1]:
        if not match[2]:
            return None
        length = min(last, size)
        return (size - length, length) if length else UNSATISFIABLE
    if not match[2]:
        last = size - 1
    elif last < first:
        return None
    if first >= size:
        return UNSATISFIABLE
    return first, min(last, size - 1) - first + 1


def _numbers(match: re.Match[str]) -> tuple[str, str]:
    return match[1].lstrip("0") or "0", match[2].lstrip("0") or "0"


def _is_unchanged(request: Any, response: Any) -> bool:
    """Whether the client's copy is of the same content; strong comparison (RFC 9110 §13.1.5)."""
    known = request.META.get("HTTP_IF_RANGE", "").strip()
    if not known:
        return True
    if known.startswith('"'):
        return bool(known == response.get("ETag"))
    modified = response.get("Last-Modified")
    # A date says little about a second that is not over.
    return known == modified and (parse_http_date_safe(known) or 0) < int(time.time())


class FilePart:
    """A file from where it stands, ``length`` bytes of it."""

    def __init__(self, file: Any, length: int) -> None:
        self.file = file
        self.left = length

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most ``size``."""
        data: bytes = self.file.read(self.left if size < 0 else min(size, self.left))
        self.left -= len(data)
        return data

    def close(self) -> None:
        """Close the file."""
        self.file.close()
