"""Prepared statements, their refusals, errors, and what the log shows."""

from __future__ import annotations

from typing import Any

import pytest

from offbeat.concurrency import run, spawn
from offbeat.db import (
    DataError,
    IntegrityError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    connections,
)
from offbeat.db.transaction import atomic
from tests.db.conftest import ALIAS


def prepared(db: Any) -> list[str]:
    rows = db.fetch_all(
        "SELECT statement FROM pg_prepared_statements WHERE statement NOT LIKE '%%pg_prepared%%'"
    )
    return [statement for (statement,) in rows]


def test_a_statement_that_runs_often_is_prepared(connect: Any, call: Any) -> None:
    db = connect(pool_size=1)

    def body() -> None:
        for number in range(5):
            assert db.fetch_all("SELECT %s + 1", (number,)) == [(number + 1,)]
        assert prepared(db) == []
        assert db.fetch_all("SELECT %s + 1", (7,)) == [(8,)]
        assert prepared(db) == ["SELECT $1 + 1"]

    call(body)


def test_nothing_is_prepared_behind_a_pooler_or_when_told_so(connect: Any, call: Any) -> None:
    def body(db: Any) -> None:
        for number in range(8):
            db.fetch_all("SELECT %s + 1", (number,))
        assert prepared(db) == []

    call(body, connect(pool_size=1, prepare_threshold=None))
    call(body, connect(pool_size=1, DISABLE_SERVER_SIDE_CURSORS=True))


def test_what_the_server_refuses_to_prepare_runs_as_before(connect: Any, call: Any, table: str) -> None:
    db = connect(pool_size=1)
    # The server cannot see that both are the same.
    query = f"SELECT amount + %s, count(*) FROM {table} GROUP BY amount + %s ORDER BY 1"

    def body() -> None:
        for _ in range(9):
            assert db.fetch_all(query, (1, 1)) == [(11, 1), (21, 1)]

    call(body)


def test_nothing_is_tried_for_the_first_time_inside_a_transaction(
    connect: Any, call: Any, table: str
) -> None:
    db = connect(pool_size=1)
    query = f"SELECT amount + %s, count(*) FROM {table} GROUP BY amount + %s ORDER BY 1"

    def body() -> None:
        with atomic(ALIAS):
            for _ in range(9):
                assert db.fetch_all(query, (1, 1)) == [(11, 1), (21, 1)]

    call(body)


def test_a_changed_table_does_not_break_a_prepared_statement(connect: Any, call: Any, table: str) -> None:
    db = connect(pool_size=1)
    query = f"SELECT amount FROM {table} WHERE id = %s"

    def body() -> None:
        for _ in range(8):
            assert db.fetch_all(query, (1,)) == [(10,)]
        connections["default"].run(f"ALTER TABLE {table} ALTER COLUMN amount TYPE text")
        for _ in range(8):
            assert db.fetch_all(query, (1,)) == [("10",)]
        connections["default"].run(
            f"ALTER TABLE {table} ALTER COLUMN amount TYPE integer USING amount::integer"
        )

    call(body)


def test_a_changed_table_breaks_a_prepared_statement_in_a_transaction_once(
    connect: Any, call: Any, table: str
) -> None:
    db = connect(pool_size=1)
    query = f"SELECT amount FROM {table} WHERE id = %s"

    def read() -> Any:
        with atomic(ALIAS):
            return db.fetch_all(query, (1,))

    def body() -> None:
        for _ in range(8):
            assert db.fetch_all(query, (1,)) == [(10,)]
        connections["default"].run(f"ALTER TABLE {table} ALTER COLUMN amount TYPE bigint")
        with pytest.raises(NotSupportedError, match="cached plan"):
            read()
        assert read() == [(10,)]

    call(body)


def test_wrong_values_do_not_end_preparing(connect: Any, call: Any) -> None:
    db = connect(pool_size=1)

    def body() -> None:
        for _ in range(7):
            assert db.fetch_all("SELECT %s::integer + 1", ("4",)) == [(5,)]
        for _ in range(2):
            with pytest.raises(DataError):
                db.fetch_all("SELECT %s::integer + 1", ("x",))
        assert not [state for state in db.binding.known.values() if type(state) is object]
        assert db.fetch_all("SELECT %s::integer + 1", ("4",)) == [(5,)]

    call(body)


def test_errors_tell_their_sqlstate(pg: Any, call: Any, table: str) -> None:
    def body() -> None:
        for error, code, sql in (
            (ProgrammingError, "42P01", "SELECT * FROM absent"),
            (IntegrityError, "23505", f"INSERT INTO {table} (id) VALUES (1)"),
            (OperationalError, "55P03", f"LOCK TABLE {table} NOWAIT"),
        ):
            with pytest.raises(error) as caught, atomic(ALIAS):
                pg.run(sql)
            assert caught.value.__cause__.sqlstate == code  # type: ignore[union-attr]
            assert caught.value.sqlstate == code

    with atomic("default"):
        connections["default"].run(f"LOCK TABLE {table} IN ROW SHARE MODE")
        call(body)


