from __future__ import annotations

import asyncio
import inspect
import sys
from contextvars import ContextVar

import pytest

from offbeat.concurrency import active, detached, in_bridge, install, leave_on_detach, spawn, tasks

from .helpers import query

eager = pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")


def test_gather_and_task_groups_start_bridged_tasks(run):
    async def child(i):
        seen = []
        for k in range(3):
            seen.append(query((i, k)))
            await asyncio.sleep(0)
        return seen

    async def view():
        expected = [[(i, k) for k in range(3)] for i in range(30)]
        assert await asyncio.gather(*[child(i) for i in range(30)]) == expected
        async with asyncio.TaskGroup() as group:
            started = [group.create_task(child(i)) for i in range(30)]
        assert [task.result() for task in started] == expected

    run(view)


def test_tasks_of_other_code_are_left_alone(run_plain):
    async def child():
        return in_bridge()

    async def main():
        install(asyncio.get_running_loop())
        install(asyncio.get_running_loop())
        plain = asyncio.create_task(child())
        assert inspect.iscoroutine(plain.get_coro())
        assert await plain is False

        async def from_bridge():
            return await asyncio.create_task(child())

        def fn():
            return asyncio.create_task(child())

        assert await (await spawn(fn)) is True

    run_plain(main)


def test_tasks_started_from_callbacks_of_active_code_are_bridged(run):
    async def child():
        return in_bridge()

    async def view():
        assert active.get()
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        loop.call_soon(lambda: future.set_result(asyncio.create_task(child())))
        return await (await future)

    assert run(view) is True


def test_always_wraps_every_task(run_plain):
    async def child():
        return query(1)

    async def main():
        install(asyncio.get_running_loop(), always=True)
        return await asyncio.create_task(child())

    assert run_plain(main) == 1


def test_a_task_factory_that_is_there_is_kept(run_plain):
    made = []

    async def child():
        return query(1)

    def factory(loop, coro, **kwargs):
        made.append(coro)
        return asyncio.Task(coro, loop=loop, **kwargs)

    async def main():
        loop = asyncio.get_running_loop()
        loop.set_task_factory(factory)
        install(loop, always=True)
        return await asyncio.create_task(child(), name="child")

    assert run_plain(main) == 1
    assert made


def test_task_looks_like_the_users_coroutine(run):
    async def named_child():
        query(1, 0.02)

    async def view():
        task = asyncio.create_task(named_child(), name="nm")
        coro = task.get_coro()
        assert inspect.getcoroutinestate(coro) == "CORO_CREATED"
        await asyncio.sleep(0.002)
        assert task.get_name() == "nm"
        assert "named_child" in repr(task)
        assert "named_child" in repr(coro)
        assert inspect.getcoroutinestate(coro) == "CORO_SUSPENDED"
        assert task.get_stack()[-1].f_code.co_name == "named_child"
        await task
        assert inspect.getcoroutinestate(coro) == "CORO_CLOSED"

    run(view)


def test_detached_leaves_the_registered_variables_behind(run, monkeypatch):
    monkeypatch.setattr(tasks, "_left_behind", [])
    transaction = ContextVar("transaction", default=None)
    leave_on_detach(transaction)

    async def child():
        return transaction.get()

    async def view():
        transaction.set("open")
        with detached():
            task = asyncio.create_task(child())
        assert transaction.get() == "open"
        return await task, await asyncio.create_task(child())

    assert run(view) == (None, "open")


@eager
def test_eager_tasks_of_the_factory_have_their_own_bridge(run):
    async def child(i):
        return query(i)

    async def done():
        return 5

    async def view():
        loop = asyncio.get_running_loop()
        loop.set_task_factory(asyncio.eager_task_factory)
        install(loop)
        assert await asyncio.gather(*[child(i) for i in range(10)]) == list(range(10))
        assert await asyncio.create_task(done()) == 5

        def start_in_synchronous_code():
            started = [asyncio.create_task(child(i)) for i in range(3)]
            query(1)
            return [query(0, 0.005)] + [task.result() for task in started]

        assert start_in_synchronous_code() == [0, 0, 1, 2]

    run(view)
