"""Cancelling at every await: nothing is half-written, and the next statement finds a clean connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from offbeat.concurrency import bridged, run, spawn
from offbeat.db import OperationalError, transaction
from offbeat.db.transaction import atomic

from .conftest import ALIAS, add, names, sql

LIMIT = 400


class CancelAt:
    """A coroutine-like awaitable that cancels the task driving it at its k-th suspension."""

    def __init__(self, coro: Coroutine[Any, Any, Any], k: int) -> None:
        self.coro = coro
        self.k = k
        self.count = 0

    def __await__(self) -> Any:
        task = asyncio.current_task()
        assert task is not None
        iterator = self.coro.__await__()
        value: Any = None
        error: BaseException | None = None
        while True:
            try:
                future = iterator.throw(error) if error is not None else iterator.send(value)
            except StopIteration as stop:
                return stop.value
            if self.count == self.k:
                # Delivered when the task next wakes up, which it does at once.
                task.cancel()
            self.count += 1
            error = None
            try:
                value = yield future
            except BaseException as exc:
                error = exc


async def cancelled_at(k: int, work: Callable[[], Coroutine[Any, Any, None]]) -> bool:
    """Run `work`, cancelled at its k-th suspension; False when it has fewer.

    To be called in a task that is not bridged: a bridge hands its suspensions past what awaits it.
    """
    driver = CancelAt(bridged(work()), k)

    async def main() -> None:
        await driver

    task = asyncio.create_task(main())
    try:
        await task
    except asyncio.CancelledError:
        pass
    return driver.count > k


async def sweep(work: Callable[[], Coroutine[Any, Any, None]], check: Callable[[], Any]) -> int:
    for k in range(LIMIT):
        more = await cancelled_at(k, work)
        await spawn(check)
        if not more:
            return k
    raise AssertionError("the work never ended")


def test_an_atomic_write_is_all_or_nothing_wherever_it_is_cancelled(db: Any) -> None:
    async def work() -> None:
        async with atomic(ALIAS):
            add(db, "a")
            async with atomic(ALIAS):
                add(db, "b")
            await asyncio.sleep(0)
            add(db, "c")

    outcomes: set[tuple[str, ...]] = set()

    def check() -> None:
        found = tuple(names(db))
        assert found in {(), ("a", "b", "c")}
        outcomes.add(found)
        assert not db.in_atomic_block
        # The next transaction works, on whatever connection it gets.
        with atomic(ALIAS):
            db.run("DELETE FROM item")
        assert names(db) == []

    async def main() -> int:
        steps = await sweep(work, check)
        assert db.pool.busy == set()
        assert len(db.pool.idle) == db.pool.open
        return steps

    # Short statements do not suspend, and in memory not even a commit does.
    least = 1 if db.inline_in_loop else 2 if getattr(db, "manners", None) else 8
    assert asyncio.run(main()) >= least
    assert outcomes == {(), ("a", "b", "c")}


def test_an_inner_block_that_is_cancelled_undoes_itself_only(db: Any) -> None:
    async def work() -> None:
        async with atomic(ALIAS):
            add(db, "a")
            try:
                async with asyncio.timeout(30):
                    async with atomic(ALIAS):
                        add(db, "b")
                        task = asyncio.current_task()
                        assert task is not None
                        task.cancel()
                        await asyncio.sleep(10)
            except asyncio.CancelledError:
                asyncio.current_task().uncancel()  # type: ignore[union-attr]
            add(db, "c")

    async def main() -> list[str]:
        await asyncio.create_task(bridged(work()))
        return await spawn(names, db)

    assert run(main()) == ["a", "c"]


@pytest.mark.sqlite
def test_a_cancelled_autocommit_statement_leaves_no_trace_on_its_connection(file_db: Any) -> None:
    slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000000) SELECT count(*) FROM n"

    async def main() -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await spawn(file_db.fetch_all, slow)
        # It was interrupted, not waited for.
        assert loop.time() - start < 2
        assert file_db.pool.busy == set()
        await spawn(add, file_db, "a")
        assert await spawn(names, file_db) == ["a"]

    run(main())


@pytest.mark.sqlite
def test_a_statement_interrupted_inside_a_transaction_ends_it(file_db: Any) -> None:
    slow_write = (
        "INSERT INTO item (name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000000) "
        "SELECT 'x' || i FROM n"
    )

    async def main() -> None:
        async with atomic(ALIAS):
            await spawn(add, file_db, "a")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await spawn(file_db.run, slow_write)
            with pytest.raises(transaction.TransactionManagementError):
                await spawn(add, file_db, "b")
        assert await spawn(names, file_db) == []

    run(main())


def test_a_cancelled_commit_still_commits_and_calls_back(file_db: Any) -> None:
    ran: list[int] = []
    outcomes: set[int] = set()

    async def work() -> None:
        async with atomic(ALIAS):
            transaction.on_commit(lambda: ran.append(1), ALIAS)
            add(file_db, "a")

    async def main() -> None:
        for k in range(LIMIT):
            ran.clear()
            more = await cancelled_at(k, work)
            found = await spawn(names, file_db)
            assert (found, ran) in [([], []), (["a"], [1])]
            outcomes.add(len(ran))
            await spawn(file_db.run, "DELETE FROM item")
            if not more:
                return

    asyncio.run(main())
    # Without threads nothing but the commit suspends.
    assert outcomes == ({1} if getattr(file_db, "manners", None) else {0, 1})


@pytest.mark.sqlite
def test_schema_settings_do_not_leak_to_the_next_user(file_db: Any) -> None:
    async def work() -> None:
        with file_db.session(), file_db.constraint_checks_disabled():
            add(file_db, "a")
            await asyncio.sleep(0)

    def check() -> None:
        for _ in range(file_db.pool.size):
            assert file_db.fetch_all("PRAGMA foreign_keys") == [(1,)]
        file_db.run("DELETE FROM item")

    async def main() -> int:
        return await sweep(work, check)

    assert asyncio.run(main()) > 3


@pytest.mark.sqlite
def test_a_cancellation_in_the_tick_of_the_result_does_not_wait_for_ever(file_db: Any) -> None:
    import threading

    from offbeat.db.backends.sqlite3.link import _Job

    async def main() -> None:
        link = await file_db.pool.acquire()
        task = asyncio.create_task(link.fetch_all("SELECT 1", ()))
        await asyncio.sleep(0)
        # The thread works in order: when this is done, the result is on its way to the loop, which is held up here.
        passed = threading.Event()
        link.jobs.put(_Job(passed.set, (), None))
        assert passed.wait(5)
        task.cancel()
        async with asyncio.timeout(30):
            with pytest.raises(asyncio.CancelledError):
                await task
        file_db.pool.release(link)

    run(main())


def test_the_sum_stays_the_same_under_cancelled_transfers(db: Any) -> None:
    import random

    db.run("CREATE TABLE account (id integer PRIMARY KEY, value int)")
    db.run_many(sql(db, "INSERT INTO account VALUES (%s, 100)"), [(number,) for number in range(5)])
    chance = random.Random(7)

    async def transfer() -> None:
        source, target = chance.sample(range(5), 2)
        async with atomic(ALIAS):
            lock = "" if db.vendor == "sqlite" else " FOR UPDATE"
            (value,) = db.fetch_all(sql(db, f"SELECT value FROM account WHERE id = %s{lock}"), (source,))[0]
            await asyncio.sleep(0)
            async with atomic(ALIAS):
                db.run(sql(db, "UPDATE account SET value = %s WHERE id = %s"), (value - 1, source))
            db.run(sql(db, "UPDATE account SET value = value + 1 WHERE id = %s"), (target,))

    async def read() -> None:
        assert db.fetch_all("SELECT sum(value) FROM account") == [(500,)]

    async def client() -> None:
        task = asyncio.create_task(transfer() if chance.random() < 0.6 else read())
        if chance.random() < 0.5:
            for _ in range(chance.randrange(20)):
                await asyncio.sleep(0)
            task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        except OperationalError as exc:
            # Two transfers in opposite directions wait for each other: the server ends one of them.
            assert getattr(exc.__cause__, "sqlstate", None) in {"40P01", "40001"}

    async def main() -> None:
        for _ in range(8):
            await asyncio.gather(*[asyncio.create_task(client()) for _ in range(25)])
        await read()
        assert not db.pool.busy
        assert not db.pool.waiters
        assert len(db.pool.idle) == db.pool.open

    run(main())
