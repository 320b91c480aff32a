"""More requests than connections, and requests that are dropped all at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from offbeat.concurrency import detached, spawn, wait
from offbeat.db import OperationalError, transaction
from tests.db.conftest import ALIAS

from .bank import Bank, until

SLOW = {"postgresql": "SELECT pg_sleep(30)", "mysql": "SELECT SLEEP(30)"}


def test_a_thousand_waiters_are_served_in_order_and_those_past_the_limit_told_why(
    make_bank: Callable[..., Bank],
) -> None:
    bank = make_bank(pool_size=4, pool_timeout=0.5)
    db = bank.wrapper
    served: list[int] = []
    told: list[str] = []

    def request(number: int, gate: asyncio.Event) -> None:
        try:
            with db.session():
                served.append(number)
                db.fetch_all("SELECT 1")
                wait(gate.wait())
        except OperationalError as exc:
            told.append(str(exc))

    def started(numbers: range, gate: asyncio.Event) -> list[asyncio.Future[None]]:
        return [asyncio.ensure_future(spawn(request, number, gate)) for number in numbers]

    async def main() -> None:
        closed, opened = asyncio.Event(), asyncio.Event()
        opened.set()
        holders = started(range(4), closed)
        await until(lambda: len(served) == 4)
        late = started(range(4, 504), closed)
        await asyncio.gather(*late)
        assert len(told) == 500
        assert all("became free within 0.5 s" in text and "OPTIONS['pool_timeout']" in text for text in told)
        assert sorted(served) == [0, 1, 2, 3]
        # Those who may wait longer are served, first come, first served.
        db.pool.timeout = 30
        waiters = started(range(504, 1004), opened)
        await until(lambda: db.pool.statistics().waiting == 500)
        closed.set()
        await asyncio.gather(*holders, *waiters)
        assert served[4:] == list(range(504, 1004))
        found = db.pool.statistics()
        assert (found.waits, found.timeouts, found.waiting) == (1000, 500, 0)
        assert found.longest_wait >= 0.5
        await bank.audit()

    asyncio.run(main())


def test_requests_that_hold_a_connection_and_want_a_second_are_told_at_once(
    make_bank: Callable[..., Bank],
) -> None:
    bank = make_bank(pool_size=5, pool_timeout=60)
    db = bank.wrapper
    told: list[str] = []

    async def nested(ready: asyncio.Barrier) -> None:
        async with transaction.atomic(ALIAS):
            await spawn(db.fetch_all, "SELECT 1")
            await ready.wait()
            try:
                with detached():
                    await spawn(db.fetch_all, "SELECT 1")
            except OperationalError as exc:
                told.append(str(exc))

    async def main() -> None:
        ready = asyncio.Barrier(5)
        async with asyncio.timeout(20):
            await asyncio.gather(*[nested(ready) for _ in range(5)])
        # One gives way, and the others go on.
        assert len(told) == 1
        assert "Deadlock in the connection pool" in told[0]
        assert "OPTIONS['pool_size']" in told[0]
        await bank.audit()

    asyncio.run(main())


def test_a_storm_of_cancellations_leaves_nothing(make_bank: Callable[..., Bank]) -> None:
    requests = 300
    bank = make_bank(pool_size=5, pool_timeout=60)
    db = bank.wrapper

    async def request() -> None:
        async with transaction.atomic(ALIAS):
            await spawn(db.fetch_all, SLOW[db.vendor])

    async def main() -> None:
        for _ in range(3):
            tasks = [asyncio.create_task(request()) for _ in range(requests)]
            await until(
                lambda: db.pool.statistics().busy == 5 and db.pool.statistics().waiting == requests - 5
            )
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            assert {type(outcome) for outcome in outcomes} == {asyncio.CancelledError}
            # Others are served at once.
            async with asyncio.timeout(20):
                assert await bank.total()
            # The server has stopped what it did for them, which would take it half a minute.
            await bank.settled()
        await bank.audit()

    asyncio.run(main())
