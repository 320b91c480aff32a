"""Hot statements: prepared, and run past the driver's cursors."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import os
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from psycopg import pq

from offbeat.concurrency import run, spawn
from offbeat.db import DataError, NotSupportedError, OperationalError, ProgrammingError, connections
from offbeat.db.backends.postgresql import direct as direct_module
from offbeat.db.backends.postgresql.direct import Direct, numbered
from offbeat.db.transaction import atomic
from tests.db.conftest import ALIAS
from tests.db.postgresql.test_pools import Held, kill, pid_of, until, waiting


@pytest.fixture
def hot(connect: Any) -> Callable[..., Any]:
    """A wrapper with one connection for a loop, whose statements are prepared at once."""
    return lambda **changes: connect(**{"prepare_threshold": 0, "pool_size": 1, **changes})


def prepared(db: Any) -> list[str]:
    with db.cursor() as cursor:
        cursor.execute(
            "SELECT statement FROM pg_prepared_statements WHERE statement NOT LIKE '%pg_prepared%' ORDER BY 1"
        )
        return [statement for (statement,) in cursor.fetchall()]


def test_placeholders_are_numbered() -> None:
    assert numbered("SELECT %s, '%%', %s") == "SELECT $1, '%', $2"
    assert numbered("SELECT %(name)s") is None
    assert numbered("SELECT 5 %") is None


COLUMNS = (
    "true, false, NULL::boolean, 1::smallint, -2::integer, 3::bigint, 1.5::float8, 'NaN'::float8, 'infinity'::float8, "
    "1.1::real, 1.50::numeric, 'NaN'::numeric, 100000000000000000000.000::numeric, -0.001::numeric, 'ä'::text, "
    "'b'::varchar(3), 'c'::char(3), 'd'::name, ''::text, '\\x00ff'::bytea, '2024-02-29'::date, '0001-01-01'::date, "
    "'01:02:03.000004'::time, '2024-02-29 01:02:03.5'::timestamp, '2024-02-29 01:02:03.000005+05'::timestamptz, "
    "'1900-01-01 00:00:00+00'::timestamptz, '1 year 2 mons 3 days 04:05:06.000007'::interval, '-1 days'::interval, "
    "'00000000-0000-0000-0000-000000000007'::uuid"
)
OTHERS = "'{\"a\": 1}'::jsonb, '[1, 2]'::json, '10.0.0.1'::inet, ARRAY[1, NULL], 'x'::tsvector, '[1,5)'::int4range, 5::money"


@pytest.mark.parametrize("columns", [COLUMNS, OTHERS, f"{COLUMNS}, {OTHERS}"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", None])
def test_values_are_the_same_whichever_way_they_come(
    connect: Any, call: Any, columns: str, zone: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from offbeat.test.utils import override_settings

    # Whatever is sooner, in binary where that is the same.
    monkeypatch.setattr(direct_module, "_GAIN", dict.fromkeys(direct_module._GAIN, 1))
    changes = {} if zone is None else {"TIME_ZONE": zone}
    with override_settings(USE_TZ=zone is not None):
        db = connect(pool_size=1, prepare_threshold=2, **changes)
        found = call(lambda: [db.fetch_all(f"SELECT {columns}") for _ in range(6)])
    first = repr(found[0])
    assert [repr(rows) for rows in found] == [first] * 6


@pytest.mark.parametrize(
    ("columns", "wanted"),
    [
        ("1::int, 'a'::text", pq.Format.BINARY),
        ("1::int, 1.5::numeric", pq.Format.TEXT),
        ("1::int, '2024-02-29'::date", pq.Format.TEXT),
        ("1.5::float8, '2024-02-29'::date", pq.Format.BINARY),
        ("1::int, '{}'::jsonb", pq.Format.TEXT),
    ],
)
def test_rows_come_in_the_format_that_is_loaded_sooner(
    hot: Any, call: Any, columns: str, wanted: pq.Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[Any] = []
    load = Direct._rows

    def spying(self: Any, statement: Any, result: Any) -> Any:
        used.append(result.fformat(0))
        return load(self, statement, result)

    monkeypatch.setattr(Direct, "_rows", spying)
    db = hot()
    call(lambda: [db.fetch_all(f"SELECT {columns}") for _ in range(3)])
    assert used[0] == pq.Format.TEXT
    assert used[-1] == wanted


def test_moments_are_in_the_zone_of_the_connection(hot: Any, call: Any) -> None:
    db = hot(TIME_ZONE="Europe/Berlin")
    rows = call(lambda: [db.fetch_all("SELECT '2024-07-01 12:00+00'::timestamptz")[0][0] for _ in range(3)])
    assert {moment.tzinfo for moment in rows} == {ZoneInfo("Europe/Berlin")}


@pytest.mark.parametrize("value", [0, -(2**31), 2**31, -(2**31) - 1, 2**63, True, None])
def test_integers_and_their_like(hot: Any, call: Any, value: Any) -> None:
    db = hot()

    def body() -> None:
        for _ in range(3):
            assert db.fetch_all("SELECT (%s)::text", (value,)) == [
                (None if value is None else str(value).lower(),)
            ]

    call(body)


def test_a_statement_runs_with_parameters_of_many_types(hot: Any, call: Any) -> None:
    db = hot()

    def body() -> None:
        for value in (1, "a", 2.5, None, datetime.date(2024, 1, 1), 2**40) * 2:
            assert db.fetch_all("SELECT (%s)::text", (value,)) == [(None if value is None else str(value),)]
        assert len(set(prepared(db))) == 1
        # Text and NULL are of no type in particular.
        assert len(prepared(db)) == 5

    call(body)


def test_what_is_larger_than_the_socket_takes(hot: Any, call: Any) -> None:
    db = hot()
    text = "x" * 20_000_000

    def body() -> None:
        for _ in range(2):
            assert db.fetch_all("SELECT length(%s)", (text,)) == [(len(text),)]
            assert db.fetch_all("SELECT repeat('y', %s)", (len(text),)) == [("y" * len(text),)]

    call(body)


def test_a_change_says_how_many_rows(hot: Any, call: Any, table: str) -> None:
    db = hot()

    def body() -> None:
        for _ in range(2):
            assert db.run(f"UPDATE {table} SET amount = %s", (1,))[::2] == (2, None)
            assert db.run(f"UPDATE {table} SET amount = %s RETURNING id", (1,))[::2] == (2, [(1,), (2,)])
            assert db.run(f"DELETE FROM {table} WHERE id = %s", (9,)).rowcount == 0
            with pytest.raises(ProgrammingError, match="didn't produce records"):
                db.fetch_all(f"UPDATE {table} SET amount = %s", (1,))

    call(body)


def test_a_refused_value_leaves_the_statement_prepared(hot: Any, call: Any, table: str) -> None:
    db = hot()
    query = f"SELECT amount FROM {table} WHERE id = (%s)::text::integer"

    def body() -> None:
        assert db.fetch_all(query, ("1",)) == [(10,)]
        with pytest.raises(DataError):
            db.fetch_all(query, ("one",))
        assert db.fetch_all(query, ("2",)) == [(20,)]
        assert len(prepared(db)) == 1
        assert db.binding.hot(query)

    call(body)


def test_a_changed_table_has_its_statements_prepared_again(hot: Any, call: Any, table: str) -> None:
    db = hot()
    query = f"SELECT * FROM {table} WHERE id = %s"

    def body() -> None:
        assert db.fetch_all(query, (1,)) == [(1, "a", 10)]
        connections["default"].run(f"ALTER TABLE {table} ADD COLUMN extra text DEFAULT 'new'")
        for _ in range(3):
            assert db.fetch_all(query, (1,)) == [(1, "a", 10, "new")]
        assert len(prepared(db)) == 1
        connections["default"].run(f"ALTER TABLE {table} DROP COLUMN extra")
        with pytest.raises(NotSupportedError, match="cached plan"), atomic(ALIAS):
            db.fetch_all(query, (1,))
        with atomic(ALIAS):
            assert db.fetch_all(query, (1,)) == [(1, "a", 10)]

    call(body)


@pytest.mark.parametrize("command", ["DEALLOCATE ALL", "DISCARD ALL"])
def test_statements_that_the_session_has_dropped_are_prepared_again(
    hot: Any, call: Any, command: str
) -> None:
    db = hot()

    def body() -> None:
        for _ in range(2):
            assert db.fetch_all("SELECT %s + 1", (1,)) == [(2,)]
            with db.cursor() as cursor:
                cursor.execute(command)
            with atomic(ALIAS):
                assert db.fetch_all("SELECT %s + 1", (1,)) == [(2,)]
            # Behind our back.
            db.run("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$")
            assert db.fetch_all("SELECT %s + 1", (1,)) == [(2,)]

    call(body)


def test_the_oldest_statement_makes_room(hot: Any, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct_module, "PREPARED_MAX", 2)
    db = hot()

    def body() -> None:
        for number in (1, 2, 3, 1):
            assert db.fetch_all(f"SELECT {number} + %s", (1,)) == [(number + 1,)]
        assert prepared(db) == ["SELECT 1 + $1", "SELECT 3 + $1"]

    call(body)


def test_a_loader_of_the_user_is_honoured(hot: Any) -> None:
    from psycopg.types.numeric import FloatLoader

    db = hot()
    db.ensure_connection()
    db.connection.adapters.register_loader("numeric", FloatLoader)
    assert [repr(db.fetch_all("SELECT 1.50::numeric")[0][0]) for _ in range(3)] == ["1.5"] * 3
    db.close()


def test_a_cancelled_statement_leaves_its_connection_usable(hot: Any) -> None:
    db = hot()
    query = "SELECT pg_advisory_xact_lock_shared(%s)"

    async def main() -> None:
        pid = await spawn(pid_of, db)
        async with Held():
            task = asyncio.create_task(spawn(db.fetch_all, query, (7071,)))
            await until(waiting, 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await spawn(waiting) == 0
        assert await spawn(pid_of, db) == pid
        assert await spawn(db.fetch_all, query, (7071,)) == [("",)]

    run(main())


def test_a_statement_that_ran_out_of_time_is_undone_to_its_savepoint(hot: Any, table: str) -> None:
    db = hot()
    amount = f"SELECT amount FROM {table} WHERE id = %s"

    async def main() -> None:
        async with Held(), atomic(ALIAS):
            await spawn(db.run, f"UPDATE {table} SET amount = %s WHERE id = %s", (11, 1))
            task = asyncio.create_task(spawn(waiting_inside, db))
            await until(waiting, 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await spawn(db.fetch_all, amount, (1,)) == [(11,)]
        assert await spawn(db.fetch_all, amount, (1,)) == [(11,)]

    run(main())


def waiting_inside(db: Any) -> None:
    with atomic(ALIAS):
        db.fetch_all("SELECT pg_advisory_xact_lock_shared(%s)", (7071,))


def test_a_cancellation_that_comes_with_the_answer_changes_nothing(hot: Any) -> None:
    db = hot()

    async def main() -> None:
        pid = await spawn(pid_of, db)
        for turns in range(6):
            task = asyncio.create_task(spawn(db.fetch_all, "SELECT %s", (turns,)))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            # It may have ended before.
            with contextlib.suppress(asyncio.CancelledError):
                await task
            assert await spawn(db.fetch_all, "SELECT %s", (turns,)) == [(turns,)]
        assert await spawn(pid_of, db) == pid

    run(main())


def test_a_lost_connection_is_an_operational_error_once(hot: Any) -> None:
    db = hot()

    async def main() -> None:
        pid = await spawn(pid_of, db)
        async with Held():
            task = asyncio.create_task(
                spawn(db.fetch_all, "SELECT pg_advisory_xact_lock_shared(%s)", (7071,))
            )
            await until(waiting, 1)
            await spawn(kill, pid)
            with pytest.raises(OperationalError) as caught:
                await task
            assert caught.value.sqlstate in ("57P01", None)
        assert await spawn(pid_of, db) != pid
        assert db.pool.open == 1

    run(main())


def test_a_session_that_the_server_ends_while_idle_is_noticed_by_its_loop(hot: Any) -> None:
    db = hot()

    async def main() -> None:
        pid = await spawn(pid_of, db)
        (link,) = db.pool.idle
        assert link.direct.watching
        await spawn(kill, pid)
        await until(lambda: link.direct.watching, False)
        assert await spawn(pid_of, db) != pid

    run(main())


def test_no_descriptor_outlives_its_connection(hot: Any) -> None:
    db = hot()

    async def main() -> None:
        await spawn(pid_of, db)
        (link,) = db.pool.idle
        fd = link.direct.fd
        os.fstat(fd)
        await db.aclose()
        assert link.direct.fd == -1
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(fd)

    run(main())


def test_the_driver_and_the_direct_way_take_turns_on_a_connection(hot: Any, table: str) -> None:
    db = hot()

    async def main() -> None:
        async with atomic(ALIAS):
            for number in range(3):
                await spawn(db.run, f"UPDATE {table} SET amount = %s", (number,))
                async with db.cursor() as cursor:
                    await cursor.aexecute(f"SELECT amount FROM {table}")
                    assert await cursor.afetchall() == [(number,), (number,)]

    run(main())


def test_notifications_that_come_with_an_answer_reach_their_handler(hot: Any) -> None:
    db = hot()
    heard: list[str] = []
    with db.cursor() as cursor:
        cursor.execute("LISTEN news")
        db.connection.add_notify_handler(lambda notify: heard.append(notify.payload))
        for payload in ("a", "b"):
            db.fetch_all("SELECT pg_notify('news', %s)", (payload,))
        db.fetch_all("SELECT %s", (1,))
    assert heard == ["a", "b"]
    db.close()


def test_a_pipeline_of_the_user_is_left_alone(hot: Any) -> None:
    db = hot()
    db.fetch_all("SELECT %s", (1,))
    with db.connection.pipeline():
        assert db.fetch_all("SELECT %s", (1,)) == [(1,)]
    db.close()


async def test_where_a_socket_has_one_number_only(
    hot: Any, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(direct_module, "KEEPS_WATCHING", False)
    db = hot()
    for number in range(3):
        async with atomic(ALIAS):
            assert (await spawn(db.run, f"UPDATE {table} SET amount = %s", (number,))).rowcount == 2
            async with db.cursor() as cursor:
                await cursor.aexecute(f"SELECT amount FROM {table} WHERE id = 1")
                assert await cursor.afetchall() == [(number,)]
        (link,) = db.pool.idle
        assert not link.direct.watching
    await db.aclose()


def test_a_transaction_of_the_user_on_the_drivers_connection(hot: Any, table: str) -> None:
    db = hot()
    db.ensure_connection()
    db.connection.autocommit = False
    db.run(f"UPDATE {table} SET amount = %s", (5,))
    db.connection.rollback()
    db.connection.autocommit = True
    assert db.fetch_all(f"SELECT sum(amount) FROM {table}") == [(30,)]
    db.close()


def test_parameters_of_other_kinds_are_the_drivers(hot: Any, call: Any) -> None:
    db = hot()

    def body() -> None:
        for _ in range(2):
            assert db.fetch_all("SELECT '%'", None) == [("%",)]
            assert db.fetch_all("SELECT %(a)s + 1", {"a": 1}) == [(2,)]

    call(body)


def test_a_statement_refused_in_a_transaction_runs_when_that_is_tried_again(
    hot: Any, call: Any, table: str
) -> None:
    db = hot()
    # The server cannot see that both are the same.
    query = f"SELECT amount + %s, count(*) FROM {table} GROUP BY amount + %s ORDER BY 1"
    # As if it had been taken with the tables as they were before.
    db.binding.hot(query)
    db.binding.taken(query, (23, 23))

    def body() -> None:
        with pytest.raises(ProgrammingError), atomic(ALIAS):
            db.fetch_all(query, (1, 1))
        with atomic(ALIAS):
            assert db.fetch_all(query, (1, 1)) == [(11, 1), (21, 1)]

    call(body)


def test_an_answer_that_the_loop_does_not_tell_of_is_found(hot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct_module, "LOOK_AFTER", 0.001)
    db = hot()

    async def main() -> None:
        await spawn(db.fetch_all, "SELECT %s", (1,))
        (link,) = db.pool.idle
        # What uvloop does when a socket was reset.
        link.direct.loop.remove_reader(link.direct.fd)
        async with asyncio.timeout(30):
            assert await spawn(db.fetch_all, "SELECT %s", (2,)) == [(2,)]

    run(main())
