"""Methods that read."""

from __future__ import annotations

import datetime
import pickle
from typing import Any

import pytest

from offbeat.db import DatabaseError
from offbeat.db.models import Avg, Count, Max, Q, Sum
from tests.querysets.models import Author, Book, Review, Stamp, Tag


def test_get_finds_one_or_says_why_not(library: Any) -> None:
    for _ in range(3):
        assert Book.objects.get(pages=103).title == "Book 3"
        with pytest.raises(Book.DoesNotExist, match="Book matching query does not exist"):
            Book.objects.get(pages=1)
        with pytest.raises(Book.MultipleObjectsReturned, match="it returned 9!"):
            Book.objects.get(pages__gte=100)
    assert Book.objects.filter(in_print=True).get(pages__gt=107).title == "Book 8"


def test_get_honours_what_subclasses_override(library: Any) -> None:
    book = Book.objects.get(pk=library["books"][0].pk)
    assert book._state.adding is False
    assert book._state.db == "default"
    assert book == library["books"][0]
    with pytest.raises(Author.DoesNotExist):
        Author.actives.get(name="Bob")


def test_get_with_an_impossible_integer_finds_nothing(library: Any) -> None:
    for _ in range(2):
        with pytest.raises(Book.DoesNotExist):
            Book.objects.get(pk=2**70)
        assert list(Book.objects.filter(pages=2**70)) == []
        assert list(Book.objects.filter(pages=100)) != []


def test_first_last_earliest_latest(library: Any) -> None:
    assert Book.objects.first().title == "Book 0"
    assert Book.objects.last().title == "Book 8"
    assert Author.objects.first().name == "Ann"
    assert Author.objects.last().name == "Cid"
    assert Author.objects.latest().name == "Cid"
    assert Author.objects.earliest().name == "Ann"
    assert Book.objects.latest("pages").title == "Book 8"
    assert Book.objects.none().first() is None
    with pytest.raises(ValueError, match="require either fields"):
        Book.objects.latest()
    with pytest.raises(Author.DoesNotExist):
        Author.objects.filter(name="x").latest()


def test_count_exists_contains(library: Any) -> None:
    for low, expected in ((100, 9), (105, 4), (200, 0)):
        found = Book.objects.filter(pages__gte=low)
        assert found.count() == expected
        assert found.exists() is (expected > 0)
    assert Book.objects.all()[2:5].count() == 3
    assert Book.objects.contains(library["books"][0])
    assert not Book.objects.filter(pages=1).contains(library["books"][0])
    assert not Book.objects.contains(library["authors"][0])
    with pytest.raises(TypeError, match="must be a model instance"):
        Book.objects.contains(3)
    with pytest.raises(ValueError, match="unsaved"):
        Book.objects.contains(Book())


def test_aggregate(library: Any) -> None:
    for low, count in ((100, 9), (105, 4)):
        found = Book.objects.filter(pages__gte=low).aggregate(
            n=Count("id"), top=Max("pages"), all=Sum("pages")
        )
        assert found == {"n": count, "top": 108, "all": sum(range(low, 109))}
    assert Book.objects.aggregate(Avg("pages")) == {"pages__avg": 104.0}
    assert Book.objects.none().aggregate(n=Count("id")) == {"n": 0}
    with pytest.raises(TypeError, match="Complex aggregates require an alias"):
        Book.objects.aggregate(Max("pages") + 1)


def test_in_bulk(library: Any) -> None:
    books = library["books"]
    assert set(Book.objects.in_bulk()) == {book.pk for book in books}
    assert Book.objects.in_bulk([books[1].pk]) == {books[1].pk: books[1]}
    assert Book.objects.in_bulk([]) == {}
    assert set(Tag.objects.in_bulk(["art"], field_name="name")) == {"art"}
    with pytest.raises(ValueError, match="must be a unique field"):
        Book.objects.in_bulk(field_name="title")
    with pytest.raises(TypeError, match="Cannot use 'limit' or 'offset'"):
        Book.objects.all()[:2].in_bulk()


def test_in_bulk_of_values(library: Any) -> None:
    book = library["books"][1]
    key = [book.pk]
    assert Book.objects.values("title").in_bulk(key) == {book.pk: {"title": "Book 1"}}
    assert Book.objects.values_list("title", "pages").in_bulk(key) == {book.pk: ("Book 1", 101)}
    assert Book.objects.values_list("title", flat=True).in_bulk(key) == {book.pk: "Book 1"}
    assert Book.objects.values_list("title", named=True).in_bulk(key)[book.pk]._fields == ("pk", "title")


