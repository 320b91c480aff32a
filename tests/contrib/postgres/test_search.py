from __future__ import annotations

from typing import Any

import pytest

from offbeat.contrib.postgres.search import (
    Lexeme,
    SearchHeadline,
    SearchQuery,
    SearchRank,
    SearchVector,
)
from offbeat.db.models import F, Value
from tests.contrib.postgres.conftest import names
from tests.contrib.postgres.models import Animal

STORIES = {
    "Ada": "The old cats were found on a boat, sleeping.",
    "Bo": "A dog, who sleeps beside the cat's basket all day.",
    "Cy": "Nobody knows where this parrot comes from.",
}


@pytest.fixture(autouse=True)
def animals(tables: None) -> None:
    for name, story in STORIES.items():
        Animal.objects.create(name=name, story=story)
    Animal.objects.update(vector=SearchVector("story", config="english"))


def found(queryset: Any, query: Any) -> list[str]:
    return names(queryset.filter(search=query))


def searched(**options: Any) -> Any:
    return Animal.objects.annotate(search=SearchVector("story", config="english", **options))


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        ("cat", ["Ada", "Bo"]),
        ("sleeping cats", ["Ada", "Bo"]),
        (SearchQuery("cat", config="english"), ["Ada", "Bo"]),
        (SearchQuery("old cat", config="english", search_type="phrase"), ["Ada"]),
        (SearchQuery("cat & !boat", config="english", search_type="raw"), ["Bo"]),
        (SearchQuery('"old cats" or parrot -dog', config="english", search_type="websearch"), ["Ada", "Cy"]),
        (SearchQuery("dog", config="english") | SearchQuery("parrot", config="english"), ["Bo", "Cy"]),
        (SearchQuery("cat", config="english") & SearchQuery("dog", config="english"), ["Bo"]),
        (SearchQuery("cat", config="english") & ~SearchQuery("dog", config="english"), ["Ada"]),
        (~(SearchQuery("cat", config="english")), ["Cy"]),
        (SearchQuery(Lexeme("cat"), config="english"), ["Ada", "Bo"]),
        (SearchQuery(Lexeme("cat") & ~Lexeme("dog"), config="english"), ["Ada"]),
        (SearchQuery(Lexeme("parr", prefix=True), config="english"), ["Cy"]),
        (SearchQuery(~(Lexeme("cat") | Lexeme("dog")), config="english"), ["Cy"]),
        (SearchQuery(~(Lexeme("cat") & Lexeme("dog")), config="english"), ["Ada", "Cy"]),
        (SearchQuery(Lexeme("it's a \\ cat: & | ! ( ) *"), config="english"), ["Ada", "Bo"]),
        (F("name"), []),
    ],
)
def test_queries(call: Any, query: Any, matches: list[str]) -> None:
    for _ in range(2):
        assert call(lambda: found(searched(), query)) == matches


def test_lookups(call: Any) -> None:
    assert call(lambda: names(Animal.objects.filter(story__search="parrot"))) == ["Cy"]
    assert call(lambda: names(Animal.objects.filter(story__search="dog"))) == ["Bo"]
    assert call(lambda: names(Animal.objects.filter(vector=SearchQuery("cats", config="english")))) == [
        "Ada",
        "Bo",
    ]
    assert names(Animal.objects.filter(story__search=SearchQuery("cats", config="english"))) == ["Ada", "Bo"]
    assert names(Animal.objects.filter(story__search=SearchQuery("cats", config="simple"))) == ["Ada"]
    assert names(Animal.objects.filter(name__search="ada")) == ["Ada"]


def test_documents_of_several_columns() -> None:
    both = Animal.objects.annotate(search=SearchVector("name", "story", "legs", "weight", config="english"))
    assert found(both, "ada cats 4") == ["Ada"]
    added = SearchVector("name", config="english") + SearchVector("story", config="english")
    assert found(Animal.objects.annotate(search=added), "bo dog") == ["Bo"]
    with pytest.raises(TypeError, match="can only be combined with other SearchVector instances"):
        SearchVector("name") + "x"


def test_configurations_of_columns() -> None:
    Animal.objects.filter(name="Bo").update(tags=["french"], story="Les chats dorment")
    Animal.objects.exclude(name="Bo").update(tags=["english"])
    language = F("tags__0")
    documents = Animal.objects.annotate(search=SearchVector("story", config=language))
    assert found(documents, SearchQuery("chat", config=language)) == ["Bo"]
    assert found(documents, SearchQuery("cats", config=language)) == ["Ada"]


