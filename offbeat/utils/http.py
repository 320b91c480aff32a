"""Small HTTP helpers: dates, entity tags, quoting, parameters of header fields, safe redirect targets."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from time import gmtime
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from urllib.parse import urlencode as quote_pairs

from offbeat.utils.lazy_pattern import lazy_pattern

MAX_URL_LENGTH = 2048
MAX_HEADER_LENGTH = 10_000
MAX_URL_REDIRECT_LENGTH = 16_384

RFC3986_GENDELIMS = ":/?#[]@"
RFC3986_SUBDELIMS = "!$&'()*+,;="

_ETAG = lazy_pattern(r'((?:W/)?"[^"]*")')
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_TIME = r"(?P<hour>\d\d):(?P<min>\d\d):(?P<sec>\d\d)"
_DATE_FORMS = (
    lazy_pattern(rf"\w{{3}}, (?P<day>\d\d) (?P<mon>\w{{3}}) (?P<year>\d{{4}}) {_TIME} GMT", re.ASCII),
    lazy_pattern(rf"\w{{6,9}}, (?P<day>\d\d)-(?P<mon>\w{{3}})-(?P<year>\d\d) {_TIME} GMT", re.ASCII),
    lazy_pattern(rf"\w{{3}} (?P<mon>\w{{3}}) (?P<day>[ \d]\d) {_TIME} (?P<year>\d{{4}})", re.ASCII),
)
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
# A quotation mark that is never closed quotes the rest of the line.
_QUOTED_OR_SEMICOLON = lazy_pattern(r'"(?:[^"\\]|\\.?)*+(?:"|\Z)|;', re.DOTALL)
_QUOTED_PAIR = lazy_pattern(r"\\(.)", re.DOTALL)


def urlencode(query: Any, doseq: bool = False) -> str:
    """``urllib.parse.urlencode()`` which takes MultiValueDict and refuses None with TypeError."""
    pairs: Iterable[tuple[Any, Any]]
    if hasattr(query, "lists"):
        pairs = query.lists()
        doseq = True
    elif hasattr(query, "items"):
        pairs = query.items()
    else:
        pairs = query
    params: list[tuple[Any, Any]] = []
    for key, value in pairs:
        if value is None:
            raise TypeError(_none_message(key))
        if not doseq or isinstance(value, str | bytes):
            params.append((key, value))
            continue
        try:
            items = iter(value)
        except TypeError:
            params.append((key, value))
            continue
        values = []
        for item in items:
            if item is None:
                raise TypeError(_none_message(key))
            values.append(item if isinstance(item, bytes) else str(item))
        params.append((key, values))
    return quote_pairs(params, doseq)


def _none_message(key: Any) -> str:
    return (
        f"Cannot encode None for key '{key}' in a query string. Did you mean to pass an empty string or omit "
        "the value?"
    )


def http_date(epoch_seconds: float | None = None) -> str:
    """An IMF-fixdate such as ``Wdy, DD Mon YYYY HH:MM:SS GMT`` (RFC 9110 §5.6.7); now by default."""
    from email.utils import formatdate

    return formatdate(epoch_seconds, usegmt=True)


def parse_http_date(date: str) -> int:
    """Seconds since the epoch of a date in one of the three forms of RFC 9110 §5.6.7, or ValueError."""
    for form in _DATE_FORMS:
        match = form.fullmatch(date)
        if match is not None:
            break
    else:
        raise ValueError(f"{date!r} is not in a valid HTTP date format")
    try:
        year = int(match["year"])
        if len(match["year"]) == 2:
            year = _full_year(year)
        month = _MONTHS[match["mon"].lower()]
        moment = datetime(
            year,
            month,
            int(match["day"]),
            int(match["hour"]),
            int(match["min"]),
            int(match["sec"]),
            tzinfo=UTC,
        )
        return int(moment.timestamp())
    except (KeyError, ValueError, OverflowError) as error:
        raise ValueError(f"{date!r} is not a valid date") from error


def _full_year(two_digits: int) -> int:
    """A two-digit year more than 50 years ahead means the past century (RFC 9110 §5.6.7)."""
    current = gmtime().tm_year
    century = current - current % 100
    if two_digits - current % 100 > 50:
        century -= 100
    return century + two_digits


def parse_http_date_safe(date: str) -> int | None:
    """``parse_http_date()``, or None for what is not a date."""
    try:
        return parse_http_date(date)
    except Exception:
        return None


def base36_to_int(s: str) -> int:
    """The number written in base 36; ValueError when it is longer than 13 digits."""
    if len(s) > 13:
        raise ValueError("Base36 input too large")
    return int(s, 36)


def int_to_base36(i: int) -> str:
    """A non-negative integer in base 36, lower case."""
    if i < 0:
        raise ValueError("Negative base36 conversion input.")
    digits = ""
    while True:
        i, rest = divmod(i, 36)
        digits = _BASE36[rest] + digits
        if not i:
            return digits


def urlsafe_base64_encode(s: bytes) -> str:
    """URL-safe base64 without trailing equal signs."""
    return base64.urlsafe_b64encode(s).rstrip(b"\n=").decode("ascii")


def urlsafe_base64_decode(s: str | bytes) -> bytes:
    """The bytes of URL-safe base64, padding restored; ValueError for anything else."""
    raw = s.encode() if isinstance(s, str) else s
    try:
        return base64.urlsafe_b64decode(raw.ljust(len(raw) + len(raw) % 4, b"="))
    except (LookupError, binascii.Error) as error:
        raise ValueError(error) from error


def parse_etags(etag_str: str) -> list[str]:
    """The entity tags of an ``If-None-Match`` or ``If-Match`` value; ``["*"]`` for an asterisk."""
    if etag_str.strip() == "*":
        return ["*"]
    candidates = (_ETAG.fullmatch(part.strip()) for part in etag_str.split(","))
    return [match[1] for match in candidates if match]


def quote_etag(etag_str: str) -> str:
    """A quoted entity tag; one which is quoted already is returned as it is."""
    return etag_str if _ETAG.match(etag_str) else f'"{etag_str}"'


def is_same_domain(host: str, pattern: str) -> bool:
    """Whether ``host`` equals the pattern, or is below it when that starts with a period."""
    if not pattern:
        return False
    pattern = pattern.lower()
    if pattern[0] == ".":
        return host.endswith(pattern) or host == pattern[1:]
    return host == pattern


def url_has_allowed_host_and_scheme(
    url: str | None, allowed_hosts: str | Iterable[str] | None, require_https: bool = False
) -> bool:
    """Whether ``url`` may be redirected to: relative, or on one of the hosts with a web scheme."""
    if url is not None:
        url = url.strip()
    if not url:
        return False
    hosts = {allowed_hosts} if isinstance(allowed_hosts, str) else set(allowed_hosts or ())
    # Browsers take a backslash for a slash, so both readings must be safe.
    return _is_safe_target(url, hosts, require_https) and _is_safe_target(
        url.replace("\\", "/"), hosts, require_https
    )


def _is_safe_target(url: str, allowed_hosts: set[str], require_https: bool) -> bool:
    if len(url) > MAX_URL_LENGTH or url.startswith("///"):
        return False
    # Browsers skip leading control characters, which makes "\x08javascript:" a scheme.
    if unicodedata.category(url[0])[0] == "C":
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    # "http:///example.com" has no host here, while browsers go to example.com.
    if not parts.netloc and parts.scheme:
        return False
    scheme = parts.scheme or ("http" if parts.netloc else "")
    if scheme and scheme not in (("https",) if require_https else ("http", "https")):
        return False
    return not parts.netloc or parts.netloc in allowed_hosts


def escape_leading_slashes(url: str) -> str:
    """Keep ``//host`` from being read as a URL without a scheme."""
    return "/%2F" + url[2:] if url.startswith("//") else url


