"""Translate patterns into pieces of one regular expression.

A chain of patterns (the prefixes of ``include()`` and the endpoint) normally matches step by step, each on the rest
of the path. Where every element can be translated, one expression does the same in a single step; each element
becomes an atomic group, so that no element gives back what it has taken, just as in the step-by-step form.
"""

from __future__ import annotations

import re
from typing import Any

from offbeat.urls.converters import DEFAULT_CONVERTERS, PathConverter, SlugConverter, StringConverter
from offbeat.urls.patterns import LocalePrefixPattern, RegexPattern, RoutePattern

__all__ = ["Capture", "Piece", "translate"]

SPECIAL = frozenset(".^$*+?{}[]()|\\")
QUANTIFIERS = frozenset("*+?{")
_builtin = frozenset(type(converter) for converter in DEFAULT_CONVERTERS.values())
_identity = frozenset((StringConverter, SlugConverter, PathConverter))


class Capture:
    """One captured value: its group within the piece, its name (None: positional) and its converter."""

    __slots__ = ("convert", "group", "name", "optional")

    def __init__(self, group: int, name: str | None, convert: Any, optional: bool) -> None:
        self.group = group
        self.name = name
        self.convert = convert
        self.optional = optional


class Piece:
    """One element: literal head, expression, number of groups, captures, whether it must end the path.

    ``simple``: whether there is, after the head, one capture of a whole segment and nothing else.
    """

    __slots__ = ("captures", "deterministic", "final", "groups", "head", "literal", "simple", "text")

    def __init__(
        self,
        head: str,
        literal: bool,
        text: str,
        groups: int,
        captures: tuple[Capture, ...],
        final: bool,
        deterministic: bool,
        simple: bool = False,
    ) -> None:
        self.head = head
        self.literal = literal
        self.text = text
        self.groups = groups
        self.captures = captures
        self.final = final
        self.deterministic = deterministic
        self.simple = simple


def translate(pattern: Any) -> Piece | None:
    """Return the piece for a pattern, or None when it can only match by itself."""
    kind = type(pattern)
    if kind.match is RoutePattern.match and kind.regex is RoutePattern.regex:
        return _from_route(pattern)
    if kind.match is RegexPattern.match and kind.regex is RegexPattern.regex:
        return _from_regex(str(pattern), pattern._is_endpoint, pattern.regex)
    if kind is LocalePrefixPattern:
        prefix = pattern.language_prefix
        return Piece(prefix, True, re.escape(prefix), 0, (), False, True)
    return None


def _from_route(pattern: RoutePattern) -> Piece:
    head = ""
    text = []
    captures: list[Capture] = []
    groups = 0
    deterministic = True
    for part in pattern.parts:
        if type(part) is str:
            if not captures:
                head = part
            text.append(re.escape(part))
            continue
        name, converter = part
        deterministic = deterministic and type(converter) in _builtin
        convert = None if type(converter) in _identity else converter.to_python
        captures.append(Capture(groups + 1, name, convert, False))
        text.append(f"({converter.regex})")
        groups += 1 + re.compile(converter.regex).groups
    simple = (
        pattern._is_endpoint
        and "".join(text) in (f"{re.escape(head)}([0-9]+)", f"{re.escape(head)}([^/]+)")
        and deterministic
    )
    return Piece(
        head,
        not captures,
        "".join(text),
        groups,
        tuple(captures),
        pattern._is_endpoint,
        deterministic,
        simple,
    )


def _from_regex(source: str, is_endpoint: bool, compiled: re.Pattern[str]) -> Piece | None:
    final = is_endpoint and source.endswith("$") and not source.endswith(r"\$")
    if not source.startswith("^") and not final:
        return None
    body = source[1:] if source.startswith("^") else source
    if final:
        body = body[:-1]
    scanned = _scan(body)
    if scanned is None or compiled.flags & ~re.UNICODE:
        return None
    head, literal = scanned
    text = re.sub(r"\(\?P<\w+>", "(", body)
    try:
        if re.compile(text).groups != compiled.groups:
            return None
    except re.error:
        return None
    names = {index: name for name, index in compiled.groupindex.items()}
    if names:
        captures = tuple(Capture(index, name, None, True) for index, name in sorted(names.items()))
    else:
        captures = tuple(Capture(index, None, None, True) for index in range(1, compiled.groups + 1))
    return Piece(head, literal, text, compiled.groups, captures, final, True)


def _scan(body: str) -> tuple[str, bool] | None:
    """Return the literal head and whether that is all; None when the expression depends on its position."""
    head: list[str] = []
    in_head = True
    in_class = False
    first_of_class = 0
    depth = 0
    pos = 0
    while pos < len(body):
        char = body[pos]
        width = 1
        plain = char not in SPECIAL
        if char == "\\":
            width = 2
            escaped = body[pos + 1 : pos + 2]
            if not escaped or escaped in "AZzbB" or escaped.isdigit():
                return None
            plain = not escaped.isalnum()
            char = escaped
        elif in_class:
            in_class = char != "]" or pos == first_of_class
            plain = False
        elif char == "[":
            in_class = True
            first_of_class = pos + (2 if body.startswith("^", pos + 1) else 1)
        elif char == "(":
            depth += 1
            if body.startswith("(?", pos) and not body.startswith(("(?:", "(?P<", "(?=", "(?!"), pos):
                return None
        elif char == ")":
            depth -= 1
        elif char in "^$" or (char == "|" and depth == 0):
            return None
        if in_head and plain and body[pos + width : pos + width + 1] not in QUANTIFIERS:
            head.append(char)
        else:
            in_head = False
        pos += width
    return "".join(head), in_head
