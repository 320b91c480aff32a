"""Turn regular expressions of URL patterns back into format strings, and compile expressions lazily.

The reversal covers what URL patterns are made of: literals, groups, character classes, quantifiers. Look-aheads
and anchors stand for no text. A quantifier that allows zero occurrences gives the branch without the text, and,
when the text holds a parameter, also the branch with one occurrence. A pattern with a top-level or nested
alternation outside capturing groups cannot be reversed and yields one empty branch.
"""

from __future__ import annotations

import re
from itertools import product
from typing import Any

from offbeat.utils.functional import SimpleLazyObject
from offbeat.utils.lazy_pattern import lazy_pattern

__all__ = ["ESCAPE_MAPPINGS", "_lazy_re_compile", "normalize"]

ESCAPE_MAPPINGS = {
    "A": None,
    "b": None,
    "B": None,
    "d": "0",
    "D": "x",
    "s": " ",
    "S": "x",
    "w": "x",
    "W": "!",
    "Z": None,
    "z": None,
}
IGNORED_GROUPS = ("?=", "?!", "?<=", "?<!", "?#")
QUANTIFIER = lazy_pattern(r"\{\s*(\d*)\s*(,?)\s*\d*\s*\}")

Branch = tuple[str, list[str]]
_EMPTY: Branch = ("", [])


class _Alternation(Exception):
    """The pattern holds "|" where the text to produce would be ambiguous."""


class _Reader:
    """Recursive descent over one pattern; each method returns the branches of what it has read."""

    __slots__ = ("pattern", "pos", "unnamed")

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.pos = 0
        self.unnamed = 0

    def sequence(self, nested: bool) -> list[Branch]:
        items: list[list[Branch]] = []
        pattern = self.pattern
        while self.pos < len(pattern):
            char = pattern[self.pos]
            if char == ")" and nested:
                break
            if char == "|":
                raise _Alternation
            self.pos += 1
            if char in "^$":
                continue
            items.append(self.quantified(self.atom(char)))
        return [_concatenate(choice) for choice in product(*items)]

    def atom(self, char: str) -> list[Branch]:
        if char == "\\":
            return [(_literal(self.escape()), [])]
        if char == ".":
            return [(".", [])]
        if char == "[":
            return [(_literal(self.character_class()), [])]
        if char == "(":
            return self.group()
        return [(_literal(char), [])]

    def escape(self) -> str:
        """Read what follows a backslash; return a text it matches."""
        if self.pos >= len(self.pattern):
            raise ValueError("Pattern ends with a backslash.")
        char = self.pattern[self.pos]
        self.pos += 1
        return ESCAPE_MAPPINGS.get(char, char) or ""

    def character_class(self) -> str:
        pattern = self.pattern
        start = self.pos
        negated = pattern.startswith("^", start)
        self.pos += negated
        first = pattern[self.pos : self.pos + 1]
        self.pos += 1
        if first == "\\":
            first = self.escape()
        while self.pos < len(pattern) and pattern[self.pos] != "]":
            self.pos += 2 if pattern[self.pos] == "\\" else 1
        self.pos += 1
        if not negated:
            return first
        matches = re.compile("[" + pattern[start : self.pos]).match
        return next((char for char in first + "x0-_!~" if matches(char)), first)

    def group(self) -> list[Branch]:
        pattern = self.pattern
        start = self.pos
        if not pattern.startswith("?", start):
            name = f"_{self.unnamed}"
            self.unnamed += 1
            self.skip_group()
            return [(f"%({name})s", [name])]
        if pattern.startswith("?:", start) or pattern.startswith("?>", start):
            self.pos += 2
            branches = self.sequence(nested=True)
            self.pos += 1
            return branches
        if pattern.startswith("?P<", start) or pattern.startswith("?P=", start):
            closing = ">" if pattern[start + 2] == "<" else ")"
            end = pattern.index(closing, start)
            name = pattern[start + 3 : end]
            self.pos = end + 1
            if closing == ")":
                return [(f"%({name})s", [])]
            self.skip_group()
            return [(f"%({name})s", [name])]
        if pattern.startswith(IGNORED_GROUPS, start) or re.match(r"\?[aiLmsux-]+[):]", pattern[start:]):
            self.skip_group()
            return [_EMPTY]
        raise ValueError(f"Non-reversible reg-exp portion: '({pattern[start : start + 3]}'")

    def skip_group(self) -> None:
        """Move behind the parenthesis that closes the group just opened."""
        pattern = self.pattern
        depth = 1
        while depth and self.pos < len(pattern):
            char = pattern[self.pos]
            self.pos += 1
            if char == "\\":
                self.pos += 1
            elif char == "[":
                self.character_class()
            elif char == "(":
                depth += 1
            elif char == ")":
                depth -= 1

    def quantified(self, branches: list[Branch]) -> list[Branch]:
        pattern = self.pattern
        char = pattern[self.pos : self.pos + 1]
        if char in ("*", "?"):
            minimum = 0
            self.pos += 1
        elif char == "+":
            minimum = 1
            self.pos += 1
        elif char == "{" and (match := QUANTIFIER.match(pattern, self.pos)):
            minimum = int(match[1] or 0)
            self.pos = match.end()
        else:
            return branches
        if pattern.startswith(("?", "+"), self.pos):
            self.pos += 1
        if minimum == 0:
            return [_EMPTY, *branches] if any(params for _, params in branches) else [_EMPTY]
        return [(text * minimum if not params else text, params) for text, params in branches]


def _literal(text: str) -> str:
    return text.replace("%", "%%")


def _concatenate(parts: tuple[Branch, ...]) -> Branch:
    return "".join(text for text, _ in parts), [name for _, params in parts for name in params]


def normalize(pattern: str) -> list[Branch]:
    """Return ``(format string, parameter names)`` for each way to produce a text the pattern matches.

    Unnamed groups are called ``_0``, ``_1`` and so on. ValueError for a pattern that cannot be reversed.
    """
    reader = _Reader(pattern)
    try:
        return reader.sequence(nested=False)
    except _Alternation:
        return [_EMPTY]


def _lazy_re_compile(regex: str | bytes | re.Pattern[Any], flags: int = 0) -> Any:
    """Return an object that compiles ``regex`` when it is first used."""

    def compile_now() -> re.Pattern[Any]:
        if isinstance(regex, (str, bytes)):
            return re.compile(regex, flags)
        assert not flags, "flags must be empty if regex is passed pre-compiled"
        return regex

    return SimpleLazyObject(compile_now)
