"""Splitting a multipart body that is here whole and is plain, as those of browsers and of most libraries are.

Only what every reader of RFC 7578 understands alike is plain; anything else is left to the push parser.
"""

from __future__ import annotations

import re
from functools import lru_cache

from offbeat.utils.http import parse_header_parameters

__all__ = ["Headers", "plain_parts"]

# Value and parameters by lower-case name; they are shared, and only read.
Headers = dict[str, tuple[str, dict[str, str]]]

# No quotes inside quotes, nothing percent-encoded by a star, no folded line, no other header.
_PLAIN_HEAD = re.compile(
    rb'(?i:Content-Disposition): (form-data; name="[^"\\\x00-\x1f\x7f]*"(?:; filename="[^"\\\x00-\x1f\x7f]*")?)'
    rb"(?:\r\n(?i:Content-Type): ([A-Za-z0-9][A-Za-z0-9.+_-]*/[A-Za-z0-9.+_-]+(?:; ?charset=[A-Za-z0-9._-]+)?))?"
)
_LONGEST_HEAD = 512
# A site's forms send the same few heads again and again.
_SHORT_HEAD = 128


def plain_parts(data: bytes, boundary: bytes, encoding: str) -> list[tuple[Headers, int, int]] | None:
    """The parts of a whole body as (headers, start, end of the content); None unless all of it is plain."""
    delimiter = b"\r\n--" + boundary
    if not data.startswith(delimiter[2:]) or data[len(delimiter) - 2 : len(delimiter)] != b"\r\n":
        return None
    parts: list[tuple[Headers, int, int]] = []
    position = len(delimiter)
    while True:
        head_end = data.find(b"\r\n\r\n", position, position + _LONGEST_HEAD)
        if head_end < 0:
            return None
        head = data[position:head_end]
        headers = _headers(head, encoding) if len(head) <= _SHORT_HEAD else _parse_head(head, encoding)
        start = head_end + 4
        end = data.find(delimiter, start)
        # Some take a delimiter right after the head for one, others do not.
        if headers is None or end < 0 or data.startswith(delimiter[2:], start):
            return None
        parts.append((headers, start, end))
        position = end + len(delimiter) + 2
        after = data[position - 2 : position]
        if after == b"--":
            return parts if data[position:] in (b"", b"\r\n") else None
        if after != b"\r\n":
            return None


def _parse_head(head: bytes, encoding: str) -> Headers | None:
    found = _PLAIN_HEAD.fullmatch(head)
    if found is None:
        return None
    disposition, content_type = found.groups()
    try:
        headers = {"content-disposition": parse_header_parameters(disposition.decode(encoding, "replace"))}
        if content_type is not None:
            headers["content-type"] = parse_header_parameters(content_type.decode(encoding, "replace"))
    except ValueError:
        return None
    # In some encodings what looked plain is something else.
    kind, params = headers["content-disposition"]
    return headers if kind == "form-data" and "name" in params else None


_headers = lru_cache(maxsize=256)(_parse_head)
