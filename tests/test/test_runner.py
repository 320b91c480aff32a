from __future__ import annotations

import argparse
import io
import logging
import os
import subprocess
import sys
import textwrap
import unittest

import pytest

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.test.runner import DiscoverRunner, RemoteTestResult, Shuffler, reorder_tests
from offbeat.test.utils import captured_stdout, dependency_ordered, get_runner

from . import cases


def load(*cases):
    loader = unittest.defaultTestLoader
    return [test for case in cases for test in loader.loadTestsFromTestCase(case)]


def ids(found):
    return [".".join(test.id().split(".")[-2:]) for test in found]


def test_classes_keep_together_and_come_in_the_order_of_bins():
    mixed = [load(cases.A)[0], *load(cases.B), load(cases.A)[1], load(cases.A)[0]]
    assert ids(reorder_tests(mixed, [])) == ["A.test_1", "A.test_2", "B.test_1", "B.test_2"]
    assert ids(reorder_tests(mixed, [cases.B])) == ["B.test_1", "B.test_2", "A.test_1", "A.test_2"]
    assert ids(reorder_tests(mixed, [cases.B], reverse=True)) == [
        "B.test_2",
        "B.test_1",
        "A.test_2",
        "A.test_1",
    ]


def test_shuffling_is_consistent():
    items = [str(i) for i in range(10)]
    shuffled = Shuffler(1).shuffle(items, str)
    assert shuffled != items and sorted(shuffled) == items
    assert Shuffler(1).shuffle(items[:5], str) == [i for i in shuffled if i in items[:5]]
    assert Shuffler(2).shuffle(items, str) != shuffled
    with pytest.raises(RuntimeError, match="same hash"):
        Shuffler(1).shuffle(["a", "A"], str.upper)


def test_labels_tags_and_names_choose_tests():
    def count(label="tests.test.cases.A", **options):
        return DiscoverRunner(verbosity=0, **options).build_suite([label]).countTestCases()

    assert count() == 2
    assert count(tags=["slow"]) == 1
    assert count(exclude_tags=["slow"]) == 1
    assert count(test_name_patterns=["test_1"]) == 1
    assert count("tests.test.cases.A.test_1") == 1
    assert count("tests.test.cases.nothing") == 1  # what says that there is no such test


def test_a_file_is_no_label():
    with pytest.raises(RuntimeError, match="path to a file"):
        DiscoverRunner(verbosity=0).build_suite([__file__])


def test_running_a_suite_counts_what_went_wrong():
    class Runner(DiscoverRunner):
        def get_test_runner_kwargs(self):
            return super().get_test_runner_kwargs() | {"stream": io.StringIO()}

    runner = Runner(verbosity=0)
    suite = runner.build_suite(["tests.test.cases.A", "tests.test.cases.B"])
    assert runner.suite_result(suite, runner.run_suite(suite)) == 1


def test_suites_are_split_for_processes():
    runner = DiscoverRunner(verbosity=0, parallel=4)
    suite = runner.build_suite(["tests.test.cases.A", "tests.test.cases.B"])
    assert (runner.parallel, suite.processes, len(suite.subsuites)) == (2, 2, 2)
    assert DiscoverRunner(verbosity=0, parallel=4).build_suite(["tests.test.cases.A"]).countTestCases() == 2


def test_events_of_another_process_are_applied():
    runner = DiscoverRunner(verbosity=0, parallel=2)
    suite = runner.build_suite(["tests.test.cases.A", "tests.test.cases.B"])
    result = unittest.TestResult()
    for subsuite in suite.subsuites:
        remote, tests = RemoteTestResult(), list(subsuite)
        subsuite(remote)
        for event in remote.events:
            suite.handle_event(result, tests, event)
    assert result.testsRun == 4
    assert len(result.failures) == 1


def test_options_of_the_command_line():
    parser = argparse.ArgumentParser()
    DiscoverRunner.add_arguments(parser)
    assert parser.parse_args([]).parallel == 0
    assert parser.parse_args(["--parallel", "3", "--shuffle"]).parallel == 3
    assert parser.parse_args(["--parallel"]).parallel == "auto"
    options = parser.parse_args(["--tag", "a", "--exclude-tag", "b", "-k", "x", "--shuffle", "7"])
    runner = DiscoverRunner(**vars(options))
    assert (runner.tags, runner.exclude_tags, runner.test_name_patterns) == ({"a"}, {"b"}, {"*x*"})
    with pytest.raises(ValueError, match="--pdb with parallel"):
        DiscoverRunner(pdb=True, parallel=2)


@pytest.mark.parametrize(
    ("verbosity", "level", "shown"),
    [(0, logging.ERROR, False), (1, None, True), (1, logging.DEBUG, False), (2, logging.DEBUG, True)],
)
def test_the_log_follows_verbosity(verbosity, level, shown):
    with captured_stdout() as out:
        DiscoverRunner(verbosity=verbosity).log("message", level)
    assert out.getvalue() == ("message\n" if shown else "")


def test_databases_come_after_those_they_depend_on():
    raw = [("s1", ("d1", ["a"])), ("s2", ("d2", ["b"])), ("s3", ("d3", ["c"]))]
    assert [s for s, _ in dependency_ordered(raw, {"a": ["b"], "b": ["c"]})] == ["s3", "s2", "s1"]
    with pytest.raises(ImproperlyConfigured, match="Circular"):
        dependency_ordered(raw, {"a": ["b"], "b": ["a"]})


def test_get_runner():
    class Settings:
        TEST_RUNNER = "django.test.runner.DiscoverRunner"

    assert get_runner(Settings) is DiscoverRunner
    assert get_runner(Settings, "offbeat.test.runner.Shuffler") is Shuffler


@pytest.mark.parametrize("parallel", [1, 2])
def test_a_whole_run_in_a_process_of_its_own(tmp_path, parallel):
    (tmp_path / "test_it.py").write_text(
        textwrap.dedent(
            """
            from offbeat.db import connection
            from offbeat.test import SimpleTestCase, TestCase

            def query(sql):
                with connection.cursor() as cursor:
                    cursor.execute(sql)
                    return cursor.fetchall() if cursor.description else None

            class One(TestCase):
                def test_1(self):
                    query("CREATE TABLE t (x int)")
                def test_2(self):
                    assert query("SELECT name FROM sqlite_master WHERE name='t'") == []

            class Two(TestCase):
                def test_1(self):
                    query("CREATE TABLE t (x int)")

            class Three(SimpleTestCase):
                async def test_it(self):
                    self.fail("on purpose")
            """
        )
    )
    script = textwrap.dedent(
        f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        from offbeat.conf import settings
        settings.configure(
            SECRET_KEY="x", DATABASES={{"default": {{"ENGINE": "offbeat.db.backends.sqlite3"}}}}, INSTALLED_APPS=[]
        )
        import offbeat
        offbeat.setup()
        from offbeat.test.runner import DiscoverRunner
        if __name__ == "__main__":
            print("wrong:", DiscoverRunner(parallel={parallel}, interactive=False).run_tests(["test_it"]))
        """
    )
    (tmp_path / "main.py").write_text(script)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, env=environment, timeout=50
    )
    assert "wrong: 1" in done.stdout, done.stderr
    assert "Ran 4 tests" in done.stderr
    assert "on purpose" in done.stderr
