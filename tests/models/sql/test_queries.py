"""Joins, exclusion, aggregation and the like, against real tables."""

from __future__ import annotations

from typing import Any

import pytest

from offbeat.core.exceptions import FieldError
from offbeat.db.models import Avg, Count, Exists, F, FilteredRelation, Max, OuterRef, Q, Subquery, Sum, Window
from offbeat.db.models.functions import Lower, RowNumber
from tests.sqlmodels.models import Author, Book, Place, Restaurant, Review, Tag


def names(queryset: Any) -> list[str]:
    return sorted(str(obj) for obj in queryset)


def test_exclude_across_a_many_valued_relation_drops_owners_of_any_match(library: Any) -> None:
    assert names(Author.objects.exclude(books__title="Book 0")) == ["Bob", "Cid"]
    assert names(Author.objects.exclude(books__tags__name="code")) == ["Ann", "Bob"]
    assert names(Author.objects.exclude(mentor__name="Ann")) == ["Ann", "Cid"]


def test_or_across_a_nullable_relation_keeps_rows_without_it(library: Any) -> None:
    assert names(Author.objects.filter(Q(mentor__name="Ann") | Q(name="Cid"))) == ["Bob", "Cid"]


def test_exclude_keeps_nulls(library: Any) -> None:
    assert names(Author.objects.exclude(rating__gt=0)) == ["Cid"]
    assert names(Author.objects.filter(~Q(rating=0.5))) == ["Bob", "Cid"]


def test_two_filters_join_twice_and_one_filter_joins_once(library: Any) -> None:
    assert names(Book.objects.filter(tags__name="art").filter(tags__name="bio").filter(pages__gt=105)) == [
        "Book 7",
        "Book 8",
    ]
    assert names(Book.objects.filter(tags__name="art", tags__pk__gt=1000)) == []


def test_foreign_key_comparison_needs_no_join(library: Any) -> None:
    assert "JOIN" not in str(Book.objects.filter(author__pk=1).query)
    assert "JOIN" not in str(Book.objects.filter(author_id__in=[1, 2]).order_by("author_id").query)
    assert str(Book.objects.filter(author__name="x", author__rating=1).query).count("JOIN") == 1


def test_xor(library: Any) -> None:
    both = Q(pages__gt=102) ^ Q(in_print=True)
    wanted = [str(b) for b in library["books"] if (b.pages > 102) != b.in_print]
    assert names(Book.objects.filter(both)) == sorted(wanted)


@pytest.mark.parametrize("number", [2**70, -(2**70)])
def test_xor_with_what_is_always_or_never_true(library: Any, number: int) -> None:
    known = Q(pages__lt=number)
    few = set(Book.objects.filter(pages__gt=102))
    others = set(Book.objects.exclude(pages__gt=102))
    always = number > 0
    assert set(Book.objects.filter(known ^ Q(pages__gt=102))) == (others if always else few)
    assert set(Book.objects.exclude(known ^ Q(pages__gt=102))) == (few if always else others)
    assert set(Book.objects.filter(known ^ Q(pages__gt=102) ^ Q(pk__in=[]))) == (others if always else few)
    assert set(Book.objects.filter(known ^ ~known)) == few | others
    assert not Book.objects.filter(known ^ known).exists()
    assert not Book.objects.exclude(known ^ ~known).exists()


def test_annotation_and_having(library: Any) -> None:
    qs = Author.objects.annotate(n=Count("books"), last=Max("books__pages")).filter(n=3, last__gte=107)
    assert names(qs) == ["Bob", "Cid"]
    assert Author.objects.filter(books__pages__gt=100).annotate(n=Count("books")).order_by("name")[0].n == 2


