"""Marks for tests: tags, and skipping where something is missing."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any, TypeVar
from unittest import TestCase, skipIf, skipUnless

F = TypeVar("F", bound=Callable[..., Any])

__all__ = ["TZ_SUPPORT", "garbage_collect", "iter_test_cases", "require_jinja2", "requires_tz_support", "tag"]

TZ_SUPPORT = hasattr(time, "tzset")

requires_tz_support = skipUnless(
    TZ_SUPPORT,
    "This test relies on the ability to run a program in an arbitrary time zone, but your operating system "
    "isn't able to do that.",
)


def require_jinja2(test_func: Any) -> Any:
    """Skip without Jinja2; with it, have one engine of each kind in TEMPLATES."""
    from .overrides import override_settings

    test_func = skipIf(find_spec("jinja2") is None, "this test requires jinja2")(test_func)
    return override_settings(
        TEMPLATES=[
            {"BACKEND": "offbeat.template.backends.django.DjangoTemplates", "APP_DIRS": True},
            {
                "BACKEND": "offbeat.template.backends.jinja2.Jinja2",
                "APP_DIRS": True,
                "OPTIONS": {"keep_trailing_newline": True},
            },
        ]
    )(test_func)


def tag(*tags: str) -> Callable[[F], F]:
    """Tag a test method or class, for ``test --tag`` and ``--exclude-tag``. Tags are inherited and add up."""

    def decorator(obj: F) -> F:
        obj.tags = set(tags).union(getattr(obj, "tags", ()))  # type: ignore[attr-defined]
        return obj

    return decorator


def iter_test_cases(tests: Any) -> Iterator[TestCase]:
    """The test cases of a suite, nested ones included; TypeError for what is neither."""
    for test in tests:
        if isinstance(test, str):
            # A string is iterable, and so is each of its characters.
            raise TypeError(
                f"Test {test!r} must be a test case or test suite not string (was found in {tests!r})."
            )
        if isinstance(test, TestCase):
            yield test
        else:
            yield from iter_test_cases(test)


def garbage_collect() -> None:
    """Collect for certain, on PyPy too."""
    gc.collect()
    if sys.implementation.name == "pypy":
        gc.collect()
        gc.collect()