def test_ranks(call: Any) -> None:
    vector = SearchVector("name", weight="A", config="english") + SearchVector(
        "story", weight="D", config="english"
    )
    query = SearchQuery("cat", config="english") | SearchQuery("cy", config="english")

    def ranked(**options: Any) -> list[str]:
        rows = Animal.objects.annotate(rank=SearchRank(vector, query, **options)).order_by("-rank", "name")
        return [animal.name for animal in rows]

    assert call(ranked) == ["Cy", "Ada", "Bo"]
    assert ranked(weights=[1, 0.0, 0.0, 0.1]) == ["Ada", "Bo", "Cy"]
    assert ranked(weights=[1, 0, 0, 0]) == ["Ada", "Bo", "Cy"]
    assert ranked(cover_density=True)[0] == "Cy"
    assert ranked(normalization=Value(2).bitor(Value(4)))[0] == "Cy"
    plain = Animal.objects.annotate(rank=SearchRank("story", "parrot")).filter(rank__gt=0)
    assert names(plain) == ["Cy"]


def test_headlines(call: Any) -> None:
    def headline(**options: Any) -> str:
        query = SearchQuery("cats", config="english")
        row = Animal.objects.annotate(h=SearchHeadline("story", query, config="english", **options)).get(
            name="Ada"
        )
        return str(row.h)

    assert call(headline) == "The old <b>cats</b> were found on a boat, sleeping."
    assert headline(start_sel="[", stop_sel=", ]") == "The old [cats, ] were found on a boat, sleeping."
    assert headline(start_sel='<i class="a">', stop_sel="</i>") == (
        'The old <i class="a">cats</i> were found on a boat, sleeping.'
    )
    assert headline(max_words=3, min_words=2, short_word=0) == "<b>cats</b> were"
    assert headline(highlight_all=True).startswith("The old <b>cats</b>")
    assert headline(max_fragments=2, fragment_delimiter=" … ", max_words=4, min_words=1)
    assert Animal.objects.annotate(h=SearchHeadline("story", "parrot")).get(name="Cy").h.count("<b>") == 1


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: SearchQuery("a", search_type="fuzzy"), ValueError, "Unknown search_type argument 'fuzzy'"),
        (lambda: SearchQuery("a") & "b", TypeError, "can only be combined with other SearchQuery instances"),
        (lambda: Lexeme(1), TypeError, "Lexeme value must be a string, got int"),
        (lambda: Lexeme(" \0"), ValueError, "Lexeme value cannot be empty"),
        (lambda: Lexeme(""), ValueError, "Lexeme value cannot be empty"),
        (
            lambda: Lexeme("a", weight="E"),
            ValueError,
            "Weight must be one of 'A', 'B', 'C', and 'D', got 'E'",
        ),
        (lambda: Lexeme("a") & "b", TypeError, "can only be combined with another Lexeme"),
    ],
)
def test_options(make: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    "text", ["", " ", "'", "''", "\\", "a'b", "a\\", "a & | !", ":*", "a:*", "<->", "100%", "%s"]
)
def test_no_text_is_an_error(text: str) -> None:
    for search_type in ("plain", "phrase", "websearch"):
        found(searched(), SearchQuery(text, search_type=search_type))
    found(Animal.objects.annotate(search=SearchVector("story")), text)
    if text.strip():
        found(searched(), SearchQuery(Lexeme(text) | Lexeme("x")))
        found(searched(), SearchQuery(Lexeme(text, prefix=True, weight="B")))


def test_weights_of_lexemes() -> None:
    vector = SearchVector("name", weight="A", config="simple") + SearchVector(
        "story", weight="D", config="simple"
    )
    documents = Animal.objects.annotate(search=vector)
    assert found(documents, SearchQuery(Lexeme("cy", weight="A"), config="simple")) == ["Cy"]
    assert found(documents, SearchQuery(Lexeme("cy", weight="D"), config="simple")) == []
    assert found(documents, SearchQuery(Lexeme("parrot", weight="d"), config="simple")) == ["Cy"]


def test_equality_of_queries() -> None:
    query = SearchQuery("a", config="english")
    assert query == SearchQuery("a", config="english") == ~~query
    assert query != ~query
    assert query != SearchQuery("a", config="english", search_type="raw")
    assert SearchVector("a") == SearchVector("a") != SearchVector("a", weight="A")


def test_queries_as_text() -> None:
    both = SearchQuery("a") & ~SearchQuery("b")
    assert str(both) == "(SearchQuery(Value('a')) && ~SearchQuery(Value('b')))"
    assert repr(Lexeme("a") & Lexeme("b")) == "<CombinedLexeme: Lexeme('a') & Lexeme('b')>"
