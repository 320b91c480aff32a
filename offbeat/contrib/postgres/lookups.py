"""Lookups of several types, and of text (Django documentation: ref/contrib/postgres/lookups)."""

from __future__ import annotations

from typing import Any

from offbeat.contrib.postgres.search import SearchVector, SearchVectorExact, SearchVectorField
from offbeat.db.models import Transform
from offbeat.db.models.lookups import PostgresOperatorLookup

__all__ = ["SearchLookup", "TrigramSimilar", "TrigramStrictWordSimilar", "TrigramWordSimilar", "Unaccent"]


class Unaccent(Transform):
    """Text without accents."""

    bilateral = True
    lookup_name = "unaccent"
    function = "UNACCENT"


class SearchLookup(SearchVectorExact):
    """Full-text search in a column of text."""

    lookup_name = "search"

    def process_lhs(self, compiler: Any, connection: Any, lhs: Any = None) -> tuple[str, Any]:
        document = lhs or self.lhs
        if not isinstance(document.output_field, SearchVectorField):
            document = SearchVector(document, config=getattr(self.rhs, "config", None))
        return super().process_lhs(compiler, connection, document)


class TrigramSimilar(PostgresOperatorLookup):
    """Similar by trigrams to a text."""

    lookup_name = "trigram_similar"
    postgres_operator = "%%"


class TrigramWordSimilar(PostgresOperatorLookup):
    """Has words similar by trigrams to a text."""

    lookup_name = "trigram_word_similar"
    postgres_operator = "%%>"


class TrigramStrictWordSimilar(PostgresOperatorLookup):
    """The same by whole words."""

    lookup_name = "trigram_strict_word_similar"
    postgres_operator = "%%>>"
