"""Text, bytes, and URIs."""

from __future__ import annotations

import codecs
import datetime
import functools
import locale
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from offbeat.utils.functional import Promise
from offbeat.utils.lazy_pattern import lazy_pattern

_BROKEN = lazy_pattern("[\udc80-\udcff]")
_PROTECTED_TYPES = (type(None), int, float, Decimal, datetime.datetime, datetime.date, datetime.time)


class DjangoUnicodeDecodeError(UnicodeDecodeError):
    """A decoding error that shows what could not be decoded."""

    def __str__(self) -> str:
        return f"{super().__str__()}. You passed in {self.object!r} ({type(self.object)})"


def smart_str(s: Any, encoding: str = "utf-8", strings_only: bool = False, errors: str = "strict") -> Any:
    """``s`` as text; lazy objects stay lazy. Bytes are decoded with ``encoding``."""
    return s if isinstance(s, Promise) else force_str(s, encoding, strings_only, errors)


def is_protected_type(obj: Any) -> bool:
    """Whether ``strings_only`` leaves the object as it is: None, numbers, dates and times."""
    return isinstance(obj, _PROTECTED_TYPES)


def force_str(s: Any, encoding: str = "utf-8", strings_only: bool = False, errors: str = "strict") -> Any:
    """``s`` as text, lazy objects evaluated; ``strings_only`` leaves numbers, dates and None alone."""
    if type(s) is str:
        return s
    if strings_only and is_protected_type(s):
        return s
    try:
        return str(s, encoding, errors) if isinstance(s, bytes) else str(s)
    except UnicodeDecodeError as error:
        raise DjangoUnicodeDecodeError(*error.args) from None


def smart_bytes(s: Any, encoding: str = "utf-8", strings_only: bool = False, errors: str = "strict") -> Any:
    """``s`` as bytes; lazy objects stay lazy."""
    return s if isinstance(s, Promise) else force_bytes(s, encoding, strings_only, errors)


def force_bytes(s: Any, encoding: str = "utf-8", strings_only: bool = False, errors: str = "strict") -> Any:
    """``s`` as bytes in ``encoding``, lazy objects evaluated."""
    if isinstance(s, bytes):
        return s if encoding == "utf-8" else s.decode("utf-8", errors).encode(encoding, errors)
    if strings_only and is_protected_type(s):
        return s
    if isinstance(s, memoryview):
        return bytes(s)
    return str(s).encode(encoding, errors)


def iri_to_uri(iri: Any) -> Any:
    """The URI of an IRI: everything outside ASCII percent-encoded as UTF-8 (RFC 3987 §3.1). None stays None."""
    if iri is None:
        return iri
    return quote(str(iri), safe="/#%[]=:;$&()+,!?*@'~")


_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@functools.cache
def _hex_pairs() -> dict[bytes, int]:
    """The value of every two hexadecimal digits, in any case."""
    digits = "0123456789abcdefABCDEF"
    return {f"{high}{low}".encode(): int(high + low, 16) for high in digits for low in digits}


def uri_to_iri(uri: Any) -> Any:
    """The IRI of a URI, the inverse of ``iri_to_uri()`` (RFC 3987 §3.2). None stays None."""
    if uri is None:
        return uri
    first, *rest = force_bytes(uri).split(b"%")
    if not rest:
        return first.decode()
    parts = [first]
    for piece in rest:
        code = _hex_pairs().get(piece[:2])
        if code is not None and (code in _UNRESERVED or code >= 128):
            parts.append(bytes([code]) + piece[2:])
        else:
            parts.append(b"%" + piece)
    return repercent_broken_unicode(b"".join(parts)).decode()


def escape_uri_path(path: str) -> str:
    """Percent-encode what may not stand in the path of a URI (RFC 3986 §3.3)."""
    return quote(path, safe="/:@&+$,-_.!~*'()")


def punycode(domain: str) -> str:
    """The ASCII form of a domain name; '' stays ''."""
    return domain.encode("idna").decode("ascii")


def repercent_broken_unicode(path: bytes) -> bytes:
    """Percent-encode the bytes that are not valid UTF-8."""
    # In one pass: what cannot be decoded comes out as lone surrogates.
    text = path.decode("utf-8", "surrogateescape")
    return _BROKEN.sub(lambda match: f"%{ord(match[0]) - 0xDC00:02X}", text).encode()


def filepath_to_uri(path: Any) -> Any:
    """A file system path as the path of a URI. None stays None."""
    if path is None:
        return path
    return quote(str(path).replace("\\", "/"), safe="/~!*()'")


def get_system_encoding() -> str:
    """The encoding of the locale, ASCII if it is unknown."""
    try:
        encoding = locale.getlocale()[1] or "ascii"
        codecs.lookup(encoding)
    except Exception:
        return "ascii"
    return encoding


DEFAULT_LOCALE_ENCODING = get_system_encoding()
