from __future__ import annotations

import asyncio
from typing import Any

import pytest

from offbeat.concurrency import run, spawn
from offbeat.db import OperationalError
from offbeat.db.pool import FairLock, LoopPool, loop_pool
from offbeat.db.transaction import atomic
from offbeat.test import override_settings

from .conftest import ALIAS, make_wrapper


class FakeLink:
    holder = ""
    count = 0

    def __init__(self) -> None:
        FakeLink.count += 1
        self.clean = True
        self.discarded = False

    def reusable(self) -> bool:
        return self.clean and not self.discarded

    def discard(self) -> None:
        self.discarded = True

    async def close(self) -> None:
        self.discarded = True


async def connect() -> FakeLink:
    return FakeLink()


def make_pool(size: int = 1, timeout: float = 5) -> LoopPool:
    return LoopPool(asyncio.get_running_loop(), connect, size=size, timeout=timeout, name="x")


async def test_an_idle_connection_is_used_again() -> None:
    pool = make_pool(2)
    link = await pool.acquire()
    pool.release(link)
    assert await pool.acquire() is link
    assert pool.open == 1


async def test_waiters_are_served_in_order() -> None:
    pool = make_pool()
    link = await pool.acquire()
    order: list[int] = []

    async def user(number: int) -> None:
        mine = await pool.acquire()
        order.append(number)
        pool.release(mine)

    tasks = [asyncio.create_task(user(number)) for number in range(5)]
    await asyncio.sleep(0)
    pool.release(link)
    await asyncio.gather(*tasks)
    assert order == [0, 1, 2, 3, 4]


async def test_a_waiter_cancelled_in_the_tick_of_the_handover_passes_the_connection_on() -> None:
    pool = make_pool()
    link = await pool.acquire()
    first = asyncio.create_task(pool.acquire())
    second = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    pool.release(link)
    first.cancel()
    assert await second is link
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_waiter_cancelled_in_the_tick_of_a_free_slot_passes_the_slot_on() -> None:
    pool = make_pool()
    link = await pool.acquire()
    first = asyncio.create_task(pool.acquire())
    second = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    link.clean = False
    pool.release(link)
    first.cancel()
    assert await second is not link
    assert link.discarded
    assert pool.open == 1


async def test_an_unclean_connection_never_returns() -> None:
    pool = make_pool()
    link = await pool.acquire()
    link.clean = False
    pool.release(link)
    assert link.discarded
    assert await pool.acquire() is not link


async def test_a_failed_connect_gives_its_slot_to_the_next() -> None:
    failures = [OSError("no")]

    async def flaky() -> FakeLink:
        await asyncio.sleep(0)
        if failures:
            raise failures.pop()
        return FakeLink()

    pool = LoopPool(asyncio.get_running_loop(), flaky, size=1, timeout=5, name="x")
    results = await asyncio.gather(pool.acquire(), pool.acquire(), return_exceptions=True)
    assert isinstance(results[0], OSError)
    assert isinstance(results[1], FakeLink)


async def test_the_timeout_names_setting_and_holders() -> None:
    pool = make_pool(timeout=0.01)
    link = await pool.acquire()
    link.holder = "Task-17"
    with pytest.raises(OperationalError, match=r"Task-17.*pool_size"):
        await pool.acquire()


def test_a_nested_checkout_deadlock_ends_with_that_error(tmp_path: Any) -> None:
    from offbeat.concurrency import detached

    db = make_wrapper(str(tmp_path / "x.sqlite3"), pool_size=1, pool_timeout=0.05, inline_budget=0)

    async def main() -> None:
        async with atomic(ALIAS):
            with detached():
                task = asyncio.create_task(spawn(db.fetch_all, "SELECT 1"))
            with pytest.raises(OperationalError, match="pool_size"):
                await task

    run(main())


async def test_a_closed_pool_wakes_its_waiters() -> None:
    pool = make_pool()
    await pool.acquire()
    waiter = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    await pool.close()
    with pytest.raises(OperationalError, match="closed"):
        await waiter


