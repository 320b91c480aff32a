"""The report on relations that are loaded object by object."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from offbeat.concurrency import bridged, spawn
from offbeat.db.lazy_loads import watch_lazy_loads
from offbeat.db.models import FETCH_PEERS, prefetch_related_objects
from offbeat.http import HttpResponse
from offbeat.middleware.lazy_loads import LazyLoadsMiddleware
from tests.querysets.models import Author, Book


def names(books: Any) -> list[str]:
    return [book.author.name for book in books]


def test_the_line_that_loads_one_by_one_is_named(library: Any, caplog: pytest.LogCaptureFixture) -> None:
    with watch_lazy_loads() as report:
        names(Book.objects.all())
    (found,) = report.repeated()
    assert found.relation == "Book.author"
    assert found.times == 9
    line = names.__code__.co_firstlineno + 1
    # A comprehension has a frame of its own up to Python 3.11.
    assert f"test_lazy_loads.py:{line}, in " in found.place
    (record,) = caplog.records
    assert record.name == "offbeat.db.lazy_loads"
    assert "select_related()" in record.message


def test_related_managers_count_too(library: Any) -> None:
    with watch_lazy_loads() as report:
        for author in Author.objects.all():
            list(author.books.all())
    (found,) = report.repeated()
    assert (found.relation, found.times, found.many) == ("Author.books", 2, True) or found.times == 3
    assert "prefetch_related()" in str(found)


def test_deferred_fields_count_too(library: Any) -> None:
    with watch_lazy_loads() as report:
        assert [book.title for book in Book.objects.defer("title")]
    assert [(found.relation, found.times) for found in report.repeated()] == [("Book.title", 9)]


def test_loading_ahead_is_silent(library: Any, caplog: pytest.LogCaptureFixture) -> None:
    with watch_lazy_loads() as report:
        names(Book.objects.select_related("author"))
        names(Book.objects.prefetch_related("author", "tags"))
        books = list(Book.objects.all())
        prefetch_related_objects(books, "author", "tags")
        names(books)
        assert [len(book.tags.all()) for book in books]
        names(Book.objects.fetch_mode(FETCH_PEERS))
    assert report.repeated() == []
    assert not caplog.records


def test_few_loads_are_not_worth_a_word(library: Any) -> None:
    with watch_lazy_loads(limit=10) as report:
        names(Book.objects.all())
    assert report.repeated() == []
    assert sum(report.counts.values()) == 9


def test_tasks_have_reports_of_their_own(library: Any) -> None:
    async def one() -> int:
        with watch_lazy_loads() as report:
            await spawn(names, Book.objects.all())
            return sum(report.counts.values())

    async def main() -> list[int]:
        return await asyncio.gather(bridged(one()), bridged(one()))

    assert asyncio.run(main()) == [9, 9]


def test_the_middleware_reports_each_request(library: Any, caplog: pytest.LogCaptureFixture) -> None:
    def view(request: Any) -> HttpResponse:
        return HttpResponse(str(names(Book.objects.all())))

    async def aview(request: Any) -> HttpResponse:
        return HttpResponse(str(await spawn(names, Book.objects.all())))

    caplog.set_level(logging.WARNING)
    assert LazyLoadsMiddleware(view)(None).status_code == 200
    assert asyncio.run(LazyLoadsMiddleware(aview)(None)).status_code == 200
    assert [record.args[0].times for record in caplog.records] == [9, 9]  # type: ignore[index, union-attr]
