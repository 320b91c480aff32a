"""Tests with a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from offbeat.apps import apps
from offbeat.core.signals import setting_changed
from offbeat.db import DEFAULT_DB_ALIAS, connections, transaction

from .simple import SimpleTestCase, logger
from .testdata import TestData
from .watching import AssertNumQueriesContext

__all__ = ["TestCase", "TransactionTestCase", "connections_support_transactions"]

__unittest = True


def _call_command(*args: Any, **kwargs: Any) -> Any:
    # The package's attribute, where it can be replaced.
    from offbeat.test import testcases

    return testcases.call_command(*args, **kwargs)


def connections_support_transactions(aliases: Iterable[str] | None = None) -> bool:
    """Whether all these databases (default: all) have transactions."""
    wanted = connections.all() if aliases is None else (connections[alias] for alias in aliases)
    return all(connection.features.supports_transactions for connection in wanted)


class TransactionTestCase(SimpleTestCase):
    """Each test finds an empty database, and may commit; afterwards all tables are emptied.

    Slower than TestCase: for tests of transactions themselves. Source: Django documentation, topics/testing/tools.
    """

    reset_sequences = False
    available_apps: Iterable[str] | None = None
    fixtures: Iterable[str] | None = None
    databases: Any = frozenset({DEFAULT_DB_ALIAS})
    _disallowed_database_msg = (
        "Database %(operation)s to %(alias)r are not allowed in this test. Add %(alias)r to %(test)s.databases to "
        "ensure proper test isolation and silence this failure."
    )
    # Whether what was in the database before the first test (from migrations) is there in every test.
    serialized_rollback = False
    _pre_setup_ran_eagerly = False

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        if not issubclass(cls, TestCase):
            # Fixtures are there in setUpClass() of subclasses. The first test finds this done.
            cls._pre_setup()
            cls._pre_setup_ran_eagerly = True
            cls.addClassCleanup(cls._undo_unused_setup)

    @classmethod
    def _undo_unused_setup(cls) -> None:
        """After a class none of whose tests ran (they are skipped, or its set-up failed)."""
        if not cls._pre_setup_ran_eagerly:
            return
        cls._pre_setup_ran_eagerly = False
        try:
            if cls.fixtures or cls.serialized_rollback:
                cls._flush(available_apps=cls.available_apps)
        finally:
            if cls.available_apps is not None:
                cls._unrestrict_apps()

    def _pre_setup_once(self) -> None:
        if type(self)._pre_setup_ran_eagerly:
            type(self)._pre_setup_ran_eagerly = False
        else:
            self._pre_setup()

    @classmethod
    def _pre_setup(cls) -> None:
        super()._pre_setup()
        if cls.available_apps is not None:
            cls._restrict_apps()
        try:
            cls._fixture_setup()
        except Exception:
            if cls.available_apps is not None:
                cls._unrestrict_apps()
            raise
        # A log that overflows would make assertNumQueries() fail.
        for alias in cls._databases_names(include_mirrors=False):
            connections[alias].queries_log.clear()

    @classmethod
    def _restrict_apps(cls) -> None:
        assert cls.available_apps is not None
        apps.set_available_apps(cls.available_apps)
        _announce_apps(cls.available_apps, enter=True)
        # Content types and permissions of the other apps must go, those of these be there.
        for alias in cls._databases_names(include_mirrors=False):
            _emit_post_migrate(alias)

    @classmethod
    def _unrestrict_apps(cls) -> None:
        from offbeat.conf import settings

        apps.unset_available_apps()
        _announce_apps(settings.INSTALLED_APPS, enter=False)

    @classmethod
    def _databases_names(cls, include_mirrors: bool = True) -> list[str]:
        """The databases of the test, which it may use."""
        allowed = cls._validate_databases()
        return [
            alias
            for alias in connections
            if alias in allowed
            and (include_mirrors or not connections[alias].settings_dict["TEST"]["MIRROR"])
        ]

    @classmethod
    def _reset_sequences(cls, db_name: str) -> None:
        connection = connections[db_name]
        if not connection.features.supports_sequence_reset:
            return
        from offbeat.core.management.color import no_style

        statements = connection.ops.sequence_reset_by_name_sql(
            no_style(), connection.introspection.sequence_list()
        )
        if statements:
            with transaction.atomic(using=db_name), connection.cursor() as cursor:
                for sql in statements:
                    cursor.execute(sql)

    @classmethod
    def _fixture_setup(cls) -> None:
        for alias in cls._databases_names(include_mirrors=False):
            if cls.reset_sequences:
                cls._reset_sequences(alias)
            cls._restore_initial_data(alias)
            if cls.fixtures:
                _call_command("loaddata", *cls.fixtures, verbosity=0, database=alias)

    @classmethod
    def _restore_initial_data(cls, alias: str) -> None:
        connection = connections[alias]
        if not cls.serialized_rollback or not hasattr(connection, "_test_serialized_contents"):
            return
        if cls.available_apps is not None:
            apps.unset_available_apps()
        connection.creation.deserialize_db_from_string(connection._test_serialized_contents)
        if cls.available_apps is not None:
            apps.set_available_apps(cls.available_apps)

    def _should_reload_connections(self) -> bool:
        return True

    def _post_teardown(self) -> None:
        """Empty the tables, close the connections, and undo the restriction to ``available_apps``."""
        try:
            self._fixture_teardown()
            super()._post_teardown()
            if self._should_reload_connections():
                # Some tests leave a connection in a state that others do not expect.
                for connection in connections.all(initialized_only=True):
                    connection.close()
        finally:
            if self.available_apps is not None:
                self._unrestrict_apps()

    def _fixture_teardown(self) -> None:
        self._flush(available_apps=self.available_apps)

    @classmethod
    def _flush(cls, available_apps: Any = None) -> None:
        # Cascades are only possible where no table of an unavailable app can be hit.
        for alias in cls._databases_names(include_mirrors=False):
            inhibit = available_apps is not None or (
                cls.serialized_rollback and hasattr(connections[alias], "_test_serialized_contents")
            )
            _call_command(
                "flush",
                verbosity=0,
                interactive=False,
                database=alias,
                reset_sequences=False,
                allow_cascade=available_apps is not None,
                inhibit_post_migrate=inhibit,
            )

    def assertQuerySetEqual(
        self,
        qs: Any,
        values: Any,
        transform: Callable[[Any], Any] | None = None,
        ordered: bool = True,
        msg: Any = None,
    ) -> None:
        """The query set has these values, in this order unless `ordered` is off; `transform` is applied first."""
        values = list(values)
        items = qs if transform is None else map(transform, qs)
        if not ordered:
            self.assertDictEqual(Counter(items), Counter(values), msg=msg)
            return
        # An order that the database makes up is nothing to test against.
        if len(values) > 1 and hasattr(qs, "ordered") and not qs.ordered:
            raise ValueError("Trying to compare non-ordered queryset against more than one ordered value.")
        self.assertEqual(list(items), values, msg=msg)

    def assertNumQueries(
        self,
        num: int,
        func: Callable[..., Any] | None = None,
        *args: Any,
        using: str = DEFAULT_DB_ALIAS,
        **kwargs: Any,
    ) -> Any:
        """So many queries are made by the function, or in the ``with`` block."""
        context = AssertNumQueriesContext(self, num, connections[using])
        if func is None:
            return context
        with context:
            func(*args, **kwargs)
        return None


def _announce_apps(names: Any, enter: bool) -> None:
    from offbeat.conf import settings

    setting_changed.send(
        sender=settings._wrapped.__class__, setting="INSTALLED_APPS", value=names, enter=enter
    )


def _emit_post_migrate(alias: str) -> None:
    from offbeat.core.management.sql import emit_post_migrate_signal

    emit_post_migrate_signal(verbosity=0, interactive=False, db=alias)


class TestCase(TransactionTestCase):
    """Each test runs in a transaction that is rolled back; so does the class, for ``setUpTestData()``.

    Source: Django documentation, topics/testing/tools.
    """

    cls_atomics: dict[str, Any]
    atomics: dict[str, Any]

    @classmethod
    def _enter_atomics(cls) -> dict[str, Any]:
        """Begin a transaction, or a block in it, in each database."""
        atomics: dict[str, Any] = {}
        for alias in cls._databases_names():
            atomic = transaction.atomic(using=alias)
            # durable=True is about the code under test, which does not know of this block.
            atomic._from_testcase = True
            atomic.__enter__()
            atomics[alias] = atomic
        return atomics

    @classmethod
    def _rollback_atomics(cls, atomics: dict[str, Any]) -> None:
        """Roll back what :meth:`_enter_atomics` began."""
        for alias in reversed(cls._databases_names()):
            transaction.set_rollback(True, using=alias)
            atomics[alias].__exit__(None, None, None)

    @classmethod
    def _databases_support_transactions(cls) -> bool:
        return connections_support_transactions(cls.databases)

    @classmethod
    def _databases_support_savepoints(cls) -> bool:
        return all(connections[alias].features.uses_savepoints for alias in cls.databases)

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        if not (cls._databases_support_transactions() and cls._databases_support_savepoints()):
            return
        cls.cls_atomics = cls._enter_atomics()
        try:
            if cls.fixtures:
                for alias in cls._databases_names(include_mirrors=False):
                    _call_command("loaddata", *cls.fixtures, verbosity=0, database=alias)
            cls._make_test_data()
        except BaseException:
            cls._rollback_atomics(cls.cls_atomics)
            raise

    @classmethod
    def _make_test_data(cls) -> None:
        before = dict(cls.__dict__)
        cls.setUpTestData()
        for name, value in list(cls.__dict__.items()):
            if value is not before.get(name):
                setattr(cls, name, TestData(name, value))

    @classmethod
    def tearDownClass(cls) -> None:
        if cls._databases_support_transactions() and cls._databases_support_savepoints():
            cls._rollback_atomics(cls.cls_atomics)
            for connection in connections.all(initialized_only=True):
                connection.close()
        super().tearDownClass()

    @classmethod
    def setUpTestData(cls) -> None:
        """Make data for all tests of the class. What is stored on the class is copied for each test."""

    def _should_reload_connections(self) -> bool:
        if self._databases_support_transactions():
            return False
        return super()._should_reload_connections()

    @classmethod
    def _fixture_setup(cls) -> None:
        if not cls._databases_support_transactions():
            # As near as it gets.
            cls.setUpTestData()
            super()._fixture_setup()
            return
        if cls.reset_sequences:
            raise TypeError("reset_sequences cannot be used on TestCase instances")
        cls.atomics = cls._enter_atomics()
        if not cls._databases_support_savepoints():
            if cls.fixtures:
                for alias in cls._databases_names(include_mirrors=False):
                    _call_command("loaddata", *cls.fixtures, verbosity=0, database=alias)
            cls.setUpTestData()

    def _should_check_constraints(self, connection: Any) -> bool:
        return (
            connection.features.can_defer_constraint_checks
            and not connection.needs_rollback
            and connection.is_usable()
        )

    def _fixture_teardown(self) -> None:
        if not self._databases_support_transactions():
            super()._fixture_teardown()
            return
        try:
            for alias in reversed(self._databases_names()):
                if self._should_check_constraints(connections[alias]):
                    connections[alias].check_constraints()
        finally:
            self._rollback_atomics(self.atomics)

    @classmethod
    @contextmanager
    def captureOnCommitCallbacks(
        cls, *, using: str = DEFAULT_DB_ALIAS, execute: bool = False
    ) -> Iterator[list[Callable[[], Any]]]:
        """Collect the functions that the block gives to ``on_commit()``; with `execute`, call them at its end."""
        callbacks: list[Callable[[], Any]] = []
        connection = connections[using]
        start = len(connection.run_on_commit)
        try:
            yield callbacks
        finally:
            # What a callback registers in its turn comes after it.
            while start < len(connection.run_on_commit):
                batch = list(connection.run_on_commit)[start:]
                start += len(batch)
                for _, callback, robust in batch:
                    callbacks.append(callback)
                    if execute:
                        _run_callback(callback, robust)


def _run_callback(callback: Callable[[], Any], robust: bool) -> None:
    if not robust:
        callback()
        return
    try:
        callback()
    except Exception as error:
        name = getattr(callback, "__qualname__", callback)
        logger.error("Error calling %s in on_commit() (%s).", name, error, exc_info=True)
