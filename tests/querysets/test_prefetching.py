"""prefetch_related()."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from typing import Any

import pytest

from offbeat.db import connection
from offbeat.db.models import FETCH_PEERS, Prefetch, aprefetch_related_objects, prefetch_related_objects
from tests.querysets.models import Author, Book, Tag


def test_one_query_for_each_level(library: Any, queries: Any) -> None:
    with queries(3):
        authors = list(Author.objects.prefetch_related("books__tags").order_by("name"))
        found = {a.name: [[t.name for t in b.tags.all()] for b in a.books.all()] for a in authors}
    assert found == {"Ann": [["art"]] * 3, "Bob": [["art", "bio"]] * 3, "Cid": [["art", "bio", "code"]] * 3}


def test_single_related_objects(library: Any, queries: Any) -> None:
    with queries(2):
        books = list(Book.objects.prefetch_related("author"))
        assert [b.author.name for b in books[:3]] == ["Ann", "Bob", "Cid"]
    with queries(3):
        assert next(b.author.mentor for b in Book.objects.prefetch_related("author__mentor")) is None


def test_prefetched_managers_answer_all_from_memory_and_filter_from_the_database(
    library: Any, queries: Any
) -> None:
    ann = Author.objects.prefetch_related("books").get(name="Ann")
    with queries(0):
        assert len(ann.books.all()) == 3
        assert ann.books.all().count() == 3
    with queries(1):
        assert ann.books.filter(pages=103).get().title == "Book 3"


def test_prefetch_objects_with_queryset_and_attribute(library: Any, queries: Any) -> None:
    lookup = Prefetch("books", queryset=Book.objects.filter(pages__gt=103), to_attr="thick")
    with queries(2):
        authors = list(Author.objects.prefetch_related(lookup).order_by("name"))
        assert [[b.title for b in a.thick] for a in authors] == [
            ["Book 6"],
            ["Book 4", "Book 7"],
            ["Book 5", "Book 8"],
        ]
    deeper = Prefetch("books", queryset=Book.objects.prefetch_related("tags"))
    with queries(3):
        assert len(Author.objects.prefetch_related(deeper).get(name="Cid").books.all()[0].tags.all()) == 3


def test_sliced_querysets_give_so_many_each(library: Any) -> None:
    lookup = Prefetch("books", queryset=Book.objects.order_by("-pages")[:2], to_attr="top")
    authors = Author.objects.prefetch_related(lookup).order_by("name")
    assert [[b.pages for b in a.top] for a in authors] == [[106, 103], [107, 104], [108, 105]]


def test_wrong_lookups_are_named(library: Any) -> None:
    with pytest.raises(AttributeError, match="Cannot find 'nope' on Author object"):
        list(Author.objects.prefetch_related("nope"))
    with pytest.raises(ValueError, match="does not resolve to an item that supports prefetching"):
        list(Author.objects.prefetch_related("name"))
    with pytest.raises(ValueError, match="already seen with a different queryset"):
        list(Author.objects.prefetch_related("books", Prefetch("books", Book.objects.all())))
    with pytest.raises(ValueError, match="to_attr=name conflicts with a field"):
        list(Author.objects.prefetch_related(Prefetch("books", to_attr="name")))
    with pytest.raises(ValueError, match="cannot use raw"):
        Prefetch("books", Book.objects.values("id"))


def test_none_takes_lookups_back(library: Any, queries: Any) -> None:
    with queries(1):
        list(Author.objects.prefetch_related("books").prefetch_related(None))


def test_instances_can_be_given_later(library: Any, queries: Any) -> None:
    authors = list(Author.objects.order_by("name"))
    with queries(1):
        prefetch_related_objects(authors, "books")
        assert [len(a.books.all()) for a in authors] == [3, 3, 3]
    with queries(0):
        prefetch_related_objects(authors, "books")
        prefetch_related_objects([], "books")


def test_many_to_many_both_ways(library: Any, queries: Any) -> None:
    with queries(2):
        tags = Tag.objects.prefetch_related("books")
        assert [len(t.books.all()) for t in tags] == [9, 6, 3]


def test_prefetch_objects_can_be_pickled(library: Any) -> None:
    authors = Author.objects.prefetch_related(
        Prefetch("books", Book.objects.filter(pages=100), to_attr="few")
    )
    again = pickle.loads(pickle.dumps(authors))
    assert [len(a.few) for a in again.order_by("name")] == [1, 0, 0]


def test_peers_fetch_together(library: Any, queries: Any) -> None:
    with queries(2):
        assert [b.author.name for b in Book.objects.fetch_mode(FETCH_PEERS)][:3] == ["Ann", "Bob", "Cid"]


async def test_async_prefetching(library: Any) -> None:
    authors = [a async for a in Author.objects.prefetch_related("books").order_by("name")]
    assert [len(a.books.all()) for a in authors] == [3, 3, 3]
    plain = [a async for a in Author.objects.order_by("name")]
    await aprefetch_related_objects(plain, "books")
    assert [len(a.books.all()) for a in plain] == [3, 3, 3]


def test_a_way_back_that_was_not_loaded_is_not_fetched(library: Any, queries: Any) -> None:
    ann = library["authors"][0]
    with queries(1):
        assert len([book.pk for book in ann.books.only("pk")]) == 3


def test_the_querysets_of_prefetched_managers_belong_to_their_own_instance(
    library: Any, queries: Any
) -> None:
    authors = list(Author.objects.prefetch_related("books").order_by("name"))
    for author, first in zip(authors, ("Book 0", "Book 1", "Book 2"), strict=True):
        with queries(0):
            assert author.books.all()[0].author is author
        assert author.books.order_by("pages").first().title == first
        assert author.books.filter(pages__gte=100).count() == 3


def test_prefetched_siblings_do_not_share_what_is_changed_later(library: Any, queries: Any) -> None:
    ann, bob, _ = Author.objects.prefetch_related("books").order_by("name")
    first, second, third = ann.books.all()
    with queries(0):
        first.author = bob
        second._state.fields_cache.clear()
        assert (first.author, third.author) == (bob, ann)
    with queries(1):
        assert second.author == ann
    first.author_id = ann.pk
    with queries(1):
        assert first.author == ann


def test_prefetched_querysets_say_whose_they_are(library: Any) -> None:
    ann = Author.objects.prefetch_related("books").get(name="Ann")
    books = ann.books.all()
    assert books is ann.books.all()
    assert books._hints == {"instance": ann}
    assert books._known_related_objects == {Book._meta.get_field("author"): {ann.pk: ann}}
    assert books._params == (ann.pk,)
    assert f"{connection.ops.quote_name('author_id')} = " in str(books.query)
    tags = Book.objects.prefetch_related("tags")[0].tags.all()
    assert tags._known_related_objects == {}
    assert tags.filter(name="art").count() == 1


def test_prefetched_objects_can_be_pickled_and_copied(library: Any, queries: Any) -> None:
    authors = list(Author.objects.prefetch_related("books").order_by("name"))
    for copied in (pickle.loads(pickle.dumps(authors[0])), copy.copy(authors[0])):
        with queries(0):
            assert [book.author.name for book in copied.books.all()] == ["Ann"] * 3
        assert copied.books.all().filter(pages=103).get().title == "Book 3"
    # A deep copy of a queryset has no results.
    assert [book.author.name for book in copy.deepcopy(authors[0]).books.all()] == ["Ann"] * 3


def test_a_book_keeps_its_author_and_no_other(library: Any, queries: Any) -> None:
    authors = list(Author.objects.prefetch_related("books").order_by("name"))
    others = [weakref.ref(author) for author in authors[1:]]
    book = authors[0].books.all()[0]
    del authors
    gc.collect()
    assert [other() for other in others] == [None, None]
    with queries(0):
        assert book.author.name == "Ann"


def test_a_replaced_author_is_not_kept(library: Any) -> None:
    ann = Author.objects.prefetch_related("books").get(name="Ann")
    book, other = ann.books.all()[0], weakref.ref(ann)
    book.author = library["authors"][1]
    del ann
    gc.collect()
    assert other() is None
    assert book.author.name == "Bob"


def test_managers_of_different_instances_differ(library: Any) -> None:
    ann, bob, _ = library["authors"]
    assert ann.books == ann.books
    assert ann.books != bob.books
    assert ann.books.core_filters == {"author": ann}
    assert ann.books.db_manager("default").count() == 3
