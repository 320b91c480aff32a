"""The two drivers: cancellation, dead sessions, deadlocks, pools. Source: docs/internals/mysql."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from typing import Any

import pytest

from offbeat.concurrency import run, spawn
from offbeat.db import (
    DatabaseError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
    connections,
    transaction,
)
from offbeat.db.backends.base.session import TransactionManagementError
from offbeat.db.backends.signals import connection_created
from tests.db.conftest import ALIAS, add, names, on_server

from .conftest import configured


def sessions(text: str) -> list[int]:
    """Server sessions that run a statement with this text."""
    # The statement, for the table of the same name is written to a file each time.
    return [
        row[0] for row in connections["default"].fetch_all("SHOW FULL PROCESSLIST") if text in (row[7] or "")
    ]


def kill(session: int) -> None:
    connections["default"].run(f"KILL {session}")


def test_three_gathered_queries_run_at_the_same_time(scratch: Any) -> None:
    async def main() -> None:
        together = asyncio.gather(
            *[spawn(scratch.fetch_all, "SELECT SLEEP(50), 'gathered one'") for _ in range(3)]
        )
        while len(await asyncio.to_thread(sessions, "gathered one")) < 3:
            assert not together.done()
        together.cancel()
        with pytest.raises(asyncio.CancelledError):
            await together

    run(main())


def test_a_cancelled_statement_ends_on_the_server_too(scratch: Any) -> None:
    async def main() -> None:
        task = asyncio.create_task(spawn(scratch.fetch_all, "SELECT SLEEP(50), 'cancelled one'"))
        while not await asyncio.to_thread(sessions, "cancelled one"):
            pass
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # The server answers before it forgets the statement.
        async with asyncio.timeout(30):
            while await asyncio.to_thread(sessions, "cancelled one"):
                pass
        pool = scratch.pool
        assert (len(pool.busy), pool.open) == (0, len(pool.idle))
        assert await spawn(scratch.fetch_all, "SELECT 2") == [(2,)]

    run(main())


def test_a_cancelled_transaction_lets_go_of_its_locks(scratch: Any) -> None:
    add(scratch, "a")
    scratch.close()

    async def holder() -> None:
        async with transaction.atomic(ALIAS):
            await spawn(scratch.run, "UPDATE item SET name = 'b'")
            await spawn(scratch.fetch_all, "SELECT SLEEP(50), 'holder'")

    async def main() -> None:
        task = asyncio.create_task(holder())
        while not await asyncio.to_thread(sessions, "holder"):
            pass
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await spawn(scratch.run, "UPDATE item SET name = 'c'")
        assert await spawn(names, scratch) == ["c"]

    run(main())


def test_sessions_that_the_server_ended_while_idle_are_not_noticed(scratch: Any) -> None:
    async def main() -> None:
        def own_id() -> int:
            return int(scratch.fetch_all("SELECT CONNECTION_ID()")[0][0])

        for _ in range(3):
            dead = await asyncio.gather(*[spawn(own_id) for _ in range(4)])
            for session in set(dead):
                await asyncio.to_thread(kill, session)
            alive = await asyncio.gather(*[spawn(own_id) for _ in range(4)])
            assert not set(dead) & set(alive)

    run(main())


def test_a_session_that_ends_in_a_transaction_is_one_clear_error(scratch: Any, call: Any) -> None:
    def body() -> None:
        with pytest.raises(OperationalError) as caught, transaction.atomic(ALIAS):
            add(scratch, "a")
            kill(scratch.fetch_all("SELECT CONNECTION_ID()")[0][0])
            add(scratch, "b")
        assert caught.value.args[0] in {1927, 2006, 2013}
        if not isinstance(threading.current_thread(), threading._MainThread):
            return
        scratch.close_if_unusable_or_obsolete()
        assert names(scratch) == []

    call(body)


def _lock_both(wrapper: Any, first: str, second: str, barrier: threading.Barrier) -> None:
    with transaction.atomic(ALIAS):
        wrapper.run(f"UPDATE item SET name = CONCAT(name, '!') WHERE id = {first}")
        barrier.wait(10)
        wrapper.run(f"UPDATE item SET name = CONCAT(name, '!') WHERE id = {second}")


def test_a_deadlock_is_an_operational_error_with_code_and_state(scratch: Any) -> None:
    add(scratch, "a")
    add(scratch, "b")
    barrier = threading.Barrier(2)
    failures: list[OperationalError] = []

    def work(first: str, second: str) -> None:
        try:
            _lock_both(scratch, first, second, barrier)
        except OperationalError as exc:
            failures.append(exc)
        finally:
            scratch.close()

    threads = [threading.Thread(target=work, args=order) for order in (("1", "2"), ("2", "1"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [exc.args[0] for exc in failures] == [1213]
    assert failures[0].sqlstate == "40001"
    # One of the two went through, whole.
    assert names(scratch) == ["a!", "b!"]


def test_a_deadlock_of_tasks_ends_one_transaction_and_nothing_goes_on_in_it(scratch: Any) -> None:
    add(scratch, "a")
    add(scratch, "b")
    scratch.close()
    ready: list[asyncio.Event] = []

    async def work(me: int, first: int, second: int) -> OperationalError | None:
        def change(number: int) -> None:
            scratch.run(f"UPDATE item SET name = CONCAT(name, '!') WHERE id = {number}")

        failure: OperationalError | None = None
        async with transaction.atomic(ALIAS):
            await spawn(change, first)
            ready[me].set()
            await ready[1 - me].wait()
            try:
                await spawn(change, second)
            except OperationalError as exc:
                failure = exc
                with pytest.raises(TransactionManagementError):
                    await spawn(change, first)
        return failure

    async def main() -> None:
        ready.extend([asyncio.Event(), asyncio.Event()])
        failures = [exc for exc in await asyncio.gather(work(0, 1, 2), work(1, 2, 1)) if exc is not None]
        assert [exc.args[0] for exc in failures] == [1213]
        assert failures[0].sqlstate == "40001"
        assert await spawn(names, scratch) == ["a!", "b!"]

    run(main())


def test_a_lock_wait_that_takes_too_long_is_an_operational_error(scratch: Any, call: Any) -> None:
    add(scratch, "a")
    other = connections["default"]
    other.set_autocommit(False)
    try:
        other.run("UPDATE item SET name = 'held'")

        def body() -> None:
            with pytest.raises(OperationalError) as caught, transaction.atomic(ALIAS):
                scratch.fetch_all("SELECT id FROM item FOR UPDATE NOWAIT")
            assert caught.value.args[0] in {1205, 3572}

        call(body)
    finally:
        other.rollback()
        other.set_autocommit(True)


def test_settings_of_a_session_do_not_reach_the_next_user(scratch: Any) -> None:
    async def main() -> None:
        await spawn(scratch.run, "SET @left = 5")
        await spawn(scratch.run, "SET SESSION sort_buffer_size = 65536")
        assert await spawn(scratch.fetch_all, "SELECT @left") == [(None,)]

        def changed() -> Any:
            with scratch.session():
                scratch.run("SET @left = 6")
                return scratch.fetch_all("SELECT @left")

        assert await spawn(changed) == [(6,)]
        # The whole server has these locks in common, and there may be other users.
        lock = f"offbeat_{uuid.uuid4().hex}"
        assert await spawn(scratch.fetch_all, f"SELECT GET_LOCK('{lock}', 0)") == [(1,)]
        assert await spawn(scratch.fetch_all, f"SELECT IS_FREE_LOCK('{lock}')") == [(1,)]

    run(main())


def test_what_receivers_of_connection_created_set_is_what_connections_are_like(scratch: Any) -> None:
    def receiver(connection: Any, **kwargs: Any) -> None:
        if connection.alias == ALIAS:
            connection.run("SET @mine = 5")

    async def main() -> None:
        first = await spawn(scratch.fetch_all, "SELECT CONNECTION_ID(), @mine")
        assert first[0][1] == 5
        assert await spawn(scratch.fetch_all, "SELECT CONNECTION_ID(), @mine") == first

    connection_created.connect(receiver)
    try:
        run(main())
    finally:
        connection_created.disconnect(receiver)


def test_a_full_pool_names_its_settings(scratch: Any) -> None:
    small = on_server(pool_size=1, pool_timeout=0.05)

    async def main() -> None:
        async with transaction.atomic(ALIAS):
            await spawn(small.fetch_all, "SELECT 1")
            with pytest.raises(OperationalError, match="pool_size"):
                await asyncio.create_task(_detached(small))

    async def _detached(wrapper: Any) -> Any:
        from offbeat.concurrency import detached

        with detached():
            return await spawn(wrapper.fetch_all, "SELECT 1")

    run(main())


def test_constraint_errors_are_integrity_errors(scratch: Any, call: Any) -> None:
    scratch.run("CREATE TEMPORARY TABLE never_used (id int)")
    scratch.run(
        "ALTER TABLE item ADD COLUMN amount int CHECK (amount > 0), ADD COLUMN must int NOT NULL DEFAULT 0"
    )

    def body() -> None:
        add(scratch, "a")
        for statement, code in (
            ("INSERT INTO item (name) VALUES ('a')", 1062),
            ("INSERT INTO item (name, must) VALUES ('b', NULL)", 1048),
            ("INSERT INTO item (name, amount) VALUES ('c', -1)", 4025 if scratch.mysql_is_mariadb else 3819),
        ):
            with pytest.raises(IntegrityError) as caught:
                scratch.run(statement)
            assert caught.value.args[0] == code
        with pytest.raises(ProgrammingError):
            scratch.run("SELECT FROM WHERE")

    call(body)


def test_errors_are_of_the_class_that_mysqlclient_has_for_them(scratch: Any, call: Any) -> None:
    def raised(number: int) -> type[BaseException]:
        with pytest.raises(DatabaseError) as caught:
            scratch.run(f"SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = {number}, MESSAGE_TEXT = 'x'")
        assert caught.value.args[0] == number
        cause = caught.value.__cause__
        assert cause is not None
        return type(cause)

    # Those on which the drivers do not agree, and some on which they do.
    numbers = (1146, 1166, 1169, 1205, 1263, 1264, 1364, 1366, 1367, 1406, 1451, 1690, 3572, 3819)
    found = call(lambda: [raised(number) for number in numbers])
    assert [kind.__name__ for kind in found] == [raised(number).__name__ for number in numbers]


def test_updates_count_the_rows_that_match(scratch: Any, call: Any) -> None:
    add(scratch, "a")
    assert call(lambda: scratch.run("UPDATE item SET name = 'a'").rowcount) == 1


def test_results_that_nobody_read_do_not_disturb_the_next_statement(scratch: Any, call: Any) -> None:
    def body() -> None:
        with scratch.cursor() as cursor:
            cursor.execute("SELECT 1; SELECT 2")
            assert cursor.fetchone() == (1,)
        assert scratch.fetch_all("SELECT 3") == [(3,)]
        with scratch.cursor() as first, scratch.cursor() as second:
            first.execute("SELECT 1 UNION SELECT 2")
            second.execute("SELECT 3")
            assert list(first.fetchall()) == [(1,), (2,)]
            assert list(second.fetchall()) == [(3,)]

    call(body)


def test_procedures_are_called(scratch: Any, call: Any) -> None:
    scratch.run("DROP PROCEDURE IF EXISTS put_item")
    scratch.run("CREATE PROCEDURE put_item (given varchar(20)) INSERT INTO item (name) VALUES (given)")
    try:

        def body() -> None:
            with scratch.cursor() as cursor:
                cursor.callproc("put_item", ["x"])
            assert names(scratch) == ["x"]

        call(body)
    finally:
        scratch.run("DROP PROCEDURE put_item")


def test_an_engine_without_transactions_is_taken_as_it_is(call: Any) -> None:
    wrapper = configured(OPTIONS={"init_command": "SET default_storage_engine = MYISAM"})
    wrapper.run("CREATE TABLE plain (id int)")
    try:
        assert not wrapper.features.supports_transactions

        def body() -> None:
            with pytest.raises(ZeroDivisionError), transaction.atomic(ALIAS):
                wrapper.run("INSERT INTO plain VALUES (1)")
                with transaction.atomic(ALIAS):
                    raise ZeroDivisionError
            assert wrapper.fetch_all("SELECT id FROM plain") == [(1,)]

        call(body)
    finally:
        wrapper.run("DROP TABLE plain")


def test_many_rows_come_and_go(scratch: Any, call: Any) -> None:
    def body() -> None:
        with scratch.cursor() as cursor:
            cursor.executemany("INSERT INTO item (name) VALUES (%s)", [(str(n),) for n in range(500)])
            assert cursor.rowcount == 500
        assert sum(len(rows) for rows in scratch.stream("SELECT name FROM item", (), 64)) == 500

    call(body)


def test_the_pool_is_empty_on_the_server_when_the_loop_has_ended(scratch: Any) -> None:
    scratch.close()
    ids: list[int] = []

    async def main() -> None:
        def own_id() -> None:
            ids.append(scratch.fetch_all("SELECT CONNECTION_ID() FROM (SELECT SLEEP(0.05)) AS pause")[0][0])

        await asyncio.gather(*[spawn(own_id) for _ in range(4)])

    asyncio.run(main())
    assert len(set(ids)) == 4
    deadline = time.monotonic() + 30
    while left := [row for row in connections["default"].fetch_all("SHOW PROCESSLIST") if row[0] in ids]:
        assert time.monotonic() < deadline, left
