"""``createcachetable`` and ``sendtestemail``."""

from __future__ import annotations

import warnings
from io import StringIO
from typing import Any

import pytest

from offbeat.core.cache import caches
from offbeat.core.management import CommandError, call_command
from offbeat.db import connection
from offbeat.test import override_settings
from tests.databases import fresh_database

CACHES = {
    "default": {"BACKEND": "offbeat.core.cache.backends.db.DatabaseCache", "LOCATION": "page cache"},
    "local": {"BACKEND": "offbeat.core.cache.backends.locmem.LocMemCache"},
}
MAILERS = {"default": {"BACKEND": "offbeat.core.mail.backends.locmem.EmailBackend"}}


def run(name: str, *args: Any, **options: Any) -> str:
    out = StringIO()
    call_command(name, *args, stdout=out, **options)
    return out.getvalue()


def test_the_table_is_made_once_and_works() -> None:
    with fresh_database(), override_settings(CACHES=CACHES):
        assert 'CREATE TABLE "page cache"' in run("createcachetable", dry_run=True)
        assert "page cache" not in connection.introspection.table_names()
        assert "Cache table 'page cache' created." in run("createcachetable", verbosity=2)
        assert "Cache table 'page cache' already exists." in run("createcachetable")
        caches["default"].set("key", {"a": 1})
        assert caches["default"].get("key") == {"a": 1}


def test_tables_can_be_named() -> None:
    with fresh_database():
        run("createcachetable", "one", "two")
        assert {"one", "two"} <= set(connection.introspection.table_names())


def test_a_test_mail_goes_to_addresses_admins_and_managers() -> None:
    from offbeat.core import mail

    mail.outbox = []  # type: ignore[attr-defined]
    people = {"ADMINS": ["root@example.com"], "MANAGERS": ["boss@example.com"]}
    with override_settings(MAILERS=MAILERS, **people), warnings.catch_warnings():
        run("sendtestemail", "kim@example.com", "lou@example.com")
        run("sendtestemail", "--admins", "--managers")
    sent = mail.outbox  # type: ignore[attr-defined]
    assert [message.recipients() for message in sent] == [
        ["kim@example.com", "lou@example.com"],
        ["boss@example.com"],
        ["root@example.com"],
    ]
    assert sent[0].subject.startswith("Test email from")


def test_a_test_mail_needs_recipients() -> None:
    with pytest.raises(CommandError, match="You must specify some email recipients"):
        run("sendtestemail")
