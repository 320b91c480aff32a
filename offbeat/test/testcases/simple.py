"""Tests without a database."""

from __future__ import annotations

import logging
import pickle
import unittest
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, TypeVar

from offbeat.concurrency import async_to_sync
from offbeat.concurrency.marks import iscoroutinefunction
from offbeat.test.client import AsyncClient, Client
from offbeat.test.utils import modify_settings, override_settings
from offbeat.utils.functional import cached_property

from .forms import FormAssertions
from .guards import check_aliases, forbid, permit
from .markup import MarkupAssertions
from .responses import ResponseAssertions

__all__ = ["SimpleTestCase", "is_pickable"]

T = TypeVar("T")
logger = logging.getLogger("offbeat.test")
__unittest = True


def is_pickable(obj: Any) -> bool:
    """Whether an object survives pickling."""
    try:
        pickle.loads(pickle.dumps(obj))
    except (AttributeError, TypeError, pickle.PickleError):
        return False
    return True


class SimpleTestCase(ResponseAssertions, FormAssertions, MarkupAssertions):
    """unittest's TestCase with assertions about the web, and settings that can be overridden.

    Databases must not be used, except those in ``databases``. Async test methods may use everything that sync
    ones may, at any depth. Source: Django documentation, topics/testing/tools.
    """

    client_class: type[Client] = Client
    async_client_class: type[AsyncClient] = AsyncClient
    _overridden_settings: dict[str, Any] | None = None
    _modified_settings: list[tuple[str, Any]] | None = None

    databases: Any = frozenset()
    _disallowed_database_msg = (
        "Database %(operation)s to %(alias)r are not allowed in SimpleTestCase subclasses. Either subclass TestCase "
        "or TransactionTestCase to ensure proper test isolation or add %(alias)r to %(test)s.databases to silence "
        "this failure."
    )

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        if cls._overridden_settings:
            cls.enterClassContext(override_settings(**cls._overridden_settings))
        if cls._modified_settings:
            cls.enterClassContext(modify_settings(cls._modified_settings))
        cls._add_databases_failures()

    @classmethod
    def _test_name(cls) -> str:
        return f"{cls.__module__}.{cls.__qualname__}"

    @classmethod
    def _validate_databases(cls) -> frozenset[str]:
        return check_aliases(cls.databases, cls._test_name())

    @classmethod
    def _add_databases_failures(cls) -> None:
        from offbeat.db import connections

        # The class keeps the validated set, whatever form it was written in.
        cls.databases = cls._validate_databases()
        forbidden = frozenset(connections) - cls.databases
        forbid(forbidden, cls._disallowed_database_msg, cls._test_name())
        cls.addClassCleanup(permit, forbidden)

    @cached_property
    def client(self) -> Any:
        """The client of the test, made at its first use."""
        return self.client_class()

    @cached_property
    def async_client(self) -> Any:
        """The asynchronous client of the test."""
        return self.async_client_class()

    def __call__(self, result: unittest.TestResult | None = None) -> None:
        """Run the test with the framework's own set-up around ``setUp()``, so that no ``super()`` is needed."""
        self._setup_and_call(result)

    def __getstate__(self) -> dict[str, Any]:
        """Tests go to other processes and come back: without what cannot be pickled."""
        state = dict(self.__dict__)
        # The state of the run, which refers back to the test.
        for name in ("_outcome", "_subtest"):
            state.pop(name, None)
        return {name: value for name, value in state.items() if is_pickable(value)}

    def debug(self) -> None:
        """Run the test without collecting errors."""
        debug_result = unittest.suite._DebugResult()  # type: ignore[attr-defined]
        self._setup_and_call(debug_result, debug=True)

    def _setup_and_call(self, result: Any, debug: bool = False) -> None:
        method = getattr(self, self._testMethodName)
        skipped = getattr(type(self), "__unittest_skip__", False) or getattr(
            method, "__unittest_skip__", False
        )
        if iscoroutinefunction(method):
            # Runs on an event loop of this thread, in a bridge, with a copy of the test's context.
            setattr(self, self._testMethodName, async_to_sync(method))
        self.__dict__.pop("client", None)
        self.__dict__.pop("async_client", None)
        if not skipped and not self._framework_step(self._pre_setup_once, result, debug):
            return
        if debug:
            super().debug()
        else:
            super().__call__(result)
        if not skipped:
            self._framework_step(self._post_teardown, result, debug)

    def _framework_step(self, step: Callable[[], None], result: Any, debug: bool) -> bool:
        """Whether a step outside the test proper succeeded; its error is the test's."""
        try:
            step()
        except Exception:
            if debug:
                raise
            import sys

            result.addError(self, sys.exc_info())
            return False
        return True

    def _pre_setup_once(self) -> None:
        self._pre_setup()

    @classmethod
    def _pre_setup(cls) -> None:
        """Before each test."""
        try:
            mail = import_module("offbeat.core.mail")
        except ImportError:
            return
        mail.outbox = []  # type: ignore[attr-defined]

    def _post_teardown(self) -> None:
        """After each test."""

    def settings(self, **kwargs: Any) -> override_settings:
        """``with self.settings(DEBUG=True): …``."""
        return override_settings(**kwargs)

    def modify_settings(self, **kwargs: Any) -> modify_settings:
        """``with self.modify_settings(MIDDLEWARE={"append": …}): …``."""
        return modify_settings(**kwargs)

    @contextmanager
    def _assert_message_cm(self, outer: Any, expected_message: str, attribute: str) -> Iterator[Any]:
        with outer as caught:
            yield caught
        self.assertIn(expected_message, str(getattr(caught, attribute)))

    def assertRaisesMessage(
        self, expected_exception: Any, expected_message: str, *args: Any, **kwargs: Any
    ) -> Any:
        """The exception is raised by a callable, or in the ``with`` block, and its message contains the text."""
        return self._with_message(
            self.assertRaises(expected_exception), expected_message, "exception", args, kwargs
        )

    def assertWarnsMessage(
        self, expected_warning: Any, expected_message: str, *args: Any, **kwargs: Any
    ) -> Any:
        """The same for a warning."""
        return self._with_message(
            self.assertWarns(expected_warning), expected_message, "warning", args, kwargs
        )

    def _with_message(
        self, outer: Any, expected_message: str, attribute: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        manager = self._assert_message_cm(outer, expected_message, attribute)
        if not args and "callable" not in kwargs:
            return manager
        function = kwargs.pop("callable") if not args else args[0]
        with manager:
            function(*args[1:], **kwargs)
        return None
