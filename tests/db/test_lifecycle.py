"""Opening, ageing, closing, and test databases."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from offbeat.concurrency import run, spawn
from offbeat.conf import settings
from offbeat.db import close_old_connections, connections
from offbeat.db.backends.signals import connection_created
from offbeat.db.transaction import atomic

from .conftest import ALIAS, add, make_wrapper, names


def test_options_reach_the_connection(tmp_path: Path) -> None:
    db = make_wrapper(
        str(tmp_path / "x.sqlite3"), init_command="PRAGMA cache_size=1234; PRAGMA synchronous=1;"
    )
    assert db.fetch_all("PRAGMA cache_size") == [(1234,)]
    assert db.fetch_all("PRAGMA synchronous") == [(1,)]
    assert db.fetch_all("PRAGMA journal_mode") == [("wal",)]
    assert db.fetch_all("PRAGMA foreign_keys") == [(1,)]


def test_a_path_is_a_name(tmp_path: Path) -> None:
    db = make_wrapper(tmp_path / "x.sqlite3")  # type: ignore[arg-type]
    assert db.fetch_all("SELECT 1") == [(1,)]
    assert not db.is_in_memory_db()


def test_a_closed_connection_opens_again(file_db: Any) -> None:
    add(file_db, "a")
    assert file_db.connection is not None
    file_db.close()
    assert file_db.connection is None
    assert names(file_db) == ["a"]


def test_closing_spares_a_database_in_memory(db: Any) -> None:
    add(db, "a")
    db.close()
    assert names(db) == ["a"]


def test_connections_end_with_the_request(file_db: Any) -> None:
    add(file_db, "a")
    raw = file_db.connection
    close_old_connections()
    assert file_db.connection is None
    # Another thread goes on with it.
    found: list[Any] = []

    def other() -> None:
        file_db.ensure_connection()
        found.append(file_db.connection)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert found == [raw]


def test_a_transaction_keeps_its_connection_at_the_end_of_a_request(file_db: Any) -> None:
    with atomic(ALIAS):
        add(file_db, "a")
        close_old_connections()
        assert names(file_db) == ["a"]


def test_a_persistent_connection_stays(tmp_path: Path) -> None:
    db = make_wrapper(str(tmp_path / "x.sqlite3"))
    db.settings_dict["CONN_MAX_AGE"] = None
    db.ensure_connection()
    raw = db.connection
    close_old_connections()
    assert db.connection is raw


def test_the_signal_reaches_the_new_connection(file_db: Any) -> None:
    def receiver(sender: Any, connection: Any, **kwargs: Any) -> None:
        if connection.alias == ALIAS:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA cache_size=77")

    async def main() -> Any:
        return await spawn(file_db.fetch_all, "PRAGMA cache_size")

    connection_created.connect(receiver)
    try:
        assert run(main()) == [(77,)]
        file_db.close()
        assert file_db.fetch_all("PRAGMA cache_size") == [(77,)]
    finally:
        connection_created.disconnect(receiver)


def test_a_copy_has_connections_of_its_own(db: Any) -> None:
    other = db.copy("other")
    assert other.alias == "other"
    assert other.settings_dict == db.settings_dict
    assert other.settings_dict is not db.settings_dict
    other.ensure_connection()
    assert other.connection is not db.connection
    other.thread_session().close()


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_test_database_comes_and_goes(
    tmp_path: Path, in_memory: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("offbeat.db.backends.base.creation.create_tables", lambda *args: None)
    monkeypatch.setattr(
        "offbeat.db.backends.base.creation.BaseDatabaseCreation._create_cache_tables", lambda self: None
    )
    name = str(tmp_path / "real.sqlite3")
    db = make_wrapper(name)
    test_name = str(tmp_path / "test.sqlite3")
    if not in_memory:
        db.settings_dict["TEST"]["NAME"] = test_name
        Path(test_name).write_text("left over")
    monkeypatch.setitem(settings.DATABASES, ALIAS, db.settings_dict)
    made = db.creation.create_test_db(verbosity=0, autoclobber=True)
    assert made == (f"file:memorydb_{ALIAS}?mode=memory&cache=shared" if in_memory else test_name)
    db.run("CREATE TABLE item (id integer PRIMARY KEY, name varchar(20))")
    add(db, "a")
    if not in_memory:
        db.creation.clone_test_db("2", verbosity=0)
        clone = db.creation.get_test_db_clone_settings("2")["NAME"]
        assert clone == str(tmp_path / "test_2.sqlite3")
        db.creation.setup_worker_connection(2)
        assert names(db) == ["a"]
        db.settings_dict["NAME"] = test_name
        db.creation.destroy_test_db(suffix="2", verbosity=0)
        assert not Path(clone).exists()
    db.creation.destroy_test_db(name, verbosity=0)
    assert db.settings_dict["NAME"] == name
    assert not Path(test_name).exists()
    db._close()


def test_the_shell_is_called_with_the_file() -> None:
    args, env = connections["default"].client.settings_to_cmd_args_env({"NAME": "x.sqlite3"}, ["-header"])
    assert (args, env) == (["sqlite3", "x.sqlite3", "-header"], None)
