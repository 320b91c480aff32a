from __future__ import annotations

import asyncio
import threading
import time
from contextvars import copy_context

import pytest

from offbeat.concurrency import Workers, call_on, in_bridge, in_thread, wait
from offbeat.concurrency.home import current_home, homes

from .helpers import eventually, fetch, query


@pytest.fixture
def pool():
    made = []

    def make(**options):
        made.append(Workers(**options))
        return made[-1]

    yield make
    for workers in made:
        workers.shutdown()


def test_value_and_exception_of_a_threaded_call(run):
    def fn(a, *, b):
        assert threading.current_thread() is not threading.main_thread()
        if b is None:
            raise KeyError(a)
        return a, b

    async def view():
        assert await in_thread(fn, 1, b=2) == (1, 2)
        with pytest.raises(KeyError):
            await in_thread(fn, 1, b=None)

    run(view)


def test_stop_iteration_in_a_thread_becomes_a_runtime_error(run):
    def fn():
        raise StopIteration(3)

    async def view():
        with pytest.raises(RuntimeError, match="StopIteration"):
            await in_thread(fn)

    run(view)


def test_waiting_in_a_worker_runs_on_the_home_loop_in_a_bridge(run):
    async def view():
        lock = asyncio.Lock()
        here = asyncio.get_running_loop(), threading.get_ident()

        async def back():
            async with lock:
                await asyncio.sleep(0)
                return (asyncio.get_running_loop(), threading.get_ident()), in_bridge(), query(4)

        def fn():
            assert current_home().loop is here[0]
            assert not in_bridge()
            return wait(back())

        return await in_thread(fn) == (here, True, 4)

    assert run(view)
    # The worker hands over the result before it clears up behind itself.
    eventually(lambda: not homes)


def test_error_of_the_awaited_is_raised_in_the_worker(run):
    async def failing():
        await asyncio.sleep(0)
        raise OSError

    def fn():
        with pytest.raises(OSError):
            wait(failing())
        return query(1)

    assert run(lambda: in_thread(fn)) == 1


def test_threads_grow_only_while_jobs_stand_still(run, pool):
    workers = pool(base=2, patience=0.005)

    async def view():
        await asyncio.gather(*[workers.call(int) for _ in range(50)])
        assert workers.peak <= 3
        gate = threading.Event()
        blocked = [asyncio.ensure_future(workers.call(gate.wait, 5)) for _ in range(6)]
        for _ in range(400):
            if workers.threads >= 6:
                break
            await asyncio.sleep(0.005)
        assert workers.threads == 6
        gate.set()
        await asyncio.gather(*blocked)

    run(view)


def test_never_more_threads_than_allowed(run, pool):
    workers = pool(base=1, most=2, patience=0.001)

    async def view():
        await asyncio.gather(*[workers.call(time.sleep, 0.005) for _ in range(8)])

    run(view)
    assert workers.peak == 2


def test_idle_extra_threads_end(run, pool):
    workers = pool(base=1, patience=0.001, idle=0.01)

    async def view():
        await asyncio.gather(*[workers.call(time.sleep, 0.01) for _ in range(6)])
        assert workers.peak > 1
        for _ in range(200):
            if workers.threads == 1:
                return
            await asyncio.sleep(0.005)
        raise AssertionError(workers.threads)

    run(view)


def test_a_pool_serves_several_loops(run, pool):
    workers = pool(base=1, most=3, patience=0.001)

    async def view():
        await asyncio.gather(*[workers.call(time.sleep, 0.002) for _ in range(5)])
        return await workers.call(int)

    for _ in range(3):
        assert run(view) == 0


def test_a_pool_that_was_shut_down_refuses_jobs(run, pool):
    workers = pool()

    async def view():
        assert await workers.call(int) == 0
        workers.shutdown()
        with pytest.raises(RuntimeError, match="shut down"):
            workers.submit(asyncio.get_running_loop(), copy_context(), int)

    run(view)


def test_the_loop_can_call_back_into_the_thread_that_waits_for_it(run):
    def fn():
        owner = threading.get_ident()

        async def back():
            await asyncio.sleep(0)
            assert threading.get_ident() != owner
            assert call_on(owner, threading.get_ident) == owner
            with pytest.raises(ZeroDivisionError):
                call_on(owner, lambda: 1 / 0)

            async def deeper():
                return call_on(owner, threading.get_ident)

            # The thread, called back, waits for the loop once more.
            return call_on(owner, lambda: wait(deeper()))

        return wait(back()) == owner

    assert run(lambda: in_thread(fn))


def test_a_worker_can_call_into_the_thread_of_its_loop(run):
    async def view():
        here = threading.get_ident()
        assert call_on(here, int) == 0
        return await in_thread(call_on, here, threading.get_ident) == here

    assert run(view)


def test_calling_a_thread_that_is_not_waiting_is_an_error(run):
    async def view():
        ready, gate = threading.Event(), threading.Event()

        def fn():
            ready.set()
            gate.wait(5)

        task = asyncio.create_task(in_thread(fn))
        while not ready.is_set():
            await asyncio.sleep(0.001)
        other = next(iter(homes))
        with pytest.raises(RuntimeError, match="not waiting"):
            call_on(other, int)
        gate.set()
        await task

    run(view)


def test_a_thread_that_waits_is_released_when_the_loop_shuts_down(loop_factory):
    outcome = []

    def fn():
        try:
            wait(fetch(1, 100))
        except asyncio.CancelledError:
            outcome.append("cancelled")
            raise

    async def main():
        task = asyncio.create_task(in_thread(fn))
        await asyncio.sleep(0.01)
        return task

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(main())
    assert outcome == ["cancelled"]


@pytest.mark.parametrize("count", [40])
def test_many_threads_wait_at_once(run, count):
    def fn(i):
        return query(i) + query(0)

    async def view():
        return await asyncio.gather(*[in_thread(fn, i) for i in range(count)])

    assert run(view) == list(range(count))


def test_threads_that_wait_for_other_threads_do_not_use_the_pool_up(run, pool):
    workers = pool(base=1, most=2, patience=0.001)

    def outer(depth):
        return wait(workers.call(outer, depth - 1)) + 1 if depth else 0

    async def view():
        return await asyncio.gather(*[workers.call(outer, 5) for _ in range(5)])

    assert run(view) == [5] * 5
