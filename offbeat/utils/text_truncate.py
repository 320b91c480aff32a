"""Cutting text and HTML to a number of characters or words, in one linear pass."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from html import unescape
from typing import Any

from offbeat.utils.functional import SimpleLazyObject, keep_lazy_text
from offbeat.utils.lazy_pattern import lazy_pattern
from offbeat.utils.translation import pgettext

_VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "frame",
        "spacer",
    ]
)
_ESCAPES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;", "'": "&#x27;"}
_NAME = lazy_pattern(r"[a-zA-Z][^\s/>\x00]*+")
_ENTITY = lazy_pattern(r"&(?:#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,8}|[a-zA-Z][a-zA-Z0-9]{1,32});?")
_TAG_STOP = lazy_pattern(r"""[>"']""")


def add_truncation_text(text: str, truncate: str | None = None) -> str:
    """``text`` with the ellipsis (or ``truncate``, a format or a suffix) put behind it, once."""
    if truncate is None:
        # Translators: A truncated text, "%(truncated_text)s…"
        truncate = pgettext("String to return when truncating text", "%(truncated_text)s…")
    if "%(truncated_text)s" in truncate:
        return truncate % {"truncated_text": text}
    # The text may end with the very suffix already, when a filter was applied twice.
    if text.endswith(truncate):
        return text
    return f"{text}{truncate}"


def calculate_truncate_chars_length(length: int, replacement: str) -> int:
    """How much of ``length`` is left for the text once the truncation suffix has its share."""
    truncate_len = length
    for char in add_truncation_text("", replacement):
        if not unicodedata.combining(char):
            truncate_len -= 1
            if truncate_len == 0:
                break
    return truncate_len


class Truncator(SimpleLazyObject):
    """Wraps text that may be cut; lazy text stays lazy until then."""

    # A page cut to a few words does not need to be read for megabytes.
    MAX_LENGTH_HTML = 5_000_000

    def __init__(self, text: Any) -> None:
        super().__init__(lambda: str(text))

    def chars(self, num: Any, truncate: str | None = None, html: bool = False) -> str:
        """At most ``num`` characters, the suffix counted; combining characters are free."""
        self._setup()
        length = int(num)
        if length <= 0:
            return ""
        text = unicodedata.normalize("NFC", str(self._wrapped))
        if html:
            return _truncate_html_chars(text[: self.MAX_LENGTH_HTML], length, truncate)
        return _text_chars(text, length, truncate)

    def words(self, num: Any, truncate: str | None = None, html: bool = False) -> str:
        """At most ``num`` words, spaces made single."""
        self._setup()
        length = int(num)
        text = str(self._wrapped)
        if length <= 0:
            return ""
        if html:
            return _truncate_html_words(text[: self.MAX_LENGTH_HTML], length, truncate)
        words = text.split(maxsplit=length)
        if len(words) > length:
            return add_truncation_text(" ".join(words[:length]), truncate)
        return " ".join(words)


for _name in ("chars", "words"):
    setattr(Truncator, _name, keep_lazy_text(getattr(Truncator, _name)))


def _text_chars(text: str, length: int, truncate: str | None) -> str:
    room = calculate_truncate_chars_length(
        length, truncate if truncate is not None else add_truncation_text("")
    )
    seen = 0
    end = None
    for i, char in enumerate(text):
        if unicodedata.combining(char):
            continue
        seen += 1
        if end is None and seen > room:
            end = i
        if seen > length:
            return add_truncation_text(text[: end or 0], truncate)
    return text


def _html_tokens(text: str) -> Iterator[tuple[str, str]]:
    """(kind, source) pairs: ``text``, ``open``, ``close``, ``other`` (comments and the like)."""
    position = 0
    size = len(text)
    no_end_from = dict.fromkeys((">", '"', "'", "-->"), size)
    while position < size:
        start = text.find("<", position)
        if start < 0:
            yield "text", text[position:]
            return
        following = text[start + 1 : start + 2]
        kind = _tag_kind(text, start, following)
        end = _tag_end(text, start, no_end_from) if kind else -1
        if kind is None or end < 0:
            # A lone "<" is text by itself.
            if start > position:
                yield "text", text[position:start]
            yield "text", "<"
            position = start + 1
            continue
        if start > position:
            yield "text", text[position:start]
        yield kind, text[start:end]
        position = end


