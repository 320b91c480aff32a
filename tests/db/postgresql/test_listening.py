"""LISTEN and NOTIFY."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from offbeat.concurrency import run, spawn
from offbeat.db import OperationalError, connections
from offbeat.db.backends.postgresql.listening import GAP, Notification
from offbeat.db.transaction import atomic
from tests.db.conftest import ALIAS

LISTENERS = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%%' AND datname = current_database()"


def listeners() -> list[Any]:
    return connections["default"].fetch_all(LISTENERS)  # type: ignore[no-any-return]


async def nobody_listens() -> None:
    async with asyncio.timeout(30):
        while await spawn(listeners):
            await asyncio.sleep(0.005)


def facts(notification: Notification) -> tuple[str, str]:
    return notification.channel, notification.payload


def test_notifications_arrive_in_order_and_those_of_other_channels_do_not(pg: Any) -> None:
    async def main() -> None:
        async with pg.listen("news", 'We"ird') as notifications:
            await pg.anotify("news", "one")
            await pg.anotify("other", "two")
            await spawn(pg.notify, 'We"ird', "three")
            await pg.anotify("news")
            found = [facts(await anext(notifications)) for _ in range(3)]
            assert found == [("news", "one"), ('We"ird', "three"), ("news", "")]
            # The listener's connection is its own.
            assert pg.pool.open == 1
        with pytest.raises(StopAsyncIteration):
            await anext(notifications)
        await nobody_listens()

    run(main())


def test_a_notification_of_a_transaction_is_sent_with_its_commit(pg: Any) -> None:
    async def main() -> None:
        async with pg.listen("news") as notifications:
            with pytest.raises(ValueError, match="no"):
                async with atomic(ALIAS):
                    await pg.anotify("news", "undone")
                    raise ValueError("no")
            async with atomic(ALIAS):
                await pg.anotify("news", "done")
            async for notification in notifications:
                assert facts(notification) == ("news", "done")
                break

    run(main())


def test_a_lost_connection_is_replaced_and_the_gap_announced(pg: Any) -> None:
    async def main() -> None:
        async with pg.listen("news") as notifications:
            await pg.anotify("news", "before")
            assert facts(await anext(notifications)) == ("news", "before")
            waiting = asyncio.ensure_future(anext(notifications))
            ((pid,),) = await spawn(listeners)
            await spawn(connections["default"].fetch_all, "SELECT pg_terminate_backend(%s, 5000)", (pid,))
            assert await waiting is GAP
            await pg.anotify("news", "after")
            assert facts(await anext(notifications)) == ("news", "after")
        await nobody_listens()

    run(main())


def test_a_cancelled_listener_leaves_no_connection_and_goes_on_if_asked(pg: Any) -> None:
    async def main() -> None:
        async with pg.listen("news") as notifications:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await anext(notifications)
            await pg.anotify("news", "late")
            assert facts(await anext(notifications)) == ("news", "late")
        await nobody_listens()

    run(main())


def test_who_cannot_connect_is_told_so_at_the_beginning(connect: Callable[..., Any]) -> None:
    db = connect(HOST="127.0.0.1", PORT="1")

    async def main() -> None:
        with pytest.raises(OperationalError):
            async with db.listen("news"):
                pass

    run(main())
    with pytest.raises(ValueError, match="channel"):
        db.listen()
