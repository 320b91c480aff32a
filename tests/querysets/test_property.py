"""Random chains of calls: the trie, the slow path and a model in plain Python must agree.

The trie is asked three times, so that its edges are learned, then followed, then followed to a plan that exists; each time
the statements that reach the database are those of the slow path.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offbeat.core.exceptions import EmptyResultSet
from offbeat.db import connection
from offbeat.db.models import Count, Exists, F, OuterRef, Q, Sum, Value
from offbeat.db.models.functions import Upper
from offbeat.db.models.query import QuerySet
from offbeat.db.models.sql import Query
from tests.querysets.models import Book

NAMES = st.sampled_from(["Ann", "Bob", "Cid", "Dan"])
PAGES = st.integers(min_value=98, max_value=110)
BIG = st.sampled_from([-(2**63), 2**63 - 1, 2**63, 10**30])

SINGLE = st.one_of(
    st.tuples(st.just("pages"), st.one_of(PAGES, BIG)),
    st.tuples(st.just("pages__gte"), st.one_of(PAGES, BIG)),
    st.tuples(st.just("pages__lt"), PAGES),
    st.tuples(st.just("pages__in"), st.lists(PAGES, max_size=4)),
    st.tuples(st.just("pages__range"), st.tuples(PAGES, PAGES)),
    st.tuples(st.just("in_print"), st.booleans()),
    st.tuples(st.just("author__name"), NAMES),
    st.tuples(st.just("author__name__in"), st.lists(NAMES, max_size=3)),
    st.tuples(st.just("author__rating__isnull"), st.booleans()),
    st.tuples(st.just("author__mentor"), st.none()),
    st.tuples(st.just("title__endswith"), st.sampled_from(["0", "3", "_", "%", "8"])),
    st.tuples(st.just("price__gt"), st.sampled_from([decimal.Decimal("20.50"), decimal.Decimal(45)])),
    st.tuples(st.just("published__year"), st.integers(1999, 2003)),
    st.tuples(st.just("published__gte"), st.dates(datetime.date(2000, 1, 1), datetime.date(2002, 12, 31))),
    st.tuples(st.just("n"), st.integers(0, 4)),
)
# Within an OR, a relation to many objects gives a row for each of them.
FILTERS = st.one_of(SINGLE, st.tuples(st.just("tags__name"), st.sampled_from(["art", "bio", "code", "none"])))

CALLS = st.one_of(
    st.tuples(st.just("filter"), FILTERS),
    st.tuples(st.just("exclude"), FILTERS),
    # A subquery leaves the trie, for the rest of the chain.
    st.tuples(st.just("printed"), FILTERS),
    st.tuples(st.sampled_from(["either", "one", "both"]), st.tuples(SINGLE, SINGLE)),
    st.tuples(st.just("shorter"), st.sampled_from(["pages", "author__name"])),
    st.tuples(st.just("order"), st.sampled_from(["pages", "-pages"])),
    st.tuples(
        st.just("call"),
        st.sampled_from(["reverse", "none", "distinct", "all", "select_related", "only", "defer", "alias"]),
    ),
)

SLICES = st.one_of(st.none(), st.tuples(st.integers(0, 10), st.one_of(st.none(), st.integers(0, 10))))

ARGUMENTS: dict[str, Any] = {
    "select_related": (("author",), {}),
    "only": (("title", "pages", "author"), {}),
    "defer": (("price",), {}),
    "alias": ((), {"loud": Upper("title"), "one": Value(1)}),
}

TESTS: dict[str, Callable[[Any, Any], Any]] = {
    "pages": lambda book, value: book["pages"] == value,
    "pages__gte": lambda book, value: book["pages"] >= value,
    "pages__lt": lambda book, value: book["pages"] < value,
    "pages__in": lambda book, value: book["pages"] in value,
    "pages__range": lambda book, value: value[0] <= book["pages"] <= value[1],
    "in_print": lambda book, value: book["in_print"] is value,
    "author__name": lambda book, value: book["author"] == value,
    "author__name__in": lambda book, value: book["author"] in value,
    "author__rating__isnull": lambda book, value: (book["author"] == "Cid") is value,
    "author__mentor": lambda book, value: book["author"] != "Bob",
    "title__endswith": lambda book, value: book["title"].endswith(value),
    "price__gt": lambda book, value: book["price"] > value,
    "published__year": lambda book, value: book["published"].year == value,
    "published__gte": lambda book, value: book["published"] >= value,
    "tags__name": lambda book, value: value in book["tags"],
    "n": lambda book, value: len(book["tags"]) == value,
}


def matches(book: Any, condition: Any) -> bool:
    lookup, value = condition
    return bool(TESTS[lookup](book, value))


def library_in_python() -> list[dict[str, Any]]:
    return [
        {
            "pages": 100 + n,
            "in_print": n % 2 == 0,
            "author": ["Ann", "Bob", "Cid"][n % 3],
            "title": f"Book {n}",
            "price": decimal.Decimal(n * 10) + decimal.Decimal("0.50"),
            "published": datetime.date(2000 + n // 3, 1 + n, 1),
            "tags": ["art", "bio", "code"][: n % 3 + 1],
        }
        for n in range(9)
    ]


def in_python(calls: Any, cut: Any) -> list[int]:
    books = library_in_python()
    descending = turned = False
    for name, value in calls:
        if name == "filter":
            books = [b for b in books if matches(b, value)]
        elif name == "exclude":
            books = [b for b in books if not matches(b, value)]
        elif name == "printed":
            books = [b for b in books if b["in_print"] and matches(b, value)]
        elif name == "either":
            books = [b for b in books if matches(b, value[0]) or matches(b, value[1])]
        elif name == "one":
            books = [b for b in books if matches(b, value[0]) is not matches(b, value[1])]
        elif name == "both":
            books = [b for b in books if matches(b, value[0]) and matches(b, value[1])]
        elif name == "order":
            descending, turned = value == "-pages", False
        elif value == "reverse":
            turned = not turned
        elif value == "none":
            books = []
    pages = sorted((b["pages"] for b in books), reverse=descending ^ turned)
    return pages if cut is None else pages[cut[0] : cut[1]]


def chained(books: Any, calls: Any, cut: Any) -> Any:
    books = books.annotate(n=Count("tags")).order_by("pages")
    for name, value in calls:
        if name in ("filter", "exclude"):
            books = getattr(books, name)(**{value[0]: value[1]})
        elif name == "printed":
            printed = Exists(Book.objects.filter(pk=OuterRef("pk"), in_print=True))
            books = books.filter(printed, **{value[0]: value[1]})
        elif name in ("either", "one", "both"):
            one, other = (Q(**{lookup: operand}) for lookup, operand in value)
            books = books.filter(
                one | other if name == "either" else one ^ other if name == "one" else one & other
            )
        elif name == "shorter":
            books = books.filter(**{f"{value}__lte": F(value)})
        elif name == "order":
            books = books.order_by(value)
        else:
            args, kwargs = ARGUMENTS.get(value, ((), {}))
            books = getattr(books, value)(*args, **kwargs)
    return books if cut is None else books[cut[0] : cut[1]]


def without_turned_order(calls: Any) -> list[Any]:
    """order_by() after reverse() stays reversed: keep the model simple by leaving such chains out."""
    turned = False
    kept = []
    for name, value in calls:
        turned ^= value == "reverse"
        if not (name == "order" and turned):
            kept.append((name, value))
    return kept


def outcomes(books: Callable[[], Any]) -> tuple[list[Any], list[Any]]:
    """What several ways to run the query give, and the statements they send."""
    sent: list[Any] = []

    def record(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # Limits are parameters in the trie, and numbers in the text elsewhere.
        sent.append(sql % tuple(map(repr, params)) if params else sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        found: list[Any] = [
            [b.pages for b in books()],
            books().count(),
            books().exists(),
            list(books().values_list("pages", flat=True)),
            [row["pages"] for row in books().values("pages", "n")],
            [b.pages for b in books().iterator(chunk_size=3)],
            books().aggregate(total=Sum("pages"), rows=Count("pk")),
        ]
    return found, sent


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(calls=st.lists(CALLS, max_size=5), cut=SLICES)
def test_random_chains_agree(library: Any, calls: Any, cut: Any) -> None:
    calls = without_turned_order(calls)
    pages = in_python(calls, cut)
    totals = {"total": sum(pages) if pages else None, "rows": len(pages)}
    expected = [pages, len(pages), bool(pages), pages, pages, pages, totals]
    found, statements = outcomes(lambda: chained(QuerySet(Book, query=Query(Book)), calls, cut))
    assert found == expected
    for _ in range(3):
        assert outcomes(lambda: chained(Book.objects.all(), calls, cut)) == (expected, statements)
    assert sql_of(chained(Book.objects.all(), calls, cut)) == sql_of(
        chained(QuerySet(Book, query=Query(Book)), calls, cut)
    )


def sql_of(books: Any) -> Any:
    try:
        return books.query.sql_with_params()
    except EmptyResultSet:
        return None
