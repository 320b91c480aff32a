"""``test``: run the project's tests."""

from __future__ import annotations

import sys
from typing import Any

from offbeat.conf import settings
from offbeat.core.management.base import BaseCommand, CommandParser
from offbeat.core.management.utils import get_command_line_option
from offbeat.test.runner import get_max_test_processes
from offbeat.test.utils import NullTimeKeeper, TimeKeeper, get_runner


class Command(BaseCommand):
    help = "Discover and run tests in the specified modules or the current directory."
    # The runner does its own, against the test databases.
    requires_system_checks: list[str] = []
    test_runner: str | None = None

    def run_from_argv(self, argv: list[str]) -> None:
        # The runner adds arguments of its own, so it must be known before parsing.
        self.test_runner = get_command_line_option(argv, "--testrunner")
        super().run_from_argv(argv)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "args",
            metavar="test_label",
            nargs="*",
            help="Module paths to test; can be modulename, modulename.TestCase or modulename.TestCase.test_method",
        )
        parser.add_argument(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="Do NOT prompt the user for input of any kind.",
        )
        parser.add_argument(
            "--failfast", action="store_true", help="Stop running the test suite after first failed test."
        )
        parser.add_argument(
            "--testrunner", help="Use the specified test runner class instead of the TEST_RUNNER setting."
        )
        get_runner(settings, self.test_runner).add_arguments(parser)

    def handle(self, *test_labels: str, **options: Any) -> None:
        runner_class = get_runner(settings, options.pop("testrunner"))
        if options.get("parallel") == "auto":
            options["parallel"] = get_max_test_processes()
        time_keeper = TimeKeeper() if options.get("timing") else NullTimeKeeper()
        with time_keeper.timed("Total run"):
            failures = runner_class(**options).run_tests(test_labels)
        time_keeper.print_results()
        if failures:
            sys.exit(1)
