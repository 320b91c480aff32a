from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
import weakref

import pytest
from greenlet import getcurrent, greenlet

from offbeat.concurrency import bridge, bridged, in_thread, spawn, wait

from .helpers import query

var = contextvars.ContextVar("var", default=None)


class Big:
    pass


def idle():
    return bridge._idle_bridges(getcurrent())


def bridges():
    gc.collect()
    return sum(type(o) is bridge.Bridge for o in gc.get_objects())


def test_bridges_are_reused_after_success_errors_and_timeouts(run):
    async def child(i):
        if i % 3 == 0:
            query(1)
            raise ValueError
        if i % 3 == 1:
            async with asyncio.timeout(0.001):
                query(1, 1)
        return query(i)

    async def view():
        for _ in range(3):
            results = await asyncio.gather(*[child(i) for i in range(60)], return_exceptions=True)
            assert sum(isinstance(r, ValueError) for r in results) == 20
            assert sum(isinstance(r, TimeoutError) for r in results) == 20
        return bridges()

    run(view)
    before = bridges()
    run(view)
    assert bridges() == before
    assert all(b.task is None and b.result is None and b.failure is None and b.inner is None for b in idle())
    assert all(b.gr_context is None and not b.dead for b in idle())


def test_the_free_list_is_bounded(run, monkeypatch):
    monkeypatch.setattr(bridge, "POOL_LIMIT", 5)
    idle().clear()

    async def view():
        await asyncio.gather(*[asyncio.create_task(asyncio.sleep(0.001)) for _ in range(40)])

    run(view)
    assert len(idle()) <= 5
    assert bridges() <= 6


def test_nothing_is_kept_of_values_contexts_and_errors(run):
    refs = []

    def remember():
        big = Big()
        refs.append(weakref.ref(big))
        return big

    async def child():
        big = remember()
        var.set(big)
        query(1)
        return big

    async def failing():
        error = ValueError()
        error.big = remember()
        query(1)
        raise error

    async def view():
        for _ in range(20):
            await asyncio.create_task(child())
            await asyncio.gather(failing(), return_exceptions=True)
            await in_thread(remember)
        await asyncio.sleep(0)

    run(view)
    gc.collect()
    assert sum(ref() is not None for ref in refs) == 0


def test_spawned_failures_are_freed_without_the_garbage_collector(run_plain):
    refs = []

    def fn():
        big = Big()
        refs.append(weakref.ref(big))
        raise ValueError

    async def main():
        gc.collect()
        gc.disable()
        try:
            for _ in range(10):
                try:
                    await spawn(fn)
                except ValueError:
                    pass
            return sum(ref() is not None for ref in refs)
        finally:
            gc.enable()

    assert run_plain(main) == 0


def test_tasks_parked_at_the_end_run_their_finally_and_free_their_bridges(run_plain):
    log, parked = [], []

    async def child(future):
        try:
            wait(future)
        finally:
            log.append("closed")

    async def main():
        # A greenlet's stack is invisible to the garbage collector: an abandoned task ends with its runner.
        future = asyncio.get_running_loop().create_future()
        parked.append(asyncio.ensure_future(bridged(child(future))))
        await asyncio.sleep(0)
        return bridges()

    before = run_plain(main)
    assert log == ["closed"]
    parked.clear()
    assert bridges() <= before


def test_a_dropped_idle_bridge_is_freed_at_once(run):
    async def view():
        await asyncio.gather(*[asyncio.create_task(asyncio.sleep(0)) for _ in range(5)])

    # Bridges of tests before may still be held by the tracebacks that those tests kept.
    idle().clear()
    run(view)
    refs = [weakref.ref(b) for b in idle()]
    assert refs
    idle().clear()
    assert [ref() for ref in refs] == [None] * len(refs)


def test_threads_that_end_take_their_bridges_along():
    def work():
        async def inner():
            return query(1)

        wait(inner())

    work()
    before = bridges()
    for _ in range(5):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    getcurrent()
    assert bridges() <= before + 1


@pytest.mark.parametrize("wrap", [greenlet])
def test_foreign_greenlets_do_not_get_a_free_list_of_their_own(run, wrap):
    async def view():
        inner = wrap(lambda: idle())
        return inner.switch() is idle()

    assert run(view)
