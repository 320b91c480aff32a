"""Running tests in several processes, each with a copy of the databases."""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import os
import pickle
import sys
import traceback
import unittest
from collections.abc import Iterable
from typing import Any

from offbeat.db import connections
from offbeat.test.utils import iter_test_cases, setup_test_environment

try:
    import tblib.pickling_support
except ImportError:
    tblib = None

__all__ = [
    "ParallelTestSuite",
    "RemoteTestResult",
    "RemoteTestRunner",
    "get_max_test_processes",
    "parallel_type",
]

_ErrorHolder: Any = unittest.suite._ErrorHolder  # type: ignore[attr-defined]
_FRESH = ("spawn", "forkserver")
_worker_id = 0


class RemoteTestResult(unittest.TestResult):
    """Records what happens as events, which the main process applies to the real result."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if tblib is not None:
            tblib.pickling_support.install()
        self.events: list[tuple[Any, ...]] = []
        self.test_index = -1

    def __getstate__(self) -> dict[str, Any]:
        # The streams belong to this process.
        state = self.__dict__.copy()
        for name in ("_stdout_buffer", "_stderr_buffer", "_original_stdout", "_original_stderr"):
            state.pop(name, None)
        return state

    def _confirm_picklable(self, obj: Any) -> None:
        """Raise what goes wrong when the object is sent to another process."""
        pickle.loads(pickle.dumps(obj))

    def check_picklable(self, test: Any, err: Any) -> None:
        """Explain why an exception cannot be sent to the main process, and raise."""
        try:
            self._confirm_picklable(err)
        except Exception as error:
            text = "".join(traceback.format_exception(*err))
            print(
                f"\n{test} failed:\n\n{text}\n"
                f"Unfortunately, the exception it raised cannot be pickled ({error!r}), making it impossible for the "
                "parallel test runner to handle it cleanly. Here's the error encountered while trying to pickle the "
                "exception above. You should re-run this test with --parallel=1 to reproduce the failure with a "
                "correct traceback; tblib makes tracebacks picklable.",
                file=sys.stderr,
            )
            raise

    def check_subtest_picklable(self, test: Any, subtest: Any) -> None:
        """The same for the parameters of a subtest."""
        try:
            self._confirm_picklable(subtest)
        except Exception as error:
            print(
                f"\nSubtest failed:\n\n    test: {test}\n subtest: {subtest}\n\n"
                f"Unfortunately, the subtest cannot be pickled ({error!r}), so the parallel test runner cannot handle "
                "it cleanly. Re-run this test with --parallel=1 to reproduce the failure.",
                file=sys.stderr,
            )
            raise

    def startTestRun(self) -> None:
        super().startTestRun()
        self.events.append(("startTestRun",))

    def stopTestRun(self) -> None:
        super().stopTestRun()
        self.events.append(("stopTestRun",))

    def startTest(self, test: Any) -> None:
        self.test_index += 1
        self.events.append(("startTest", self.test_index))

    def stopTest(self, test: Any) -> None:
        self.events.append(("stopTest", self.test_index))

    def addDuration(self, test: Any, elapsed: float) -> None:
        if hasattr(unittest.TestResult, "addDuration"):
            super().addDuration(test, elapsed)  # type: ignore[misc]
            self.events.append(("addDuration", self.test_index, elapsed))

    def addError(self, test: Any, err: Any) -> None:
        self.check_picklable(test, err)
        if self.test_index == -1 or isinstance(test, _ErrorHolder):
            # Not an error of a test, but of a class or module.
            self.events.append(("addError", -1, test.id(), err))
        else:
            self.events.append(("addError", self.test_index, err))
        super().addError(test, err)

    def addFailure(self, test: Any, err: Any) -> None:
        self.check_picklable(test, err)
        self.events.append(("addFailure", self.test_index, err))
        super().addFailure(test, err)

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        if err is not None:
            self.check_picklable(test, err)
            self.check_subtest_picklable(test, subtest)
            self.events.append(("addSubTest", self.test_index, subtest, err))
        super().addSubTest(test, subtest, err)

    def addSuccess(self, test: Any) -> None:
        self.events.append(("addSuccess", self.test_index))
        super().addSuccess(test)

    def addSkip(self, test: Any, reason: str) -> None:
        self.events.append(("addSkip", self.test_index, reason))
        super().addSkip(test, reason)

    def addExpectedFailure(self, test: Any, err: Any) -> None:
        # The traceback is of no interest to anybody, and may be unpicklable.
        if tblib is None:
            err = err[0], err[1], None
        self.check_picklable(test, err)
        self.events.append(("addExpectedFailure", self.test_index, err))
        super().addExpectedFailure(test, err)

    def addUnexpectedSuccess(self, test: Any) -> None:
        self.events.append(("addUnexpectedSuccess", self.test_index))
        super().addUnexpectedSuccess(test)

    def wasSuccessful(self) -> bool:
        """Whether no event tells of anything bad."""
        bad = ("addError", "addFailure", "addSubTest", "addUnexpectedSuccess")
        return not any(event[0] in bad for event in self.events)

    def _exc_info_to_string(self, err: Any, test: Any) -> str:
        # The main process formats it.
        return ""


class RemoteTestRunner:
    """Runs a suite and returns the events; what a worker process uses."""

    resultclass = RemoteTestResult

    def __init__(self, failfast: bool = False, resultclass: Any = None, buffer: bool = False) -> None:
        self.failfast = failfast
        self.buffer = buffer
        if resultclass is not None:
            self.resultclass = resultclass

    def run(self, test: Any) -> Any:
        """The result of running the suite."""
        result = self.resultclass()
        unittest.registerResult(result)
        result.failfast = self.failfast
        result.buffer = self.buffer
        test(result)
        return result


def parallel_type(value: str) -> int | str:
    """The value of ``--parallel``: a number, or "auto"; argparse.ArgumentTypeError."""
    if value == "auto":
        return value
    try:
        return int(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value!r} is not an integer or the string 'auto'") from None


def get_max_test_processes() -> int:
    """How many processes "auto" means: OFFBEAT_TEST_PROCESSES, or the number of processors."""
    if multiprocessing.get_start_method() not in {"fork", *_FRESH}:
        return 1
    wanted = os.environ.get("OFFBEAT_TEST_PROCESSES") or os.environ.get("DJANGO_TEST_PROCESSES")
    return int(wanted) if wanted else multiprocessing.cpu_count()


def _init_worker(
    counter: Any,
    initial_settings: Any = None,
    serialized_contents: Any = None,
    process_setup: Any = None,
    process_setup_args: Any = None,
    debug_mode: bool | None = None,
    used_aliases: Iterable[str] | None = None,
) -> None:
    """Give a worker process a number, and its copies of the databases with that number."""
    global _worker_id
    with counter.get_lock():
        counter.value += 1
        _worker_id = counter.value
    fresh = multiprocessing.get_start_method() in _FRESH
    if fresh:
        if process_setup:
            process_setup(*(process_setup_args or ()))
        import offbeat

        offbeat.setup()
        setup_test_environment(debug=debug_mode)
    for alias in connections if used_aliases is None else used_aliases:
        connection = connections[alias]
        if fresh:
            connection.settings_dict.update(initial_settings[alias])
            if contents := (serialized_contents or {}).get(alias):
                connection._test_serialized_contents = contents
        connection.creation.setup_worker_connection(_worker_id)
        if fresh and serialized_contents and alias in serialized_contents:
            connection._test_serialized_contents = serialized_contents[alias]


def _guarded(init_worker: Any, *args: Any) -> None:
    try:
        init_worker(*args)
    except Exception:
        # The pool would start another process, which would fail as well, without end.
        traceback.print_exc()
        os._exit(1)


def _run_subsuite(args: tuple[Any, ...]) -> tuple[int, list[tuple[Any, ...]]]:
    """Run one suite in a worker process."""
    runner_class, index, subsuite, failfast, buffer = args
    runner = runner_class(failfast=failfast, buffer=buffer)
    return index, runner.run(subsuite).events


class ParallelTestSuite(unittest.TestSuite):
    """A suite of suites, one for each class, which are run in `processes` processes."""

    init_worker = _init_worker
    process_setup: Any = None
    process_setup_args: tuple[Any, ...] = ()
    run_subsuite = staticmethod(_run_subsuite)
    runner_class: Any = RemoteTestRunner

    def __init__(
        self,
        subsuites: list[Any],
        processes: int,
        failfast: bool = False,
        debug_mode: bool = False,
        buffer: bool = False,
    ) -> None:
        self.subsuites = subsuites
        self.processes = processes
        self.failfast = failfast
        self.debug_mode = debug_mode
        self.buffer = buffer
        self.initial_settings: dict[str, Any] | None = None
        self.serialized_contents: dict[str, str] | None = None
        self.used_aliases: set[str] | None = None
        self.serialized_aliases: set[str] = set()
        super().__init__()

    def run(self, result: Any, debug: bool = False) -> Any:
        """Distribute the suites, and apply the events of each as it is done."""
        self.initialize_suite()
        counter = multiprocessing.Value("i", 0)
        args = [
            (self.runner_class, index, subsuite, self.failfast, self.buffer)
            for index, subsuite in enumerate(self.subsuites)
        ]
        # Results arrive with their output in them.
        result.buffer = False
        with multiprocessing.Pool(
            processes=self.processes,
            initializer=functools.partial(_guarded, type(self).init_worker),
            initargs=(
                counter,
                self.initial_settings,
                self.serialized_contents,
                self.process_setup,
                self.process_setup_args,
                self.debug_mode,
                self.used_aliases,
            ),
        ) as pool:
            self._collect(result, pool, pool.imap_unordered(self.run_subsuite, args))
        return result

    def _collect(self, result: Any, pool: Any, outcomes: Any) -> None:
        while True:
            if result.shouldStop:
                pool.terminate()
                return
            try:
                # The timeout lets Ctrl-C in.
                index, events = outcomes.next(timeout=0.1)
            except multiprocessing.TimeoutError:
                if any(process.exitcode not in (None, 0) for process in getattr(pool, "_pool", ())):
                    pool.terminate()
                    raise RuntimeError("A worker process has died.") from None
                continue
            except StopIteration:
                pool.close()
                pool.join()
                return
            tests = list(self.subsuites[index])
            for event in events:
                self.handle_event(result, tests, event)

    def handle_event(self, result: Any, tests: list[Any], event: tuple[Any, ...]) -> None:
        """Apply an event of a worker to the result."""
        name, *args = event
        if name in ("startTestRun", "stopTestRun"):
            return
        index, *args = args
        test = _ErrorHolder(args.pop(0)) if index == -1 else tests[index]
        handler = getattr(result, name, None)
        if handler is not None:
            handler(test, *args)

    def __iter__(self) -> Any:
        return iter(self.subsuites)

    def countTestCases(self) -> int:
        """The tests in all suites."""
        return sum(1 for _ in iter_test_cases(self.subsuites))

    def initialize_suite(self) -> None:
        """Collect what processes need that do not inherit this one's memory."""
        if multiprocessing.get_start_method() in _FRESH:
            self.initial_settings = {alias: connections[alias].settings_dict for alias in connections}
            self.serialized_contents = {
                alias: connections[alias]._test_serialized_contents
                for alias in connections
                if alias in self.serialized_aliases
            }
