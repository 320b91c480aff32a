"""Finding links in plain text, in time linear in its length (Django documentation: ref/templates/builtins, urlize)."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import quote, urlsplit

from offbeat.utils.lazy_pattern import lazy_pattern

_SPLIT = lazy_pattern(r"""([\s<>"']+)""")
_HAS_SCHEME = lazy_pattern(r"https?://\[?\w", re.IGNORECASE)
_BARE_DOMAIN = lazy_pattern(
    r"www\.|(?!http)[^\W_](?:(?:[^\W_]|[.-])*[^\W_])?\.(?:com|edu|gov|int|mil|net|org)(?:/.*)?\Z",
    re.IGNORECASE,
)
_ENTITY = lazy_pattern(r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]*);")
_OPENERS = {")": "(", "]": "["}
_MAX_WORD = 2048
_MAX_EMAIL = 320


class Urlizer:
    """Turns words that look like URLs or mail addresses into links.

    Subclasses may change ``url_template``, ``mailto_template`` and ``handle_word``.
    """

    mailto_template = "mailto:{local}@{domain}"
    url_template = '<a href="{href}"{attrs}>{url}</a>'
    trailing_punctuation_chars = ".,:;!"
    wrapping_punctuation = [("(", ")"), ("[", "]")]

    def __call__(
        self, text: Any, trim_url_limit: int | None = None, nofollow: bool = False, autoescape: bool = False
    ) -> str:
        """HTML of ``text``; ``autoescape``: escape what is not a safe string; ``nofollow``: add ``rel``."""
        from offbeat.utils.safestring import SafeData

        safe_input = isinstance(text, SafeData)
        words = _SPLIT.split(str(text))
        # Words repeat; each is handled once.
        handled = {
            word: self.handle_word(
                word,
                safe_input=safe_input,
                trim_url_limit=trim_url_limit,
                nofollow=nofollow,
                autoescape=autoescape,
            )
            for word in dict.fromkeys(words)
        }
        return "".join([handled[word] for word in words])

    def handle_word(
        self,
        word: str,
        *,
        safe_input: bool,
        trim_url_limit: int | None = None,
        nofollow: bool = False,
        autoescape: bool = False,
    ) -> str:
        """HTML of one word."""
        from offbeat.utils.html import escape_text, mark_safe

        if "." not in word and "@" not in word and ":" not in word:
            return escape_text(word) if autoescape and not safe_input else word
        lead, middle, trail = self.trim_punctuation(word)
        url, rel = self._address(middle, nofollow)
        if url is None:
            return escape_text(word) if autoescape and not safe_input else word
        shown = self.trim_url(middle, limit=trim_url_limit)
        if autoescape and not safe_input:
            lead, trail, shown = escape_text(lead), escape_text(trail), escape_text(shown)
        link = self.url_template.format(href=escape_text(url), attrs=rel, url=shown)
        return mark_safe(f"{lead}{link}{trail}")  # type: ignore[no-any-return]

    def _address(self, middle: str, nofollow: bool) -> tuple[str | None, str]:
        from offbeat.utils.html import smart_urlquote

        rel = ' rel="nofollow"' if nofollow else ""
        if len(middle) <= _MAX_WORD and _HAS_SCHEME.match(middle):
            return smart_urlquote(unescape(middle)), rel
        if len(middle) <= _MAX_WORD and _BARE_DOMAIN.match(middle):
            unescaped = unescape(middle)
            try:
                urlsplit(f"//{unescaped}")
            except ValueError:
                return None, ""
            return smart_urlquote(f"{_default_scheme()}://{unescaped}"), rel
        if ":" not in middle and self.is_email_simple(middle):
            local, domain = middle.rsplit("@", 1)
            return self.mailto_template.format(local=quote(local, safe=""), domain=quote(domain, safe="")), ""
        return None, ""

    def trim_url(self, x: str, *, limit: int | None) -> str:
        """The link's text, cut to ``limit`` characters with an ellipsis."""
        if limit is None or len(x) <= limit:
            return x
        return f"{x[: max(0, limit - 1)]}…"

    def trim_punctuation(self, word: str) -> tuple[str, str, str]:
        """``word`` as (leading punctuation, the part to link, trailing punctuation)."""
        start, end = 0, len(word)
        # Counting once keeps the walk below linear, however many brackets there are.
        counts = {char: word.count(char) for pair in self.wrapping_punctuation for char in pair}
        openers = dict(self.wrapping_punctuation)
        while start < end and word[start] in openers:
            counts[word[start]] -= 1
            start += 1
        while end > start:
            last = word[end - 1]
            if last == ";" and (entity := _entity_start(word, start, end)) is not None:
                # An entity that is no punctuation belongs to the link.
                if unescape(word[entity:end]) not in self.trailing_punctuation_chars:
                    break
                end = entity
            elif last in self.trailing_punctuation_chars:
                end -= 1
            elif last in _OPENERS and counts.get(last, 0) > counts.get(_OPENERS[last], 0):
                counts[last] -= 1
                end -= 1
            else:
                break
        return word[:start], word[start:end], word[end:]

    @staticmethod
    def is_email_simple(value: str) -> bool:
        """True for what looks like a mail address."""
        from offbeat.core.exceptions import ValidationError
        from offbeat.core.validators import EmailValidator

        if len(value) > _MAX_EMAIL or "@" not in value:
            return False
        try:
            EmailValidator(allowlist=[])(value)
        except ValidationError:
            return False
        return True


def _entity_start(word: str, start: int, end: int) -> int | None:
    """Where the entity that ends at ``end`` begins; entities are short, so only a short tail is looked at."""
    position = word.rfind("&", max(start, end - 34), end)
    if (
        position < 0
        or not _ENTITY.fullmatch(word, position, end)
        or unescape(word[position:end]) == word[position:end]
    ):
        return None
    return position


def _default_scheme() -> str:
    import warnings

    from offbeat.conf import settings
    from offbeat.utils.deprecation import RemovedInDjango2028Warning

    if settings.URLIZE_ASSUME_HTTPS:
        return "https"
    warnings.warn(
        "The default protocol will be changed from HTTP to HTTPS in Django 2028. Set the URLIZE_ASSUME_HTTPS "
        "transitional setting to True to opt into using HTTPS as the new default protocol.",
        RemovedInDjango2028Warning,
        stacklevel=2,
    )
    return "http"


urlizer = Urlizer()
