from __future__ import annotations

import asyncio
import pickle
import unittest

import pytest

from offbeat.concurrency import in_bridge, in_thread
from offbeat.conf import settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.db import connection, connections, transaction
from offbeat.test import (
    SimpleTestCase,
    TestCase,
    modify_settings,
    override_settings,
    skipIfDBFeature,
    skipUnlessAnyDBFeature,
    skipUnlessDBFeature,
)
from offbeat.test.testcases import DatabaseOperationForbidden, SerializeMixin, TestData

pytestmark = pytest.mark.usefixtures("site")


def run_tests(case):
    """Run a class' tests in order and return the result, which must be a success unless asked otherwise."""
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case)(result)
    return result


def assert_passes(case):
    result = run_tests(case)
    assert not result.errors, result.errors[0][1]
    assert not result.failures, result.failures[0][1]
    return result


@pytest.fixture
def table():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE item (name text)")
    yield
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS item")


def add(name):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO item VALUES (%s)", [name])


def names():
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM item ORDER BY name")
        return [row[0] for row in cursor.fetchall()]


def test_settings_of_classes_and_methods():
    @override_settings(SOME_THING=1, SOME_LIST=["a"])
    class Base(SimpleTestCase):
        pass

    @modify_settings(SOME_LIST={"append": "b"})
    @override_settings(SOME_THING=2)
    class Child(Base):
        def test_class(self):
            self.assertEqual((settings.SOME_THING, settings.SOME_LIST), (2, ["a", "b"]))

        @override_settings(SOME_THING=3)
        def test_method(self):
            self.assertEqual(settings.SOME_THING, 3)
            with self.settings(SOME_THING=4), self.modify_settings(SOME_LIST={"remove": "a"}):
                self.assertEqual((settings.SOME_THING, settings.SOME_LIST), (4, ["b"]))

    assert_passes(Child)
    assert not hasattr(settings, "SOME_THING")


def test_clients_are_new_for_each_test():
    seen = []

    class Case(SimpleTestCase):
        def test_1(self):
            self.client.get("/cookie/")
            seen.append(self.client)

        def test_2(self):
            self.assertEqual(self.client.get("/echo/").json()["cookies"], {})
            seen.append(self.client)

        async def test_3(self):
            response = await self.async_client.get("/async/")
            self.assertEqual(response.json()["bridge"], True)

    assert_passes(Case)
    assert seen[0] is not seen[1]


def test_async_tests_run_in_a_bridge():
    log = []

    class Case(SimpleTestCase):
        async def asyncless(self):
            await asyncio.sleep(0)
            log.append(in_bridge())

        async def test_it(self):
            await self.asyncless()
            async with asyncio.TaskGroup() as group:
                group.create_task(self.asyncless())

        async def test_failure(self):
            await asyncio.sleep(0)
            self.fail("expected")

    result = run_tests(Case)
    assert log == [True, True]
    assert len(result.failures) == 1 and "expected" in result.failures[0][1]


def test_databases_are_forbidden_unless_named(table):
    class Case(SimpleTestCase):
        def test_it(self):
            with self.assertRaisesMessage(DatabaseOperationForbidden, "queries to 'default' are not allowed"):
                names()
            with self.assertRaisesMessage(DatabaseOperationForbidden, "connections to 'default'"):
                connection.connect()

    class Allowed(SimpleTestCase):
        databases = {"default"}

        def test_it(self):
            self.assertEqual(names(), [])
            with self.assertRaisesMessage(DatabaseOperationForbidden, "'other'"):
                connections["other"].cursor()

    assert_passes(Case)
    assert_passes(Allowed)
    assert names() == []


def test_unknown_databases_are_refused():
    class Case(SimpleTestCase):
        databases = {"defualt"}

        def test_it(self):
            pass

    with pytest.raises(ImproperlyConfigured, match="Did you mean 'default'"):
        Case._validate_databases()


def test_each_test_is_rolled_back_and_class_data_stay(table):
    class Case(TestCase):
        @classmethod
        def setUpTestData(cls):
            add("class")
            cls.data = {"list": []}
            cls.same = cls.data["list"]

        def test_1(self):
            add("one")
            self.assertEqual(names(), ["class", "one"])
            self.data["list"].append(1)
            self.assertIs(self.data["list"], self.same)

        def test_2(self):
            self.assertEqual(names(), ["class"])
            self.assertEqual(self.data, {"list": []})
            with transaction.atomic(durable=True):
                add("two")

        def test_3(self):
            self.assertEqual(names(), ["class"])

    assert_passes(Case)
    assert names() == []
    assert isinstance(Case.__dict__["data"], TestData)


