"""Requests that are cancelled at every await: the next user of the connection finds it as new."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from offbeat.concurrency import spawn
from offbeat.db import ProgrammingError, transaction
from tests.db.conftest import ALIAS
from tests.db.test_cancellation import sweep

from .bank import ACCOUNTS, EACH, Bank

# What a request does to its session beside its queries, and what asks whether any of it is left.
CHANGES = {
    "postgresql": [
        "SET application_name = 'left behind'",
        "SELECT set_config('offbeat.left', 'behind', false)",
        "SELECT pg_advisory_lock(4711)",
        "CREATE TEMPORARY TABLE left_behind (id int)",
    ],
    "mysql": [
        "SET @left_behind = 1",
        "SET SESSION sql_mode = 'ANSI'",
        "SELECT GET_LOCK('left_behind', 5)",
        "CREATE TEMPORARY TABLE left_behind (id int)",
    ],
}
LEFT = {
    "postgresql": "SELECT current_setting('application_name') = 'left behind', "
    "coalesce(current_setting('offbeat.left', true), '') = 'behind', "
    "(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) > 0, "
    "(SELECT count(*) FROM pg_cursors WHERE name <> '') > 0, "
    "to_regclass('pg_temp.left_behind') IS NOT NULL",
    "mysql": "SELECT @left_behind IS NOT NULL, @@session.sql_mode LIKE '%%ANSI%%', "
    "coalesce(IS_USED_LOCK('left_behind') = CONNECTION_ID(), 0)",
}


@pytest.mark.parametrize("change_number", range(4))
def test_nothing_of_a_cancelled_request_is_left_on_its_connection(
    make_bank: Callable[..., Bank], change_number: int
) -> None:
    bank = make_bank(pool_size=1)
    db = bank.wrapper

    def change() -> None:
        with db.cursor() as cursor:
            cursor.execute(CHANGES[db.vendor][change_number])

    def read() -> None:
        with db.chunked_cursor() as cursor:
            cursor.execute("SELECT id FROM bank")
            cursor.fetchmany(2)

    async def work() -> None:
        await spawn(change)
        await spawn(read)
        async with transaction.atomic(ALIAS):
            await spawn(db.run, "UPDATE bank SET amount = amount - 1 WHERE id = 1")
            await spawn(db.run, "UPDATE bank SET amount = amount + 1 WHERE id = 2")

    def check() -> None:
        (found,) = db.fetch_all(LEFT[db.vendor])
        assert not any(found)
        # MariaDB lists no temporary tables.
        with pytest.raises(ProgrammingError, match="left_behind"):
            db.fetch_all("SELECT id FROM left_behind")
        assert db.fetch_all("SELECT 1") == [(1,)]
        assert db.fetch_all("SELECT SUM(amount) FROM bank") == [(ACCOUNTS * EACH,)]

    async def main() -> None:
        assert await sweep(work, check) >= 10
        await bank.audit()

    asyncio.run(main())
