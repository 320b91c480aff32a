from __future__ import annotations

from typing import Any

import pytest

from offbeat.contrib.postgres.search import (
    TrigramDistance,
    TrigramSimilarity,
    TrigramStrictWordDistance,
    TrigramStrictWordSimilarity,
    TrigramWordDistance,
    TrigramWordSimilarity,
)
from offbeat.db.models import F
from tests.contrib.postgres.conftest import names
from tests.contrib.postgres.models import Animal


@pytest.fixture(autouse=True)
def animals(tables: None) -> None:
    for name, story in (
        ("Matthew", "An old cat"),
        ("Mathew", "A cat on a boat"),
        ("Élodie", "Sous la mer à 100%"),
    ):
        Animal.objects.create(name=name, story=story)


@pytest.mark.parametrize(
    ("lookup", "value", "found"),
    [
        ("name__trigram_similar", "Mathew", ["Mathew", "Matthew"]),
        ("name__trigram_similar", "%", []),
        ("story__trigram_word_similar", "boats", ["Mathew"]),
        ("story__trigram_strict_word_similar", "boat", ["Mathew"]),
        ("name__unaccent", "Elodie", ["Élodie"]),
        ("name__unaccent__icontains", "ELO", ["Élodie"]),
        ("name__unaccent__startswith", "Él", ["Élodie"]),
        ("story__unaccent__contains", "a 100%", ["Élodie"]),
        ("name__unaccent__trigram_similar", "Élody", ["Élodie"]),
    ],
)
def test_text_lookups(call: Any, lookup: str, value: str, found: list[str]) -> None:
    for _ in range(2):
        assert call(lambda: names(Animal.objects.filter(**{lookup: value}))) == found


def test_lookups_do_not_mix_up_values() -> None:
    found = [names(Animal.objects.filter(name__trigram_similar=value)) for value in ("Mathew", "Élodie")]
    assert found == [["Mathew", "Matthew"], ["Élodie"]]


@pytest.mark.parametrize(
    ("function", "arguments", "best", "descending"),
    [
        (TrigramSimilarity, ("name", "Mathew"), "Mathew", True),
        (TrigramDistance, ("name", "Mathew"), "Mathew", False),
        (TrigramWordSimilarity, ("boats", "story"), "Mathew", True),
        (TrigramWordDistance, ("boats", "story"), "Mathew", False),
        (TrigramStrictWordSimilarity, ("boat", "story"), "Mathew", True),
        (TrigramStrictWordDistance, ("boat", "story"), "Mathew", False),
    ],
)
def test_similarity(call: Any, function: Any, arguments: Any, best: str, descending: bool) -> None:
    order = F("value").desc() if descending else F("value").asc()
    rows = call(lambda: list(Animal.objects.annotate(value=function(*arguments)).order_by(order, "name")))
    assert rows[0].name == best
    assert 0 <= rows[0].value <= 1
    assert type(rows[0].value) is float


def test_similarity_of_columns() -> None:
    rows = Animal.objects.annotate(same=TrigramSimilarity("name", F("name"))).filter(same=1.0)
    assert len(rows) == 3
