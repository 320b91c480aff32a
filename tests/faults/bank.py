"""Accounts between which clients transfer: whatever happens, no money is lost and none is made."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

from offbeat.concurrency import spawn
from offbeat.db import OperationalError, connections, transaction
from tests.db.conftest import ALIAS

__all__ = ["Bank", "until"]

ACCOUNTS = 10
EACH = 100
# What a server says that ended one of two transactions which stood in each other's way.
CONFLICTS = ("40001", "40P01")

_SESSIONS = (
    "SELECT pid, xact_start IS NOT NULL FROM pg_stat_activity "
    "WHERE datname = %s AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


async def until(condition: Callable[[], Any], limit: float = 20) -> None:
    """Let the loop run until the condition holds."""
    async with asyncio.timeout(limit):
        while not condition():
            await asyncio.sleep(0.002)


class Bank:
    """The accounts in a database of their own, and the clients."""

    def __init__(self, wrapper: Any, observer: Any = None) -> None:
        self.wrapper = wrapper
        # Looks at the same server through other connections.
        self.observer = observer or connections["default"]
        self.chance = random.Random(7)
        self.failures: list[OperationalError] = []
        self.transfers = 0
        self.retries = 0
        self.stopped = False
        self.ordered = True
        self.tasks: list[asyncio.Task[None]] = []

    def open(self) -> None:
        """Make the accounts."""
        self.wrapper.run("CREATE TABLE bank (id int PRIMARY KEY, amount int NOT NULL)")
        self.wrapper.run_many("INSERT INTO bank VALUES (%s, %s)", [(n, EACH) for n in range(ACCOUNTS)])
        self.wrapper.close()

    # Clients.

    async def transfer(self) -> None:
        ids = self.chance.sample(range(ACCOUNTS), 2)
        amount = self.chance.randint(1, 5)
        async with transaction.atomic(ALIAS):
            # In the same order, or else two transfers may wait for each other.
            for number in sorted(ids) if self.ordered else ids:
                await spawn(
                    self.wrapper.fetch_all, "SELECT amount FROM bank WHERE id = %s FOR UPDATE", (number,)
                )
            await spawn(self.wrapper.run, f"UPDATE bank SET amount = amount - {amount} WHERE id = {ids[0]}")
            await spawn(self.wrapper.run, f"UPDATE bank SET amount = amount + {amount} WHERE id = {ids[1]}")
        self.transfers += 1

    async def retried(self) -> None:
        """A transfer, again for as long as the server says that it was in somebody's way."""
        while True:
            try:
                return await self.transfer()
            except OperationalError as exc:
                if exc.sqlstate not in CONFLICTS:
                    raise
                self.retries += 1

    async def total(self) -> int:
        rows = await spawn(self.wrapper.fetch_all, "SELECT SUM(amount) FROM bank")
        return int(rows[0][0])

    async def client(self) -> None:
        while not self.stopped:
            try:
                if self.chance.random() < 0.7:
                    await self.retried()
                else:
                    assert await self.total() == ACCOUNTS * EACH
            except OperationalError as exc:
                self.failures.append(exc)
                # What would the next request do? It waits a turn of the loop, not for the server.
                await asyncio.sleep(0.01)

    def start(self, clients: int = 12) -> None:
        self.tasks = [asyncio.create_task(self.client()) for _ in range(clients)]

    async def some_transfers(self, count: int = 20) -> None:
        """Wait for so many more; a client that fails is heard at once."""
        done = self.transfers
        await until(
            lambda: self.transfers >= done + count or any(task.done() for task in self.tasks), limit=20
        )
        for task in self.tasks:
            if task.done():
                task.result()

    async def stop(self) -> None:
        self.stopped = True
        await asyncio.gather(*self.tasks)

    # What is left.

    def sessions(self) -> list[tuple[int, bool]]:
        """The sessions of this database on the server, and whether each is in a transaction."""
        name = self.wrapper.settings_dict["NAME"]
        if self.wrapper.vendor == "postgresql":
            rows = self.observer.fetch_all(_SESSIONS, (name,))
            return [(int(row[0]), bool(row[1])) for row in rows]
        # The statement, for the table of the same name is written to a file each time.
        found = [row[0] for row in self.observer.fetch_all("SHOW PROCESSLIST") if row[3] == name]
        rows = self.observer.fetch_all("SELECT trx_mysql_thread_id FROM information_schema.innodb_trx")
        return [(session, (session,) in rows) for session in found]

    async def audit(self) -> None:
        """Nothing was lost, and nothing is left: no money, connection, transaction, task."""
        assert await self.total() == ACCOUNTS * EACH
        pool = self.wrapper.pool
        await until(lambda: asyncio.all_tasks() == {asyncio.current_task()})
        assert not pool.busy
        assert not pool.pinned
        assert not pool.asking
        assert len(pool.idle) == pool.open <= pool.size
        await self.settled()
        assert pool.statistics().opened - pool.statistics().closed == pool.open

    async def settled(self) -> None:
        """Wait until the server has no session but those of the pool, and none in a transaction."""
        end = asyncio.get_running_loop().time() + 20
        while True:
            found = await spawn(self.sessions)
            if len(found) == self.wrapper.pool.open and not any(busy for _, busy in found):
                return
            assert asyncio.get_running_loop().time() < end, (found, self.wrapper.pool.open)
            # MariaDB shows the same transactions again to who looks sooner, or just after somebody else.
            await asyncio.sleep(
                0.01 if self.wrapper.vendor == "postgresql" else self.chance.uniform(0.12, 0.3)
            )

    def kill_one(self) -> bool:
        """End a session of the database, as an administrator does; whether there was one."""
        found = self.sessions()
        if not found:
            return False
        victim = self.chance.choice(found)[0]
        if self.wrapper.vendor == "postgresql":
            return bool(self.observer.fetch_all("SELECT pg_terminate_backend(%s)", (victim,))[0][0])
        try:
            self.observer.run(f"KILL {victim}")
        except OperationalError as exc:
            # It went by itself.
            assert exc.args[0] == 1094
            return False
        return True
