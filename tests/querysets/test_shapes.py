"""The shape trie: what is shared, what leaves it, how it stays bounded and correct."""

from __future__ import annotations

import datetime
import threading
import zoneinfo
from typing import Any

import pytest

from offbeat.db import connection
from offbeat.db.models import Count, F, Q, Subquery, Value, shapes
from offbeat.db.models.functions import Lower
from offbeat.db.models.query import ModelIterable, QuerySet
from tests.querysets.models import Author, Book, Tag
from tests.services import lacking


def test_equal_chains_share_a_shape() -> None:
    first = Book.objects.filter(pages__gt=1, title="a").order_by("-pages")
    second = Book.objects.filter(pages__gt=2, title="b").order_by("-pages")
    assert first._shape is second._shape is not None
    assert (first._params, second._params) == ((1, "a"), (2, "b"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"pages": 1}, {"pages": None}),
        ({"in_print": True}, {"in_print": False}),
        ({"pages__in": [1, 2]}, {"pages__in": [1, 2, 3]}),
        ({"author__isnull": True}, {"author__isnull": False}),
        ({"pages": 1}, {"pages": "1"}),
    ],
)
def test_what_decides_the_sql_decides_the_shape(one: Any, other: Any) -> None:
    assert Book.objects.filter(**one)._shape is not Book.objects.filter(**other)._shape


def test_pages_of_a_list_share_a_shape(library: Any) -> None:
    books = Book.objects.order_by("pages")
    assert books[2:4]._shape is books[6:8]._shape
    assert [[b.pages for b in books[n : n + 2]] for n in (2, 6)] == [[102, 103], [106, 107]]


def test_q_objects_and_value_free_expressions_are_keyed() -> None:
    assert (
        Book.objects.filter(Q(pages=1) | Q(pages=2))._shape
        is Book.objects.filter(Q(pages=3) | Q(pages=4))._shape
    )
    assert Book.objects.filter(Q(pages=1) & ~Q(pages=2))._shape is not None
    assert (
        Author.objects.annotate(n=Count("books"))._shape is Author.objects.annotate(n=Count("books"))._shape
    )
    assert Book.objects.filter(pages=F("price"))._shape is not None


def test_what_cannot_be_keyed_leaves_the_trie() -> None:
    assert Book.objects.annotate(v=Value(1))._shape is None
    assert Book.objects.filter(author__in=Subquery(Author.objects.values("pk")))._shape is None
    assert Book.objects.extra(where=["1 = 1"])._shape is None


def test_taking_the_query_gives_one_with_values_and_leaves_the_trie(library: Any) -> None:
    books = Book.objects.filter(pages__gt=106, title__startswith="Book").order_by("-pages")
    query = books.query
    assert books._shape is None
    assert "106" in str(query)
    query.add_q(Q(pages=107))
    assert [b.pages for b in books] == [107]
    assert [
        b.pages for b in Book.objects.filter(pages__gt=106, title__startswith="Book").order_by("-pages")
    ] == [108, 107]


def test_overridden_parts_are_honoured(library: Any) -> None:
    calls = []

    class Loud(QuerySet[Any]):
        def _clone(self) -> Any:
            clone = super()._clone()
            clone.mark = getattr(self, "mark", "kept")
            return clone

        def _filter_or_exclude(self, negate: bool, args: Any, kwargs: Any) -> Any:
            calls.append(kwargs)
            return super()._filter_or_exclude(negate, args, kwargs)

    books: Any = Loud(Book)
    for number in (101, 102):
        found = books.filter(pages=number)
        assert found.mark == "kept"
        assert books.get(pages=number).pages == number
    assert calls == [{"pages": 101}, {"pages": 101}, {"pages": 102}, {"pages": 102}]


def test_an_iterable_class_of_ones_own_is_used(library: Any) -> None:
    class Shouting(ModelIterable):
        def __iter__(self) -> Any:
            for book in super().__iter__():
                book.title = book.title.upper()
                yield book

    books = Book.objects.filter(pages=101)
    books._iterable_class = Shouting
    assert [b.title for b in books] == ["BOOK 1"]
    assert [b.title for b in books.all()] == ["BOOK 1"]


def test_a_queryset_with_a_constructor_of_its_own_is_constructed(library: Any) -> None:
    class Made(QuerySet[Any]):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.made = True

    books: Any = Made(Book)
    found = books.filter(pages=101).order_by("title").all()
    assert found.made
    assert found.get().title == "Book 1"


def test_the_trie_is_bounded(monkeypatch: Any, library: Any) -> None:
    shapes.clear_shapes()
    monkeypatch.setattr(shapes, "MAX_SHAPES", 20)
    for length in range(1, 60):
        books = Book.objects.filter(pages__in=list(range(100, 100 + length)))
        assert books.count() == min(length, 9)
        assert len(list(shapes.shapes_of(Book))) <= 22


def test_stale_shapes_are_not_used(library: Any) -> None:
    books = Book.objects.filter(pages=101)
    assert books._shape is not None
    shapes.clear_shapes()
    assert [b.title for b in books] == ["Book 1"]
    assert [b.title for b in books.filter(title="Book 1")] == ["Book 1"]
    assert Book.objects.filter(pages=101)._shape is not books._shape


def test_a_lookup_registered_later_is_found(library: Any) -> None:
    from offbeat.db.models import CharField, Transform

    class Shout(Transform):
        lookup_name = "shout"
        function = "UPPER"

    assert Book.objects.filter(title="Book 1").count() == 1
    CharField.register_lookup(Shout)
    try:
        assert Book.objects.filter(title__shout="BOOK 1").count() == 1
    finally:
        CharField._unregister_lookup(Shout)
    with pytest.raises(Exception, match="shout"):
        Book.objects.filter(title__shout="BOOK 1")


