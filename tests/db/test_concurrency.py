"""Tasks, threads and one database."""

from __future__ import annotations

import _thread
import asyncio
import threading
import time
from contextvars import Context, copy_context
from typing import Any

import pytest

from offbeat.concurrency import detached, in_thread, run, spawn, wait
from offbeat.core.exceptions import SynchronousOnlyOperation
from offbeat.db import OperationalError, connections
from offbeat.db.transaction import TransactionManagementError, atomic

from .conftest import ALIAS, add, make_wrapper, names, sql


@pytest.mark.sqlite
def test_gathered_queries_use_several_connections(file_db: Any) -> None:
    async def main() -> int:
        # Each statement waits for the others: they must be under way at the same time.
        barrier = threading.Barrier(3)

        def query() -> Any:
            with file_db.cursor() as cursor:
                cursor.execute("SELECT 1")
                cursor.connection.create_function("meet", 0, lambda: barrier.wait(5))
                return cursor.execute("SELECT meet() >= 0").fetchall()

        assert await asyncio.gather(*[spawn(query) for _ in range(3)]) == [[(1,)]] * 3
        return file_db.pool.open

    assert run(main()) == 3


def test_children_gathered_in_a_block_join_its_transaction(db: Any) -> None:
    async def main() -> list[str]:
        async with atomic(ALIAS):
            await asyncio.gather(*[spawn(add, db, name) for name in "abcdefghij"])
        with pytest.raises(ZeroDivisionError):
            async with atomic(ALIAS):
                await asyncio.gather(*[spawn(add, db, name) for name in "klm"])
                raise ZeroDivisionError
        return sorted(await spawn(names, db))

    assert run(main()) == list("abcdefghij")


def test_savepoints_of_concurrent_children_do_not_mix(db: Any) -> None:
    async def child(name: str, fail: bool) -> None:
        async with atomic(ALIAS):
            await spawn(add, db, name)
            await asyncio.sleep(0)
            await spawn(add, db, name * 2)
            await asyncio.sleep(0)
            if fail:
                raise ZeroDivisionError

    async def main() -> list[str]:
        async with atomic(ALIAS):
            await asyncio.gather(*[child(name, name in "bd") for name in "abcde"], return_exceptions=True)
        return sorted(await spawn(names, db))

    assert run(main()) == ["a", "aa", "c", "cc", "e", "ee"]


def test_a_parent_waits_in_an_inner_block_for_children_started_there(db: Any) -> None:
    async def main() -> list[str]:
        async with atomic(ALIAS):
            async with atomic(ALIAS):
                await asyncio.gather(spawn(add, db, "a"), spawn(add, db, "b"))
        return sorted(await spawn(names, db))

    assert run(main()) == ["a", "b"]


def test_a_sibling_in_the_outer_block_waits_until_the_inner_one_has_ended(db: Any) -> None:
    async def main() -> list[str]:
        inside = asyncio.Event()

        async def inner() -> None:
            async with atomic(ALIAS):
                inside.set()
                for name in "abc":
                    await spawn(add, db, name)
                    await asyncio.sleep(0)

        async def outer() -> None:
            await inside.wait()
            await spawn(add, db, "z")

        async with atomic(ALIAS):
            await asyncio.gather(inner(), outer())
        return await spawn(names, db)

    assert run(main()) == ["a", "b", "c", "z"]


def test_a_child_that_outlives_its_block_is_told_so(db: Any) -> None:
    async def main() -> None:
        go = asyncio.Event()

        async def child() -> None:
            await go.wait()
            await spawn(add, db, "late")

        async with atomic(ALIAS):
            task = asyncio.create_task(child())
            await asyncio.sleep(0)
        go.set()
        with pytest.raises(TransactionManagementError, match="detached"):
            await task
        assert await spawn(names, db) == []

    run(main())


def test_a_detached_child_does_not_join(file_db: Any) -> None:
    async def main() -> list[str]:
        async def child() -> list[str]:
            return await spawn(names, file_db)

        async with atomic(ALIAS):
            await spawn(add, file_db, "a")
            with detached():
                task = asyncio.create_task(child())
            assert await task == []
            assert await spawn(names, file_db) == ["a"]
        return await spawn(names, file_db)

    assert run(main()) == ["a"]


def test_a_statement_on_the_loop_outside_a_bridge_is_refused(db: Any) -> None:
    async def main() -> None:
        with pytest.raises(SynchronousOnlyOperation, match="spawn"):
            names(db)
        with pytest.raises(SynchronousOnlyOperation):
            with atomic(ALIAS):
                pass

    asyncio.run(main())


def test_a_transaction_of_the_thread_is_joined_by_a_loop_it_runs(db: Any) -> None:
    async def main() -> list[str]:
        await spawn(add, db, "b")
        async with atomic(ALIAS):
            await spawn(add, db, "c")
        return await spawn(names, db)

    with pytest.raises(ZeroDivisionError), atomic(ALIAS):
        add(db, "a")
        assert run(main()) == ["a", "b", "c"]
        # A context made before the transaction began is inside it just the same.
        assert Context().run(lambda: run(main_again(db))) == ["a", "b", "c"]
        raise ZeroDivisionError
    assert names(db) == []


async def main_again(db: Any) -> list[str]:
    return await spawn(names, db)


