"""Traffic while sessions are ended and the server goes away: no money is lost, and the next request succeeds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from offbeat.concurrency import spawn

from .bank import Bank, until
from .servers import OwnServer


def test_each_ended_session_is_one_error_at_most(make_bank: Callable[..., Bank]) -> None:
    bank = make_bank()

    async def main() -> None:
        bank.start()
        await bank.some_transfers(5)
        killed = 0
        while killed < 20:
            killed += await spawn(bank.kill_one)
        await bank.some_transfers()
        await bank.stop()
        assert len(bank.failures) <= killed
        await bank.audit()

    asyncio.run(main())


def test_idle_sessions_that_were_ended_are_noticed_by_nobody(make_bank: Callable[..., Bank]) -> None:
    bank = make_bank()

    async def main() -> None:
        bank.start()
        await bank.some_transfers(5)
        await bank.stop()
        for _ in range(3):
            while await spawn(bank.sessions):
                await spawn(bank.kill_one)
            await asyncio.gather(*[bank.total() for _ in range(5)])
        assert bank.failures == []
        await bank.audit()

    asyncio.run(main())


def test_a_server_that_is_killed_and_comes_back(
    own_server: OwnServer, configured: Callable[..., Any]
) -> None:
    setup = configured(**own_server.settings(own_server.first_database))
    setup.run("CREATE DATABASE bank")
    bank = Bank(configured(**own_server.settings("bank"), pool_size=5), setup)
    bank.open()

    async def main() -> None:
        bank.start()
        await bank.some_transfers()
        assert bank.failures == []
        await asyncio.to_thread(own_server.kill)
        down_from = len(bank.failures)
        await until(lambda: len(bank.failures) >= down_from + 30)
        await asyncio.to_thread(own_server.start)
        loop = asyncio.get_running_loop()
        back = loop.time()
        # Back at full rate without anybody's help, and with no error any more.
        await bank.some_transfers()
        assert loop.time() - back < 5
        failed = len(bank.failures)
        await bank.some_transfers()
        assert len(bank.failures) == failed
        await bank.stop()
        await setup.aclose()
        await bank.audit()

    asyncio.run(main())
    setup.close()