def test_aggregate_over_annotations_slices_and_distinct(library: Any) -> None:
    assert Author.objects.annotate(n=Count("books")).aggregate(Sum("n"))["n__sum"] == 9
    assert Book.objects.order_by("pages")[:3].aggregate(total=Sum("pages"))["total"] == 303
    assert Book.objects.values("author").distinct().count() == 3
    assert Book.objects.filter(tags__name__in=["art", "bio"]).distinct().count() == 9
    assert Book.objects.aggregate(a=Avg("pages"), b=F("a") + 0 if False else Max("pages")) == {
        "a": 104,
        "b": 108,
    }


def test_count_of_what_cannot_match_asks_nothing(library: Any) -> None:
    assert Book.objects.filter(pk__in=[]).aggregate(n=Count("pk"), total=Sum("pages", default=0)) == {
        "n": 0,
        "total": 0,
    }
    assert Book.objects.none().count() == 0


def test_values_group_by(library: Any) -> None:
    rows = Book.objects.order_by().values("author__name").annotate(n=Count("pk")).order_by("author__name")
    assert [(row["author__name"], row["n"]) for row in rows] == [("Ann", 3), ("Bob", 3), ("Cid", 3)]


def test_subqueries_and_exists(library: Any) -> None:
    newest = Book.objects.filter(author=OuterRef("pk")).order_by("-pages").values("title")[:1]
    assert list(Author.objects.order_by("name").annotate(t=Subquery(newest)).values_list("t", flat=True)) == [
        "Book 6",
        "Book 7",
        "Book 8",
    ]
    printed = Book.objects.filter(author=OuterRef("pk"), pages=104)
    assert names(Author.objects.filter(Exists(printed))) == ["Bob"]
    assert names(Author.objects.filter(~Exists(printed))) == ["Ann", "Cid"]
    assert names(Author.objects.filter(books__in=Book.objects.filter(pages=104))) == ["Bob"]
    assert names(Author.objects.exclude(pk__in=Book.objects.filter(pages=104).values("author"))) == [
        "Ann",
        "Cid",
    ]


def test_filtered_relation(library: Any) -> None:
    qs = Author.objects.annotate(long=FilteredRelation("books", condition=Q(books__pages__gte=107)))
    assert names(qs.filter(long__isnull=False)) == ["Bob", "Cid"]
    assert list(qs.order_by("name").values_list("name", "long__pages")) == [
        ("Ann", None),
        ("Bob", 107),
        ("Cid", 108),
    ]


def test_window_filter(library: Any) -> None:
    qs = Book.objects.annotate(row=Window(RowNumber(), partition_by="author", order_by="-pages")).filter(
        row=1
    )
    assert names(qs) == ["Book 6", "Book 7", "Book 8"]
    assert qs.count() == 3


def test_union_orders_and_slices(library: Any) -> None:
    books = Book.objects.order_by()
    short, long = books.filter(pages__lt=102), books.filter(pages__gt=106)
    assert [b.title for b in short.union(long).order_by("-title")[:2]] == ["Book 8", "Book 7"]
    assert short.union(long).count() == 4
    assert names(short.intersection(books.filter(pages__gt=100))) == ["Book 1"]
    assert names(short.difference(books.filter(pages__gt=100))) == ["Book 0"]


def test_order_by_relations_expressions_and_random(library: Any) -> None:
    assert Book.objects.order_by("-author__name", "pages").first().title == "Book 2"
    assert Book.objects.order_by(Lower("title").desc()).first().title == "Book 8"
    assert len(Book.objects.order_by("?")) == 9
    assert Book.objects.order_by(F("author__rating").desc(nulls_last=True), "pk").last().author.name == "Cid"


def test_names_are_checked_at_the_call() -> None:
    with pytest.raises(FieldError, match="keyword 'nope' into field"):
        Book.objects.filter(nope=1)
    with pytest.raises(
        FieldError, match="Unsupported lookup 'nope' for CharField or join on the field not permitted"
    ):
        Book.objects.filter(title__nope=1)
    with pytest.raises(FieldError, match="perhaps you meant"):
        Book.objects.filter(title__startwith="x")
    with pytest.raises(FieldError, match="Cannot resolve keyword 'nope'"):
        Book.objects.order_by("nope")
    with pytest.raises(FieldError, match=r"Unsupported lookup .foo. for ForeignKey"):
        Book.objects.filter(author__foo=1)


