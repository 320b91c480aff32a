"""Filters for text."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from inspect import unwrap
from typing import Any, TypeVar
from urllib.parse import quote

from offbeat.template.library import Library
from offbeat.utils.encoding import iri_to_uri
from offbeat.utils.html import conditional_escape, escape, strip_tags
from offbeat.utils.html import escapejs as escapejs_text
from offbeat.utils.html import json_script as json_script_element
from offbeat.utils.html import linebreaks as linebreaks_text
from offbeat.utils.html import urlize as urlize_text
from offbeat.utils.safestring import SafeData, SafeString, mark_safe
from offbeat.utils.text import capfirst as capfirst_text
from offbeat.utils.text import normalize_newlines, wrap
from offbeat.utils.text import phone2numeric as phone2numeric_text
from offbeat.utils.text import slugify as slugify_text

__all__ = [
    "addslashes",
    "capfirst",
    "center",
    "cut",
    "escape_filter",
    "escapejs_filter",
    "escapeseq",
    "force_escape",
    "iriencode",
    "json_script",
    "linebreaks_filter",
    "linebreaksbr",
    "linenumbers",
    "ljust",
    "lower",
    "make_list",
    "phone2numeric_filter",
    "register",
    "rjust",
    "safe",
    "safeseq",
    "slugify",
    "stringfilter",
    "stringformat",
    "striptags",
    "title",
    "truncatechars",
    "truncatechars_html",
    "truncatewords",
    "truncatewords_html",
    "upper",
    "urlencode",
    "urlize",
    "urlizetrunc",
    "wordcount",
    "wordwrap",
]

register = Library()

_F = TypeVar("_F", bound=Callable[..., Any])


def stringfilter(func: _F) -> _F:
    """Decorator: the filter gets its value as text; a safe filter of a safe value stays safe."""
    is_safe: bool | None = None

    @wraps(func)
    def _dec(first: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal is_safe
        first = str(first)
        result = func(first, *args, **kwargs)
        if isinstance(first, SafeData):
            if is_safe is None:
                # Known only once the filter is registered.
                is_safe = bool(getattr(unwrap(func), "is_safe", False))
            if is_safe:
                return mark_safe(result)
        return result

    _dec._decorated_function = unwrap(func)  # type: ignore[attr-defined]
    return _dec  # type: ignore[return-value]


@register.filter(is_safe=True)
@stringfilter
def addslashes(value: str) -> str:
    """Backslashes before quotes."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("'", "\\'")


@register.filter(is_safe=True)
@stringfilter
def capfirst(value: str) -> str:
    """The first letter in upper case."""
    return capfirst_text(value)  # type: ignore[no-any-return]


@register.filter("escapejs")
@stringfilter
def escapejs_filter(value: str) -> str:
    """For use in JavaScript strings."""
    return escapejs_text(value)


@register.filter(is_safe=True)
def json_script(value: Any, element_id: str | None = None) -> str:
    """The value as JSON in a script element."""
    return json_script_element(value, element_id)


@register.filter(is_safe=True)
@stringfilter
def iriencode(value: str) -> str:
    """An IRI as a URI."""
    return str(iri_to_uri(value))


@register.filter(is_safe=True, needs_autoescape=True)
@stringfilter
def linenumbers(value: str, autoescape: bool = True) -> str:
    """Each line with its number."""
    lines = value.split("\n")
    width = len(str(len(lines)))
    if not autoescape or isinstance(value, SafeData):
        numbered = [f"{i:0{width}d}. {line}" for i, line in enumerate(lines, 1)]
    else:
        numbered = [f"{i:0{width}d}. {escape(line)}" for i, line in enumerate(lines, 1)]
    return SafeString("\n".join(numbered))


@register.filter(is_safe=True)
@stringfilter
def lower(value: str) -> str:
    """In lower case."""
    return value.lower()


@register.filter(is_safe=False)
@stringfilter
def make_list(value: str) -> list[str]:
    """The characters as a list."""
    return list(value)


@register.filter(is_safe=True)
@stringfilter
def slugify(value: str) -> str:
    """As a slug."""
    return slugify_text(value)


@register.filter(is_safe=True)
def stringformat(value: Any, arg: Any) -> str:
    """Formatted with ``%`` and ``arg``, without its percent sign; '' if that is not possible."""
    if isinstance(value, tuple):
        value = str(value)
    try:
        return ("%" + str(arg)) % value  # type: ignore[no-any-return]
    except (ValueError, TypeError):
        return ""


_AFTER_APOSTROPHE = re.compile("([a-z])'([A-Z])")
_AFTER_DIGIT = re.compile(r"\d([A-Z])")


@register.filter(is_safe=True)
@stringfilter
def title(value: str) -> str:
    """Words beginning in upper case."""
    text = _AFTER_APOSTROPHE.sub(lambda m: m[0].lower(), value.title())
    return _AFTER_DIGIT.sub(lambda m: m[0].lower(), text)


def _int(arg: Any) -> int | None:
    try:
        return int(arg)
    except ValueError:
        return None


def _truncator(value: str) -> Any:
    from offbeat.utils.text_truncate import Truncator

    return Truncator(value)