def parse_header_parameters(
    line: str, max_length: int | None = MAX_HEADER_LENGTH
) -> tuple[str, dict[str, str]]:
    """A header value as (lower-case value, parameters).

    Quoted values may contain separators; ``name*=`` is decoded (RFC 8187). ValueError for a charset that does not
    exist, or for a line longer than ``max_length``. One pass, so that time grows with the length only.
    """
    if not line:
        return "", {}
    if max_length is not None and len(line) > max_length:
        raise ValueError("Unable to parse header parameters (value too long).")
    if ";" not in line:
        return line.strip().lower(), {}
    parts = _split_outside_quotes(line)
    params: dict[str, str] = {}
    for part in parts[1:]:
        name, equals, value = part.partition("=")
        name = name.strip().lower()
        value = value.strip()
        extended = False
        if equals and name.endswith("*"):
            name = name[:-1]
            extended = value.count("'") >= 2
        if len(value) >= 2 and value[0] == value[-1] == '"':
            value = value[1:-1]
            if "\\" in value:
                value = _QUOTED_PAIR.sub(r"\1", value)
        if extended:
            charset, _, text = value.split("'", 2)
            try:
                value = unquote(text, encoding=charset)
                codecs.lookup(charset)
            except LookupError:
                raise ValueError(f"Invalid encoding {charset!r} for RFC 2231 param.")
        if name:
            params[name] = value
    return parts[0].strip().lower(), params


def _split_outside_quotes(line: str) -> list[str]:
    if '"' not in line:
        return line.split(";")
    parts = []
    start = 0
    for found in _QUOTED_OR_SEMICOLON.finditer(line):
        if found[0] == ";":
            parts.append(line[start : found.start()])
            start = found.end()
    parts.append(line[start:])
    return parts


def split_header_value(value: str) -> list[str]:
    """The elements of a comma-separated header value, trimmed; a comma inside quotes does not separate."""
    if '"' not in value:
        return [part for part in map(str.strip, value.split(",")) if part]
    parts: list[str] = []
    start = 0
    quoted = escaped = False
    for position, char in enumerate(value):
        if escaped:
            escaped = False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == "," and not quoted:
            parts.append(value[start:position].strip())
            start = position + 1
    parts.append(value[start:].strip())
    return [part for part in parts if part]


def content_disposition_header(as_attachment: bool, filename: str) -> str | None:
    """A ``Content-Disposition`` value (RFC 6266), or None when it would say nothing."""
    if not filename:
        return "attachment" if as_attachment else None
    disposition = "attachment" if as_attachment else "inline"
    try:
        filename.encode("ascii")
        is_ascii = True
    except UnicodeEncodeError:
        is_ascii = False
    # A quoted string cannot carry control characters (RFC 9110 §5.6.4), so those are encoded too.
    if is_ascii and filename.isprintable():
        escaped = filename.replace("\\", "\\\\").replace('"', r"\"")
        return f'{disposition}; filename="{escaped}"'
    return f"{disposition}; filename*=utf-8''{quote(filename)}"