def test_first_after_an_empty_order_by_asks_for_no_order(library: Any, queries: Any) -> None:
    assert "ORDER BY" not in str(Book.objects.order_by()[:1].query)
    assert Book.objects.order_by().first() in library["books"]


def test_slices_and_items(library: Any) -> None:
    books = Book.objects.all()
    assert [b.title for b in books[1:3]] == ["Book 1", "Book 2"]
    assert [b.title for b in books[7:]] == ["Book 7", "Book 8"]
    assert [b.title for b in books[2:8][1:3]] == ["Book 3", "Book 4"]
    assert [b.title for b in books[0:9:4]] == ["Book 0", "Book 4", "Book 8"]
    assert books[3].title == "Book 3"
    assert list(books[5:5]) == []
    with pytest.raises(IndexError):
        books[100]
    for wrong in (-1, slice(-1, None), slice(0, -2)):
        with pytest.raises(ValueError, match="Negative indexing is not supported"):
            books[wrong]
    with pytest.raises(TypeError, match="must be integers or slices, not str"):
        books["a"]
    for refused in (
        lambda sliced: sliced.filter(pages=1),
        lambda sliced: sliced.order_by("pages"),
        lambda sliced: sliced.reverse(),
        lambda sliced: sliced.distinct(),
    ):
        with pytest.raises(TypeError, match="once a slice has been taken"):
            refused(books[:3])


def test_slicing_an_evaluated_queryset_returns_a_list(library: Any, queries: Any) -> None:
    books = Book.objects.all()
    with queries(1):
        assert len(books) == 9
        assert bool(books) is True
        assert isinstance(books[:2], list)
        assert books[0] in books
        assert books.count() == 9
        assert books.exists()
        assert len(list(books)) == 9


def test_iterator_leaves_no_cache(library: Any) -> None:
    books = Book.objects.all()
    assert [b.title for b in books.iterator(chunk_size=2)] == [f"Book {n}" for n in range(9)]
    assert books._result_cache is None
    assert [b["pages"] for b in books.values("pages").iterator()] == [100 + n for n in range(9)]
    with pytest.raises(ValueError, match="strictly positive"):
        books.iterator(chunk_size=0)
    with pytest.raises(ValueError, match="chunk_size must be provided"):
        books.prefetch_related("tags").iterator()
    prefetched = books.prefetch_related("tags").iterator(chunk_size=4)
    assert [len(b.tags.all()) for b in prefetched] == [1, 2, 3] * 3


def test_raw(library: Any) -> None:
    table = Book._meta.db_table
    books = Book.objects.raw(
        f"SELECT *, pages * 2 AS twice FROM {table} WHERE pages > %s ORDER BY pages", [106]
    )
    assert [(b.title, b.twice) for b in books] == [("Book 7", 214), ("Book 8", 216)]
    part = Book.objects.raw(f"SELECT id, title FROM {table} ORDER BY pages")[0]
    assert part.get_deferred_fields() >= {"pages", "price"}
    renamed = Book.objects.raw(
        f"SELECT id, title AS t FROM {table} ORDER BY pages", translations={"t": "title"}
    )
    assert renamed[0].title == "Book 0"
    assert len(Book.objects.raw(f"SELECT * FROM {table}").prefetch_related("tags")[0].tags.all()) == 1


def test_pickling_keeps_results_and_query(library: Any) -> None:
    books = Book.objects.filter(pages__gt=106)
    again = pickle.loads(pickle.dumps(books))
    assert [b.title for b in again] == ["Book 7", "Book 8"]
    assert [b.title for b in again.filter(in_print=True)] == ["Book 8"]
    other = Book.objects.all()
    other.query = pickle.loads(pickle.dumps(books.query))
    assert [b.title for b in other] == ["Book 7", "Book 8"]


def test_explain_gives_text(library: Any) -> None:
    assert Book._meta.db_table in Book.objects.filter(pages=1).explain()


def test_ordered_and_totally_ordered() -> None:
    assert Book.objects.all().ordered
    assert not Author.objects.all().ordered
    assert Author.objects.order_by("name").ordered
    assert Author.objects.none().ordered
    assert not Author.objects.order_by("name").totally_ordered
    assert Author.objects.order_by("name", "pk").totally_ordered
    assert Tag.objects.order_by("name").totally_ordered