@register.filter(is_safe=True)
@stringfilter
def truncatechars(value: str, arg: Any) -> str:
    """At most ``arg`` characters."""
    length = _int(arg)
    return value if length is None else _truncator(value).chars(length)


@register.filter(is_safe=True)
@stringfilter
def truncatechars_html(value: str, arg: Any) -> str:
    """At most ``arg`` characters, tags kept and closed."""
    length = _int(arg)
    return value if length is None else _truncator(value).chars(length, html=True)


@register.filter(is_safe=True)
@stringfilter
def truncatewords(value: str, arg: Any) -> str:
    """At most ``arg`` words; newlines are removed."""
    length = _int(arg)
    return value if length is None else _truncator(value).words(length, truncate=" …")


@register.filter(is_safe=True)
@stringfilter
def truncatewords_html(value: str, arg: Any) -> str:
    """At most ``arg`` words, tags kept and closed."""
    length = _int(arg)
    return value if length is None else _truncator(value).words(length, html=True, truncate=" …")


@register.filter(is_safe=False)
@stringfilter
def upper(value: str) -> str:
    """In upper case."""
    return value.upper()


@register.filter(is_safe=False)
@stringfilter
def urlencode(value: str, safe: Any = None) -> str:
    """Quoted for a URL; ``safe``: characters to leave, '/' by default."""
    return quote(value) if safe is None else quote(value, safe=safe)


@register.filter(is_safe=True, needs_autoescape=True)
@stringfilter
def urlize(value: str, autoescape: bool = True) -> str:
    """URLs as links."""
    return SafeString(urlize_text(value, nofollow=True, autoescape=autoescape))


@register.filter(is_safe=True, needs_autoescape=True)
@stringfilter
def urlizetrunc(value: str, limit: Any, autoescape: bool = True) -> str:
    """URLs as links with at most ``limit`` characters of text."""
    return SafeString(urlize_text(value, trim_url_limit=int(limit), nofollow=True, autoescape=autoescape))


@register.filter(is_safe=False)
@stringfilter
def wordcount(value: str) -> int:
    """How many words."""
    return len(value.split())


@register.filter(is_safe=True)
@stringfilter
def wordwrap(value: str, arg: Any) -> str:
    """Lines of at most ``arg`` characters."""
    return wrap(value, int(arg))


@register.filter(is_safe=True)
@stringfilter
def ljust(value: str, arg: Any) -> str:
    """Left-aligned in a field of ``arg`` characters."""
    return value.ljust(int(arg))


@register.filter(is_safe=True)
@stringfilter
def rjust(value: str, arg: Any) -> str:
    """Right-aligned in a field of ``arg`` characters."""
    return value.rjust(int(arg))


@register.filter(is_safe=True)
@stringfilter
def center(value: str, arg: Any) -> str:
    """Centred in a field of ``arg`` characters."""
    width = int(arg)
    left = max(0, width - len(value)) // 2
    return (" " * left + value).ljust(width)


@register.filter
@stringfilter
def cut(value: str, arg: Any) -> str:
    """All occurrences of ``arg`` removed."""
    safe_before = isinstance(value, SafeData)
    value = value.replace(arg, "")
    # Without its semicolons, an escaped text is no longer one.
    return SafeString(value) if safe_before and arg != ";" else value


@register.filter("escape", is_safe=True)
def escape_filter(value: Any) -> str:
    """Escaped, unless it is safe already."""
    return conditional_escape(value if isinstance(value, str) else str(value))


# What it returns needs no mark: generated code saves the check.
escape_filter.always_safe = True  # type: ignore[attr-defined]


@register.filter(is_safe=True)
def escapeseq(value: Any) -> list[str]:
    """Each item escaped."""
    return [conditional_escape(item) for item in value]


@register.filter(is_safe=True)
@stringfilter
def force_escape(value: str) -> SafeString:
    """Escaped now."""
    return escape(value)


@register.filter("linebreaks", is_safe=True, needs_autoescape=True)
@stringfilter
def linebreaks_filter(value: str, autoescape: bool = True) -> str:
    """Newlines as paragraphs and line breaks."""
    autoescape = autoescape and not isinstance(value, SafeData)
    return SafeString(linebreaks_text(value, autoescape))


@register.filter(is_safe=True, needs_autoescape=True)
@stringfilter
def linebreaksbr(value: str, autoescape: bool = True) -> str:
    """Newlines as line breaks."""
    autoescape = autoescape and not isinstance(value, SafeData)
    value = normalize_newlines(value)
    if autoescape:
        value = escape(value)
    return SafeString(value.replace("\n", "<br>"))


@register.filter(is_safe=True)
@stringfilter
def safe(value: str) -> str:
    """Marked as safe."""
    return SafeString(value)


@register.filter(is_safe=True)
def safeseq(value: Any) -> list[str]:
    """Each item marked as safe."""
    return [mark_safe(item) for item in value]


@register.filter(is_safe=True)
@stringfilter
def striptags(value: str) -> str:
    """Without tags."""
    return strip_tags(value)


@register.filter("phone2numeric", is_safe=True)
def phone2numeric_filter(value: Any) -> str:
    """Letters of a phone number as digits."""
    return phone2numeric_text(value)