def test_the_end_of_the_loop_closes_the_pool() -> None:
    links: list[FakeLink] = []

    async def main() -> None:
        pool = make_pool()
        link = await pool.acquire()
        pool.release(link)
        links.append(link)

    asyncio.run(main())
    assert links[0].discarded


def test_a_new_loop_buries_the_pools_of_dead_ones() -> None:
    links: list[FakeLink] = []
    key = object()

    async def main(hold: bool) -> None:
        pool = loop_pool(
            asyncio.get_running_loop(), key, lambda loop: LoopPool(loop, connect, size=1, timeout=1, name="x")
        )
        link = await pool.acquire()
        links.append(link)
        if not hold:
            pool.release(link)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(main(hold=True))
    loop.close()
    asyncio.run(main(hold=False))
    assert links[0].discarded


async def test_a_fair_lock_is_fair_and_survives_cancellation() -> None:
    lock = FairLock()
    assert await lock.acquire(1)
    first = asyncio.create_task(lock.acquire(1))
    second = asyncio.create_task(lock.acquire(1))
    await asyncio.sleep(0)
    lock.release()
    first.cancel()
    assert await second
    assert not await lock.acquire(0.01)
    lock.release()
    assert await lock.acquire(0.01)


async def test_statistics_count_what_the_pool_has_seen() -> None:
    pool = make_pool(1, timeout=0.01)
    link = await pool.acquire()
    pool.pin(link)
    waiter = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    now = pool.statistics()
    assert (now.size, now.open, now.idle, now.busy, now.waiting) == (1, 1, 0, 1, 1)
    with pytest.raises(OperationalError):
        await waiter
    link.clean = False
    pool.release(link)
    pool.release(await pool.acquire())
    now = pool.statistics()
    assert (now.open, now.idle, now.busy, now.waiting) == (1, 1, 0, 0)
    assert (now.opened, now.closed, now.waits, now.timeouts) == (2, 1, 1, 1)
    assert now.longest_wait >= 0.01
    await pool.close()
    now = pool.statistics()
    assert (now.open, now.idle, now.closed) == (0, 0, 2)


async def test_tasks_that_hold_all_connections_and_want_another_are_told_at_once() -> None:
    pool = make_pool(2, timeout=60)

    async def greedy() -> str:
        link = await pool.acquire()
        link.holder = "greedy"
        pool.pin(link)
        try:
            await asyncio.sleep(0)
            pool.release(await pool.acquire())
        except OperationalError as exc:
            return str(exc)
        finally:
            pool.release(link)
        return ""

    outcomes = await asyncio.gather(*[greedy() for _ in range(2)])
    # One gives way, which is enough for the other.
    told, served = sorted(outcomes, reverse=True)
    assert "Deadlock in the connection pool" in told
    assert "OPTIONS['pool_size']" in told
    assert "greedy, greedy" in told
    assert served == ""


async def test_a_task_without_a_connection_waits_behind_those_that_have_one() -> None:
    pool = make_pool(1, timeout=60)
    link = await pool.acquire()
    pool.pin(link)
    other = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    assert pool.statistics().waiting == 1
    pool.release(link)
    assert await other is link


def test_in_debug_the_report_names_the_code_that_holds_a_connection(file_db: Any, caplog: Any) -> None:
    async def keep() -> None:
        with file_db.session():
            file_db.fetch_all("SELECT 1")
            assert __file__ not in file_db.pool.report()
        with override_settings(DEBUG=True), file_db.session():
            report = file_db.pool.report()
            assert f"{__file__}:" in report
            assert ".keep" in report
            await file_db.pool.close()

    async def main() -> None:
        task = asyncio.create_task(keep(), name="the keeper")
        await task

    run(main())
    assert "the keeper, for 0.0 s" in caplog.text
    assert f"{__file__}:" in caplog.text


async def test_in_debug_the_error_names_the_code_that_holds_the_connection() -> None:
    pool = make_pool(timeout=0.01)
    link = await pool.acquire()
    link.holder = "Task-17"
    with override_settings(DEBUG=True):
        pool.pin(link)
    with pytest.raises(OperationalError, match=r"Task-17 at .*test_pool\.py:\d+ in test_in_debug_the_error"):
        await pool.acquire()
