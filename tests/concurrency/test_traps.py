"""What is known to go wrong around greenlets on an event loop: each either works here or fails loudly."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import sys
import threading
import tomllib
from pathlib import Path

import pytest
from asgiref.local import Local
from greenlet import getcurrent, greenlet

from offbeat.concurrency import BridgedCoroutine, bridged, finish, install, tasks, wait
from offbeat.core.exceptions import SynchronousOnlyOperation
from offbeat.utils.functional import cached_property

from .helpers import query

var = contextvars.ContextVar("var", default="default")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
def test_an_eager_task_made_past_the_factory_does_not_park_its_parents_bridge(run):
    async def child():
        with pytest.raises(SynchronousOnlyOperation, match="eagerly"):
            query(1)
        return "refused"

    async def view():
        task = asyncio.Task(child(), loop=asyncio.get_running_loop(), eager_start=True)
        assert await task == "refused"
        return query(1)

    assert run(view) == 1


def test_a_bridge_can_be_driven_from_another_greenlet_at_each_step(run_plain):
    async def child():
        return query(1, 0), query(2, 0), query(3, 0)

    async def main():
        for wrap in (bridged, BridgedCoroutine):
            coro = wrap(child())
            try:
                while True:
                    stepper = greenlet(coro.send)
                    stepper.gr_context = getcurrent().gr_context
                    assert stepper.switch(None) is None
                    assert stepper.dead
            except StopIteration as stop:
                assert stop.value == (1, 2, 3)

    run_plain(main)


def test_none_arguments_of_uvloop_are_not_handed_to_other_factories(run_plain):
    seen = []

    def factory(loop, coro, **kwargs):
        seen.append(kwargs)
        return asyncio.Task(coro, loop=loop, **kwargs)

    async def main():
        loop = asyncio.get_running_loop()
        wrapped = tasks._task_factory(factory, always=False)
        await wrapped(loop, asyncio.sleep(0), context=None, eager_start=None, name="n")

    run_plain(main)
    assert seen == [{"name": "n"}]


def test_anyios_repeated_cancellation_does_not_cut_finish_short(run):
    anyio = pytest.importorskip("anyio")
    log = []

    async def commit():
        await asyncio.sleep(0.02)
        log.append("committed")

    async def view():
        with anyio.move_on_after(0.002) as scope:
            wait(finish(commit()))
        assert scope.cancelled_caught
        return list(log)

    assert run(view) == ["committed"]


def test_two_tasks_in_one_context_object_are_an_error(run):
    async def view():
        context = contextvars.copy_context()

        def inner():
            var.set("inner")
            query(1)
            return var.get()

        assert context.run(inner) == "inner"
        assert var.get() == "default"

        async def other():
            return context.run(inner)

        results = await asyncio.gather(other(), other(), return_exceptions=True)
        assert results[0] == "inner"
        assert isinstance(results[1], RuntimeError)
        assert var.get() == "default"

    run(view)


def test_a_lock_held_across_a_wait_blocks_other_tasks_of_the_thread(run):
    lock = threading.Lock()
    got = []

    async def child():
        held = lock.acquire(timeout=0.02)
        got.append(held)
        if held:
            query(1, 0.005)
            lock.release()

    async def view():
        await asyncio.gather(child(), child())

    run(view)
    assert got == [True, False]


def test_an_rlock_does_not_exclude_tasks_of_one_thread(run):
    lock = threading.RLock()
    inside = []

    async def child(i):
        with lock:
            inside.append(i)
            query(1)

    async def view():
        task = asyncio.gather(*[child(i) for i in range(3)])
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert len(inside) > 1
        # asyncio's locks are the ones that exclude tasks; RLock must be released in reverse order, so let it.
        await task

    run(view)


def test_cached_property_may_wait_in_several_tasks_at_once(run):
    class Thing:
        @cached_property
        def value(self):
            return query("value", 0.003)

    thing = Thing()

    async def child():
        return thing.value

    async def view():
        return await asyncio.gather(*[child() for _ in range(5)])

    assert run(view) == ["value"] * 5


def test_threading_local_leaks_between_tasks_and_asgirefs_local_does_not(run):
    local, plain, leaks = Local(), threading.local(), []

    async def child(i):
        local.x = plain.x = i
        query(1)
        assert local.x == i
        leaks.append(plain.x != i)

    async def view():
        await asyncio.gather(*[child(i) for i in range(10)])

    run(view)
    assert any(leaks)


def test_asyncio_run_in_a_bridge_stays_an_error(run):
    async def view():
        inner = asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="running event loop"):
            asyncio.run(inner)
        inner.close()

    run(view)


def test_waiting_in_a_finaliser_on_the_loop_is_refused(run_plain):
    errors = []

    class Careless:
        def __del__(self):
            try:
                query(1)
            except SynchronousOnlyOperation as exc:
                errors.append(exc)

    async def main():
        careless = Careless()
        del careless
        gc.collect()

    run_plain(main)
    assert len(errors) == 1


def test_coverage_is_told_of_greenlets():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert set(project["tool"]["coverage"]["run"]["concurrency"]) >= {"thread", "greenlet"}


def test_install_under_an_eager_factory_of_uvloop(run_plain):
    if sys.version_info < (3, 12):
        pytest.skip("eager tasks came with Python 3.12")

    async def child():
        return query(1)

    async def main():
        loop = asyncio.get_running_loop()
        loop.set_task_factory(asyncio.eager_task_factory)
        install(loop, always=True)
        return await loop.create_task(child())

    assert run_plain(main) == 1