def _tag_kind(text: str, start: int, following: str) -> str | None:
    if following.isascii() and following.isalpha():
        return "open"
    if following == "/":
        after = text[start + 2 : start + 3]
        return "close" if after.isascii() and after.isalpha() else "other" if after else None
    return "other" if following in ("!", "?") and following else None


def _tag_end(text: str, start: int, no_end_from: dict[str, int]) -> int:
    """Position behind the tag's ``>``, quotes respected; -1 when it has none.

    ``no_end_from`` remembers from where on a mark does not occur any more, so that no stretch is searched twice.
    """
    if start < no_end_from["-->"] and text.startswith("<!--", start):
        end = text.find("-->", start + 4)
        if end >= 0:
            return end + 3
        no_end_from["-->"] = start
    position = start + 1
    while position < no_end_from[">"]:
        stop = _TAG_STOP.search(text, position)
        if stop is None:
            break
        mark = stop[0]
        if mark == ">":
            return stop.end()
        position = stop.end()
        if position < no_end_from[mark]:
            closing = text.find(mark, position)
            if closing < 0:
                no_end_from[mark] = position
            else:
                position = closing + 1
    no_end_from[">"] = min(no_end_from[">"], start)
    return -1


def _units(text: str) -> Iterator[str]:
    """Characters of HTML text; an entity is one."""
    position = 0
    while position < len(text):
        if (
            text[position] == "&"
            and (entity := _ENTITY.match(text, position))
            and unescape(entity[0]) != entity[0]
        ):
            yield entity[0]
            position = entity.end()
        else:
            yield text[position]
            position += 1


def _escaped_unit(unit: str) -> str:
    return _ESCAPES.get(unit) or _ESCAPES.get(char := unescape(unit), char)


class _OpenTags:
    """The elements that are open where the text is cut."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def see(self, kind: str, source: str) -> None:
        name_match = _NAME.match(source, 2 if kind == "close" else 1)
        if name_match is None:
            return
        name = name_match[0].lower()
        if kind == "open":
            if name not in _VOID and not source.endswith("/>"):
                self.names.append(name)
        elif self.names and self.names[-1] == name:
            # One that closes another element is ignored, so that everything open is closed at the end.
            self.names.pop()

    def closing(self) -> str:
        return "".join(f"</{name}>" for name in reversed(self.names))


def _truncate_html_chars(text: str, length: int, truncate: str | None) -> str:
    room = calculate_truncate_chars_length(
        length, truncate if truncate is not None else add_truncation_text("")
    )
    out: list[str] = []
    open_tags = _OpenTags()
    seen = 0
    cut: tuple[int, str] | None = None
    ends_in_text = False
    for kind, source in _html_tokens(text):
        ends_in_text = kind == "text"
        if kind != "text":
            if cut is None:
                open_tags.see(kind, source)
            out.append(source)
            continue
        for unit in _units(source):
            if not unicodedata.combining(unescape(unit)[:1] or " "):
                seen += 1
                if cut is None and seen > room:
                    cut = len(out), open_tags.closing()
                if seen > length:
                    assert cut is not None
                    return add_truncation_text("".join(out[: cut[0]]), truncate) + cut[1]
            out.append(_escaped_unit(unit))
    # Text that just fits is kept only where nothing follows it: a closing tag counts as more to come.
    if cut is not None and seen >= length and not ends_in_text:
        return add_truncation_text("".join(out[: cut[0]]), truncate) + cut[1]
    return "".join(out)


_WORD_OR_SPACE = lazy_pattern(r"\s+|\S+")


def _truncate_html_words(text: str, length: int, truncate: str | None) -> str:
    out: list[str] = []
    open_tags = _OpenTags()
    seen = 0
    for kind, source in _html_tokens(text):
        if kind != "text":
            open_tags.see(kind, source)
            out.append(source)
            continue
        pieces = _WORD_OR_SPACE.findall(source)
        for i, piece in enumerate(pieces):
            if piece.isspace():
                # Between words, spaces are made single.
                out.append(" " if 0 < i < len(pieces) - 1 else piece)
                continue
            seen += 1
            if seen > length:
                return add_truncation_text("".join(out).rstrip(), truncate) + open_tags.closing()
            out.append("".join(map(_escaped_unit, _units(piece))))
    return "".join(out)
