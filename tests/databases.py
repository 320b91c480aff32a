"""A migrated database in memory that all threads of the process see, in place of a configured one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from offbeat.contrib.auth.models import Group, Permission, User
from offbeat.contrib.contenttypes.models import ContentType
from offbeat.contrib.sessions.models import Session
from offbeat.core.management import call_command
from offbeat.db import connections

_numbers = itertools.count()


@contextmanager
def fresh_database(alias: str = "default") -> Iterator[Any]:
    """All tables, and no rows but content types and permissions."""
    usual: Any = connections[alias]
    name = f"file:fresh{next(_numbers)}?mode=memory&cache=shared"
    wrapper = type(usual)({**usual.settings_dict, "NAME": name}, alias)
    connections[alias] = wrapper
    ContentType.objects.clear_cache()
    try:
        call_command("migrate", run_syncdb=True, verbosity=0, database=alias)
        yield wrapper
    finally:
        connections[alias] = usual
        wrapper._close()
        ContentType.objects.clear_cache()


def forget_accounts() -> None:
    """Delete what tests of accounts make."""
    Session.objects.all().delete()
    User.objects.all().delete()
    Group.objects.all().delete()
    Permission.objects.filter(codename__startswith="test_").delete()
