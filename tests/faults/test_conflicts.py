"""Deadlocks and serialisation failures: they carry their SQLSTATE, and who repeats the block keeps the sum."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from .bank import CONFLICTS, Bank


def test_transfers_that_are_repeated_after_a_deadlock_keep_the_sum(make_bank: Callable[..., Bank]) -> None:
    bank = make_bank(pool_size=10)
    bank.ordered = False

    async def main() -> None:
        bank.start(10)
        # Until both have happened often: deadlocks, and transfers.
        while bank.retries < 5 or bank.transfers < 100:
            await bank.some_transfers(10)
        await bank.stop()
        assert bank.failures == []
        await bank.audit()

    if bank.wrapper.vendor == "postgresql":
        # The server looks for deadlocks after a second, unless it is told otherwise.
        bank.wrapper.settings_dict["OPTIONS"]["options"] = "-c deadlock_timeout=10ms"
    asyncio.run(main())


def test_transfers_that_are_repeated_after_a_serialisation_failure_keep_the_sum(
    make_bank: Callable[..., Bank],
) -> None:
    bank = make_bank(pool_size=10)
    options = bank.wrapper.settings_dict["OPTIONS"]
    if bank.wrapper.vendor == "postgresql":
        from psycopg import IsolationLevel

        options |= {"isolation_level": IsolationLevel.SERIALIZABLE, "options": "-c deadlock_timeout=10ms"}
        # It was asked for when the accounts were made.
        del bank.wrapper.isolation_level
    else:
        options["isolation_level"] = "serializable"
        # Here readers lock, and nothing fails but deadlocks.
        bank.ordered = False

    async def main() -> None:
        bank.start(10)
        while bank.retries < 5 or bank.transfers < 50:
            await bank.some_transfers(10)
        await bank.stop()
        # Reading alone may be refused, too: those clients do not repeat it.
        assert {exc.sqlstate for exc in bank.failures} <= {*CONFLICTS}
        await bank.audit()

    asyncio.run(main())