async def test_a_deadlock_is_an_operational_error(pg: Any, table: str) -> None:
    import asyncio

    barrier = asyncio.Barrier(2)

    async def change(first: int, second: int) -> str | None:
        try:
            async with atomic(ALIAS):
                await spawn(pg.run, f"UPDATE {table} SET amount = 0 WHERE id = %s", (first,))
                await barrier.wait()
                await spawn(pg.run, f"UPDATE {table} SET amount = 0 WHERE id = %s", (second,))
        except OperationalError as exc:
            return exc.sqlstate
        return None

    results = await asyncio.gather(change(1, 2), change(2, 1))
    assert sorted(map(str, results)) == ["40P01", "None"]


async def test_a_serialization_failure_is_an_operational_error(connect: Any, table: str) -> None:
    import asyncio

    from offbeat.db.backends.postgresql.psycopg_any import IsolationLevel

    db = connect(isolation_level=IsolationLevel.SERIALIZABLE)
    barrier = asyncio.Barrier(2)

    async def copy(source: int, target: int) -> str | None:
        try:
            async with atomic(ALIAS):
                await spawn(db.fetch_all, f"SELECT amount FROM {table} WHERE id = %s", (source,))
                await barrier.wait()
                await spawn(db.run, f"UPDATE {table} SET amount = amount + 1 WHERE id = %s", (target,))
        except OperationalError as exc:
            return exc.sqlstate
        return None

    results = await asyncio.gather(copy(1, 2), copy(2, 1))
    assert sorted(map(str, results)) == ["40001", "None"]


def test_the_log_shows_what_was_sent(pg: Any, call: Any) -> None:
    def body() -> None:
        pg.force_debug_cursor = True
        try:
            with pg.cursor() as cursor:
                cursor.execute("SELECT %s, %s, '%%'", ["it's", 5])
                assert cursor.fetchall() == [("it's", 5, "%")]
            with pg.cursor() as cursor, pytest.raises(ProgrammingError):
                cursor.execute("SELECT %s", [1, 2])
            assert pg.queries[0]["sql"] == "SELECT 'it''s', 5, '%'"
        finally:
            pg.force_debug_cursor = False

    call(body)


def test_several_statements_without_parameters_run_in_one(pg: Any, call: Any) -> None:
    def body() -> None:
        with pg.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE t (x int); INSERT INTO t VALUES (1), (2); SELECT 1")
            cursor.execute("SELECT count(*) FROM t; DROP TABLE t")

    call(body)


def test_a_notification_does_not_make_statements_fail(connect: Any) -> None:
    db = connect(pool_size=1)

    async def main() -> None:
        async with db.cursor() as cursor:
            await cursor.aexecute("LISTEN news")
        # The session is not as a new one would be: nobody else gets it.
        await spawn(db.run, "NOTIFY news")
        assert await spawn(db.fetch_all, "SELECT 1") == [(1,)]
        assert await spawn(db.fetch_all, "SELECT * FROM pg_listening_channels()") == []

    run(main())


@pytest.mark.parametrize(
    ("sql", "kept"),
    [
        ("SELECT set_config('offbeat.user', 'anna', false)", False),
        ("select SET_CONFIG ('offbeat.user', 'anna', 'f')", False),
        ("SELECT set_config('offbeat.user', 'anna', true)", True),
        ("SELECT set_config('a.b', '', true), set_config('a.c', '', false)", False),
        ("SELECT pg_try_advisory_lock(4)", False),
        ("SELECT pg_advisory_xact_lock(4)", True),
        ("CREATE TEMP TABLE passing (id int)", False),
        ("SELECT 'unset_config'", True),
    ],
)
def test_sessions_that_a_select_has_changed_are_not_handed_on(connect: Any, sql: str, kept: bool) -> None:
    db = connect(pool_size=1)

    async def main() -> None:
        before = await spawn(db.fetch_all, "SELECT pg_backend_pid()")
        async with db.cursor() as cursor:
            await cursor.aexecute(sql)
        assert (await spawn(db.fetch_all, "SELECT pg_backend_pid()") == before) is kept
        assert db.pool.statistics().closed == (not kept)

    run(main())


def test_a_silent_server_is_given_up_after_a_while_unless_the_settings_know_better(
    connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def params(**options: Any) -> dict[str, Any]:
        return connect(**options)._prepare_connecting()  # type: ignore[no-any-return]

    assert params()["connect_timeout"] == 10
    assert params()["tcp_user_timeout"] == 30000
    assert params(tcp_user_timeout=500)["tcp_user_timeout"] == 500
    assert params(keepalives_idle=1)["keepalives_count"] == 3
    assert "keepalives_idle" not in params(service="elsewhere")
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "3")
    assert "connect_timeout" not in params()
