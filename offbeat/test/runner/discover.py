"""The test runner."""

from __future__ import annotations

import argparse
import faulthandler
import io
import logging
import os
import sys
import unittest
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from offbeat.test.testcases import SimpleTestCase, TestCase
from offbeat.test.utils import NullTimeKeeper, TimeKeeper, iter_test_cases
from offbeat.test.utils import setup_databases as _setup_databases
from offbeat.test.utils import setup_test_environment as _setup_test_environment
from offbeat.test.utils import teardown_databases as _teardown_databases
from offbeat.test.utils import teardown_test_environment as _teardown_test_environment

from .order import FailedTest, Shuffler, filter_tests_by_tags, partition_suite_by_case, reorder_tests
from .parallel import ParallelTestSuite, get_max_test_processes, parallel_type
from .results import DebugSQLTextTestResult, PDBDebugResult

__all__ = ["DiscoverRunner", "find_top_level", "is_discoverable", "try_importing"]


class DiscoverRunner:
    """Finds tests with unittest's discovery, makes test databases, and runs them.

    Source: Django documentation, topics/testing/advanced.
    """

    test_suite: Any = unittest.TestSuite
    parallel_test_suite: Any = ParallelTestSuite
    test_runner: Any = unittest.TextTestRunner
    test_loader: Any = unittest.defaultTestLoader
    reorder_by: tuple[type, ...] = (TestCase, SimpleTestCase)

    def __init__(
        self,
        pattern: str | None = None,
        top_level: str | None = None,
        verbosity: int = 1,
        interactive: bool = True,
        failfast: bool = False,
        keepdb: bool = False,
        reverse: bool = False,
        debug_mode: bool = False,
        debug_sql: bool = False,
        parallel: int | str = 0,
        tags: Iterable[str] | None = None,
        exclude_tags: Iterable[str] | None = None,
        test_name_patterns: Iterable[str] | None = None,
        pdb: bool = False,
        buffer: bool = False,
        enable_faulthandler: bool = True,
        timing: bool = False,
        shuffle: Any = False,
        logger: logging.Logger | None = None,
        durations: int | None = None,
        **kwargs: Any,
    ) -> None:
        self.pattern = pattern
        self.top_level = top_level
        self.verbosity = verbosity
        self.interactive = interactive
        self.failfast = failfast
        self.keepdb = keepdb
        self.reverse = reverse
        self.debug_mode = debug_mode
        self.debug_sql = debug_sql
        self.parallel = get_max_test_processes() if parallel == "auto" else int(parallel)
        self.tags = set(tags or ())
        self.exclude_tags = set(exclude_tags or ())
        self.pdb = pdb
        if self.pdb and self.parallel > 1:
            raise ValueError("You cannot use --pdb with parallel tests; pass --parallel=1 to use it.")
        self.buffer = buffer
        self.test_name_patterns: set[str] | None = None
        if test_name_patterns:
            # As unittest's -k does.
            self.test_name_patterns = {p if "*" in p else f"*{p}*" for p in test_name_patterns}
        self.time_keeper: Any = TimeKeeper() if timing else NullTimeKeeper()
        self.shuffle = shuffle
        self._shuffler: Shuffler | None = None
        self.logger = logger
        self.durations = durations
        if enable_faulthandler and not faulthandler.is_enabled():
            _enable_faulthandler()

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        """Add the options of this runner to those of the ``test`` command."""
        add = parser.add_argument
        add(
            "-t",
            "--top-level-directory",
            dest="top_level",
            help="Top level of project for unittest discovery.",
        )
        add("-p", "--pattern", default="test*.py", help="The test matching pattern. Defaults to test*.py.")
        add("--keepdb", action="store_true", help="Preserves the test DB between runs.")
        add("--shuffle", nargs="?", default=False, type=int, metavar="SEED", help="Shuffles test case order.")
        add("-r", "--reverse", action="store_true", help="Reverses test case order.")
        add("--debug-mode", action="store_true", help="Sets settings.DEBUG to True.")
        add("-d", "--debug-sql", action="store_true", help="Prints logged SQL queries on failure.")
        add(
            "--parallel",
            nargs="?",
            const="auto",
            default=0,
            type=parallel_type,
            metavar="N",
            help='Run tests using up to N parallel processes. Use the value "auto" to run one test process for each '
            "processor core.",
        )
        add(
            "--tag",
            action="append",
            dest="tags",
            help="Run only tests with the specified tag. Can be used multiple times.",
        )
        add(
            "--exclude-tag",
            action="append",
            dest="exclude_tags",
            help="Do not run tests with the specified tag. Can be used multiple times.",
        )
        add(
            "--pdb",
            action="store_true",
            help="Runs a debugger (pdb, or ipdb if installed) on error or failure.",
        )
        add("-b", "--buffer", action="store_true", help="Discard output from passing tests.")
        add(
            "--no-faulthandler",
            action="store_false",
            dest="enable_faulthandler",
            help="Disables the Python faulthandler module during tests.",
        )
        add(
            "--timing",
            action="store_true",
            help="Output timings, including database set up and total run time.",
        )
        add(
            "-k",
            action="append",
            dest="test_name_patterns",
            help="Only run test methods and classes that match the pattern or substring. Can be used multiple times. "
            "Same as unittest -k option.",
        )
        add(
            "--durations",
            dest="durations",
            type=int,
            default=None,
            metavar="N",
            help="Show the N slowest test cases (N=0 for all).",
        )

    @property
    def shuffle_seed(self) -> int | None:
        """The seed in use, or None."""
        return None if self._shuffler is None else self._shuffler.seed

    def log(self, msg: str, level: int | None = None) -> None:
        """Log to the runner's logger, or print as much as ``verbosity`` allows."""
        level = logging.INFO if level is None else level
        if self.logger is not None:
            self.logger.log(level, msg)
        elif self.verbosity > 1 or (self.verbosity == 1 and level >= logging.INFO):
            print(msg)

    def setup_test_environment(self, **kwargs: Any) -> None:
        """Prepare the process."""
        _setup_test_environment(debug=self.debug_mode)
        unittest.installHandler()

    def setup_shuffler(self) -> None:
        """Make the shuffler, if tests are to be shuffled."""
        if self.shuffle is False:
            return
        self._shuffler = Shuffler(seed=self.shuffle)
        self.log(f"Using shuffle seed: {self._shuffler.seed_display}")

    @contextmanager
    def load_with_patterns(self) -> Iterator[None]:
        """Have the loader look for the test names asked for."""
        before = self.test_loader.testNamePatterns
        self.test_loader.testNamePatterns = self.test_name_patterns
        try:
            yield
        finally:
            self.test_loader.testNamePatterns = before

    def load_tests_for_label(self, label: str, discover_kwargs: dict[str, Any]) -> Any:
        """The tests for a dotted name, or for the path of a folder."""
        path = os.path.abspath(label)
        if not os.path.exists(path):
            with self.load_with_patterns():
                tests = self.test_loader.loadTestsFromName(label)
            if tests.countTestCases():
                return tests
            is_importable, is_package = try_importing(label)
            if not is_importable or not is_package:
                return tests
        elif not os.path.isdir(path):
            raise RuntimeError(
                f"One of the test labels is a path to a file: {label!r}, which is not supported. Use a dotted module "
                "name or path to a directory instead."
            )
        kwargs = dict(discover_kwargs)
        if os.path.isdir(path) and not self.top_level:
            kwargs["top_level_dir"] = find_top_level(path)
        with self.load_with_patterns():
            tests = self.test_loader.discover(start_dir=label, **kwargs)
        # unittest remembers the top level for the next discovery, which may be somewhere else.
        self.test_loader._top_level_dir = None
        return tests

    def build_suite(self, test_labels: Sequence[str] | None = None, **kwargs: Any) -> Any:
        """The suite of the tests that the labels name, in order. Without labels: those of the current folder."""
        discover_kwargs: dict[str, Any] = {}
        if self.pattern is not None:
            discover_kwargs["pattern"] = self.pattern
        if self.top_level is not None:
            discover_kwargs["top_level_dir"] = self.top_level
        self.setup_shuffler()
        tests: list[Any] = []
        for label in test_labels or ["."]:
            tests.extend(iter_test_cases(self.load_tests_for_label(label, discover_kwargs)))
        if self.tags or self.exclude_tags:
            self._log_tags()
            tests = list(filter_tests_by_tags(tests, self.tags, self.exclude_tags))
        # What could not be loaded comes first, so that it is seen at once.
        tests = list(
            reorder_tests(
                tests, (FailedTest, *self.reorder_by), shuffler=self._shuffler, reverse=self.reverse
            )
        )
        self.log(f"Found {len(tests)} test(s).")
        suite = self.test_suite(tests)
        return self._in_parallel(suite) if self.parallel > 1 else suite

    def _log_tags(self) -> None:
        for what, tags in (("Including", self.tags), ("Excluding", self.exclude_tags)):
            if tags:
                self.log(f"{what} test tag(s): {', '.join(sorted(tags))}.", level=logging.DEBUG)

    def _in_parallel(self, suite: Any) -> Any:
        subsuites = partition_suite_by_case(suite)
        # A process without work would want databases, too.
        self.parallel = processes = min(self.parallel, max(len(subsuites), 1))
        if processes == 1:
            return suite
        return self.parallel_test_suite(subsuites, processes, self.failfast, self.debug_mode, self.buffer)

    def setup_databases(self, **kwargs: Any) -> Any:
        """Make the test databases."""
        return _setup_databases(
            self.verbosity,
            self.interactive,
            time_keeper=self.time_keeper,
            keepdb=self.keepdb,
            debug_sql=self.debug_sql,
            parallel=self.parallel,
            **kwargs,
        )

    def get_resultclass(self) -> Any:
        """The class of the result, or None for the test runner's own."""
        if self.debug_sql:
            return DebugSQLTextTestResult
        return PDBDebugResult if self.pdb else None

    def get_test_runner_kwargs(self) -> dict[str, Any]:
        """The keyword arguments for ``test_runner``."""
        kwargs = {
            "failfast": self.failfast,
            "resultclass": self.get_resultclass(),
            "verbosity": self.verbosity,
            "buffer": self.buffer,
        }
        if sys.version_info >= (3, 12):
            kwargs["durations"] = self.durations
        return kwargs

    def run_checks(self, databases: Any) -> None:
        """Run the system checks; SystemCheckError."""
        from offbeat.core.management import call_command

        # Checks of the databases need their tables.
        call_command("check", verbosity=self.verbosity, databases=databases)

    def run_suite(self, suite: Any, **kwargs: Any) -> Any:
        """Run the tests and return the result."""
        runner = self.test_runner(**self.get_test_runner_kwargs())
        try:
            return runner.run(suite)
        finally:
            if self._shuffler is not None:
                self.log(f"Used shuffle seed: {self._shuffler.seed_display}")

    def teardown_databases(self, old_config: Any, **kwargs: Any) -> None:
        """Destroy the test databases."""
        _teardown_databases(old_config, parallel=self.parallel, keepdb=self.keepdb, verbosity=self.verbosity)

    def teardown_test_environment(self, **kwargs: Any) -> None:
        """Undo ``setup_test_environment()``."""
        unittest.removeHandler()
        _teardown_test_environment()

    def suite_result(self, suite: Any, result: Any, **kwargs: Any) -> int:
        """How many tests went wrong."""
        return len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)

    def _get_databases(self, suite: Any) -> dict[str, bool]:
        from offbeat.db import connections

        databases: dict[str, bool] = {}
        for test in iter_test_cases(suite):
            wanted = getattr(test, "databases", None)
            if wanted == "__all__":
                wanted = connections
            for alias in wanted or ():
                databases[alias] = databases.get(alias, False) or getattr(test, "serialized_rollback", False)
        return databases

    def get_databases(self, suite: Any) -> dict[str, bool]:
        """The databases that the tests use, and whether their first content has to be remembered."""
        from offbeat.db import connections

        databases = self._get_databases(suite)
        unused = [alias for alias in connections if alias not in databases]
        if unused:
            self.log(
                f"Skipping setup of unused database(s): {', '.join(sorted(unused))}.", level=logging.DEBUG
            )
        return databases

    def run_tests(self, test_labels: Sequence[str], **kwargs: Any) -> int:
        """Run the tests which the labels name, and return how many went wrong."""
        self.setup_test_environment()
        suite = self.build_suite(test_labels)
        databases = self.get_databases(suite)
        suite.serialized_aliases = {alias for alias, serialize in databases.items() if serialize}
        suite.used_aliases = set(databases)
        with self.time_keeper.timed("Total database setup"):
            old_config = self.setup_databases(aliases=databases, serialized_aliases=suite.serialized_aliases)
        run_failed = False
        try:
            self.run_checks(databases)
            result = self.run_suite(suite)
        except Exception:
            run_failed = True
            raise
        finally:
            try:
                with self.time_keeper.timed("Total database teardown"):
                    self.teardown_databases(old_config)
                self.teardown_test_environment()
            except Exception:
                # What went wrong first is what counts.
                if not run_failed:
                    raise
        self.time_keeper.print_results()
        return self.suite_result(suite, result)


def _enable_faulthandler() -> None:
    try:
        faulthandler.enable(file=sys.stderr.fileno())
    except (AttributeError, io.UnsupportedOperation):
        assert sys.__stderr__ is not None
        faulthandler.enable(file=sys.__stderr__.fileno())


def try_importing(label: str) -> tuple[bool, bool]:
    """Whether a dotted name can be imported, and whether it is a package."""
    try:
        module = import_module(label)
    except (ImportError, TypeError):
        return False, False
    return True, hasattr(module, "__path__")


def is_discoverable(label: str) -> bool:
    """Whether unittest could look for tests there."""
    is_importable, is_package = try_importing(label)
    return is_package if is_importable else os.path.isdir(os.path.abspath(label))


def find_top_level(top_level: str) -> str:
    """The folder above all the packages that a folder lies in; unittest wants to import from there."""
    while os.path.exists(os.path.join(top_level, "__init__.py")):
        parent = os.path.dirname(top_level)
        if parent == top_level:
            break
        top_level = parent
    return top_level
