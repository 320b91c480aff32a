"""A network that swallows everything, and one that is cut at the worst moment."""

from __future__ import annotations

import _thread
import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from offbeat.concurrency import spawn
from offbeat.db import OperationalError, connections, transaction
from tests.db.conftest import ALIAS
from tests.faults.bank import Bank, until
from tests.faults.proxy import Proxy

# What a statement waits for here, at most; see docs/settings.
QUICK = {"tcp_user_timeout": 500, "keepalives_idle": 1, "keepalives_interval": 1, "keepalives_count": 1}


@pytest.fixture
def through_proxy(make_bank: Callable[..., Bank], configured: Callable[..., Any], proxy: Proxy) -> Bank:
    """A bank whose clients reach the server through the proxy."""
    bank = make_bank()
    bank.wrapper = configured(
        NAME=bank.wrapper.settings_dict["NAME"],
        HOST="127.0.0.1",
        PORT=str(proxy.port),
        pool_size=5,
        connect_timeout=2,
        **QUICK,
    )
    return bank


@pytest.mark.skipif(not Proxy.can_swallow, reason="only Linux drops packets for us")
def test_statements_in_a_black_hole_fail_at_their_deadline(through_proxy: Bank, proxy: Proxy) -> None:
    bank = through_proxy
    db = bank.wrapper

    async def held() -> None:
        async with transaction.atomic(ALIAS):
            # The server does not hear that nobody waits any more: it ends by itself, while the answer is still swallowed.
            await spawn(db.fetch_all, "SELECT pg_sleep(6)")

    async def main() -> None:
        loop = asyncio.get_running_loop()
        tasks = [asyncio.create_task(held()) for _ in range(3)]
        await until(lambda: db.pool.statistics().busy == 3)
        await asyncio.gather(*[bank.total() for _ in range(2)])
        start = loop.time()
        await asyncio.to_thread(proxy.swallow)
        # Those that wait for an answer, those that ask now, and those that have to connect.
        others = [asyncio.create_task(bank.total()) for _ in range(4)]
        # Other databases are not concerned.
        assert await spawn(connections["default"].fetch_all, "SELECT 1") == [(1,)]
        outcomes = await asyncio.gather(*tasks, *others, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {OperationalError}
        assert loop.time() - start < 6
        await asyncio.to_thread(proxy.let_through)
        await asyncio.to_thread(proxy.cut)
        start = loop.time()
        assert await bank.total() == 1000
        assert loop.time() - start < 5
        await bank.audit()

    asyncio.run(main())


@pytest.mark.skipif(not Proxy.can_swallow, reason="only Linux drops packets for us")
def test_a_request_that_gives_up_in_a_black_hole_leaves_no_thread(through_proxy: Bank, proxy: Proxy) -> None:
    bank = through_proxy
    db = bank.wrapper
    threads = _thread._count()

    async def main() -> None:
        await bank.total()
        await asyncio.to_thread(proxy.swallow)
        task = asyncio.create_task(spawn(db.fetch_all, "SELECT pg_sleep(6)"))
        await until(lambda: db.pool.statistics().busy == 1)
        task.cancel()
        # The driver asks the server to stop, which does not hear it.
        with pytest.raises((asyncio.CancelledError, OperationalError)):
            async with asyncio.timeout(20):
                await task
        await asyncio.to_thread(proxy.let_through)
        await asyncio.to_thread(proxy.cut)
        await bank.audit()

    asyncio.run(main())
    # What asks the server to stop the statement gives up, too.
    limit = time.monotonic() + 30
    while _thread._count() > threads:
        assert time.monotonic() < limit
        time.sleep(0.01)


def test_a_lost_answer_to_commit_is_an_error_and_nothing_is_done_twice(
    through_proxy: Bank, proxy: Proxy
) -> None:
    bank = through_proxy

    async def main() -> None:
        for number in range(3):
            proxy.watch = lambda data: b"COMMIT" in data
            with pytest.raises(OperationalError):
                async with transaction.atomic(ALIAS):
                    await spawn(bank.wrapper.run, "INSERT INTO bank VALUES (%s, 0)", (100 + number,))
        # The server did get them.
        counted = "SELECT count(*) FROM bank WHERE id >= 100"
        async with asyncio.timeout(30):
            while await spawn(bank.wrapper.fetch_all, counted) != [(3,)]:
                await asyncio.sleep(0.01)
        await bank.audit()

    asyncio.run(main())


def test_traffic_goes_on_after_connections_were_cut(through_proxy: Bank, proxy: Proxy) -> None:
    bank = through_proxy

    async def main() -> None:
        bank.start()
        for _ in range(3):
            await bank.some_transfers(10)
            await asyncio.to_thread(proxy.cut)
        await bank.some_transfers(10)
        await asyncio.to_thread(proxy.half_close)
        await bank.some_transfers(10)
        proxy.latency = 0.01
        await bank.some_transfers(10)
        proxy.latency = 0
        await bank.stop()
        assert len(bank.failures) <= 4 * bank.wrapper.pool.size
        await bank.audit()

    asyncio.run(main())
