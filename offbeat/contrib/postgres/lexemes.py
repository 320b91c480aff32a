"""Lexeme, the parts of search queries (Django documentation: ref/contrib/postgres/search#lexeme)."""

from __future__ import annotations

import re
from typing import Any

from offbeat.db.models import CharField, Expression, Value

__all__ = ["CombinedLexeme", "Lexeme", "LexemeCombinable"]

_SPACES = re.compile(r"[\0\s]+")
_WEIGHTS = ("A", "B", "C", "D")


def quote_lexeme(value: str) -> str:
    """The word as to_tsquery() takes it literally; it has no way to write NUL, and takes any space for one."""
    text = _SPACES.sub(" ", value).strip()
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


class LexemeCombinable:
    """`&`, `|` and `~`."""

    BITAND = "&"
    BITOR = "|"

    def _joined(self, other: Any, connector: str) -> CombinedLexeme:
        if not isinstance(other, LexemeCombinable):
            raise TypeError(
                f"A Lexeme can only be combined with another Lexeme, got {other.__class__.__name__}."
            )
        return CombinedLexeme(self, connector, other)

    def __and__(self, other: Any) -> CombinedLexeme:
        return self._joined(other, self.BITAND)

    def __or__(self, other: Any) -> CombinedLexeme:
        return self._joined(other, self.BITOR)

    def as_query(self) -> str:
        """The text for to_tsquery()."""
        raise NotImplementedError


class Lexeme(LexemeCombinable, Value):
    """A word to search for: not parsed, optionally as a prefix, inverted, or with a weight."""

    def __init__(
        self,
        value: Any,
        output_field: Any = None,
        *,
        invert: bool = False,
        prefix: bool = False,
        weight: str | None = None,
    ) -> None:
        if not isinstance(value, str):
            raise TypeError(f"Lexeme value must be a string, got {value.__class__.__name__}.")
        if not _SPACES.sub("", value):
            raise ValueError("Lexeme value cannot be empty.")
        if weight is not None and (not isinstance(weight, str) or weight.upper() not in _WEIGHTS):
            raise ValueError(f"Weight must be one of 'A', 'B', 'C', and 'D', got {weight!r}.")
        super().__init__(value, output_field=output_field or CharField())
        self.invert = invert
        self.prefix = prefix
        self.weight = weight

    def as_query(self) -> str:
        flags = ("*" if self.prefix else "") + (self.weight or "")
        text = quote_lexeme(self.value)
        if flags:
            text = f"{text}:{flags}"
        return f"!{text}" if self.invert else text

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", (self.as_query(),)

    def __invert__(self) -> Lexeme:
        return Lexeme(self.value, invert=not self.invert, prefix=self.prefix, weight=self.weight)


class CombinedLexeme(LexemeCombinable, Expression):
    """Two parts of a query."""

    def __init__(self, lhs: Any, connector: str, rhs: Any, output_field: Any = None) -> None:
        super().__init__(output_field=output_field or CharField())
        self.lhs = lhs
        self.connector = connector
        self.rhs = rhs

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self}>"

    def __str__(self) -> str:
        return f"{self.lhs} {self.connector} {self.rhs}"

    def as_query(self) -> str:
        return f"({self.lhs.as_query()} {self.connector} {self.rhs.as_query()})"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", (self.as_query(),)

    def __invert__(self) -> CombinedLexeme:
        # Not both is one of them not; neither is both not.
        connector = self.BITOR if self.connector == self.BITAND else self.BITAND
        return CombinedLexeme(~self.lhs, connector, ~self.rhs)
