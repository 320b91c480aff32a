"""The world that tests run in: instrumented templates, in-memory mail, test databases."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from offbeat.conf import deprecated_email_setting, settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.utils.deprecation import RemovedInDjango2028Warning

__all__ = [
    "NullTimeKeeper",
    "TimeKeeper",
    "dependency_ordered",
    "get_runner",
    "get_unique_databases_and_mirrors",
    "instrumented_test_render",
    "setup_databases",
    "setup_test_environment",
    "teardown_databases",
    "teardown_test_environment",
]


class _TestState:
    """What :func:`setup_test_environment` has to restore."""

    saved_data: SimpleNamespace


def instrumented_test_render(self: Any, context: Any) -> str:
    """A template's ``_render()``, preceded by the signal ``template_rendered``."""
    from offbeat.test.signals import template_rendered

    template_rendered.send(sender=self, template=self, context=context)
    rendered: str = self.nodelist.render(context)
    return rendered


def _instrumented_partial_render(self: Any, context: Any) -> str:
    """The same for a part of a template, which goes by the whole template's name as well."""
    from offbeat.test.signals import template_rendered

    whole = getattr(self.template, "name", None)
    shown = copy(self)
    shown.name = f"{whole}#{self.name}" if whole else self.name
    template_rendered.send(sender=self, template=shown, context=context)
    rendered: str = self.nodelist.render(context)
    return rendered


def setup_test_environment(debug: bool | None = None) -> None:
    """Global set-up before tests: `debug` for DEBUG (default: as it is), allowed hosts, mail, and templates.

    RuntimeError when it has been called already. Source: Django documentation, topics/testing/advanced.
    """
    state = _package()._TestState
    if hasattr(state, "saved_data"):
        raise RuntimeError(
            "setup_test_environment() was already called and can't be called again without first calling "
            "teardown_test_environment()."
        )
    debug = settings.DEBUG if debug is None else debug
    saved_data = SimpleNamespace()
    state.saved_data = saved_data
    saved_data.allowed_hosts = settings.ALLOWED_HOSTS
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    saved_data.debug = settings.DEBUG
    settings.DEBUG = debug
    _use_memory_for_mail(saved_data)
    _instrument_templates(saved_data)


def _use_memory_for_mail(saved_data: SimpleNamespace) -> None:
    backend = "offbeat.core.mail.backends.locmem.EmailBackend"
    mailers = getattr(settings, "MAILERS", None)
    if mailers is not None:
        saved_data.mail = {"MAILERS": mailers}
        settings.MAILERS = {alias: {"BACKEND": backend} for alias in mailers}
    else:
        saved_data.mail = {"EMAIL_BACKEND": deprecated_email_setting("EMAIL_BACKEND")}
        _set_quietly("EMAIL_BACKEND", backend)
    try:
        mail = import_module("offbeat.core.mail")
    except ImportError:
        return
    mail.outbox = []  # type: ignore[attr-defined]


