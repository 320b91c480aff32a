"""Skipping tests by what the database can do."""

from __future__ import annotations

import unittest
from collections.abc import Callable
from functools import wraps
from typing import Any

from offbeat.concurrency.marks import iscoroutinefunction
from offbeat.db import DEFAULT_DB_ALIAS, connections

__all__ = ["CheckCondition", "skipIfDBFeature", "skipUnlessAnyDBFeature", "skipUnlessDBFeature"]

Condition = Callable[[], bool]


class CheckCondition:
    """A descriptor for ``__unittest_skip__``: the conditions are only looked at when the tests run."""

    def __init__(self, *conditions: tuple[Condition, str]) -> None:
        self.conditions = conditions

    def add_condition(self, condition: Condition, reason: str) -> CheckCondition:
        """The same with one more condition."""
        return type(self)(*self.conditions, (condition, reason))

    def __get__(self, instance: Any, cls: Any = None) -> bool:
        # What the base classes skip, their subclasses skip.
        if any(getattr(base, "__unittest_skip__", False) for base in cls.__bases__):
            return True
        for condition, reason in self.conditions:
            if condition():
                cls.__unittest_skip_why__ = reason
                return True
        return False


def _deferred_skip(condition: Condition, reason: str, name: str) -> Callable[[Any], Any]:
    def decorator(test: Any) -> Any:
        if isinstance(test, type) and issubclass(test, unittest.TestCase):
            return _skip_class(test, condition, reason, name)
        return _skip_function(test, condition, reason, name)

    return decorator


def _allows_default(test_class: Any) -> bool:
    databases = getattr(test_class, "databases", None)
    # None: not one of our test cases, so nothing is forbidden.
    return databases is None or databases == "__all__" or DEFAULT_DB_ALIAS in databases


def _skip_class(test: Any, condition: Condition, reason: str, name: str) -> Any:
    def checked() -> bool:
        if not _allows_default(test):
            raise ValueError(
                f"{name} cannot be used on {test} as it doesn't allow queries against the "
                f"{DEFAULT_DB_ALIAS!r} database."
            )
        return condition()

    before = test.__dict__.get("__unittest_skip__")
    if isinstance(before, CheckCondition):
        test.__unittest_skip__ = before.add_condition(checked, reason)
    elif before is not True:
        test.__unittest_skip__ = CheckCondition((checked, reason))
    return test


def _skip_function(test: Any, condition: Condition, reason: str, name: str) -> Any:
    def check(args: tuple[Any, ...]) -> None:
        if args and isinstance(args[0], unittest.TestCase) and not _allows_default(type(args[0])):
            raise ValueError(
                f"{name} cannot be used on {args[0]} as {type(args[0]).__qualname__} doesn't allow queries against "
                f"the {DEFAULT_DB_ALIAS!r} database."
            )
        if condition():
            raise unittest.SkipTest(reason)

    if iscoroutinefunction(test):

        @wraps(test)
        async def async_skip_wrapper(*args: Any, **kwargs: Any) -> Any:
            check(args)
            return await test(*args, **kwargs)

        return async_skip_wrapper

    @wraps(test)
    def skip_wrapper(*args: Any, **kwargs: Any) -> Any:
        check(args)
        return test(*args, **kwargs)

    return skip_wrapper


def _features() -> Any:
    return connections[DEFAULT_DB_ALIAS].features


def skipIfDBFeature(*features: str) -> Callable[[Any], Any]:
    """Skip the test or class if the default database has any of the features."""
    return _deferred_skip(
        lambda: any(getattr(_features(), feature) for feature in features),
        f"Database has feature(s) {', '.join(features)}",
        "skipIfDBFeature",
    )


def skipUnlessDBFeature(*features: str) -> Callable[[Any], Any]:
    """Skip unless it has all of the features."""
    return _deferred_skip(
        lambda: not all(getattr(_features(), feature) for feature in features),
        f"Database doesn't support feature(s): {', '.join(features)}",
        "skipUnlessDBFeature",
    )


def skipUnlessAnyDBFeature(*features: str) -> Callable[[Any], Any]:
    """Skip unless it has any of the features."""
    return _deferred_skip(
        lambda: not any(getattr(_features(), feature) for feature in features),
        f"Database doesn't support any of the feature(s): {', '.join(features)}",
        "skipUnlessAnyDBFeature",
    )
