"""Connections of loops and threads: sharing, waiting, cancellation, loss."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from offbeat.concurrency import detached, run, spawn
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.core.signals import request_finished, request_started
from offbeat.db import OperationalError, connections
from offbeat.db.backends.signals import connection_created
from offbeat.db.transaction import TransactionManagementError, atomic
from offbeat.test import override_settings
from tests.db.conftest import ALIAS

LOCK = 7071


@pytest.fixture(params=["by the driver", "directly"])
def connect(request: pytest.FixtureRequest, connect: Any) -> Any:
    """Who runs the statements: the driver's cursors, or the way of hot statements."""
    if request.param == "by the driver":
        return connect
    return lambda **changes: connect(**{"prepare_threshold": 0, **changes})


async def until(condition: Callable[[], Any], value: Any = True) -> None:
    """Ask the server again and again until it says so."""
    async with asyncio.timeout(30):
        while await spawn(condition) != value:
            await asyncio.sleep(0.005)


def waiting() -> int:
    """How many sessions wait for the lock."""
    return connections["default"].fetch_all(  # type: ignore[no-any-return]
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted "
        # The locks of other databases are listed too, and other processes run the same tests.
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        (LOCK,),
    )[0][0]


def locked(db: Any, lock: int = LOCK) -> None:
    db.fetch_all("SELECT pg_advisory_xact_lock_shared(%s)", (lock,))


