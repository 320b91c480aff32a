"""Plain text helpers (Django documentation: ref/utils, "django.utils.text")."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from offbeat.core.exceptions import SuspiciousFileOperation
from offbeat.utils.functional import keep_lazy_text, lazy
from offbeat.utils.lazy_pattern import lazy_pattern
from offbeat.utils.translation import gettext as _
from offbeat.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from gzip import GzipFile

    from offbeat.utils.text_truncate import Truncator

__all__ = [
    "StreamingBuffer",
    "Truncator",
    "acompress_sequence",
    "camel_case_to_spaces",
    "capfirst",
    "compress_sequence",
    "compress_string",
    "format_lazy",
    "get_text_list",
    "get_valid_filename",
    "normalize_newlines",
    "phone2numeric",
    "slugify",
    "smart_split",
    "unescape_string_literal",
    "wrap",
]


def __getattr__(name: str) -> Any:
    if name == "Truncator":
        from offbeat.utils.text_truncate import Truncator

        return Truncator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@keep_lazy_text
def capfirst(x: Any) -> Any:
    """``x`` with its first letter in upper case."""
    if not x:
        return x
    text = x if isinstance(x, str) else str(x)
    return text[0].upper() + text[1:]


@keep_lazy_text
def wrap(text: str, width: int) -> str:
    """Lines broken at spaces so that none is longer than ``width``; longer words and line ends are kept."""
    import textwrap

    wrapper = textwrap.TextWrapper(
        width=width, break_long_words=False, break_on_hyphens=False, replace_whitespace=False
    )
    result: list[str] = []
    for line in text.splitlines():
        # The wrapper would swallow a line of spaces.
        result.extend(wrapper.wrap(line) or [line])
    if text.endswith("\n"):
        result.append("")
    return "\n".join(result)


_UNWANTED_IN_FILENAME = lazy_pattern(r"(?u)[^-\w.]")


@keep_lazy_text
def get_valid_filename(name: Any) -> str:
    """``name`` with spaces as underscores and all but letters, digits, dashes, underscores and dots removed.

    Raises SuspiciousFileOperation when nothing usable is left.
    """
    valid = _UNWANTED_IN_FILENAME.sub("", str(name).strip().replace(" ", "_"))
    if valid in {"", ".", ".."}:
        raise SuspiciousFileOperation(f"Could not derive file name from '{name}'")
    return valid


@keep_lazy_text
def get_text_list(list_: Sequence[Any], last_word: str = gettext_lazy("or")) -> str:
    """``a, b or c``."""
    if not list_:
        return ""
    if len(list_) == 1:
        return str(list_[0])
    # Translators: This string is used as a separator between list elements
    listed = _(", ").join(str(item) for item in list_[:-1])
    return f"{listed} {last_word} {list_[-1]}"


@keep_lazy_text
def normalize_newlines(text: Any) -> str:
    """Windows and old Mac line ends as ``\\n``."""
    return str(text).replace("\r\n", "\n").replace("\r", "\n")


_PHONE = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")


@keep_lazy_text
def phone2numeric(phone: str) -> str:
    """Letters of a phone number as the digits they share a key with."""
    return phone.lower().translate(_PHONE)


class StreamingBuffer(BytesIO):
    """A buffer that hands out what was written to it and forgets it."""

    def read(self, *args: Any) -> bytes:
        """Everything written since the last read."""
        written = self.getvalue()
        self.seek(0)
        self.truncate()
        return written


def _random_name(max_random_bytes: int | None) -> str:
    # Random bytes in the header's file name vary the length, which takes the sting out of BREACH.
    return "a" * secrets.randbelow(max_random_bytes + 1) if max_random_bytes else ""


def compress_string(s: bytes, *, max_random_bytes: int | None = None) -> bytes:
    """``s`` gzipped; up to ``max_random_bytes`` of padding in the header."""
    import gzip

    compressed = gzip.compress(s, compresslevel=6, mtime=0)
    if not max_random_bytes:
        return compressed
    header = bytearray(compressed[:10])
    header[3] = 8  # RFC 1952 §2.3.1, FNAME
    return bytes(header) + _random_name(max_random_bytes).encode() + b"\x00" + compressed[10:]


def _gzip_writer(buffer: BytesIO, max_random_bytes: int | None) -> GzipFile:
    import gzip

    name = _random_name(max_random_bytes)
    return gzip.GzipFile(filename=name, mode="wb", compresslevel=6, fileobj=buffer, mtime=0)


def compress_sequence(sequence: Iterable[bytes], *, max_random_bytes: int | None = None) -> Iterator[bytes]:
    """Gzipped chunks of a stream."""
    buffer = StreamingBuffer()
    with _gzip_writer(buffer, max_random_bytes) as zipped:
        yield buffer.read()
        for item in sequence:
            zipped.write(item)
            zipped.flush()
            if data := buffer.read():
                yield data
    yield buffer.read()


async def acompress_sequence(
    sequence: AsyncIterator[bytes], *, max_random_bytes: int | None = None
) -> AsyncIterator[bytes]:
    """Gzipped chunks of an asynchronous stream."""
    buffer = StreamingBuffer()
    with _gzip_writer(buffer, max_random_bytes) as zipped:
        yield buffer.read()
        async for item in sequence:
            zipped.write(item)
            zipped.flush()
            if data := buffer.read():
                yield data
    yield buffer.read()


# Quoted strings (with escapes) may stand inside of a word, as in key="a b"|filter:'c d'.
_SMART_SPLIT = lazy_pattern(
    r"""
    (?: [^\s'"]*+ (?: "(?:[^"\\]|\\.)*+" [^\s'"]*+ | '(?:[^'\\]|\\.)*+' [^\s'"]*+ )++ ) | \S+
    """,
    re.VERBOSE,
)


def smart_split(text: str) -> Iterator[str]:
    """Words of ``text``; what is in quotes stays together, quotes and escapes kept."""
    for match in _SMART_SPLIT.finditer(str(text)):
        yield match[0]


@keep_lazy_text
def unescape_string_literal(s: str) -> str:
    """The value of a quoted string literal; ValueError if it is none."""
    if not s or s[0] not in "\"'" or s[-1] != s[0]:
        raise ValueError(f"Not a string literal: {s!r}")
    mark = s[0]
    return s[1:-1].replace(rf"\{mark}", mark).replace(r"\\", "\\")


@keep_lazy_text
def slugify(value: Any, allow_unicode: bool = False) -> str:
    """``value`` in lower case, of letters, digits, underscores and single dashes only."""
    text = str(value)
    if allow_unicode:
        text = unicodedata.normalize("NFKC", text)
    else:
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    text = re.sub(r"[^\w\s-]", "", text.lower())
    return re.sub(r"[-\s]+", "-", text).strip("-_")


def camel_case_to_spaces(value: str) -> str:
    """``CamelCase`` as ``camel case``."""
    return _CAMEL.sub(r" \1", value).strip().lower()


_CAMEL = lazy_pattern(r"(((?<=[a-z])[A-Z])|([A-Z](?![A-Z]|$)))")


def _format_lazy(format_string: str, *args: Any, **kwargs: Any) -> str:
    return format_string.format(*args, **kwargs)


format_lazy = lazy(_format_lazy, str)
