"""Tables once for each process; rows anew for each test."""

from __future__ import annotations

import datetime
import decimal
import functools
from collections.abc import Iterator
from typing import Any

import pytest

from offbeat.db import connection
from tests.sqlmodels.models import Author, Book, Place, Restaurant, Review, Tag

MODELS: list[Any] = [Tag, Author, Book, Review, Place, Restaurant]


@functools.cache
def _create_tables() -> None:
    with connection.schema_editor() as editor:
        for model in MODELS:
            editor.create_model(model)


@pytest.fixture
def tables() -> Iterator[None]:
    _create_tables()
    yield
    for model in reversed(MODELS):
        model._base_manager.all().delete()


@pytest.fixture
def library(tables: None) -> dict[str, Any]:
    """Three authors (the first mentors the second), nine books, three tags."""
    joined = datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC)
    authors: list[Author] = []
    for number, name in enumerate(["Ann", "Bob", "Cid"]):
        authors.append(
            Author.objects.create(
                name=name,
                rating=None if name == "Cid" else number + 0.5,
                joined=joined + datetime.timedelta(days=number),
                mentor=authors[0] if number == 1 else None,
            )
        )
    tags = [Tag.objects.create(name=name) for name in ("art", "bio", "code")]
    books = []
    for number in range(9):
        book = Book.objects.create(
            author=authors[number % 3],
            title=f"Book {number}",
            price=decimal.Decimal(number * 10) + decimal.Decimal("0.50"),
            pages=100 + number,
            published=datetime.date(2000 + number // 3, 1 + number, 1),
            in_print=number % 2 == 0,
        )
        book.tags.add(*tags[: number % 3 + 1])
        books.append(book)
    return {"authors": authors, "books": books, "tags": tags}