class Held:
    """Holds the lock on a connection of its own."""

    async def __aenter__(self) -> Held:
        self.block = atomic("default")
        await self.block.__aenter__()
        await spawn(connections["default"].fetch_all, "SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        return self

    async def __aexit__(self, *exc_info: Any) -> None:
        await self.block.__aexit__(*exc_info)


def test_gathered_queries_run_at_the_same_time(pg: Any) -> None:
    async def main() -> None:
        async with Held():
            tasks = [asyncio.create_task(spawn(locked, pg)) for _ in range(3)]
            await until(waiting, 3)
        await asyncio.gather(*tasks)
        assert pg.pool.open == 3

    run(main())


def test_a_thousand_requests_share_ten_connections_in_order(connect: Any) -> None:
    db = connect(pool_size=10, pool_timeout=60)
    served: list[int] = []

    def request(number: int) -> None:
        with db.session():
            served.append(number)
            assert db.fetch_all("SELECT %s", (number,)) == [(number,)]

    async def main() -> None:
        await asyncio.gather(*[spawn(request, number) for number in range(1000)])
        assert (db.pool.open, len(db.pool.idle), db.pool.busy) == (10, 10, set())

    run(main())
    assert sorted(served) == list(range(1000))
    # The first ten open their connections, which takes each of them its time.
    waited = [number for number in served if number >= 10]
    assert waited == sorted(waited)


def test_waiting_too_long_names_the_setting_and_the_holders(connect: Any) -> None:
    db = connect(pool_size=1, pool_timeout=0.05)

    async def main() -> None:
        async with atomic(ALIAS):
            asyncio.current_task().set_name("the holder")  # type: ignore[union-attr]
            await spawn(db.fetch_all, "SELECT 1")
            with detached(), pytest.raises(OperationalError) as caught:
                await spawn(db.fetch_all, "SELECT 1")
        assert "OPTIONS['pool_size']" in str(caught.value)

    run(main())


def test_a_cancelled_statement_ends_on_the_server(connect: Any, sessions: Any) -> None:
    db = connect(pool_size=1)

    async def main() -> None:
        await spawn(db.fetch_all, "SELECT 1")
        async with Held():
            task = asyncio.create_task(spawn(locked, db))
            await until(waiting, 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await spawn(waiting) == 0
        assert db.pool.busy == set()
        assert await spawn(db.fetch_all, "SELECT 1") == [(1,)]

    run(main())


def test_a_statement_cancelled_again_and_again_ends_on_the_server(connect: Any) -> None:
    db = connect(pool_size=1)

    async def main() -> None:
        for turns in range(6):
            async with Held():
                task = asyncio.create_task(spawn(locked, db))
                await until(waiting, 1)
                # As anyio does, whose cancellation comes back in every turn of the loop.
                for _ in range(turns + 1):
                    task.cancel()
                    await asyncio.sleep(0)
                with pytest.raises(asyncio.CancelledError):
                    await task
                await until(waiting, 0)
            assert await spawn(db.fetch_all, "SELECT 1") == [(1,)]
            assert db.pool.open == 1

    run(main())


def test_a_cancelled_transaction_leaves_nothing_behind(connect: Any, table: str) -> None:
    db = connect(pool_size=2)

    async def change() -> None:
        async with atomic(ALIAS):
            await spawn(db.run, f"UPDATE {table} SET amount = 0")
            await spawn(locked, db)

    async def main() -> None:
        async with Held():
            task = asyncio.create_task(change())
            await until(waiting, 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert await spawn(db.fetch_all, f"SELECT sum(amount) FROM {table}") == [(30,)]
        open_ones = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%%' AND datname = current_database()"
        await until(lambda: db.fetch_all(open_ones), [(0,)])

    run(main())


def test_after_an_error_a_block_accepts_nothing_but_its_end(pg: Any, call: Any, table: str) -> None:
    from offbeat.db import InternalError, ProgrammingError

    def body() -> None:
        with pytest.raises(InternalError, match="current transaction is aborted"), atomic(ALIAS):
            with pytest.raises(ProgrammingError):
                pg.run("SELECT absent")
            pg.run(f"UPDATE {table} SET amount = 0")
        with atomic(ALIAS):
            with pytest.raises(ProgrammingError), atomic(ALIAS):
                pg.run("SELECT absent")
            pg.run(f"UPDATE {table} SET amount = 1")
        assert pg.fetch_all(f"SELECT sum(amount) FROM {table}") == [(2,)]

    call(body)


def test_a_child_that_outlives_its_block_is_told_so(pg: Any) -> None:
    async def main() -> None:
        go = asyncio.Event()

        async def child() -> None:
            await go.wait()
            await spawn(pg.fetch_all, "SELECT 1")

        async with atomic(ALIAS):
            task = asyncio.create_task(child())
            await asyncio.sleep(0)
        go.set()
        with pytest.raises(TransactionManagementError, match="has ended"):
            await task

    run(main())


def kill(pid: int) -> None:
    connections["default"].fetch_all("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def pid_of(db: Any) -> int:
    return int(db.fetch_all("SELECT pg_backend_pid()")[0][0])


def test_an_idle_connection_that_the_server_ended_is_not_used(connect: Any) -> None:
    db = connect(pool_size=1)

    async def main() -> None:
        for _ in range(3):
            await spawn(kill, await spawn(pid_of, db))
            await spawn(db.fetch_all, "SELECT 1")
        assert db.pool.open == 1

    run(main())


def test_a_connection_lost_in_a_statement_is_replaced(connect: Any) -> None:
    db = connect(pool_size=1)

    async def main() -> None:
        pid = await spawn(pid_of, db)
        async with Held():
            task = asyncio.create_task(spawn(locked, db))
            await until(waiting, 1)
            await spawn(kill, pid)
            with pytest.raises(OperationalError) as caught:
                await task
            assert caught.value.sqlstate == "57P01"
        assert await spawn(pid_of, db) != pid
        assert db.pool.open == 1

    run(main())


def test_a_connection_lost_in_a_transaction_undoes_it(connect: Any, call: Any, table: str) -> None:
    db = connect(pool_size=1)

    def body() -> None:
        with pytest.raises(OperationalError), atomic(ALIAS):
            db.run(f"UPDATE {table} SET amount = 0")
            kill(pid_of(db))
            db.run(f"UPDATE {table} SET amount = 1")
        db.close()
        assert db.fetch_all(f"SELECT sum(amount) FROM {table}") == [(30,)]

    call(body)


def test_health_checks_find_a_lost_connection_of_a_thread(connect: Any) -> None:
    db = connect(CONN_MAX_AGE=None, CONN_HEALTH_CHECKS=True)
    pid = pid_of(db)
    request_started.send(sender=None)
    assert pid_of(db) == pid
    kill(pid)
    request_finished.send(sender=None)
    request_started.send(sender=None)
    assert pid_of(db) != pid


def test_a_connection_of_a_loop_is_given_up_at_its_age(connect: Any) -> None:
    db = connect(CONN_MAX_AGE=60, pool_size=1)

    async def main() -> None:
        pid = await spawn(pid_of, db)
        assert await spawn(pid_of, db) == pid
        db.pool.idle[0].born -= 61
        assert await spawn(pid_of, db) != pid

    run(main())


def test_what_receivers_of_the_signal_set_belongs_to_the_connection(connect: Any) -> None:
    def receiver(connection: Any, **kwargs: Any) -> None:
        if connection.alias == ALIAS:
            with connection.cursor() as cursor:
                cursor.execute("SET application_name = 'greeted'")

    async def main(db: Any) -> None:
        pids = [await spawn(pid_of, db) for _ in range(3)]
        assert len(set(pids)) == 1
        assert await spawn(db.fetch_all, "SHOW application_name") == [("greeted",)]

    connection_created.connect(receiver)
    try:
        db = connect(pool={"max_size": 4})
        run(main(db))
        pid = pid_of(db)
        assert db.fetch_all("SHOW application_name") == [("greeted",)]
        db.close()
        assert pid_of(db) == pid
    finally:
        connection_created.disconnect(receiver)


def test_the_end_of_a_loop_ends_its_connections(connect: Any, sessions: Any) -> None:
    db = connect(application_name="offbeat-leaving")

    async def main() -> None:
        await asyncio.gather(*[spawn(db.fetch_all, "SELECT 'leaving', pg_sleep(0.01)") for _ in range(4)])

    run(main())

    async def gone() -> None:
        await until(lambda: sessions("'leaving'"), [])

    run(gone())


# Pools of threads.


def test_threads_share_the_connections_of_a_pool(connect: Any) -> None:
    db = connect(pool={"min_size": 1, "max_size": 2, "timeout": 5})
    pids: set[int] = set()

    def work() -> None:
        for _ in range(5):
            pids.add(pid_of(db))
            db.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= len(pids) <= 2
    assert db.thread_pool.open == len(db.thread_pool.idle) <= 2


def test_a_thread_that_waits_too_long_is_told_who_holds_the_connections(connect: Any) -> None:
    db = connect(pool={"min_size": 0, "max_size": 1, "timeout": 0.05})
    failures: list[BaseException] = []

    def work() -> None:
        try:
            pid_of(db)
        except OperationalError as exc:
            failures.append(exc)

    pid_of(db)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert "in use (by MainThread). Raise OPTIONS['pool']['max_size']" in str(failures[0])
    # A thread that ends without giving its connection back does not take it along.
    db.close()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    del thread
    assert len(failures) == 1
    assert pid_of(db)


def test_a_lost_connection_is_not_handed_on_by_a_pool(connect: Any) -> None:
    db = connect(pool=True)
    pid = pid_of(db)
    db.close()
    kill(pid)
    assert pid_of(db) != pid
    assert db.thread_pool.open == 1


def test_the_options_of_a_pool_are_checked(connect: Any) -> None:
    for changes, message in (
        ({"pool": True, "CONN_MAX_AGE": 5}, "Pooling doesn't support persistent connections"),
        ({"pool": {"size": 3}}, "unknown keys: size"),
        ({"pool": {"min_size": 3, "max_size": 2}}, "max_size is less than min_size"),
    ):
        with pytest.raises(ImproperlyConfigured, match=message):
            connect(**changes).ensure_connection()


def test_a_pool_sets_the_bounds_on_the_loop_too(connect: Any) -> None:
    db = connect(pool={"max_size": 5, "timeout": 2, "max_lifetime": 9})

    async def main() -> None:
        await spawn(db.fetch_all, "SELECT 1")
        assert (db.pool.size, db.pool.timeout, db.pool.max_age) == (5, 2, 9)

    run(main())


def test_a_pool_of_threads_has_statistics_and_a_report(connect: Any) -> None:
    db = connect(pool={"min_size": 0, "max_size": 1, "timeout": 0.05})
    with override_settings(DEBUG=True):
        pid_of(db)
    pool = db.thread_pool
    assert "MainThread, for 0." in pool.report()
    assert f"{__file__}:" in pool.report()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            pid_of(db)
        except OperationalError as exc:
            failures.append(exc)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert f"MainThread at {__file__}:" in str(failures[0])
    now = pool.statistics()
    assert (now.size, now.open, now.idle, now.busy, now.waiting) == (1, 1, 0, 1, 0)
    assert (now.opened, now.closed, now.waits, now.timeouts) == (1, 0, 1, 1)
    assert now.longest_wait >= 0.05
    db.close()
    assert (pool.report(), pool.statistics().idle) == ("", 1)
    db.close_pool()
    assert (pool.statistics().open, pool.statistics().closed) == (0, 1)
