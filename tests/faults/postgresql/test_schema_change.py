"""A table that changes under traffic: prepared statements are made anew, and nobody notices but transactions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from offbeat.concurrency import spawn
from offbeat.db import OperationalError, ProgrammingError
from tests.faults.bank import Bank, until


def test_a_table_changes_under_traffic(make_bank: Callable[..., Bank]) -> None:
    bank = make_bank(prepare_threshold=1)
    db = bank.wrapper
    read = 0
    failures: list[BaseException] = []

    async def reader() -> None:
        nonlocal read
        while not bank.stopped:
            try:
                rows = await spawn(db.fetch_all, "SELECT * FROM bank WHERE id = %s", (3,))
            except (OperationalError, ProgrammingError) as exc:
                failures.append(exc)
            else:
                assert rows[0][0] == 3
                read += 1

    async def main() -> None:
        tasks = [asyncio.create_task(reader()) for _ in range(8)]
        for number in range(5):
            done = read
            await until(lambda done=done: read > done + 20)  # type: ignore[misc]
            await spawn(db.run, f"ALTER TABLE bank ADD COLUMN more{number} int")
        done = read
        await until(lambda: read > done + 20)
        bank.stopped = True
        await asyncio.gather(*tasks)
        assert failures == []
        rows = await spawn(db.fetch_all, "SELECT * FROM bank WHERE id = %s", (3,))
        assert len(rows[0]) == 7
        await bank.audit()

    asyncio.run(main())
