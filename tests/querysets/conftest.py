"""Tables once for each process; rows anew for each test."""

from __future__ import annotations

import contextlib
import datetime
import decimal
from collections.abc import Iterator
from typing import Any

import pytest

from offbeat.db import connection
from tests.querysets.models import Author, Book, Review, Stamp, Tag, Upsert

MODELS: list[Any] = [Tag, Author, Book, Review, Stamp, Upsert]


@pytest.fixture(scope="session")
def tables() -> Iterator[None]:
    with connection.schema_editor() as editor:
        for model in MODELS:
            editor.create_model(model)
    yield
    with connection.schema_editor() as editor:
        for model in reversed(MODELS):
            editor.delete_model(model)


@pytest.fixture
def library(tables: None) -> Iterator[dict[str, Any]]:
    """Three authors (the first mentors the second), nine books, three tags."""
    joined = datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC)
    authors = []
    for number, name in enumerate(["Ann", "Bob", "Cid"]):
        authors.append(
            Author.objects.create(
                name=name,
                rating=None if name == "Cid" else number + 0.5,
                active=name != "Bob",
                joined=joined + datetime.timedelta(days=number),
                born=datetime.date(1950 + number, 2, 3),
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
    yield {"authors": authors, "books": books, "tags": tags}
    for model in reversed(MODELS):
        model._base_manager.all().delete()


@pytest.fixture
def empty(tables: None) -> Iterator[None]:
    yield
    for model in reversed(MODELS):
        model._base_manager.all().delete()


@pytest.fixture
def queries() -> Any:
    """`with queries(2):` fails unless that many queries run."""

    @contextlib.contextmanager
    def expecting(number: int) -> Iterator[None]:
        seen: list[str] = []

        def record(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            seen.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(record):
            yield
        assert len(seen) == number, "\n".join(seen)

    return expecting
