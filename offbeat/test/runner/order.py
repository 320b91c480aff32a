"""Choosing tests and putting them in order."""

from __future__ import annotations

import hashlib
import itertools
import random
import unittest
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from offbeat.test.utils import iter_test_cases

T = TypeVar("T")

__all__ = [
    "Shuffler",
    "filter_tests_by_tags",
    "partition_suite_by_case",
    "reorder_test_bin",
    "reorder_tests",
    "shuffle_tests",
]

FailedTest: Any = unittest.loader._FailedTest  # type: ignore[attr-defined]


class Shuffler:
    """Shuffles consistently: with the same seed, two items keep their order whatever else is in the list."""

    # A short and fast digest; nothing here is secret.
    hash_algorithm = "md5"

    def __init__(self, seed: int | None = None) -> None:
        if seed is None:
            # Small enough to be typed in again.
            seed = random.randint(0, 10**10 - 1)
            self.seed_source = "generated"
        else:
            self.seed_source = "given"
        self.seed = seed

    @classmethod
    def _hash_text(cls, text: str) -> str:
        digest = hashlib.new(cls.hash_algorithm, usedforsecurity=False)
        digest.update(text.encode("utf-8"))
        return digest.hexdigest()

    @property
    def seed_display(self) -> str:
        """The seed, and where it comes from."""
        return f"{self.seed!r} ({self.seed_source})"

    def _hash_item(self, item: Any, key: Callable[[Any], str]) -> str:
        return self._hash_text(f"{self.seed}{key(item)}")

    def shuffle(self, items: Iterable[T], key: Callable[[T], str]) -> list[T]:
        """The items in a new order, by what `key` says of each; it must say something else of each."""
        hashes: dict[str, T] = {}
        for item in items:
            hashed = self._hash_item(item, key)
            if hashed in hashes:
                raise RuntimeError(f"item {item!r} has same hash {hashed!r} as item {hashes[hashed]!r}")
            hashes[hashed] = item
        return [hashes[hashed] for hashed in sorted(hashes)]


def _by_class(tests: Iterable[Any]) -> dict[type, list[Any]]:
    groups: dict[type, list[Any]] = {}
    for test in tests:
        groups.setdefault(type(test), []).append(test)
    return groups


def _class_key(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def shuffle_tests(tests: Iterable[Any], shuffler: Shuffler) -> Iterator[Any]:
    """The tests with classes shuffled, and methods within each class."""
    groups = _by_class(tests)
    for cls in shuffler.shuffle(groups, key=_class_key):
        yield from shuffler.shuffle(groups[cls], key=lambda test: test.id())


def reorder_test_bin(
    tests: Iterable[Any], shuffler: Shuffler | None = None, reverse: bool = False
) -> Iterator[Any]:
    """The tests with those of a class together; shuffled or reversed on demand."""
    if shuffler is None:
        ordered: Iterator[Any] = itertools.chain.from_iterable(_by_class(tests).values())
    else:
        ordered = shuffle_tests(tests, shuffler)
    return reversed(list(ordered)) if reverse else ordered


def reorder_tests(
    tests: Iterable[Any], classes: Sequence[type], reverse: bool = False, shuffler: Shuffler | None = None
) -> Iterator[Any]:
    """The tests without duplicates: those of the first class (and its subclasses) first, and so on."""
    bins: list[dict[Any, None]] = [{} for _ in range(len(classes) + 1)]
    for test in tests:
        place = next((i for i, cls in enumerate(classes) if isinstance(test, cls)), len(classes))
        bins[place].setdefault(test)
    for each in bins:
        yield from reorder_test_bin(each, shuffler=shuffler, reverse=reverse)


def partition_suite_by_case(suite: Any) -> list[Any]:
    """A suite for each class, in the order of the tests."""
    suite_class = type(suite)
    return [suite_class(tests) for _, tests in itertools.groupby(iter_test_cases(suite), type)]


def filter_tests_by_tags(tests: Iterable[Any], tags: set[str], exclude_tags: set[str]) -> Iterator[Any]:
    """The tests with one of `tags` (if there are any) and none of `exclude_tags`."""
    return (test for test in tests if _matches(test, tags, exclude_tags))


def _matches(test: Any, tags: set[str], exclude_tags: set[str]) -> bool:
    if isinstance(test, FailedTest):
        # It could not be loaded, which nobody should overlook.
        return True
    own = set(getattr(test, "tags", ()))
    method = getattr(test, getattr(test, "_testMethodName", ""), None)
    own.update(getattr(method, "tags", ()))
    return own.isdisjoint(exclude_tags) and (not tags or not own.isdisjoint(tags))
