"""Tools for tests. Source: Django documentation, topics/testing."""

from offbeat.db import connections

from .capture import (
    CaptureQueriesContext,
    LoggingCaptureMixin,
    captured_output,
    captured_stderr,
    captured_stdin,
    captured_stdout,
)
from .compare import Approximate, ContextList, compare_xml
from .contexts import TestContextDecorator, isolate_apps
from .environment import (
    NullTimeKeeper,
    TimeKeeper,
    _TestState,
    dependency_ordered,
    get_runner,
    get_unique_databases_and_mirrors,
    instrumented_test_render,
    setup_databases,
    setup_test_environment,
    teardown_databases,
    teardown_test_environment,
)
from .marks import TZ_SUPPORT, garbage_collect, iter_test_cases, require_jinja2, requires_tz_support, tag
from .overrides import (
    extend_sys_path,
    freeze_time,
    ignore_warnings,
    isolate_lru_cache,
    modify_settings,
    override_script_prefix,
    override_settings,
    override_system_checks,
    register_lookup,
)

__all__ = [
    "TZ_SUPPORT",
    "Approximate",
    "CaptureQueriesContext",
    "ContextList",
    "LoggingCaptureMixin",
    "NullTimeKeeper",
    "TestContextDecorator",
    "TimeKeeper",
    "captured_output",
    "captured_stderr",
    "captured_stdin",
    "captured_stdout",
    "compare_xml",
    "connections",
    "dependency_ordered",
    "extend_sys_path",
    "freeze_time",
    "garbage_collect",
    "get_runner",
    "get_unique_databases_and_mirrors",
    "ignore_warnings",
    "instrumented_test_render",
    "isolate_apps",
    "isolate_lru_cache",
    "iter_test_cases",
    "modify_settings",
    "override_script_prefix",
    "override_settings",
    "override_system_checks",
    "register_lookup",
    "require_jinja2",
    "requires_tz_support",
    "setup_databases",
    "setup_test_environment",
    "tag",
    "teardown_databases",
    "teardown_test_environment",
]
