"""Results that show the SQL of failures, or open the debugger."""

from __future__ import annotations

import logging
import unittest
from io import StringIO
from typing import Any

__all__ = ["DebugSQLTextTestResult", "PDBDebugResult", "QueryFormatter"]


class QueryFormatter(logging.Formatter):
    """Formats the SQL of log records as the database's dialect likes it."""

    def format(self, record: logging.LogRecord) -> str:
        alias = getattr(record, "alias", None)
        from offbeat.db import connections

        if alias is None or alias not in connections:
            return super().format(record)

        format_sql = connections[alias].ops.format_debug_sql
        formatted: dict[str, str] = {}

        def once(sql: str) -> str:
            if sql not in formatted:
                formatted[sql] = format_sql(sql)
            return formatted[sql]

        sql = getattr(record, "sql", None)
        args: Any = record.args
        if isinstance(args, dict) and args.get("sql"):
            record.args = {**args, "sql": once(args["sql"])}
        elif isinstance(args, tuple) and len(args) > 1 and args[1]:
            # What is logged of a query: its duration, its SQL, and more.
            record.args = (args[0], once(args[1]), *args[2:])
        if sql:
            record.sql = once(sql)
        try:
            return super().format(record)
        finally:
            record.args = args
            if sql:
                record.sql = sql


class DebugSQLTextTestResult(unittest.TextTestResult):
    """Prints the queries of tests that fail."""

    def __init__(self, stream: Any, descriptions: bool, verbosity: int, **kwargs: Any) -> None:
        self.logger = logging.getLogger("offbeat.db.backends")
        self.logger.setLevel(logging.DEBUG)
        self.debug_sql_stream: StringIO | None = None
        super().__init__(stream, descriptions, verbosity, **kwargs)

    def startTest(self, test: unittest.TestCase) -> None:
        self.debug_sql_stream = StringIO()
        self.handler = logging.StreamHandler(self.debug_sql_stream)
        self.handler.setFormatter(QueryFormatter())
        self.logger.addHandler(self.handler)
        super().startTest(test)

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        self.logger.removeHandler(self.handler)
        if self.showAll and self.debug_sql_stream is not None:
            self.stream.write(self.debug_sql_stream.getvalue())
            self.stream.writeln(self.separator2)

    def _sql(self) -> str:
        return "" if self.debug_sql_stream is None else self.debug_sql_stream.getvalue()

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        super().addError(test, err)
        # A failed setUpClass() has no queries of its own.
        self.errors[-1] = (*self.errors[-1], self._sql())  # type: ignore[assignment]

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addFailure(test, err)
        self.failures[-1] = (*self.failures[-1], self._sql())  # type: ignore[assignment]

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            errors = self.failures if issubclass(err[0], test.failureException) else self.errors
            errors[-1] = (*errors[-1], self._sql())  # type: ignore[assignment]

    def printErrorList(self, flavour: str, errors: Any) -> None:
        for test, err, sql in errors:
            self.stream.writeln(self.separator1)
            self.stream.writeln(f"{flavour}: {self.getDescription(test)}")
            self.stream.writeln(self.separator2)
            self.stream.writeln(err)
            self.stream.writeln(self.separator2)
            self.stream.writeln(sql)


class PDBDebugResult(unittest.TextTestResult):
    """Opens the debugger where a test fails."""

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        super().addError(test, err)
        self.debug(err)

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addFailure(test, err)
        self.debug(err)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        if err is not None:
            self.debug(err)
        super().addSubTest(test, subtest, err)

    def debug(self, error: Any) -> None:
        """The debugger, at the place of the error."""
        import pdb

        self._restoreStdout()  # type: ignore[attr-defined]
        self.buffer = False
        print(f"\nOpening PDB: {error[1]!r}")
        pdb.post_mortem(error[2])
