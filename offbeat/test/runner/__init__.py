"""The test runner and its parts. Source: Django documentation, topics/testing/advanced."""

from .discover import DiscoverRunner, find_top_level, is_discoverable, try_importing
from .order import (
    Shuffler,
    filter_tests_by_tags,
    partition_suite_by_case,
    reorder_test_bin,
    reorder_tests,
    shuffle_tests,
)
from .parallel import (
    ParallelTestSuite,
    RemoteTestResult,
    RemoteTestRunner,
    _init_worker,
    get_max_test_processes,
    parallel_type,
)
from .results import DebugSQLTextTestResult, PDBDebugResult, QueryFormatter

__all__ = [
    "DebugSQLTextTestResult",
    "DiscoverRunner",
    "PDBDebugResult",
    "ParallelTestSuite",
    "QueryFormatter",
    "RemoteTestResult",
    "RemoteTestRunner",
    "Shuffler",
    "filter_tests_by_tags",
    "find_top_level",
    "get_max_test_processes",
    "is_discoverable",
    "parallel_type",
    "partition_suite_by_case",
    "reorder_test_bin",
    "reorder_tests",
    "shuffle_tests",
    "try_importing",
]
