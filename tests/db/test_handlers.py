"""Connections by alias, routers, engines."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.db import DatabaseError, IntegrityError
from offbeat.db.utils import (
    ConnectionDoesNotExist,
    ConnectionHandler,
    ConnectionRouter,
    DatabaseErrorWrapper,
    load_backend,
)

SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}


def test_settings_are_completed() -> None:
    handler = ConnectionHandler({"default": dict(SQLITE)})
    conf = handler.databases["default"]
    assert conf["AUTOCOMMIT"] is True
    assert conf["ATOMIC_REQUESTS"] is False
    assert conf["CONN_MAX_AGE"] == 0
    assert conf["TEST"] == {"CHARSET": None, "COLLATION": None, "MIGRATE": True, "MIRROR": None, "NAME": None}
    assert list(handler) == ["default"]
    assert handler["default"].vendor == "sqlite"
    assert handler.all() == [handler["default"]]


def test_a_default_database_is_needed() -> None:
    with pytest.raises(ImproperlyConfigured, match="default"):
        ConnectionHandler({"other": dict(SQLITE)}).databases


@pytest.mark.parametrize("databases", [{}, {"default": {}}])
def test_without_settings_the_dummy_engine_complains_at_the_first_query(databases: Any) -> None:
    wrapper = ConnectionHandler(databases)["default"]
    assert wrapper.vendor == "unknown"
    with pytest.raises(ImproperlyConfigured, match="ENGINE"):
        wrapper.cursor()
    with pytest.raises(ImproperlyConfigured, match="ENGINE"):
        wrapper.ensure_connection()


def test_an_unknown_alias() -> None:
    with pytest.raises(ConnectionDoesNotExist, match="nonexistent"):
        ConnectionHandler({"default": dict(SQLITE)})["nonexistent"]


def test_an_unknown_engine_lists_the_known_ones() -> None:
    with pytest.raises(ImproperlyConfigured, match="sqlite3"):
        load_backend("foo.bar")


def test_a_missing_name() -> None:
    handler = ConnectionHandler({"default": {"ENGINE": "offbeat.db.backends.sqlite3"}})
    with pytest.raises(ImproperlyConfigured, match="NAME"):
        handler["default"].cursor()


def test_a_wrong_transaction_mode() -> None:
    conf = {**SQLITE, "OPTIONS": {"transaction_mode": "invalid"}}
    with pytest.raises(ImproperlyConfigured, match="transaction_mode"):
        ConnectionHandler({"default": conf})["default"].ensure_connection()


class Reads:
    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return "replica" if model == "book" else None

    def allow_relation(self, a: Any, b: Any, **hints: Any) -> bool | None:
        return True if "ok" in hints else None


class Migrates:
    def allow_migrate(
        self, db: str, app_label: str, model_name: str | None = None, **hints: Any
    ) -> bool | None:
        return False if db == "replica" else None


def test_routers_are_asked_in_turn() -> None:
    router = ConnectionRouter([Reads(), Migrates()])
    one = SimpleNamespace(_state=SimpleNamespace(db="one"))
    two = SimpleNamespace(_state=SimpleNamespace(db="two"))
    assert router.db_for_read("book") == "replica"
    assert router.db_for_write("book") == "default"
    assert router.db_for_write("book", instance=one) == "one"
    assert router.allow_relation(one, one)
    assert not router.allow_relation(one, two)
    assert router.allow_relation(one, two, ok=1)
    assert not router.allow_migrate("replica", "app")
    assert router.allow_migrate("default", "app")


def test_errors_are_translated_most_specific_first() -> None:
    wrapper = ConnectionHandler({"default": dict(SQLITE)})["default"]
    translate = DatabaseErrorWrapper(wrapper)
    with pytest.raises(IntegrityError, match="x") as caught, translate:
        raise wrapper.Database.IntegrityError("x")
    assert isinstance(caught.value, DatabaseError)

    @translate
    def fail() -> None:
        raise wrapper.Database.DatabaseError("y")

    with pytest.raises(DatabaseError, match="y"):
        fail()
    with pytest.raises(ZeroDivisionError), translate:
        raise ZeroDivisionError
