"""Methods that return querysets."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest

from offbeat.core.exceptions import FieldError
from offbeat.db import NotSupportedError
from offbeat.db.models import CharField, Count, Exists, F, Max, OuterRef, Q, Value
from offbeat.db.models.functions import Length, Lower, Upper
from offbeat.db.models.query import EmptyQuerySet
from offbeat.test.utils import register_lookup
from offbeat.utils.deprecation import RemovedInDjango2028Warning
from tests.querysets.models import Author, Book, Tag


def titles(queryset: Any) -> list[str]:
    return [book.title for book in queryset]


def test_filter_and_exclude_keep_and_drop_rows(library: Any) -> None:
    assert titles(Book.objects.filter(pages__gte=106)) == ["Book 6", "Book 7", "Book 8"]
    assert titles(Book.objects.exclude(pages__gte=102)) == ["Book 0", "Book 1"]
    assert titles(Book.objects.filter(author__name="Bob", pages__lt=105)) == ["Book 1", "Book 4"]


def test_filter_takes_instances_none_booleans_and_lists(library: Any) -> None:
    ann = library["authors"][0]
    assert titles(Book.objects.filter(author=ann)) == ["Book 0", "Book 3", "Book 6"]
    assert [a.name for a in Author.objects.filter(rating=None)] == ["Cid"]
    assert [a.name for a in Author.objects.filter(rating__isnull=False).order_by("name")] == ["Ann", "Bob"]
    assert titles(Book.objects.filter(pages__in=[101, 103])) == ["Book 1", "Book 3"]
    assert titles(Book.objects.filter(pages__in=[])) == []
    assert titles(Book.objects.filter(pages__in={101})) == ["Book 1"]
    assert titles(Book.objects.filter(pages__range=(101, 102))) == ["Book 1", "Book 2"]
    assert titles(Book.objects.filter(in_print=False)) == ["Book 1", "Book 3", "Book 5", "Book 7"]


def test_the_same_call_with_other_values_gives_other_rows(library: Any) -> None:
    for number in range(9):
        assert titles(Book.objects.filter(title=f"Book {number}")) == [f"Book {number}"]
        assert titles(Book.objects.filter(title__endswith=str(number))) == [f"Book {number}"]
        assert titles(Book.objects.filter(pages__in=[100 + number])) == [f"Book {number}"]


def test_q_objects_combine(library: Any) -> None:
    for low, high in ((101, 107), (102, 108)):
        found = Book.objects.filter(Q(pages__lte=low) | ~Q(pages__lt=high), in_print=True)
        expected = [n for n in range(9) if (100 + n <= low or 100 + n >= high) and n % 2 == 0]
        assert titles(found) == [f"Book {n}" for n in expected]


def test_f_expressions_compare_columns(library: Any) -> None:
    assert titles(Book.objects.filter(pages__gt=F("price") + 60)) == [f"Book {n}" for n in range(5)]


def test_unknown_names_raise_at_the_call(library: Any) -> None:
    with pytest.raises(FieldError, match="Cannot resolve keyword 'nope' into field"):
        Book.objects.filter(nope=1)
    with pytest.raises(FieldError):
        Book.objects.order_by("nope")
    with pytest.raises(FieldError):
        Book.objects.values("nope")


def test_wrong_values_raise_at_the_call_even_on_a_known_shape(library: Any) -> None:
    assert titles(Book.objects.filter(pages="101")) == ["Book 1"]
    with pytest.raises(ValueError, match="expected a number"):
        Book.objects.filter(pages="many")


def test_order_by_replaces_and_reverse_turns(library: Any) -> None:
    assert titles(Book.objects.order_by("-pages")[:2]) == ["Book 8", "Book 7"]
    assert titles(Book.objects.order_by("title").order_by("-pages").reverse()[:2]) == ["Book 0", "Book 1"]
    assert titles(Book.objects.order_by(F("pages").desc())[:1]) == ["Book 8"]
    assert titles(Book.objects.order_by("-author__name", "pages")[:1]) == ["Book 2"]


def test_values_and_values_list(library: Any) -> None:
    books = Book.objects.filter(pages__lt=102).order_by("pages")
    assert list(books.values("title", "in_print")) == [
        {"title": "Book 0", "in_print": True},
        {"title": "Book 1", "in_print": False},
    ]
    assert list(books.values_list("title", "pages")) == [("Book 0", 100), ("Book 1", 101)]
    assert list(books.values_list("pages", flat=True)) == [100, 101]
    row = books.values_list("title", "pages", named=True)[0]
    assert (row.title, row.pages) == ("Book 0", 100)
    assert list(books.values(upper=Upper("title"))) == [{"upper": "BOOK 0"}, {"upper": "BOOK 1"}]
    assert list(books.values_list(Upper("title"), "pages")) == [("BOOK 0", 100), ("BOOK 1", 101)]
    assert list(books.values_list("author__name", flat=True)) == ["Ann", "Bob"]
    assert set(books.values()[0]) == {"id", "author_id", "title", "price", "pages", "published", "in_print"}


def test_values_list_refuses_contradictions() -> None:
    with pytest.raises(TypeError, match="'flat' and 'named' can't be used together"):
        Book.objects.values_list("title", flat=True, named=True)
    with pytest.raises(TypeError, match="'flat' is not valid"):
        Book.objects.values_list("title", "pages", flat=True)


def test_annotate_alias_and_grouping(library: Any) -> None:
    authors = Author.objects.annotate(n=Count("books"), last=Max("books__pages")).order_by("name")
    assert [(a.name, a.n, a.last) for a in authors] == [("Ann", 3, 106), ("Bob", 3, 107), ("Cid", 3, 108)]
    assert [
        a.name for a in Author.objects.alias(n=Count("books")).filter(n__gt=2, active=True).order_by("name")
    ] == [
        "Ann",
        "Cid",
    ]
    assert Author.objects.annotate(one=Value(1)).first().one == 1
    grouped = Book.objects.order_by("in_print").values("in_print").annotate(n=Count("id"))
    assert list(grouped) == [{"in_print": False, "n": 4}, {"in_print": True, "n": 5}]


def test_annotations_are_checked() -> None:
    with pytest.raises(TypeError, match="received non-expression"):
        Book.objects.annotate(x="title")
    with pytest.raises(ValueError, match="conflicts with a field on the model"):
        Book.objects.annotate(title=Value(1))
    with pytest.raises(TypeError, match="Complex annotations require an alias"):
        Book.objects.annotate(F("pages") + 1)


def test_dates_and_datetimes(library: Any) -> None:
    assert list(Book.objects.dates("published", "year")) == [
        datetime.date(y, 1, 1) for y in (2000, 2001, 2002)
    ]
    assert next(iter(Book.objects.dates("published", "year", order="DESC"))) == datetime.date(2002, 1, 1)
    assert list(Author.objects.datetimes("joined", "month")) == [
        datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    ]
    with pytest.raises(ValueError, match="'kind' must be one of"):
        Book.objects.dates("published", "hour")
    with pytest.raises(ValueError, match="'order' must be"):
        Book.objects.dates("published", "year", order="UP")


def test_none_is_empty_and_known_as_such(library: Any) -> None:
    nothing = Book.objects.none()
    assert list(nothing) == []
    assert nothing.count() == 0
    assert isinstance(nothing, EmptyQuerySet)
    assert not isinstance(Book.objects.all(), EmptyQuerySet)
    assert list(nothing.filter(pages=1)) == []
    with pytest.raises(TypeError, match="can't be instantiated"):
        EmptyQuerySet()


def test_union_intersection_difference(library: Any) -> None:
    first = Book.objects.filter(pages__lt=103).order_by()
    second = Book.objects.filter(pages__gte=102, pages__lt=105).order_by()
    assert sorted(titles(first.union(second))) == [f"Book {n}" for n in range(5)]
    assert len(first.union(second, all=True)) == 6
    assert titles(first.intersection(second)) == ["Book 2"]
    assert sorted(titles(first.difference(second))) == ["Book 0", "Book 1"]
    with pytest.raises(
        NotSupportedError, match=r"Calling QuerySet.filter\(\) after union\(\) is not supported"
    ):
        first.union(second).filter(pages=1)
    assert first.union(Book.objects.none()).count() == 3


def test_operators_merge_querysets(library: Any) -> None:
    low = Book.objects.filter(pages__lt=104)
    printed = Book.objects.filter(in_print=True)
    assert titles(low & printed) == ["Book 0", "Book 2"]
    assert titles(low | printed) == [f"Book {n}" for n in (0, 1, 2, 3, 4, 6, 8)]
    assert titles(low ^ printed) == [f"Book {n}" for n in (1, 3, 4, 6, 8)]
    assert titles(Book.objects.none() | low) == titles(low)
    assert titles(Book.objects.none() & low) == []


def test_select_related_needs_no_second_query(library: Any, queries: Any) -> None:
    with queries(1):
        assert [book.author.name for book in Book.objects.select_related("author")[:3]] == [
            "Ann",
            "Bob",
            "Cid",
        ]
    with queries(1):
        book = Book.objects.select_related("author__mentor").get(pages=101)
        assert book.author.mentor.name == "Ann"
    with queries(1):
        assert Book.objects.select_related("author__mentor").get(pages=100).author.mentor is None


def test_defer_and_only_load_later(library: Any, queries: Any) -> None:
    with queries(1):
        book = Book.objects.defer("title").get(pages=100)
    assert book.get_deferred_fields() == {"title"}
    with queries(1):
        assert book.title == "Book 0"
    book = Book.objects.only("title").get(pages=100)
    assert book.get_deferred_fields() == {"author_id", "price", "pages", "published", "in_print"}
    assert Book.objects.defer("title").defer(None).get(pages=100).get_deferred_fields() == set()
    with pytest.raises(TypeError, match="Cannot pass None"):
        Book.objects.only(None)  # type: ignore[arg-type]


def test_distinct_drops_duplicates(library: Any) -> None:
    assert Tag.objects.filter(books__pages__gte=100).count() > 3
    assert [tag.name for tag in Tag.objects.filter(books__pages__gte=100).distinct()] == [
        "art",
        "bio",
        "code",
    ]


def test_extra_adds_sql(library: Any) -> None:
    book = Book.objects.extra(select={"double": "pages * 2"}, where=["pages = %s"], params=[103]).get()
    assert book.double == 206


def test_subqueries_as_values(library: Any) -> None:
    authors = Author.objects.filter(name__in=["Ann", "Cid"])
    assert len(Book.objects.filter(author__in=authors)) == 6
    assert len(Book.objects.filter(author__in=authors.values("pk"))) == 6


def test_using_select_for_update_and_repr(library: Any) -> None:
    assert Book.objects.using("other").db == "other"
    assert Book.objects.select_for_update().db == "default"
    with pytest.raises(ValueError, match="nowait option cannot be used with skip_locked"):
        Book.objects.select_for_update(nowait=True, skip_locked=True)
    assert repr(Tag.objects.all()) == "<QuerySet [<Tag: art>, <Tag: bio>, <Tag: code>]>"


def test_custom_methods_are_on_manager_and_queryset(library: Any) -> None:
    assert [a.name for a in Author.objects.active().named("Ann")] == ["Ann"]
    assert {a.name for a in Author.actives.all()} == {"Ann", "Cid"}
    assert not Author.actives.filter(name="Bob").exists()


def test_lookups_from_users_cannot_turn_a_condition_round(library: Any) -> None:
    for wrong in ({"_negated": True}, {"_connector": "OR"}, {"_negated": True, "_connector": "evil"}):
        with pytest.raises(TypeError, match="The following kwargs are invalid"):
            Book.objects.filter(pages=101, **wrong)
        with pytest.raises(TypeError, match="The following kwargs are invalid"):
            Book.objects.get(pages=101, **wrong)


def test_a_field_can_be_named_twice(library: Any) -> None:
    assert Book.objects.values_list("pages", "pages").first() == (100, 100)


def test_select_related_and_flat_want_names() -> None:
    with pytest.warns(RemovedInDjango2028Warning, match="Specify the fields to fetch"):
        Book.objects.select_related()
    with pytest.warns(RemovedInDjango2028Warning, match="Pass an explicit field name"):
        Book.objects.values_list(flat=True)


@pytest.mark.parametrize("method", ["values", "annotate", "alias"])
def test_percent_signs_in_aliases_warn_once_for_each_call(method: str, library: Any) -> None:
    for _ in range(2):
        with pytest.warns(RemovedInDjango2028Warning, match="percent signs") as caught:
            getattr(Book.objects, method)(**{"with%s": F("title")})
        assert len(caught) == 1


@pytest.fixture
def transforms() -> Iterator[None]:
    with register_lookup(CharField, Lower, Length):
        yield


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        (Q(published__year=2000) | Q(n=3), [0, 1, 2, 5, 8]),
        (Q(published__year__gt=2001) | Q(n=3), [2, 5, 6, 7, 8]),
        (~Q(Q(published__year=2000) | Q(n=3)), [3, 4, 6, 7]),
        (Q(title__lower="book 4") | Q(n=3), [2, 4, 5, 8]),
        (Q(author__name__length=99) | Q(n=3), [2, 5, 8]),
    ],
)
def test_a_condition_of_a_group_on_what_is_computed(
    library: Any, transforms: None, condition: Q, numbers: list[int]
) -> None:
    books = Book.objects.annotate(n=Count("tags")).filter(condition).order_by("pages")
    assert [book.pages - 100 for book in books] == numbers
    assert books.all().count() == len(numbers)


def test_a_year_in_a_condition_of_groups_is_one_of_what_they_are_grouped_by(library: Any) -> None:
    groups = Book.objects.values("in_print").annotate(n=Count("pk")).order_by("in_print")
    assert list(groups.filter(Q(published__year=2000) | Q(n=99)).values_list("in_print", "n")) == [
        (False, 1),
        (True, 2),
    ]


def test_calls_that_leave_the_trie_join_on_their_own(library: Any) -> None:
    printed = Exists(Book.objects.filter(pk=OuterRef("pk"), in_print=True))
    art = Book.objects.filter(tags__name="art")
    assert titles(art.filter(printed, tags__name="bio")) == ["Book 2", "Book 4", "Book 8"]
    assert titles(art.filter(printed).filter(tags__name="bio")) == ["Book 2", "Book 4", "Book 8"]
    assert titles(art.select_related("author").filter(printed, tags__name="bio")) == titles(
        art.prefetch_related("tags").using("default").filter(printed, tags__name="bio")
    )
    assert titles(art.filter(printed, tags__name="art").filter(tags__name="bio")) == [
        "Book 2",
        "Book 4",
        "Book 8",
    ]
    assert titles(art.filter(printed, tags__name="bio").filter(tags__name="code")) == ["Book 2", "Book 8"]


def test_the_first_filter_of_a_relation_is_about_the_same_row_and_the_next_about_any(library: Any) -> None:
    art, bio = library["tags"][:2]
    true = Q(Exists(Tag.objects.all()))
    bio.books.set(Book.objects.filter(pages__in=[101, 102]))
    art.books.set(Book.objects.filter(pages__in=[101, 103]))
    book = Book.objects.get(pages=101)

    def joins(tags: Any) -> int:
        return str(tags.query).count(" JOIN ")

    for condition in (Q(), true):
        one = joins(book.tags.filter(condition, books__pages=103))
        assert joins(book.tags.prefetch_related("books").filter(condition, books__pages=103)) == one + 1
        assert joins(book.tags.filter(name="art").filter(condition, books__pages=103)) == one + 1
        assert joins(book.tags.order_by("name").filter(condition, books__pages=103)) == one + 1
        assert not book.tags.filter(condition, books__pages=103)
        assert list(book.tags.order_by("name").filter(condition, books__pages=103)) == [art]
        assert list(book.tags.prefetch_related("books").filter(condition, books__pages=102)) == [bio]


def test_a_condition_that_always_holds_beside_others(library: Any) -> None:
    always = ~Q(pages__in=[])
    for low in (101, 104, 107):
        books = Book.objects.filter(pages__gte=low).filter(always | Q(title="x", in_print=True))
        expected = [f"Book {number}" for number in range(low - 100, 9)]
        assert titles(books) == expected
        assert books.all().count() == len(expected)
        assert books.all().exists()
        assert books.aggregate(rows=Count("pk")) == {"rows": len(expected)}
        assert titles(Book.objects.filter(always | Q(pages=low)))[:2] == ["Book 0", "Book 1"]
        assert books.update(price=low) == len(expected)
    assert books.delete()[0] >= 2


def test_counting_distinct_groups_counts_what_is_found(library: Any) -> None:
    groups = (
        Book.objects.order_by("published", "title")
        .distinct()
        .values("author__name")
        .annotate(n=Count("tags"))
    )
    assert groups.count() == len(groups) == 9
