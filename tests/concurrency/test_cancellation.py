from __future__ import annotations

import asyncio

import pytest

from offbeat.concurrency import finish, in_thread, spawn, wait

from .helpers import fetch, query


def slow(log):
    try:
        query(1, 10)
    except asyncio.CancelledError:
        log.append("cancelled")
        raise
    finally:
        log.append(query("finally"))


def test_cancellation_is_raised_at_the_wait_and_finally_may_wait(run):
    log = []

    async def child():
        slow(log)

    async def view():
        task = asyncio.create_task(child())
        await asyncio.sleep(0.005)
        task.cancel("why")
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()

    run(view)
    assert log == ["cancelled", "finally"]


def test_cancellation_before_the_first_step(run):
    async def child():
        raise AssertionError

    async def view():
        task = asyncio.create_task(child())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(view)


def test_timeout_blocks(run):
    log = []

    async def child():
        slow(log)

    async def view():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.005):
                slow(log)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(child(), 0.005)
        assert asyncio.current_task().cancelling() == 0
        return query("after")

    assert run(view) == "after"
    assert log == ["cancelled", "finally"] * 2


def test_timeout_around_a_spawned_function(run_plain):
    log = []

    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.005):
                await spawn(slow, log)
        return await spawn(query, "after")

    assert run_plain(main) == "after"
    assert log == ["cancelled", "finally"]


def test_cancellation_can_be_refused(run):
    def stubborn():
        try:
            query(1, 10)
        except asyncio.CancelledError:
            asyncio.current_task().uncancel()
        return query("went on")

    async def child():
        return stubborn()

    async def view():
        task = asyncio.create_task(child())
        await asyncio.sleep(0.005)
        task.cancel()
        return await task

    assert run(view) == "went on"


def test_task_group_cancels_waiting_siblings(run):
    log = []

    async def waiting():
        slow(log)

    async def failing():
        query(1)
        raise ValueError("b")

    async def view():
        with pytest.raises(ExceptionGroup) as caught:
            async with asyncio.TaskGroup() as group:
                group.create_task(waiting())
                group.create_task(failing())
        assert [type(e) for e in caught.value.exceptions] == [ValueError]

    run(view)
    assert log == ["cancelled", "finally"]


def test_finish_returns_the_outcome(run):
    async def failing():
        await asyncio.sleep(0)
        raise OSError

    async def view():
        assert await finish(fetch(1)) == 1
        with pytest.raises(OSError):
            await finish(failing())

    run(view)


def test_finish_lets_the_coroutine_end_then_raises_the_first_cancellation(run):
    log = []

    async def commit():
        query(1, 0.02)
        log.append("committed")

    async def child():
        wait(finish(commit()))

    async def view():
        task = asyncio.create_task(child())
        await asyncio.sleep(0.002)
        task.cancel("first")
        await asyncio.sleep(0.002)
        task.cancel("second")
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return caught.value

    run(view)
    assert log == ["committed"]


def test_finish_prefers_the_cancellation_to_the_error_of_the_coroutine(run):
    async def commit():
        await asyncio.sleep(0.01)
        raise OSError

    async def view():
        task = asyncio.create_task(finish(commit()))
        await asyncio.sleep(0.002)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(view)


def test_a_cancelled_thread_call_waits_for_the_end_of_the_thread(run):
    import time

    log = []

    def blocking():
        time.sleep(0.05)
        log.append("end")

    async def child():
        await in_thread(blocking)

    async def view():
        task = asyncio.create_task(child())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return list(log)

    assert run(view) == ["end"]


def test_random_cancellations_leave_nothing_behind(run):
    import random

    chance = random.Random(7)
    open_blocks = []

    def block(i):
        open_blocks.append(i)
        try:
            query(i, chance.random() / 500)
            wait(finish(fetch(i, 0)))
            query(i, chance.random() / 500)
        finally:
            try:
                query(i, 0)  # may be cancelled in its turn
            finally:
                open_blocks.remove(i)

    async def child(i):
        if i % 3:
            block(i)
        else:
            async with asyncio.timeout(chance.random() / 300):
                block(i)

    async def view():
        for _ in range(5):
            tasks = [asyncio.create_task(child(i)) for i in range(60)]
            for task in chance.sample(tasks, 20):
                await asyncio.sleep(chance.random() / 5000)
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            assert not open_blocks
            assert all(o is None or isinstance(o, (TimeoutError, asyncio.CancelledError)) for o in outcomes)

    run(view)