def test_a_transaction_of_the_thread_is_joined_by_worker_threads_of_its_loop(db: Any) -> None:
    async def main() -> None:
        await asyncio.gather(*[in_thread(add, db, name) for name in "bcd"])
        await in_thread(nested)

    def nested() -> None:
        with atomic(ALIAS):
            add(db, "e")

    with pytest.raises(ZeroDivisionError), atomic(ALIAS):
        add(db, "a")
        run(main())
        assert sorted(names(db)) == list("abcde")
        raise ZeroDivisionError
    assert names(db) == []


def test_a_thread_with_a_copied_context_joins_and_a_plain_one_does_not(file_db: Any) -> None:
    seen: dict[str, list[str]] = {}

    def look(key: str) -> None:
        seen[key] = names(file_db)

    with atomic(ALIAS):
        add(file_db, "a")
        context = copy_context()
        for thread in (
            threading.Thread(target=context.run, args=(look, "copied")),
            threading.Thread(target=Context().run, args=(look, "plain")),
        ):
            thread.start()
            thread.join()
    assert seen == {"copied": ["a"], "plain": []}


def test_a_worker_thread_joins_the_transaction_of_the_task_it_works_for(db: Any) -> None:
    async def main() -> list[str]:
        async with atomic(ALIAS):
            await spawn(add, db, "a")
            await in_thread(add, db, "b")

            def nested() -> None:
                with atomic(ALIAS):
                    add(db, "c")
                with pytest.raises(ZeroDivisionError), atomic(ALIAS):
                    add(db, "d")
                    raise ZeroDivisionError

            await in_thread(nested)
            assert await in_thread(names, db) == ["a", "b", "c"]
        return await spawn(names, db)

    assert run(main()) == ["a", "b", "c"]


def test_a_transaction_in_a_worker_thread_is_used_from_the_loop_it_waits_for(file_db: Any) -> None:
    async def on_the_loop() -> list[str]:
        await spawn(add, file_db, "b")
        return await spawn(names, file_db)

    def view() -> list[str]:
        with atomic(ALIAS):
            add(file_db, "a")
            return wait(on_the_loop())

    async def main() -> list[str]:
        assert await in_thread(view) == ["a", "b"]
        return await spawn(names, file_db)

    assert run(main()) == ["a", "b"]


def test_a_shared_connection_is_used_by_other_threads(file_db: Any) -> None:
    seen: list[Any] = []
    with atomic(ALIAS):
        add(file_db, "a")
        file_db.inc_thread_sharing()
        thread = threading.Thread(target=Context().run, args=(lambda: seen.extend(names(file_db)),))
        thread.start()
        thread.join()
        file_db.dec_thread_sharing()
    assert seen == ["a"]
    with pytest.raises(RuntimeError, match="below zero"):
        file_db.dec_thread_sharing()


@pytest.mark.sqlite
def test_tasks_take_turns_with_transactions_on_a_database_in_memory() -> None:
    db = make_wrapper(":memory:")
    db.run("CREATE TABLE item (id integer PRIMARY KEY, name varchar(20))")

    async def main() -> list[str]:
        async def task(name: str) -> None:
            async with atomic(ALIAS):
                await spawn(add, db, name)
                await asyncio.sleep(0)
                await spawn(add, db, name)

        await asyncio.gather(*[task(name) for name in "abc"])
        return await spawn(names, db)

    assert run(main()) == ["a", "a", "b", "b", "c", "c"]


@pytest.mark.sqlite
def test_busy_writers_and_readers_never_see_a_lock(file_db: Any) -> None:
    file_db.run("INSERT INTO item (id, name) VALUES (1, '0')")

    def increment() -> None:
        with atomic(ALIAS):
            (value,) = file_db.fetch_all("SELECT name FROM item WHERE id = 1")[0]
            wait(asyncio.sleep(0))
            file_db.run(sql(file_db, "UPDATE item SET name = %s WHERE id = 1"), (str(int(value) + 1),))

    async def main() -> None:
        writers = [spawn(increment) for _ in range(40)]
        readers = [spawn(names, file_db) for _ in range(60)]
        await asyncio.gather(*writers, *readers)

    run(main())
    assert names(file_db) == ["40"]


@pytest.mark.sqlite
def test_a_lock_held_by_another_process_ends_in_a_clear_error_without_blocking_the_loop(
    tmp_path: Any,
) -> None:
    import sqlite3

    path = str(tmp_path / "locked.sqlite3")
    db = make_wrapper(path, timeout=0.2)
    db.run("CREATE TABLE item (id integer PRIMARY KEY, name varchar(20))")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def main() -> int:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.01)
                ticks += 1

        ticker = asyncio.create_task(tick())
        with pytest.raises(OperationalError, match="locked"):
            async with atomic(ALIAS):
                pass
        with pytest.raises(OperationalError, match="locked"):
            await spawn(add, db, "a")
        ticker.cancel()
        other.execute("ROLLBACK")
        await spawn(add, db, "b")
        return ticks

    assert run(main()) > 10
    other.close()
    assert names(db) == ["b"]


@pytest.mark.sqlite
def test_loops_leave_no_threads_behind(file_db: Any) -> None:
    async def main() -> None:
        await asyncio.gather(*[spawn(names, file_db) for _ in range(5)])

    before = _thread._count()
    for _ in range(3):
        run(main())
    # Their last step is to say that they have ended.
    deadline = time.monotonic() + 30
    while _thread._count() > before and time.monotonic() < deadline:
        pass
    assert _thread._count() <= before


@pytest.mark.sqlite
def test_one_wrapper_serves_all_threads() -> None:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(connections["default"]))
    thread.start()
    thread.join()
    assert found == [connections["default"]]
