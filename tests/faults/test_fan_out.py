"""Fifty children of one transaction: they take turns, and none of them gets into another's savepoint."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from offbeat.concurrency import spawn
from offbeat.db import transaction
from tests.db.conftest import ALIAS

from .bank import Bank

CHILDREN = 50


def test_children_of_a_block_share_its_connection_one_statement_at_a_time(
    make_bank: Callable[..., Bank],
) -> None:
    bank = make_bank()
    db = bank.wrapper
    identity = {"postgresql": "SELECT pg_backend_pid()", "mysql": "SELECT CONNECTION_ID()"}[db.vendor]
    refused: list[int] = []

    async def child(number: int) -> int:
        ((session,),) = await spawn(db.fetch_all, identity)
        try:
            async with transaction.atomic(ALIAS):
                await spawn(db.run, "INSERT INTO bank VALUES (%s, 0)", (100 + number,))
                if number % 5 == 0:
                    raise ValueError(number)
        except ValueError:
            refused.append(number)
        return int(session)

    async def main() -> None:
        async with transaction.atomic(ALIAS):
            found = await asyncio.gather(*[child(number) for number in range(CHILDREN)])
            assert len(set(found)) == 1
        rows = await spawn(db.fetch_all, "SELECT id FROM bank WHERE id >= 100 ORDER BY id")
        assert [number for (number,) in rows] == [100 + n for n in range(CHILDREN) if n % 5]
        assert len(refused) == CHILDREN / 5
        await bank.audit()

    asyncio.run(main())


def test_a_child_that_fails_takes_the_whole_block_with_it_and_nothing_else(
    make_bank: Callable[..., Bank],
) -> None:
    bank = make_bank()
    db = bank.wrapper

    async def child(number: int) -> None:
        await spawn(db.run, "UPDATE bank SET amount = amount - 1 WHERE id = %s", (number % 10,))
        if number == CHILDREN // 2:
            raise ValueError(number)

    async def main() -> None:
        try:
            async with transaction.atomic(ALIAS), asyncio.TaskGroup() as group:
                for number in range(CHILDREN):
                    group.create_task(child(number))
        except* ValueError:
            pass
        await bank.audit()

    asyncio.run(main())
