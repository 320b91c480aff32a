"""Settings and OPTIONS of PostgreSQL."""

from __future__ import annotations

import datetime
import uuid
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from offbeat.concurrency import run, spawn
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.db import OperationalError, connections
from offbeat.db.backends.postgresql.client import DatabaseClient
from offbeat.db.backends.postgresql.psycopg_any import IsolationLevel
from offbeat.db.transaction import atomic
from offbeat.test import override_settings
from tests.db.conftest import ALIAS


def test_a_name_or_a_service_is_needed(connect: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"NAME or OPTIONS\['service'\]"):
        connect(NAME="").ensure_connection()


def test_a_name_that_is_too_long_is_refused(connect: Any) -> None:
    with pytest.raises(
        ImproperlyConfigured, match=r"\(64 characters\) is longer than PostgreSQL's limit of 63"
    ):
        connect(NAME="x" * 64).ensure_connection()


def test_a_service_file_and_a_password_file(
    connect: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conf = connections.databases["default"]
    service = tmp_path / "services"
    service.write_text(
        f"[clinic]\nhost={conf['HOST']}\nport={conf['PORT']}\nuser={conf['USER']}\ndbname={conf['NAME']}\n"
    )
    passfile = tmp_path / "pgpass"
    passfile.write_text(f"*:*:*:*:{conf['PASSWORD'] or 'x'}\n")
    passfile.chmod(0o600)
    monkeypatch.setenv("PGSERVICEFILE", str(service))
    db = connect(NAME="", HOST="", PORT="", USER="", PASSWORD="", service="clinic", passfile=str(passfile))
    assert db.fetch_all("SELECT current_database()") == [(conf["NAME"],)]


def test_the_isolation_level_is_that_of_transactions(connect: Any, call: Any) -> None:
    db = connect(isolation_level=IsolationLevel.SERIALIZABLE)

    def body() -> None:
        with atomic(ALIAS):
            assert db.fetch_all("SHOW transaction_isolation") == [("serializable",)]
        db.set_autocommit(False)
        assert db.fetch_all("SHOW transaction_isolation") == [("serializable",)]
        db.rollback()
        db.set_autocommit(True)
        assert db.fetch_all("SHOW transaction_isolation") == [("read committed",)]

    call(body)


def test_an_unknown_isolation_level_is_refused(connect: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="Invalid transaction isolation level 7 specified"):
        connect(isolation_level=7).ensure_connection()


def test_the_role_is_assumed(connect: Any, call: Any) -> None:
    # The whole server has the roles in common, and the same test may run beside this one.
    role = f"offbeat_{uuid.uuid4().hex}"
    connections["default"].run(f"CREATE ROLE {role}")
    try:
        db = connect(assume_role=role)
        assert call(lambda: db.fetch_all("SELECT current_user")) == [(role,)]
        db.close()
    finally:
        connections["default"].run(f"DROP ROLE {role}")


def test_parameters_may_travel_apart(connect: Any, call: Any) -> None:
    def place(db: Any) -> str:
        with db.cursor() as cursor:
            cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid() AND %s > 0", [5])
            return str(cursor.fetchone()[0])

    assert call(place, connect(server_side_binding=True)).endswith("$1 > 0")
    assert call(place, connect()).endswith("5 > 0")


def test_other_options_reach_the_driver(connect: Any, call: Any) -> None:
    db = connect(application_name="clinic", options="-c statement_timeout=1234")
    assert call(lambda: db.fetch_all("SHOW application_name")) == [("clinic",)]
    assert call(lambda: db.fetch_all("SHOW statement_timeout")) == [("1234ms",)]
    with pytest.raises(OperationalError):
        connect(connect_timeout=3, PORT="1").ensure_connection()


def test_the_encoding_is_utf8_unless_told_otherwise(connect: Any) -> None:
    assert connect().fetch_all("SHOW client_encoding") == [("UTF8",)]
    assert connect(client_encoding="latin1").fetch_all("SHOW client_encoding") == [("LATIN1",)]


def test_moments_have_the_time_zone_of_the_connection(connect: Any, call: Any) -> None:
    zone = ZoneInfo("Europe/Berlin")
    db = connect(TIME_ZONE="Europe/Berlin")
    moment = datetime.datetime(2024, 7, 1, 12, tzinfo=datetime.UTC)
    ((found, name),) = call(
        lambda: db.fetch_all("SELECT %s::timestamptz, current_setting('TimeZone')", (moment,))
    )
    assert (found, found.tzinfo, name) == (moment, zone, "Europe/Berlin")
    ((found,),) = connect().fetch_all("SELECT %s::timestamptz", (moment,))
    assert found.tzinfo is datetime.UTC


def test_a_change_of_the_time_zone_reaches_open_connections() -> None:
    db = connections["default"]
    moment = datetime.datetime(2024, 7, 1, 12, tzinfo=datetime.UTC)

    async def on_loop() -> Any:
        return await spawn(db.fetch_all, "SELECT %s::timestamptz", (moment,))

    async def main() -> None:
        await on_loop()
        with override_settings(USE_TZ=False, TIME_ZONE="Asia/Tokyo"):
            assert await on_loop() == [(datetime.datetime(2024, 7, 1, 21),)]
        assert await on_loop() == [(moment,)]

    with override_settings(USE_TZ=False, TIME_ZONE="Asia/Tokyo"):
        assert db.fetch_all("SELECT %s::timestamptz", (moment,)) == [(datetime.datetime(2024, 7, 1, 21),)]
    assert db.fetch_all("SELECT %s::timestamptz", (moment,)) == [(moment,)]
    run(main())


def test_a_time_zone_without_time_zones_is_refused(connect: Any) -> None:
    db = connect(TIME_ZONE="Europe/Berlin")
    with override_settings(USE_TZ=False), pytest.raises(ImproperlyConfigured, match="USE_TZ is False"):
        db.ensure_connection()


def test_an_old_server_is_refused(connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from offbeat.db import NotSupportedError

    db = connect()
    monkeypatch.setattr(type(db.features), "minimum_database_version", (99,))
    with pytest.raises(NotSupportedError, match=r"PostgreSQL 99 or later is required \(found 1\d"):
        db.check_database_version_supported()


@pytest.mark.parametrize(
    ("conf", "args", "env"),
    [
        ({}, ["psql", "postgres"], None),
        (
            {"NAME": "clinic", "USER": "ann", "PASSWORD": "secret", "HOST": "h", "PORT": 5433},
            ["psql", "-U", "ann", "-h", "h", "-p", "5433", "clinic"],
            {"PGPASSWORD": "secret"},
        ),
        (
            {"OPTIONS": {"service": "s", "passfile": "/p", "sslmode": "verify-full"}},
            ["psql"],
            {"PGSERVICE": "s", "PGPASSFILE": "/p", "PGSSLMODE": "verify-full"},
        ),
    ],
)
def test_the_shell(conf: dict[str, Any], args: list[str], env: dict[str, str] | None) -> None:
    assert DatabaseClient.settings_to_cmd_args_env(conf, []) == (args, env)
    more, _ = DatabaseClient.settings_to_cmd_args_env({"NAME": "x"}, ["-c", "SELECT 1"])
    assert more == ["psql", "-c", "SELECT 1", "x"]
