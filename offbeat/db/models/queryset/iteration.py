"""How rows become what a queryset yields: one iterable class for each kind of result.

Iterating over one of these runs the queryset's own Query. Querysets in the shape trie use `builder` alone, with rows
fetched by a compiled plan (see offbeat.db.models.plans).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from itertools import islice
from typing import Any

from offbeat.concurrency import spawn
from offbeat.db.models import hydrate

__all__ = [
    "BaseIterable",
    "FlatValuesListIterable",
    "ModelIterable",
    "NamedValuesListIterable",
    "RawModelIterable",
    "ResultIterator",
    "ValuesIterable",
    "ValuesListIterable",
]

Builder = Callable[[list[Any], str, Any], list[Any]]


class ResultIterator:
    """``async for`` over a queryset. An asynchronous generator costs half as much again for each item."""

    __slots__ = ("_items", "_queryset")

    def __init__(self, queryset: Any) -> None:
        self._queryset = queryset
        self._items: Iterator[Any] = iter(())

    def __aiter__(self) -> ResultIterator:
        return self

    async def __anext__(self) -> Any:
        for item in self._items:
            return item
        queryset, self._queryset = self._queryset, None
        if queryset is not None:
            await spawn(queryset._fetch_all)
            self._items = iter(queryset._result_cache)
            for item in self._items:
                return item
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """End the iteration, as with a generator."""
        self._queryset, self._items = None, iter(())


class BaseIterable:
    """Iterates over the results of `queryset`, in chunks from the server where asked to."""

    def __init__(self, queryset: Any, chunked_fetch: bool = False, chunk_size: int = 100) -> None:
        self.queryset = queryset
        self.chunked_fetch = chunked_fetch
        self.chunk_size = chunk_size

    @staticmethod
    def builder(compiler: Any) -> Builder:
        """A function (rows, alias, fetch mode) -> results, for the query that `compiler` has compiled."""
        raise TypeError("Iterables of querysets define builder() or __iter__().")

    def _chunks(self) -> Iterator[list[Any]]:
        """Lists of results, one for each chunk the database gave."""
        queryset = self.queryset
        alias = queryset.db
        compiler = queryset.query.get_compiler(using=alias)
        chunks = compiler.execute_sql(chunked_fetch=self.chunked_fetch, chunk_size=self.chunk_size)
        if chunks is None:
            return
        build = None
        for chunk in chunks:
            if build is None:
                build = self.builder(compiler)
            yield build(chunk, alias, getattr(queryset, "_fetch_mode", None))

    def __iter__(self) -> Iterator[Any]:
        for chunk in self._chunks():
            yield from chunk

    async def __aiter__(self) -> AsyncIterator[Any]:
        async for item in iterate_in_spawns(iter(self), self.chunk_size):
            yield item


async def iterate_in_spawns(iterator: Iterator[Any], chunk_size: int) -> AsyncIterator[Any]:
    """The items of a sync iterator that may suspend, taken `chunk_size` at a time."""

    def take() -> list[Any]:
        return list(islice(iterator, chunk_size))

    try:
        while chunk := await spawn(take):
            for item in chunk:
                yield item
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            await spawn(close)


class ModelIterable(BaseIterable):
    """Yields model instances."""

    @staticmethod
    def builder(compiler: Any) -> Builder:
        return hydrate.instances_builder(compiler)

    def _chunks(self) -> Iterator[list[Any]]:
        known = self.queryset._known_related_objects
        for chunk in super()._chunks():
            if known:
                hydrate.attach_known(chunk, known)
            yield chunk


class ValuesIterable(BaseIterable):
    """Yields dictionaries, for values()."""

    @staticmethod
    def builder(compiler: Any) -> Builder:
        return hydrate.dicts_builder(compiler)


class ValuesListIterable(BaseIterable):
    """Yields tuples, for values_list()."""

    @staticmethod
    def builder(compiler: Any) -> Builder:
        return hydrate.tuples_builder(compiler)


class NamedValuesListIterable(BaseIterable):
    """Yields named tuples, for values_list(named=True)."""

    @staticmethod
    def builder(compiler: Any) -> Builder:
        return hydrate.named_builder(compiler)


class FlatValuesListIterable(BaseIterable):
    """Yields single values, for values_list(flat=True)."""

    @staticmethod
    def builder(compiler: Any) -> Builder:
        return hydrate.flat_builder(compiler)


class RawModelIterable(BaseIterable):
    """Yields the instances of a raw query."""

    def __iter__(self) -> Iterator[Any]:
        from offbeat.db.models.queryset.raw import raw_instances

        return raw_instances(self.queryset)
