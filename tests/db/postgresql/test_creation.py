"""Test databases: made, copied for parallel processes, destroyed."""

from __future__ import annotations

from typing import Any

import pytest

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.db import connections
from offbeat.db.utils import OperationalError


def exists(name: str) -> bool:
    rows = connections["default"].fetch_all("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
    return bool(rows)


@pytest.fixture
def db(connect: Any) -> Any:
    name = connections.databases["default"]["NAME"]
    test = {
        "NAME": f"{name}_made",
        "CHARSET": "UTF8",
        "TEMPLATE": "template0",
        "COLLATION": None,
        "MIGRATE": False,
    }
    return connect(TEST={**connections.databases["default"]["TEST"], **test})


def test_a_test_database_comes_is_copied_and_goes(db: Any) -> None:
    real = db.settings_dict["NAME"]
    name = f"{real}_made"
    db.creation._create_test_db(verbosity=0, autoclobber=True)
    db.close()
    db.settings_dict["NAME"] = name
    try:
        db.run("CREATE TABLE mark (x integer)")
        db.run("INSERT INTO mark VALUES (5)")
        assert db.creation.get_test_db_clone_settings("2")["NAME"] == f"{name}_2"
        db.creation.clone_test_db("2", verbosity=0)
        # An old copy is replaced.
        db.run("INSERT INTO mark VALUES (6)")
        db.creation.clone_test_db("2", verbosity=0)
        db.creation.setup_worker_connection(2)
        assert db.fetch_all("SELECT x FROM mark") == [(5,), (6,)]
        db.close()
        db.settings_dict["NAME"] = name
        db.creation.destroy_test_db(suffix="2", verbosity=0)
        assert not exists(f"{name}_2")
    finally:
        db.settings_dict["NAME"] = name
        db.creation._destroy_test_db(name, verbosity=0)
        db.settings_dict["NAME"] = real
    assert not exists(name)


def test_an_existing_database_is_kept_or_replaced(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    name = db.creation._get_test_db_name()
    db.creation._create_test_db(verbosity=0, autoclobber=False)
    try:
        oid = connections["default"].fetch_all("SELECT oid FROM pg_database WHERE datname = %s", (name,))
        db.creation._create_test_db(verbosity=0, autoclobber=False, keepdb=True)
        assert (
            connections["default"].fetch_all("SELECT oid FROM pg_database WHERE datname = %s", (name,)) == oid
        )
        db.creation._create_test_db(verbosity=0, autoclobber=True)
        assert (
            connections["default"].fetch_all("SELECT oid FROM pg_database WHERE datname = %s", (name,)) != oid
        )
        monkeypatch.setattr("builtins.input", lambda prompt: "no")
        with pytest.raises(SystemExit):
            db.creation._create_test_db(verbosity=0, autoclobber=False)
    finally:
        db.creation._destroy_test_db(name, verbosity=0)


def test_the_suffix_of_create_database(connect: Any) -> None:
    test = dict(connections.databases["default"]["TEST"])
    for changes, expected in (
        ({}, ""),
        ({"CHARSET": "UTF8"}, "WITH ENCODING 'UTF8'"),
        ({"TEMPLATE": "my template"}, 'WITH TEMPLATE "my template"'),
        ({"CHARSET": "UTF8", "TEMPLATE": "t"}, "WITH ENCODING 'UTF8' TEMPLATE \"t\""),
    ):
        assert connect(TEST={**test, **changes}).creation.sql_table_creation_suffix() == expected
    with pytest.raises(ImproperlyConfigured, match="does not support collation"):
        connect(TEST={**test, "COLLATION": "x"}).creation.sql_table_creation_suffix()


def test_without_the_usual_database_another_one_is_used(pg: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = type(pg).get_new_connection

    def closed(self: Any, params: Any) -> Any:
        if params["dbname"] == "postgres":
            raise self.Database.OperationalError("no entry for you")
        return usual(self, params)

    monkeypatch.setattr(type(pg), "get_new_connection", closed)
    with (
        pytest.warns(RuntimeWarning, match="uses the first PostgreSQL database instead"),
        pg._nodb_cursor() as cursor,
    ):
        cursor.execute("SELECT current_database()")
        assert cursor.fetchone() == (connections.databases["default"]["NAME"],)
    monkeypatch.undo()
    with pytest.raises(OperationalError), pg._nodb_cursor() as cursor:
        assert cursor.execute("SELECT current_database()").fetchone() == ("postgres",)
        raise OperationalError
