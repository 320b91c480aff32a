"""Random chains of calls: the trie, the slow path and a model in plain Python must agree."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offbeat.core.exceptions import EmptyResultSet
from offbeat.db.models import Q
from offbeat.db.models.query import QuerySet
from offbeat.db.models.sql import Query
from tests.querysets.models import Book

NAMES = st.sampled_from(["Ann", "Bob", "Cid", "Dan"])
PAGES = st.integers(min_value=98, max_value=110)

FILTERS = st.one_of(
    st.tuples(st.just("pages"), PAGES),
    st.tuples(st.just("pages__gte"), PAGES),
    st.tuples(st.just("pages__lt"), PAGES),
    st.tuples(st.just("pages__in"), st.lists(PAGES, max_size=4)),
    st.tuples(st.just("pages__range"), st.tuples(PAGES, PAGES)),
    st.tuples(st.just("in_print"), st.booleans()),
    st.tuples(st.just("author__name"), NAMES),
    st.tuples(st.just("author__rating__isnull"), st.booleans()),
    st.tuples(st.just("title__endswith"), st.sampled_from(["0", "3", "_", "%", "8"])),
)

CALLS = st.one_of(
    st.tuples(st.just("filter"), FILTERS),
    st.tuples(st.just("exclude"), FILTERS),
    st.tuples(st.just("either"), st.tuples(FILTERS, FILTERS)),
    st.tuples(st.just("order"), st.sampled_from(["pages", "-pages"])),
    st.tuples(st.just("reverse"), st.none()),
    st.tuples(st.just("none"), st.none()),
)

SLICES = st.one_of(st.none(), st.tuples(st.integers(0, 10), st.one_of(st.none(), st.integers(0, 10))))


def matches(book: Any, lookup: str, value: Any) -> bool:
    tests: dict[str, Any] = {
        "pages": lambda: book["pages"] == value,
        "pages__gte": lambda: book["pages"] >= value,
        "pages__lt": lambda: book["pages"] < value,
        "pages__in": lambda: book["pages"] in value,
        "pages__range": lambda: value[0] <= book["pages"] <= value[1],
        "in_print": lambda: book["in_print"] is value,
        "author__name": lambda: book["author"] == value,
        "author__rating__isnull": lambda: (book["author"] == "Cid") is value,
        "title__endswith": lambda: book["title"].endswith(value),
    }
    return bool(tests[lookup]())


def in_python(calls: Any, cut: Any) -> list[int]:
    books: list[Any] = [
        {
            "pages": 100 + n,
            "in_print": n % 2 == 0,
            "author": ["Ann", "Bob", "Cid"][n % 3],
            "title": f"Book {n}",
        }
        for n in range(9)
    ]
    order = "pages"
    turned = False
    for name, value in calls:
        if name == "filter":
            books = [b for b in books if matches(b, *value)]
        elif name == "exclude":
            books = [b for b in books if not matches(b, *value)]
        elif name == "either":
            books = [b for b in books if matches(b, *value[0]) or matches(b, *value[1])]
        elif name == "order":
            order = value
        elif name == "reverse":
            turned = not turned
        else:
            books = []
    books.sort(key=lambda b: b["pages"], reverse=(order == "-pages") ^ turned)
    pages = [b["pages"] for b in books]
    if cut is not None:
        pages = pages[cut[0] : cut[1]]
    return pages


def chained(books: Any, calls: Any, cut: Any) -> Any:
    books = books.order_by("pages")
    for name, value in calls:
        if name in ("filter", "exclude"):
            books = getattr(books, name)(**{value[0]: value[1]})
        elif name == "either":
            books = books.filter(Q(**{value[0][0]: value[0][1]}) | Q(**{value[1][0]: value[1][1]}))
        elif name == "order":
            books = books.order_by(value)
        else:
            books = getattr(books, name)()
    return books if cut is None else books[cut[0] : cut[1]]


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(calls=st.lists(CALLS, max_size=5), cut=SLICES)
def test_random_chains_agree(library: Any, calls: Any, cut: Any) -> None:
    expected = in_python(calls, cut)
    fast = chained(Book.objects.all(), calls, cut)
    slow = chained(QuerySet(Book, query=Query(Book)), calls, cut)
    assert [b.pages for b in fast] == expected
    assert [b.pages for b in slow] == expected
    again = chained(Book.objects.all(), calls, cut)
    assert again.count() == len(expected)
    assert again.exists() is bool(expected)
    assert list(again.values_list("pages", flat=True)) == expected
    if not again._form.is_empty():
        assert sql_of(again) == sql_of(slow)


def sql_of(books: Any) -> str:
    try:
        return str(books.query)
    except EmptyResultSet:
        return ""
