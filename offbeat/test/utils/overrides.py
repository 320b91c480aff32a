"""Changing the world for the time of a test."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest import mock

from offbeat.apps import apps
from offbeat.conf import UserSettingsHolder, settings
from offbeat.core.signals import setting_changed

from .contexts import TestContextDecorator

__all__ = [
    "extend_sys_path",
    "freeze_time",
    "ignore_warnings",
    "isolate_lru_cache",
    "modify_settings",
    "override_script_prefix",
    "override_settings",
    "override_system_checks",
    "register_lookup",
]


def _notify(name: str, value: Any, enter: bool) -> list[tuple[Any, Any]]:
    return setting_changed.send_robust(
        sender=settings._wrapped.__class__, setting=name, value=value, enter=enter
    )


def _raise_errors(results: Iterable[tuple[Any, Any]]) -> None:
    for _, outcome in results:
        if isinstance(outcome, Exception):
            raise outcome


class override_settings(TestContextDecorator):
    """Give settings other values: ``with override_settings(DEBUG=True): …``; decorates functions and test classes.

    Sends ``setting_changed`` for each setting, before and after.
    """

    enable_exception: BaseException | None = None

    def __init__(self, **kwargs: Any) -> None:
        self.options = kwargs
        super().__init__()

    def enable(self) -> None:
        """Apply the settings. If a receiver of the signal fails, all is undone and its error raised."""
        if "INSTALLED_APPS" in self.options:
            try:
                apps.set_installed_apps(self.options["INSTALLED_APPS"])
            except Exception:
                apps.unset_installed_apps()
                raise
        override = UserSettingsHolder(settings._wrapped)
        for name, value in self.options.items():
            setattr(override, name, value)
        self.wrapped = settings._wrapped
        settings._wrapped = override
        for name, value in self.options.items():
            try:
                _raise_errors(_notify(name, value, enter=True))
            except Exception as error:
                self.enable_exception = error
                self.disable()

    def disable(self) -> None:
        """Restore the settings."""
        if "INSTALLED_APPS" in self.options:
            apps.unset_installed_apps()
        settings._wrapped = self.wrapped
        del self.wrapped
        results: list[tuple[Any, Any]] = []
        for name in self.options:
            results += _notify(name, getattr(settings, name, None), enter=False)
        if self.enable_exception is not None:
            error = self.enable_exception
            self.enable_exception = None
            raise error
        _raise_errors(results)

    def save_options(self, test_class: Any) -> None:
        """Store the settings on a test class, over those it has."""
        before = test_class._overridden_settings
        test_class._overridden_settings = self.options if before is None else {**before, **self.options}

    def decorate_class(self, cls: Any) -> Any:
        from offbeat.test.testcases import SimpleTestCase

        if not issubclass(cls, SimpleTestCase):
            raise ValueError(
                "Only subclasses of Django SimpleTestCase can be decorated with override_settings"
            )
        self.save_options(cls)
        return cls


class modify_settings(override_settings):
    """Change settings that are lists: ``modify_settings(MIDDLEWARE={"append": …, "prepend": …, "remove": …})``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args:
            # The form of a test class' _modified_settings, applied in its setUpClass().
            assert not kwargs
            self.operations: list[tuple[str, Any]] = list(args[0])
        else:
            self.operations = list(kwargs.items())
        super(override_settings, self).__init__()

    def save_options(self, test_class: Any) -> None:
        before = test_class._modified_settings
        test_class._modified_settings = self.operations if before is None else [*before, *self.operations]

    def enable(self) -> None:
        self.options = {}
        for name, operations in self.operations:
            # Several operations on one setting build upon each other.
            value = self.options.get(name)
            if value is None:
                value = list(getattr(settings, name, []))
            self.options[name] = _modified(value, operations)
        super().enable()


def _modified(value: list[Any], operations: Mapping[str, Any]) -> list[Any]:
    for action, items in operations.items():
        if isinstance(items, str):
            items = [items]
        if action == "append":
            value = value + [item for item in items if item not in value]
        elif action == "prepend":
            value = [item for item in items if item not in value] + value
        elif action == "remove":
            value = [item for item in value if item not in items]
        else:
            raise ValueError(f"Unsupported action: {action}")
    return value


class override_system_checks(TestContextDecorator):
    """Let these be all the registered system checks."""

    def __init__(self, new_checks: Iterable[Any], deployment_checks: Iterable[Any] | None = None) -> None:
        from offbeat.core.checks.registry import registry

        self.registry = registry
        self.new_checks = new_checks
        self.deployment_checks = deployment_checks
        super().__init__()

    def enable(self) -> None:
        registry: Any = self.registry
        self.old_checks = registry.registered_checks
        registry.registered_checks = set()
        for check in self.new_checks:
            registry.register(check, *getattr(check, "tags", ()))
        self.old_deployment_checks = registry.deployment_checks
        if self.deployment_checks is not None:
            registry.deployment_checks = set()
            for check in self.deployment_checks:
                registry.register(check, *getattr(check, "tags", ()), deploy=True)

    def disable(self) -> None:
        registry: Any = self.registry
        registry.registered_checks = self.old_checks
        registry.deployment_checks = self.old_deployment_checks


class override_script_prefix(TestContextDecorator):
    """Let reversed URLs begin with this prefix."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        super().__init__()

    def enable(self) -> None:
        from offbeat.urls import get_script_prefix, set_script_prefix

        self.old_prefix = get_script_prefix()
        set_script_prefix(self.prefix)

    def disable(self) -> None:
        from offbeat.urls import set_script_prefix

        set_script_prefix(self.old_prefix)


class ignore_warnings(TestContextDecorator):
    """Ignore warnings; takes the arguments of ``warnings.filterwarnings()`` or ``simplefilter()``."""

    def __init__(self, **kwargs: Any) -> None:
        self.ignore_kwargs = kwargs
        self.filter_func: Any = (
            warnings.filterwarnings if "message" in kwargs or "module" in kwargs else warnings.simplefilter
        )
        super().__init__()

    def enable(self) -> None:
        self.catch_warnings = warnings.catch_warnings()
        self.catch_warnings.__enter__()
        self.filter_func("ignore", **self.ignore_kwargs)

    def disable(self) -> None:
        self.catch_warnings.__exit__(None, None, None)


@contextmanager
def extend_sys_path(*paths: str) -> Iterator[None]:
    """Have more folders on the import path."""
    before = sys.path[:]
    sys.path.extend(paths)
    try:
        yield
    finally:
        sys.path = before


@contextmanager
def freeze_time(t: float) -> Iterator[None]:
    """Let ``time.time()`` always say `t`."""
    with mock.patch.object(time, "time", lambda: t):
        yield


@contextmanager
def isolate_lru_cache(lru_cache_object: Any) -> Iterator[None]:
    """Begin and end with an empty ``lru_cache``."""
    lru_cache_object.cache_clear()
    try:
        yield
    finally:
        lru_cache_object.cache_clear()


@contextmanager
def register_lookup(field: Any, *lookups: Any, lookup_name: str | None = None) -> Iterator[None]:
    """Have lookups or transforms registered on a field (class or instance)."""
    try:
        for lookup in lookups:
            field.register_lookup(lookup, lookup_name)
        yield
    finally:
        for lookup in lookups:
            field._unregister_lookup(lookup, lookup_name)
