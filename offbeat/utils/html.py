"""HTML text: escaping, joining, stripping of tags (Django documentation: ref/utils, "django.utils.html").

Escaping is done by markupsafe's C core; its two numeric quote entities are then spelled the documented way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from offbeat.core.exceptions import SuspiciousOperation
from offbeat.utils.functional import Promise, keep_lazy, keep_lazy_text, lazy
from offbeat.utils.lazy_names import lazy_names
from offbeat.utils.lazy_pattern import lazy_pattern
from offbeat.utils.safestring import SafeString, mark_safe
from offbeat.utils.text import normalize_newlines

try:
    from markupsafe._speedups import _escape_inner as escape_core
except ImportError:  # no C compiler on this platform
    from markupsafe._native import _escape_inner as escape_core

if TYPE_CHECKING:
    from offbeat.utils.html_urlize import Urlizer, urlizer
else:
    __getattr__, __dir__ = lazy_names(__name__, {"offbeat.utils.html_urlize": ("Urlizer", "urlizer")})

__all__ = [
    "MAX_STRIP_TAGS_DEPTH",
    "MAX_URL_LENGTH",
    "VOID_ELEMENTS",
    "Urlizer",
    "avoid_wrapping",
    "conditional_escape",
    "escape",
    "escape_core",
    "escape_text",
    "escapejs",
    "format_html",
    "format_html_join",
    "html_safe",
    "json_script",
    "linebreaks",
    "mark_safe",
    "smart_urlquote",
    "strip_spaces_between_tags",
    "strip_tags",
    "urlize",
    "urlizer",
]

# The last two are obsolete, yet void in every browser.
_VOID = "area base br col embed hr img input link meta param source track wbr frame spacer"
VOID_ELEMENTS = frozenset(_VOID.split())

MAX_URL_LENGTH = 2048
MAX_STRIP_TAGS_DEPTH = 50

_C = TypeVar("_C", bound=type)


def escape_text(text: str) -> str:
    """``text`` with ``& < > " '`` as entities; plain ``str`` in, plain ``str`` out."""
    escaped = escape_core(text)
    if escaped is text or len(escaped) == len(text):
        return text
    # An ampersand of the text is "&amp;" by now, so these two can only be the core's own quotes.
    return escaped.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")


def escape(text: Any) -> SafeString:
    """Escaped text, always: a safe string is escaped again; lazy text stays lazy."""
    if type(text) is str:
        return SafeString(escape_text(text))
    if isinstance(text, Promise):
        return _lazy_escape(text)  # type: ignore[no-any-return]
    return _escape_any(text)


def _escape_any(text: Any) -> SafeString:
    # A plain str, as the C core does not take subclasses.
    return SafeString(escape_text("".join(str(text))))


_lazy_escape = lazy(_escape_any, SafeString)


def conditional_escape(text: Any) -> str:
    """Escaped text, unless ``text`` says with ``__html__`` that it is HTML already."""
    if type(text) is str:
        return SafeString(escape_text(text))
    if isinstance(text, Promise):
        text = str(text)
    if hasattr(text, "__html__"):
        return text.__html__()  # type: ignore[no-any-return]
    return escape(text)


_JS_ESCAPES = {ord(c): f"\\u{ord(c):04X}" for c in "\\'\"><&=-;`\u2028\u2029"}
_JS_ESCAPES.update({code: f"\\u{code:04X}" for code in (*range(32), *range(0x7F, 0xA0))})
_json_script_escapes = {ord(c): f"\\u{ord(c):04X}" for c in "><&"}


@keep_lazy(SafeString)
def escapejs(value: Any) -> SafeString:
    """Text for use inside a JavaScript string literal; it does not make text safe for HTML."""
    return mark_safe(str(value).translate(_JS_ESCAPES))  # type: ignore[no-any-return]


def json_script(
    value: Any, element_id: str | None = None, encoder: type[json.JSONEncoder] | None = None
) -> SafeString:
    """``value`` as JSON inside a ``<script type="application/json">`` element."""
    if encoder is None:
        from offbeat.core.serializers.json import DjangoJSONEncoder as encoder
    body = mark_safe(json.dumps(value, cls=encoder).translate(_json_script_escapes))
    if element_id:
        return format_html('<script id="{}" type="application/json">{}</script>', element_id, body)
    return format_html('<script type="application/json">{}</script>', body)