def _set_quietly(name: str, value: Any) -> None:
    """Set a setting that may be deprecated; what the user set was warned of before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RemovedInDjango2028Warning)
        setattr(settings, name, value)


def _instrument_templates(saved_data: SimpleNamespace) -> None:
    from offbeat.template.base import PartialTemplate, Template

    saved_data.renders = {Template: Template._render, PartialTemplate: PartialTemplate._render}
    setattr(Template, "_render", instrumented_test_render)
    setattr(PartialTemplate, "_render", _instrumented_partial_render)


def teardown_test_environment() -> None:
    """Undo :func:`setup_test_environment`."""
    state = _package()._TestState
    saved_data = state.saved_data
    settings.ALLOWED_HOSTS = saved_data.allowed_hosts
    settings.DEBUG = saved_data.debug
    for name, value in saved_data.mail.items():
        _set_quietly(name, value)
    for template_class, render in saved_data.renders.items():
        template_class._render = render
    del state.saved_data
    try:
        mail = import_module("offbeat.core.mail")
    except ImportError:
        return
    if hasattr(mail, "outbox"):
        del mail.outbox


def _package() -> Any:
    # Its attributes are the ones that can be replaced.
    from offbeat.test import utils

    return utils


def setup_databases(
    verbosity: int,
    interactive: bool,
    *,
    time_keeper: Any = None,
    keepdb: bool = False,
    debug_sql: bool = False,
    parallel: int = 0,
    aliases: Iterable[str] | None = None,
    serialized_aliases: Iterable[str] | None = None,
    **kwargs: Any,
) -> list[tuple[Any, str, bool]]:
    """Make the test databases; returns what :func:`teardown_databases` needs.

    `aliases`: only these (default: all). `serialized_aliases`: whose content is remembered for serialized_rollback.
    """
    connections = _package().connections
    if time_keeper is None:
        time_keeper = NullTimeKeeper()
    test_databases, mirrored_aliases = get_unique_databases_and_mirrors(aliases)
    old_names: list[tuple[Any, str, bool]] = []
    serialize_connections: list[Any] = []
    for db_name, db_aliases in test_databases.values():
        first_alias: str | None = None
        for alias in db_aliases:
            connection = connections[alias]
            old_names.append((connection, db_name, first_alias is None))
            if first_alias is not None:
                connection.creation.set_as_test_mirror(connections[first_alias].settings_dict)
                continue
            first_alias = alias
            with time_keeper.timed(f"  Creating '{alias}'"):
                connection.creation.create_test_db(
                    verbosity=verbosity, autoclobber=not interactive, keepdb=keepdb
                )
                if serialized_aliases is None or alias in serialized_aliases:
                    serialize_connections.append(connection)
            if parallel > 1:
                for index in range(parallel):
                    with time_keeper.timed(f"  Cloning '{alias}'"):
                        connection.creation.clone_test_db(
                            suffix=str(index + 1), verbosity=verbosity, keepdb=keepdb
                        )
    for alias, mirror_alias in mirrored_aliases.items():
        connections[alias].creation.set_as_test_mirror(connections[mirror_alias].settings_dict)
    # All test databases exist now, so that serializing is routed as it will be in the tests.
    for connection in serialize_connections:
        connection._test_serialized_contents = connection.creation.serialize_db_to_string()
    if debug_sql:
        for alias in connections:
            connections[alias].force_debug_cursor = True
    return old_names


def teardown_databases(
    old_config: Iterable[tuple[Any, str, bool]], parallel: int = 0, keepdb: bool = False, verbosity: int = 1
) -> None:
    """Destroy the test databases that :func:`setup_databases` made."""
    for connection, old_name, destroy in old_config:
        if destroy:
            if parallel > 1:
                for index in range(parallel):
                    connection.creation.destroy_test_db(
                        suffix=str(index + 1), verbosity=verbosity, keepdb=keepdb
                    )
            connection.creation.destroy_test_db(old_name, verbosity, keepdb)


def dependency_ordered(
    test_databases: Iterable[tuple[Any, tuple[str, Iterable[str]]]], dependencies: dict[str, Sequence[str]]
) -> list[tuple[Any, tuple[str, Iterable[str]]]]:
    """Databases in an order in which each comes after those it depends on; ImproperlyConfigured for a circle."""
    waiting = list(test_databases)
    needed: dict[Any, set[str]] = {}
    for signature, (_, aliases) in waiting:
        aliases = set(aliases)
        needed[signature] = {name for alias in aliases for name in dependencies.get(alias, ())}
        if aliases & needed[signature]:
            raise ImproperlyConfigured(
                f"Circular dependency: databases {aliases!r} depend on each other, but are aliases."
            )
    ordered: list[tuple[Any, tuple[str, Iterable[str]]]] = []
    resolved: set[str] = set()
    while waiting:
        ready = [item for item in waiting if needed[item[0]] <= resolved]
        if not ready:
            raise ImproperlyConfigured("Circular dependency in TEST[DEPENDENCIES]")
        # One at a time, lest an order that was possible be changed more than needed.
        waiting.remove(ready[0])
        ordered.append(ready[0])
        resolved.update(ready[0][1][1])
    return ordered


def get_unique_databases_and_mirrors(
    aliases: Iterable[str] | None = None,
) -> tuple[dict[Any, tuple[str, list[str]]], dict[str, str]]:
    """The databases to be made, each once with its aliases, in order; and which alias mirrors which."""
    connections = _package().connections
    wanted = set(connections if aliases is None else aliases)
    mirrored: dict[str, str] = {}
    found: dict[Any, tuple[str, list[str]]] = {}
    dependencies: dict[str, Sequence[str]] = {}
    default_signature = connections["default"].creation.test_db_signature()
    for alias in connections:
        connection = connections[alias]
        test_settings = connection.settings_dict["TEST"]
        if test_settings["MIRROR"]:
            mirrored[alias] = test_settings["MIRROR"]
        elif alias in wanted:
            signature = connection.creation.test_db_signature()
            _, names = found.setdefault(signature, (connection.settings_dict["NAME"], []))
            # The default alias names the database of which the others are further names.
            names.insert(0 if alias == "default" else len(names), alias)
            if "DEPENDENCIES" in test_settings:
                dependencies[alias] = test_settings["DEPENDENCIES"]
            elif alias != "default" and signature != default_signature:
                dependencies[alias] = test_settings.get("DEPENDENCIES", ["default"])
    ordered = dependency_ordered(found.items(), _present(dependencies, found, wanted))
    return {signature: (name, list(names)) for signature, (name, names) in ordered}, mirrored


def _present(
    dependencies: dict[str, Sequence[str]], found: dict[Any, tuple[str, list[str]]], wanted: set[str]
) -> dict[str, Sequence[str]]:
    """Dependencies without databases which these tests do not use."""
    known = {alias for _, aliases in found.values() for alias in aliases}
    return {
        alias: [name for name in names if name in known or name in wanted]
        for alias, names in dependencies.items()
    }


def get_runner(settings: Any, test_runner_class: str | None = None) -> Any:
    """The class of the test runner: `test_runner_class`, or the setting TEST_RUNNER."""
    path = test_runner_class or settings.TEST_RUNNER
    if path.startswith("django."):
        path = f"offbeat.{path[7:]}"
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


class TimeKeeper:
    """Measures named stretches of time."""

    def __init__(self) -> None:
        self.records: dict[str, list[float]] = {}

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Measure the block."""
        start = time.perf_counter()
        self.records.setdefault(name, [])
        try:
            yield
        finally:
            self.records[name].append(time.perf_counter() - start)

    def print_results(self) -> None:
        """Write the times to stderr."""
        import sys

        for name, times in self.records.items():
            for seconds in times:
                sys.stderr.write(f"{name} took {seconds:.3f}s{os.linesep}")


class NullTimeKeeper:
    """Does not measure."""

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        yield

    def print_results(self) -> None:
        """Write nothing."""