def test_values_come_back_as_their_fields_types(library: Any) -> None:
    book = Book.objects.get(pages=103)
    assert str(book.price) == "30.50"
    assert book.published == datetime.date(2001, 4, 1)
    assert book.in_print is False
    assert Author.objects.get(name="Ann").joined == datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC)


def test_an_init_of_its_own_is_called(empty: Any) -> None:
    Stamp.objects.create(name="a")
    assert Stamp.objects.get(name="a").seen
    assert [s.seen for s in Stamp.objects.all()] == [True]


def test_signals_of_construction_are_sent(library: Any) -> None:
    from offbeat.db.models.signals import post_init

    seen = []

    def receiver(instance: Any, **kwargs: Any) -> None:
        seen.append(instance.title)

    Book.objects.get(pages=100)
    post_init.connect(receiver, sender=Book)
    try:
        Book.objects.get(pages=101)
        list(Book.objects.filter(pages=102))
    finally:
        post_init.disconnect(receiver, sender=Book)
    Book.objects.get(pages=103)
    assert seen == ["Book 1", "Book 2"]


def test_a_one_to_one_primary_key_joins(library: Any, queries: Any) -> None:
    Review.objects.create(book=library["books"][2], text="fine")
    with queries(1):
        review = Review.objects.select_related("book__author").get()
        assert review.book.author.name == "Cid"
    with queries(1):
        books = Book.objects.select_related("review").order_by("pages")
        assert books[2].review.text == "fine"
    assert Book.objects.filter(review__isnull=True).count() == 8


async def test_async_faces_do_the_same(library: Any) -> None:
    assert (await Book.objects.aget(pages=103)).title == "Book 3"
    assert (await Book.objects.afirst()).title == "Book 0"
    assert (await Book.objects.alast()).title == "Book 8"
    assert await Book.objects.filter(pages__gt=104).acount() == 4
    assert await Book.objects.filter(pages__gt=104).aexists()
    assert await Book.objects.aaggregate(n=Count("id")) == {"n": 9}
    assert [b.title async for b in Book.objects.filter(pages__gt=106)] == ["Book 7", "Book 8"]
    assert [b.title async for b in Book.objects.aiterator(chunk_size=2)] == [f"Book {n}" for n in range(9)]
    assert [n async for n in Book.objects.values_list("pages", flat=True)[:2]] == [100, 101]
    assert len(await Book.objects.ain_bulk()) == 9
    with pytest.raises(Book.DoesNotExist):
        await Book.objects.aget(pages=1)


def test_rows_are_counted_without_reading_the_key_where_it_cannot_be_null(library: Any) -> None:
    rows = Count("id")
    assert "COUNT(*)" in str(Book.objects.values("author").annotate(n=rows).query)
    assert Book.objects.filter(pages__gt=100).aggregate(n=rows) == {"n": 8}
    # Joined rows may be absent, values may be NULL, and duplicates may be unwanted.
    for expression in (Count("books"), Count("rating"), Count("id", distinct=True), Count("books__id")):
        assert "COUNT(*)" not in str(Author.objects.values("name").annotate(n=expression).query)
    library["authors"][0].books.all().delete()
    counted = dict(Author.objects.annotate(n=Count("books")).values_list("name", "n"))
    assert counted == {"Ann": 0, "Bob": 3, "Cid": 3}
    assert Author.objects.filter(pk__gt=0)[:2].aggregate(n=rows) == {"n": 2}
    assert Author.objects.aggregate(n=Count("id", filter=Q(name="Bob"))) == {"n": 1}


async def test_asynchronous_iteration(library: Any) -> None:
    books = Book.objects.all()
    for _ in range(2):
        assert [book.title async for book in books] == [f"Book {number}" for number in range(9)]
    assert [title async for title in Book.objects.values_list("title", flat=True)[:2]] == ["Book 0", "Book 1"]
    assert [book async for book in Book.objects.none()] == []
    iterator = aiter(Book.objects.all())
    assert (await anext(iterator)).title == "Book 0"
    await iterator.aclose()  # type: ignore[attr-defined]
    assert await anext(iterator, None) is None
    iterator = aiter(Book.objects.extra(where=["absent = 1"]))
    with pytest.raises(DatabaseError):
        await anext(iterator)