def format_html(format_string: str, *args: Any, **kwargs: Any) -> SafeString:
    """``str.format`` with every argument passed through ``conditional_escape``.

    Raises TypeError without arguments: the string would come out unescaped.
    """
    if not (args or kwargs):
        raise TypeError("args or kwargs must be provided.")
    safe_args = [conditional_escape(arg) for arg in args]
    safe_kwargs = {name: conditional_escape(value) for name, value in kwargs.items()}
    return mark_safe(format_string.format(*safe_args, **safe_kwargs))  # type: ignore[no-any-return]


def format_html_join(sep: str, format_string: str, args_generator: Iterable[Any]) -> SafeString:
    """``format_html`` for each item (a sequence or a mapping of arguments), joined by ``sep``."""
    return mark_safe(  # type: ignore[no-any-return]
        conditional_escape(sep).join(
            format_html(format_string, **args)
            if isinstance(args, Mapping)
            else format_html(format_string, *args)
            for args in args_generator
        )
    )


@keep_lazy_text
def linebreaks(value: Any, autoescape: bool = False) -> str:
    """Plain text as HTML: blank lines part paragraphs, other newlines become ``<br>``."""
    paragraphs = re.split(r"\n{2,}", str(normalize_newlines(value)))
    if autoescape:
        paragraphs = [escape_text(paragraph) for paragraph in paragraphs]
    return "\n\n".join("<p>{}</p>".format(paragraph.replace("\n", "<br>")) for paragraph in paragraphs)


_LONG_OPEN_TAG = lazy_pattern(r"<[a-zA-Z][^>]{1000,}+")


@keep_lazy_text
def strip_tags(value: Any) -> str:
    """Text with all that looks like a tag taken away, again and again until none is left.

    Raises SuspiciousOperation for input nested or left open so often that it was made to be slow. The result is
    not safe HTML.
    """
    from offbeat.utils.html_strip import strip_once

    text = str(value)
    # Each unclosed tag makes the parser look for its end anew, so their number is bounded before it starts.
    for run in _LONG_OPEN_TAG.finditer(text):
        if run[0].count("<") >= MAX_STRIP_TAGS_DEPTH:
            raise SuspiciousOperation("Too many unclosed tags.")
    depth = 0
    while "<" in text and ">" in text:
        if depth >= MAX_STRIP_TAGS_DEPTH:
            raise SuspiciousOperation
        stripped = strip_once(text)
        depth += 1
        if text.count("<") == stripped.count("<"):
            break
        text = stripped
    return text


@keep_lazy_text
def strip_spaces_between_tags(value: Any) -> str:
    """White space between two tags taken away."""
    return re.sub(r">\s+<", "><", str(value))


def smart_urlquote(url: str) -> str:
    """A URL quoted where it is not quoted yet."""

    def requote(segment: str) -> str:
        # "~" is unreserved since RFC 3986.
        return quote(unquote(segment), safe=_RESERVED + "~")

    try:
        scheme, netloc, path, query, fragment = urlsplit(url)
    except ValueError:
        return requote(url)
    netloc = requote(netloc)
    if query:
        query = urlencode(
            [(unquote(name), unquote(value)) for name, value in parse_qsl(query, keep_blank_values=True)]
        )
    return urlunsplit(
        (scheme, netloc, requote(path) if path else path, query, requote(fragment) if fragment else "")
    )


# RFC 3986 §2.2, without "%".
_RESERVED = ":/?#[]@!$&'()*+,;="


@keep_lazy_text
def urlize(
    text: Any, trim_url_limit: int | None = None, nofollow: bool = False, autoescape: bool = False
) -> str:
    """URLs and addresses in ``text`` turned into links. See ``Urlizer`` for what counts as one."""
    from offbeat.utils.html_urlize import urlizer

    return urlizer(text, trim_url_limit=trim_url_limit, nofollow=nofollow, autoescape=autoescape)


def avoid_wrapping(value: str) -> str:
    """Spaces made non-breaking."""
    return value.replace(" ", "\xa0")


def html_safe(klass: _C) -> _C:
    """Class decorator: the class's ``__str__`` gives HTML, so it also gets ``__html__``."""
    if "__html__" in klass.__dict__:
        raise ValueError(f"can't apply @html_safe to {klass.__name__} because it defines __html__().")
    if "__str__" not in klass.__dict__:
        raise ValueError(f"can't apply @html_safe to {klass.__name__} because it doesn't define __str__().")
    plain_str: Any = klass.__str__

    def safe_str(self: Any) -> Any:
        return mark_safe(plain_str(self))

    setattr(klass, "__str__", safe_str)
    setattr(klass, "__html__", safe_str)
    return klass
