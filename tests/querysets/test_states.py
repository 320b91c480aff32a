"""What instances know about themselves: states that are shared until one of them differs."""

from __future__ import annotations

import copy
import datetime
import gc
import pickle
import sys
import weakref
from typing import Any

import pytest

from offbeat.db.models import Prefetch, prefetch_related_objects
from offbeat.db.models.base import ModelState
from offbeat.db.models.fetch_modes import FETCH_ONE, FETCH_RAISE, FetchMode
from tests.querysets.models import Author, Book


def test_a_loaded_instance_knows_its_database(library: Any) -> None:
    book = Book.objects.first()
    assert (book._state.db, book._state.adding, book._state.fetch_mode) == ("default", False, FETCH_ONE)
    assert isinstance(book._state, ModelState)
    assert Book.objects.fetch_mode(FETCH_RAISE).first()._state.fetch_mode is FETCH_RAISE


def test_the_state_of_one_instance_is_not_that_of_another(library: Any) -> None:
    first, second = Book.objects.all()[:2]
    first._state.adding, first._state.db = True, "other"
    first._state.note = "mine"
    assert (second._state.adding, second._state.db) == (False, "default")
    assert not hasattr(second._state, "note")
    assert first._state.note == "mine"
    new, newer = Book(), Book()
    new._state.db = "other"
    assert (newer._state.db, newer._state.adding) == (None, True)


def test_states_are_for_instances_and_stand_in_their_dictionary(library: Any) -> None:
    assert not hasattr(Book, "_state")
    book = Book.objects.first()
    values = book.__dict__.copy()
    del values["_state"]
    assert Book(**values) == book
    del book._state
    with pytest.raises(AttributeError, match="_state"):
        book._state


def test_saving_tells_the_state(library: Any) -> None:
    joined = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    author = Author(name="Dan", joined=joined)
    assert author._state.adding
    author.save()
    assert (author._state.adding, author._state.db) == (False, "default")
    other = Author(name="Eve", joined=joined)
    other.save()
    assert (other._state.adding, other._state.db) == (False, "default")
    (made,) = Author.objects.bulk_create([Author(name="Fay", joined=joined)])
    assert (made._state.adding, made._state.db) == (False, "default")


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="all dictionaries are the collector's business")
def test_the_collector_looks_at_one_object_for_each_instance(library: Any) -> None:
    books = list(Book.objects.select_related("author").only("title", "author__name"))
    # Decimals are the collector's business by themselves.
    some = Prefetch("books", Book.objects.only("author", "title"))
    (ann, *_) = Author.objects.prefetch_related(some).filter(name="Ann").only("name")
    for instance in (*books, books[0].author, *ann.books.all()):
        assert not gc.is_tracked(instance.__dict__)


def test_related_objects_that_were_selected_or_prefetched_are_at_hand(library: Any, queries: Any) -> None:
    with queries(1):
        books = list(Book.objects.select_related("author").order_by("pk"))
        assert [book.author.name for book in books[:3]] == ["Ann", "Bob", "Cid"]
        assert books[0]._state.fields_cache == {"author": books[0].author}
    with queries(1):
        assert Author.objects.select_related("mentor").get(name="Ann").mentor is None
    with queries(2):
        (ann,) = Author.objects.filter(name="Ann").prefetch_related("books")
        assert all(book.author is ann for book in ann.books.all())


def test_the_dictionary_of_another_instance_brings_no_wrong_related_object(library: Any) -> None:
    first, second = Book.objects.select_related("author").order_by("pk")[:2]
    assert first.author_id != second.author_id
    wanted = second.author
    first.__dict__.update(second.__dict__)
    assert first.author == wanted
    third = Book.objects.select_related("author").order_by("pk")[2]
    third.__dict__ = Book.objects.order_by("pk")[0].__dict__
    assert third.author.name == "Ann"
    fourth = Book()
    fourth.__dict__.update(Book.objects.select_related("author").order_by("pk")[1].__dict__)
    assert fourth.author.name == "Bob"