def test_async_tests_share_the_transaction(table):
    class Case(TestCase):
        @classmethod
        def setUpTestData(cls):
            add("class")

        async def test_1(self):
            add("one")
            async with transaction.atomic():
                add("two")
            self.assertEqual(names(), ["class", "one", "two"])
            self.assertEqual(await asyncio.create_task(self.in_task()), ["class", "one", "two"])
            self.assertEqual(await in_thread(names), ["class", "one", "two"])

        async def in_task(self):
            await asyncio.sleep(0)
            return names()

        def test_2(self):
            self.assertEqual(names(), ["class"])

    assert_passes(Case)
    assert names() == []


def test_a_broken_set_up_leaves_no_transaction(table):
    class Case(TestCase):
        @classmethod
        def setUpTestData(cls):
            add("class")
            raise ValueError("broken")

        def test_it(self):
            pass

    assert "broken" in run_tests(Case).errors[0][1]
    assert not connection.in_atomic_block
    assert names() == []


def test_counting_queries(table):
    class Case(TestCase):
        def test_it(self):
            with self.assertNumQueries(2) as context:
                names()
                names()
            self.assertIn("SELECT", context[0]["sql"])
            self.assertNumQueries(1, add, "x")
            with self.assertRaisesMessage(
                AssertionError, "1 queries executed, 0 expected\nCaptured queries were:\n1. "
            ):
                self.assertNumQueries(0, names)

    assert_passes(Case)


def test_callbacks_on_commit(table):
    log = []

    class Case(TestCase):
        def test_it(self):
            transaction.on_commit(lambda: log.append("before"))
            with self.captureOnCommitCallbacks() as callbacks:
                transaction.on_commit(lambda: log.append("collected"))
            self.assertEqual((len(callbacks), log), (1, []))
            with self.captureOnCommitCallbacks(execute=True) as callbacks:
                transaction.on_commit(lambda: transaction.on_commit(lambda: log.append("inner")))
            self.assertEqual((len(callbacks), log), (2, ["inner"]))

    assert_passes(Case)


def test_skipping_by_feature():
    class Case(TestCase):
        @skipIfDBFeature("supports_transactions")
        def test_1(self):
            self.fail()

        @skipUnlessDBFeature("supports_transactions", "uses_savepoints")
        def test_2(self):
            pass

        @skipUnlessAnyDBFeature("supports_transactions", "interprets_empty_strings_as_nulls")
        async def test_3(self):
            pass

        @skipUnlessDBFeature("interprets_empty_strings_as_nulls")
        async def test_4(self):
            self.fail()

    @skipUnlessDBFeature("interprets_empty_strings_as_nulls")
    class Skipped(TestCase):
        @classmethod
        def setUpClass(cls):
            raise AssertionError

        def test_it(self):
            self.fail()

    class Child(Skipped):
        pass

    assert len(assert_passes(Case).skipped) == 2
    assert assert_passes(Skipped).skipped[0][1].startswith("Database doesn't support feature(s): interprets")
    assert len(assert_passes(Child).skipped) == 1


def test_skipping_by_feature_needs_the_database():
    @skipIfDBFeature("supports_transactions")
    class Case(SimpleTestCase):
        def test_it(self):
            pass

    with pytest.raises(ValueError, match="doesn't allow queries against the 'default'"):
        unittest.defaultTestLoader.loadTestsFromTestCase(Case)(unittest.TestResult())


def test_tests_can_be_pickled():
    case = Picklable("test_it")
    case.loop = lambda: 0
    case.number = 5
    loaded = pickle.loads(pickle.dumps(case))
    assert loaded == case
    assert loaded.number == 5
    assert not hasattr(loaded, "loop")


class Picklable(SimpleTestCase):
    def test_it(self):
        pass


def test_serialized_classes_need_a_lockfile():
    with pytest.raises(ValueError, match="lockfile isn't set"):

        class Case(SerializeMixin, SimpleTestCase):
            pass

    class Locked(SerializeMixin, SimpleTestCase):
        lockfile = __file__

        def test_it(self):
            self.assertEqual(self._lockfile.name, __file__)

    assert_passes(Locked)


def test_debug_raises_what_goes_wrong():
    class Case(SimpleTestCase):
        def test_it(self):
            raise KeyError("x")

    with pytest.raises(KeyError):
        Case("test_it").debug()
