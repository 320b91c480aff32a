"""Column aliases come from callers and must stay plain names."""

from __future__ import annotations

import pytest

from offbeat.db.models import F, FilteredRelation, Q, Value
from offbeat.db.models.aggregates import Count
from tests.sqlmodels.models import Author, Book

CRAFTED = ['x" from "y"; --', "a b", "a;b", "a--b", "a/*b", "a'b", "a`b", "a[b", "a#b", "a\nb", "a\x00b"]


@pytest.mark.parametrize("alias", CRAFTED)
def test_crafted_aliases_are_refused_everywhere(alias: str) -> None:
    message = "Column aliases cannot contain"
    with pytest.raises(ValueError, match=message):
        Book.objects.annotate(**{alias: Value(1)})
    with pytest.raises(ValueError, match=message):
        Book.objects.alias(**{alias: F("pages")})
    with pytest.raises(ValueError, match=message):
        Book.objects.values(**{alias: F("pages")})
    with pytest.raises(ValueError, match=message):
        Book.objects.values_list(F("pages").asc().expression, Value(1)).annotate(**{alias: Value(1)})
    with pytest.raises(ValueError, match=message):
        Book.objects.aggregate(**{alias: Count("pk")})
    with pytest.raises(ValueError, match=message):
        Book.objects.extra(select={alias: "1"})
    with pytest.raises(ValueError, match=message):
        Author.objects.annotate(**{alias: FilteredRelation("books", condition=Q(books__pages=1))})


def test_filtered_relations_refuse_periods() -> None:
    with pytest.raises(ValueError, match="periods"):
        Author.objects.annotate(**{"a.b": FilteredRelation("books")})


def test_connectors_are_the_known_words() -> None:
    with pytest.raises(ValueError, match="_connector must be one of 'AND', 'OR', 'XOR', or None"):
        Q(a=1, _connector="OR 1=1 --")


def test_explain_options_are_plain_names() -> None:
    with pytest.raises(ValueError):
        Book.objects.all().explain(**{"x; drop": True})
