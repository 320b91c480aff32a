"""The test databases of this process: in memory, or on a server; and migrated ones in place of those."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from offbeat.apps import apps
from offbeat.conf import settings
from offbeat.contrib.auth.models import Group, Permission, User
from offbeat.contrib.contenttypes.models import ContentType
from offbeat.contrib.sessions.models import Session
from offbeat.core.management import call_command
from offbeat.db import connections
from offbeat.db.pool import _pools
from offbeat.test import override_settings
from tests.services import DatabaseServer

_numbers = itertools.count()


def _label(config: Any) -> str:
    return config.label  # type: ignore[no-any-return]


def _own_name(suffix: str) -> str:
    """A name that no other process, of this run or of another, uses."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return f"test_offbeat_{os.getpid()}_{worker}_{suffix}"


def use_server(server: DatabaseServer) -> None:
    """Have all aliases live on a server. Nothing must have used them yet."""
    for alias, conf in connections.databases.items():
        conf.update(server.settings(_own_name(alias)))
        connections._wrappers.pop(alias, None)


@contextmanager
def on_server() -> Iterator[None]:
    """The databases of all aliases on the server are made, and dropped."""
    with ExitStack() as stack:
        for alias in connections:
            stack.enter_context(_made(connections[alias]))
        yield


@contextmanager
def _made(wrapper: Any) -> Iterator[None]:
    name = wrapper.settings_dict["NAME"]
    wrapper.settings_dict["TEST"]["NAME"] = name
    wrapper.creation._create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        wrapper.close()
        abandon_pools(wrapper)
        if wrapper.vendor == "postgresql":
            _end_sessions(wrapper, name)
        wrapper.creation._destroy_test_db(name, verbosity=0)


def _end_sessions(wrapper: Any, name: str) -> None:
    """The server waits five seconds for sessions to end before it drops a database: too few on a busy machine."""
    with wrapper._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])


def abandon_pools(wrapper: Any) -> None:
    """Close the connections of loops that tests have left."""
    for pools in list(_pools.values()):
        pool = pools.pop(wrapper, None)
        if pool is not None:
            pool.abandon()


@contextmanager
def fresh_database(alias: str = "default") -> Iterator[Any]:
    """All tables, and no rows but content types and permissions."""
    with empty_database(alias) as wrapper:
        ContentType.objects.clear_cache()
        try:
            # The test applications have no migrations: databases that check references want the tables of those that
            # have some to come from their models, too.
            without = {} if wrapper.vendor == "sqlite" else dict.fromkeys(map(_label, apps.get_app_configs()))
            with override_settings(MIGRATION_MODULES={**settings.MIGRATION_MODULES, **without}):
                call_command("migrate", run_syncdb=True, verbosity=0, database=alias)
            yield wrapper
        finally:
            ContentType.objects.clear_cache()


@contextmanager
def empty_database(alias: str = "default") -> Iterator[Any]:
    """A database without tables in place of a configured one."""
    usual: Any = connections[alias]
    on_sqlite = usual.vendor == "sqlite"
    name = (
        f"file:fresh{next(_numbers)}?mode=memory&cache=shared"
        if on_sqlite
        else _own_name(f"fresh{next(_numbers)}")
    )
    wrapper = type(usual)(
        {**usual.settings_dict, "TEST": {**usual.settings_dict["TEST"]}, "NAME": name}, alias
    )
    with ExitStack() as stack:
        if on_sqlite:
            stack.callback(wrapper._close)
        else:
            stack.enter_context(_made(wrapper))
        connections[alias] = wrapper
        try:
            yield wrapper
        finally:
            connections[alias] = usual


def forget_accounts() -> None:
    """Delete what tests of accounts make."""
    Session.objects.all().delete()
    User.objects.all().delete()
    Group.objects.all().delete()
    Permission.objects.filter(codename__startswith="test_").delete()