def test_threads_get_their_own_values(library: Any) -> None:
    shapes.clear_shapes()
    wrong: list[Any] = []
    barrier = threading.Barrier(8)

    def work(number: int) -> None:
        barrier.wait()
        for turn in range(200):
            value = 100 + (number + turn) % 9
            books = Book.objects.filter(pages=value, title__startswith="Book").order_by("pages")
            if books._params != (value, "Book") or books.query.where.children[0].rhs != value:
                wrong.append(books)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_setting_switches_shapes_off(monkeypatch: Any, library: Any) -> None:
    from offbeat.conf import settings

    shapes.clear_shapes()
    monkeypatch.setattr(settings, "ORM_SHAPE_CACHE", False, raising=False)
    monkeypatch.delattr(Book, "_shape_root", raising=False)
    try:
        books = Book.objects.filter(pages__gt=106)
        assert books._shape is None
        assert [b.pages for b in books] == [107, 108]
        assert Book.objects.get(pages=101).title == "Book 1"
    finally:
        shapes.clear_shapes()


def test_generated_code_can_be_read(library: Any) -> None:
    books = Book.objects.filter(pages=101)
    list(books)
    plan: Any = (
        books._shape.plans[connection]
        if connection in books._shape.plans
        else next(iter(books._shape.plans.values()))
    )
    assert "for c0, c1" in plan.build.__source__
    assert Tag.objects.filter(name="x")._shape is not None


@pytest.fixture
def zones(library: Any) -> None:
    if not connection.features.has_zoneinfo_database:
        lacking(f"{connection.display_name}: the tables of time zones are empty")


def test_the_active_time_zone_is_that_of_the_call(library: Any, zones: None) -> None:
    from offbeat.utils import timezone

    # Ann joined on 1 January 2024, noon UTC.
    late = datetime.datetime(2023, 12, 31, 23, tzinfo=datetime.UTC)
    Author.objects.filter(name="Ann").update(joined=late)
    for _ in range(3):
        for zone, year in (("UTC", 2023), ("Asia/Tokyo", 2024)):
            with timezone.override(zoneinfo.ZoneInfo(zone)):
                for lookup in (
                    {"joined__year": year},
                    {
                        "joined__date": datetime.date(
                            year, 12 if year == 2023 else 1, 31 if year == 2023 else 1
                        )
                    },
                ):
                    assert Author.objects.filter(name="Ann", **lookup).count() == 1, (zone, lookup)
                    assert Author.objects.filter(name="Ann").filter(**lookup).exists()
                    assert Author.objects.get(name="Ann", **lookup).name == "Ann"


def test_selected_and_ordered_parts_of_moments_follow_the_active_time_zone(library: Any, zones: None) -> None:
    from offbeat.utils import timezone

    late = datetime.datetime(2023, 12, 31, 23, tzinfo=datetime.UTC)
    early = datetime.datetime(2024, 1, 1, 3, tzinfo=datetime.UTC)
    Author.objects.update(joined=early)
    Author.objects.filter(name="Ann").update(joined=late)
    for _ in range(2):
        for zone, hour, first in (("UTC", 23, False), ("Asia/Tokyo", 8, True)):
            with timezone.override(zoneinfo.ZoneInfo(zone)):
                ann = Author.objects.filter(name="Ann")
                assert ann.values_list("joined__hour", flat=True)[0] == hour
                assert (Author.objects.order_by("joined__hour", "name").first().name == "Ann") is first
                assert ann.filter(joined__hour=hour).update(rating=1) == 1


def test_instances_of_other_models_are_refused_however_often(library: Any) -> None:
    ann, tag = library["authors"][0], library["tags"][0]
    for _ in range(3):
        assert Book.objects.filter(author=ann).count() == 3
        with pytest.raises(ValueError, match='Must be "Author" instance'):
            Book.objects.filter(author=tag)
        with pytest.raises(ValueError, match='Must be "Author" instance'):
            Book.objects.filter(author__in=[tag])


def test_lazy_instances_are_taken_for_what_they_are(library: Any) -> None:
    from offbeat.utils.functional import SimpleLazyObject

    for author in library["authors"]:
        lazy = SimpleLazyObject(lambda author=author: author)
        assert Book.objects.filter(author=lazy).count() == 3
    with pytest.raises(ValueError, match="Must be"):
        Book.objects.filter(author=SimpleLazyObject(lambda: library["tags"][0]))


def test_members_of_choices_and_subclasses_of_str_are_values(library: Any) -> None:
    from offbeat.db.models import TextChoices
    from offbeat.utils.safestring import mark_safe

    class Title(TextChoices):
        ONE = "Book 1"
        TWO = "Book 2"

    for title, pages in ((Title.ONE, 101), (Title.TWO, 102), ("Book 3", 103), (mark_safe("Book 4"), 104)):
        assert Book.objects.get(title=title).pages == pages
        assert Book.objects.filter(title__in=[title]).get().pages == pages


def test_strings_with_wildcards_are_taken_literally(library: Any) -> None:
    for text, count in (("Book", 9), ("%", 0), ("_", 0), ("ook 1", 1)):
        assert Book.objects.filter(title__contains=text).count() == count
        assert Book.objects.filter(title__icontains=text.upper()).count() == count


def test_a_copy_with_other_sources_is_another_expression() -> None:
    named = Lower("name")
    for source in (F("other"), Value("a"), Value("b")):
        copy = named.copy()
        copy.set_source_expressions([source])
        try:
            assert shapes.expression_kind(copy) != shapes.expression_kind(named)
        except shapes.Unkeyable:
            assert isinstance(source, Value)
