"""Similarity by trigrams (Django documentation: ref/contrib/postgres/search#trigram-similarity)."""

from __future__ import annotations

from typing import Any

from offbeat.db.models import FloatField, Func, Value

__all__ = [
    "TrigramDistance",
    "TrigramSimilarity",
    "TrigramStrictWordDistance",
    "TrigramStrictWordSimilarity",
    "TrigramWordDistance",
    "TrigramWordSimilarity",
]


def _text(string: Any) -> Any:
    return string if hasattr(string, "resolve_expression") else Value(string)


class _Trigrams(Func):
    """A number about an expression and a text."""

    output_field = FloatField()

    def __init__(self, expression: Any, string: Any, **extra: Any) -> None:
        super().__init__(expression, _text(string), **extra)


class _WordTrigrams(Func):
    """The same with the text first."""

    output_field = FloatField()

    def __init__(self, string: Any, expression: Any, **extra: Any) -> None:
        super().__init__(_text(string), expression, **extra)


class TrigramSimilarity(_Trigrams):
    """How similar two texts are, from 0 to 1."""

    function = "SIMILARITY"


class TrigramDistance(_Trigrams):
    """How different two texts are, from 0 to 1."""

    function = ""
    arg_joiner = " <-> "


class TrigramWordSimilarity(_WordTrigrams):
    """How similar a text is to the most similar part of another."""

    function = "WORD_SIMILARITY"


class TrigramStrictWordSimilarity(_WordTrigrams):
    """The same, of whole words."""

    function = "STRICT_WORD_SIMILARITY"


class TrigramWordDistance(_WordTrigrams):
    """How different a text is from the most similar part of another."""

    function = ""
    arg_joiner = " <<-> "


class TrigramStrictWordDistance(_WordTrigrams):
    """The same, of whole words."""

    function = ""
    arg_joiner = " <<<-> "