def test_wrong_values_are_refused_at_the_call() -> None:
    with pytest.raises(ValueError, match="Field 'id' expected a number but got 'abc'"):
        Book.objects.filter(pk="abc")
    with pytest.raises(ValueError, match='Must be "Author" instance'):
        Book.objects.filter(author=Tag(pk=1))
    with pytest.raises(TypeError, match="Cannot filter against a non-conditional expression"):
        Book.objects.filter(F("pages") + 1)
    with pytest.raises(ValueError, match="Cannot use None as a query value"):
        Book.objects.filter(pages__gt=None)


def test_numbers_beyond_the_column_match_nothing_or_all(library: Any) -> None:
    assert Book.objects.filter(pages=2**80).count() == 0
    assert Book.objects.filter(pages__lt=2**80).count() == 9
    assert Book.objects.filter(pages__gt=-(2**80)).count() == 9


def test_like_wildcards_are_data(library: Any) -> None:
    Tag.objects.create(name="100%")
    assert names(Tag.objects.filter(name__contains="%")) == ["100%"]
    assert names(Tag.objects.filter(name__contains="_")) == []


def test_select_related_follows_both_ways(library: Any) -> None:
    review = Review.objects.create(book=library["books"][1])
    found = Review.objects.select_related("book__author__mentor").get(pk=review.pk)
    assert found.book.author.mentor.name == "Ann"
    book = Book.objects.select_related("review").order_by("pk")[1]
    assert book.review == review
    with pytest.raises(FieldError, match=r"Invalid field name\(s\) given in select_related: 'nope'"):
        list(Book.objects.select_related("nope"))


def test_update_and_delete_across_relations(library: Any) -> None:
    assert Book.objects.filter(author__name="Ann").update(pages=F("pages") + 1000) == 3
    assert Book.objects.filter(pages__gt=1000).count() == 3
    with pytest.raises(FieldError, match="Joined field references"):
        Book.objects.update(title=F("author__name"))
    Book.tags.through.objects.all().delete()
    assert Book.objects.filter(author__name="Ann").delete()[0] == 3


def test_combining_querysets(library: Any) -> None:
    ann, late = Book.objects.filter(author__name="Ann"), Book.objects.filter(pages__gt=106)
    assert names(ann | late) == ["Book 0", "Book 3", "Book 6", "Book 7", "Book 8"]
    assert names(ann & Book.objects.filter(tags__name="code")) == []
    assert names(Book.objects.filter(tags__name="code") | ann.filter(pages=100)) == [
        "Book 0",
        "Book 2",
        "Book 5",
        "Book 8",
    ]


def test_str_of_a_query_shows_sql() -> None:
    sql = str(Book.objects.filter(pages=5).only("pk").query).replace("`", '"')
    assert sql == (
        'SELECT "sql_tests_book"."id" FROM "sql_tests_book" WHERE "sql_tests_book"."pages" = 5 '
        'ORDER BY "sql_tests_book"."title" ASC'
    )


def test_inherited_fields_are_updated_and_selected_across_tables(tables: None) -> None:
    one = Restaurant.objects.create(name="One", stars=1)
    Restaurant.objects.create(name="Two", stars=2)
    assert Restaurant.objects.filter(stars=1).update(name="Uno", stars=5) == 1
    one.refresh_from_db()
    assert (one.name, one.stars) == ("Uno", 5)
    assert Restaurant.objects.filter(name="Two").values_list("stars", "name").get() == (2, "Two")
    place = Place.objects.select_related("restaurant").get(name="Uno")
    assert place.restaurant.stars == 5
    assert place.restaurant.name == "Uno"