def test_another_key_makes_the_related_object_stale(library: Any) -> None:
    book, other = Book.objects.select_related("author").order_by("pk")[:2]
    wanted = other.author
    book.author_id = other.author_id
    assert book.author == wanted
    book = Book.objects.select_related("author").order_by("pk")[0]
    book.author = wanted
    assert (book.author, book.author_id) == (wanted, wanted.pk)
    book = Book.objects.select_related("author").order_by("pk")[0]
    book.__dict__["author_id"] = other.author_id
    assert book.author == wanted


def test_a_replaced_related_object_is_let_go(library: Any) -> None:
    book = Book.objects.select_related("author").first()
    old = weakref.ref(book.author)
    book.author = Author.objects.get(name="Cid")
    gc.collect()
    assert old() is None


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda book: pickle.loads(pickle.dumps(book))]
)
def test_copies_keep_what_is_known_and_know_more_by_themselves(
    library: Any, queries: Any, duplicate: Any
) -> None:
    book = Book.objects.select_related("author").first()
    twin = duplicate(book)
    with queries(0):
        assert twin.author == book.author
    twin._state.adding = True
    twin._state.fields_cache.clear()
    assert not book._state.adding
    with queries(0):
        assert book.author is not None


def test_a_dictionary_pickled_by_itself_still_tells_the_state(library: Any) -> None:
    values = pickle.loads(pickle.dumps({**Author.objects.fetch_mode(FETCH_RAISE).first().__dict__}))
    author = Author.__new__(Author)
    author.__dict__.update(values)
    assert (author._state.db, author._state.adding) == ("default", False)
    assert author._state.fetch_mode is FETCH_RAISE


class Counting(FetchMode):
    """Somebody's own fetch mode."""

    def __init__(self) -> None:
        self.fetched: list[Any] = []

    def fetch(self, fetcher: Any, instance: Any) -> None:
        self.fetched.append(instance)
        fetcher.fetch_one(instance)


def test_fetch_modes_of_ones_own_are_kept(library: Any) -> None:
    mode = Counting()
    books = list(Book.objects.fetch_mode(mode).order_by("pk")[:2])
    assert books[0].author.name == "Ann"
    assert mode.fetched == [books[0]]
    assert books[0].author._state.fetch_mode is mode
    books[0]._state.adding = True
    assert not books[1]._state.adding


def test_prefetched_querysets_are_kept_and_can_be_replaced(library: Any, queries: Any) -> None:
    assert not hasattr(Author, "_prefetched_objects_cache")
    assert not hasattr(Author.objects.first(), "_prefetched_objects_cache")
    (ann,) = Author.objects.filter(name="Ann").prefetch_related("books")
    books = ann.books.all()
    assert ann.books.all() is books
    assert ann._prefetched_objects_cache == {"books": books}
    with queries(0):
        assert ann.books.all() is books
    ann._prefetched_objects_cache = {}
    with queries(1):
        assert len(ann.books.all()) == 3
    del ann._prefetched_objects_cache
    with pytest.raises(AttributeError, match="_prefetched_objects_cache"):
        del ann._prefetched_objects_cache


def test_several_relations_are_prefetched_side_by_side(library: Any, queries: Any) -> None:
    with queries(3):
        (ann,) = Author.objects.filter(name="Ann").prefetch_related("books", "pupils")
    with queries(0):
        assert len(ann.books.all()) == 3
        list(ann.pupils.all())
        prefetch_related_objects([ann], "books", "pupils")
    with queries(1):
        prefetch_related_objects([ann], Prefetch("books", to_attr="listed"))
    with queries(0):
        assert ann.listed == list(ann.books.all())


def test_a_change_through_the_manager_forgets_what_was_prefetched(library: Any) -> None:
    (ann,) = Author.objects.filter(name="Ann").prefetch_related("books")
    ann.books.add(Book.objects.exclude(author=ann).first())
    assert ann.books.count() == len(ann.books.all()) == 4


def test_prefetched_results_survive_pickling(library: Any, queries: Any) -> None:
    (ann,) = Author.objects.filter(name="Ann").prefetch_related("books")
    twin = pickle.loads(pickle.dumps(ann))
    with queries(0):
        assert [book.pk for book in twin.books.all()] == [book.pk for book in ann.books.all()]
        assert all(book.author is twin for book in twin.books.all())
