"""Lazy objects stand for instances everywhere (Django documentation: request.user is one)."""

from __future__ import annotations

from typing import Any

import pytest

from offbeat.db.models import prefetch_related_objects
from offbeat.utils.functional import SimpleLazyObject
from tests.querysets.models import Author, Book


@pytest.fixture
def ann(library: Any) -> Any:
    key = library["authors"][0].pk
    return SimpleLazyObject(lambda: Author.objects.get(pk=key))


def test_a_lazy_instance_is_assigned_saved_and_looked_up(library: Any, ann: Any) -> None:
    book = library["books"][-1]
    book.author = ann
    assert book.author_id == ann.pk
    assert book.author.name == "Ann"
    book.save()
    assert Book.objects.filter(author=ann, pk=book.pk).exists()


def test_a_lazy_instance_is_saved_and_deleted(ann: Any) -> None:
    ann.name = "Anna"
    ann.save()
    assert Author.objects.filter(name="Anna").exists()
    ann.refresh_from_db()
    ann.books.all().delete()
    ann.delete()
    assert not Author.objects.filter(name="Anna").exists()


def test_relations_of_a_lazy_instance_are_prefetched(library: Any, ann: Any, queries: Any) -> None:
    bob = library["authors"][1]
    prefetch_related_objects([ann, bob], "books__tags")
    with queries(0):
        assert {book.author_id for book in ann.books.all()} == {ann.pk}
        for author in (ann, bob):
            for book in author.books.all():
                list(book.tags.all())


def test_the_foreign_key_of_a_lazy_instance_is_prefetched(library: Any, queries: Any) -> None:
    key = library["books"][0].pk
    book = SimpleLazyObject(lambda: Book.objects.get(pk=key))
    prefetch_related_objects([book], "author")
    with queries(0):
        assert book.author.name == "Ann"
