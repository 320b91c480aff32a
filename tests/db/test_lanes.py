"""Short statements in the loop's own thread, long ones elsewhere, and room for everything else."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from typing import Any

import pytest

from offbeat.concurrency import run, spawn
from offbeat.db import IntegrityError, OperationalError
from offbeat.db.transaction import atomic
from offbeat.db.turns import LENGTH, turns_of

from .conftest import ALIAS, add, make_wrapper, names

LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT count(*) FROM n"
WHERE = "SELECT where_am_i()"


@pytest.fixture
def lane_db(request: Any, tmp_path: Any) -> Any:
    """A database whose connections know a function that tells the thread they are used in."""
    from offbeat.db.backends.signals import connection_created

    db = make_wrapper(
        str(tmp_path / "test.sqlite3"),
        init_command="PRAGMA synchronous=OFF",
        inline_budget=getattr(request, "param", 0.05),
    )

    def receiver(sender: Any, connection: Any, **kwargs: Any) -> None:
        if connection.alias == ALIAS:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
                cursor.connection.create_function("where_am_i", 0, threading.get_ident)

    connection_created.connect(receiver)
    db.run("CREATE TABLE item (id integer PRIMARY KEY, name varchar(20) UNIQUE)")
    yield db
    connection_created.disconnect(receiver)


def test_a_short_query_runs_in_the_thread_of_the_loop(lane_db: Any) -> None:
    async def main() -> Any:
        outside = await spawn(lane_db.fetch_all, WHERE)
        async with atomic(ALIAS):
            return outside, await spawn(lane_db.fetch_all, WHERE)

    here = [(threading.get_ident(),)]
    assert run(main()) == (here, here)


@pytest.mark.parametrize("lane_db", [0.002], indirect=True)
def test_a_long_query_is_moved_to_a_thread_and_gives_the_same_rows(lane_db: Any) -> None:
    sql = f"SELECT *, where_am_i() FROM ({LONG.format(300_000)})"

    async def main() -> Any:
        outside = await spawn(lane_db.fetch_all, sql)
        async with atomic(ALIAS):
            lane_db.manners.slow.clear()
            await spawn(add, lane_db, "a")
            inside = await spawn(lane_db.fetch_all, sql)
        return outside, inside

    outside, inside = run(main())
    assert outside[0][0] == inside[0][0] == 300_000
    assert threading.get_ident() not in {outside[0][1], inside[0][1]}
    assert sql in lane_db.manners.slow
    assert names(lane_db) == ["a"]


@pytest.mark.parametrize("lane_db", [0.002], indirect=True)
def test_a_long_write_in_a_transaction_lets_the_loop_go_on_and_keeps_the_transaction(lane_db: Any) -> None:
    sql = f"INSERT INTO item (name) {LONG.format(1_000_000)}"

    async def main() -> int:
        rounds = 0

        async def count() -> None:
            nonlocal rounds
            while True:
                await asyncio.sleep(0)
                rounds += 1

        counter = asyncio.create_task(count())
        await asyncio.sleep(0)
        async with atomic(ALIAS):
            await spawn(add, lane_db, "a")
            rounds = 0
            await spawn(lane_db.run, sql)
            seen = rounds
        counter.cancel()
        return seen

    assert run(main()) > 3
    assert names(lane_db) == ["a", "1000000"]


@pytest.mark.parametrize("lane_db", [0.002], indirect=True)
def test_a_long_write_in_a_transaction_can_be_cancelled(lane_db: Any) -> None:
    sql = f"INSERT INTO item (name) {LONG.format(50_000_000)}"

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), atomic(ALIAS):
                await spawn(add, lane_db, "a")
                await spawn(lane_db.run, sql)
        assert not lane_db.pool.busy
        await spawn(add, lane_db, "b")

    run(main())
    assert names(lane_db) == ["b"]


@pytest.mark.parametrize("lane_db", [0.002], indirect=True)
def test_a_long_write_in_autocommit_happens_once(lane_db: Any) -> None:

    async def main() -> Any:
        return await spawn(lane_db.run, f"INSERT INTO item (name) {LONG.format(300_000)}")

    assert run(main()).rowcount == 1
    assert names(lane_db) == ["300000"]


def test_commits_that_wait_for_the_disk_are_left_to_threads(tmp_path: Any) -> None:
    found: dict[str, tuple[int, int]] = {}
    for level in ("OFF", "NORMAL", "FULL"):
        db = make_wrapper(
            str(tmp_path / f"{level}.sqlite3"), init_command=f"PRAGMA synchronous={level}", inline_budget=5
        )
        db.run("CREATE TABLE item (id integer PRIMARY KEY, name varchar(20))")

        async def main(db: Any = db) -> tuple[int, int]:
            await spawn(add, db, "a")
            before = db.pool.open
            for _ in range(120):
                await spawn(add, db, "a")
            return before, db.pool.open

        found[level] = run(main())
        assert len(names(db)) == 121
    # Connections of the pool are those that have threads.
    assert found == {"OFF": (0, 0), "NORMAL": (0, 1), "FULL": (1, 1)}


def test_errors_on_a_lane_are_those_of_the_framework(lane_db: Any) -> None:
    async def main() -> None:
        await spawn(add, lane_db, "a")
        with pytest.raises(IntegrityError):
            await spawn(add, lane_db, "a")
        with pytest.raises(OperationalError, match="no such table"):
            await spawn(lane_db.fetch_all, "SELECT * FROM nowhere")
        assert await spawn(names, lane_db) == ["a"]

    run(main())


def test_a_number_that_is_too_large_is_not_reported_as_an_earlier_error(db: Any) -> None:
    async def main() -> None:
        for _ in range(2):
            with pytest.raises(OverflowError):
                await spawn(db.fetch_all, "SELECT ?", (2**70,))
            with pytest.raises(OperationalError):
                await spawn(db.fetch_all, "SELECT 'a' LIKE ?", ("%" * 100_000,))

    run(main())
    for _ in range(2):
        with pytest.raises(OverflowError):
            db.fetch_all("SELECT ?", (2**70,))
        with pytest.raises(OperationalError):
            db.fetch_all("SELECT 'a' LIKE ?", ("%" * 100_000,))


def test_a_lock_of_another_process_is_waited_for_in_a_thread(tmp_path: Any) -> None:
    path = str(tmp_path / "x.sqlite3")
    db = make_wrapper(path, init_command="PRAGMA synchronous=OFF", timeout=5)
    db.run("CREATE TABLE item (id integer PRIMARY KEY, name varchar(20))")
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)

    async def main() -> None:
        await spawn(add, db, "a")
        other.execute("BEGIN IMMEDIATE")
        asyncio.get_running_loop().call_later(0.1, other.execute, "COMMIT")
        await spawn(add, db, "b")
        other.execute("BEGIN IMMEDIATE")
        asyncio.get_running_loop().call_later(0.1, other.execute, "COMMIT")
        async with atomic(ALIAS):
            await spawn(add, db, "c")

    run(main())
    other.close()
    assert names(db) == ["a", "b", "c"]


def test_a_transaction_begun_on_a_lane_by_hand_reaches_nobody_else(lane_db: Any) -> None:
    async def main() -> None:
        await spawn(lane_db.run, "BEGIN")
        await spawn(add, lane_db, "a")

    run(main())
    assert names(lane_db) == ["a"]


def test_many_short_queries_of_one_task_leave_turns_to_the_others(lane_db: Any) -> None:
    async def main() -> float:
        longest = 0.0

        async def heartbeat() -> None:
            nonlocal longest
            while True:
                # Of this thread's own time: the machine may be busy with others.
                start = time.thread_time()
                await asyncio.sleep(0)
                longest = max(longest, time.thread_time() - start)

        def many() -> None:
            for _ in range(20_000):
                lane_db.fetch_all("SELECT 1")

        await spawn(lane_db.fetch_all, "SELECT 1")
        beating = asyncio.create_task(heartbeat())
        await asyncio.sleep(0)
        await spawn(many)
        beating.cancel()
        return longest

    # Generous; without turns it is the whole run.
    assert run(main()) < 10 * LENGTH


def test_queued_statements_come_in_order_and_survive_cancelled_ones(lane_db: Any) -> None:
    async def main() -> list[str]:
        turns = turns_of(asyncio.get_running_loop())
        await spawn(names, lane_db)
        await asyncio.sleep(0)
        # A turn whose time is over.
        turns.end = 1e-9
        tasks = [asyncio.create_task(spawn(add, lane_db, name)) for name in "abcdef"]
        await asyncio.sleep(0)
        assert len(turns.queue) == 6
        tasks[1].cancel()
        turns._over()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert not turns.queue
        return await spawn(names, lane_db)

    assert run(main()) == ["a", "c", "d", "e", "f"]


def test_closing_the_idle_connections_of_a_loop_closes_its_lane_too(lane_db: Any) -> None:
    async def main() -> None:
        await spawn(add, lane_db, "a")
        lane = lane_db.pool.lane
        await spawn(lane_db.close)
        assert lane.link is None
        assert await spawn(names, lane_db) == ["a"]
        assert lane_db.pool.lane is not lane

    run(main())


def test_a_hundred_tasks_on_one_file_lose_nothing(file_db: Any) -> None:
    file_db.run("CREATE TABLE account (id integer PRIMARY KEY, value int)")
    file_db.run_many("INSERT INTO account VALUES (?, 100)", [(number,) for number in range(10)])

    async def client(number: int) -> None:
        for turn in range(5):
            await spawn(add, file_db, f"{number}.{turn}")
            await spawn(file_db.fetch_all, "SELECT count(*) FROM item")
            async with atomic(ALIAS):
                source, target = number % 10, (number + turn + 1) % 10
                ((value,),) = await spawn(
                    file_db.fetch_all, "SELECT value FROM account WHERE id = ?", (source,)
                )
                await asyncio.sleep(0)
                await spawn(file_db.run, "UPDATE account SET value = ? WHERE id = ?", (value - 1, source))
                await spawn(file_db.run, "UPDATE account SET value = value + 1 WHERE id = ?", (target,))

    async def main() -> None:
        await asyncio.gather(*[client(number) for number in range(100)])

    run(main())
    assert len(names(file_db)) == 500
    assert file_db.fetch_all("SELECT sum(value) FROM account") == [(1000,)]
