from __future__ import annotations

import asyncio
import inspect
import threading
from concurrent.futures import ThreadPoolExecutor

import asgiref.sync
import pytest

from offbeat.concurrency import (
    async_to_sync,
    in_bridge,
    in_thread,
    inline,
    patch_asgiref,
    placement,
    sync_to_async,
    threaded,
)

from .helpers import fetch, query

MAIN = threading.main_thread()


def test_async_to_sync_suspends_in_a_bridge(run):
    async def view():
        def below():
            return async_to_sync(fetch)(1), threading.current_thread() is MAIN

        return below()

    assert run(view) == (1, True)


def test_async_to_sync_in_a_plain_thread():
    @async_to_sync
    async def double(x):
        """Doubled."""
        return 2 * query(x)

    assert double(4) == 8
    assert double.__name__ == "double" and double.__doc__ == "Doubled."


def test_adapters_bind_as_methods(run):
    class Thing:
        factor = 3

        @async_to_sync
        async def times(self, x):
            return self.factor * await fetch(x)

        @sync_to_async
        def atimes(self, x):
            return self.factor * x

    async def view():
        assert Thing().times(2) == 6
        assert asgiref.sync.iscoroutinefunction(Thing().atimes)
        return await Thing().atimes(3)

    assert run(view) == 9


def test_sync_to_async_leaves_the_loop_thread(run):
    @sync_to_async(thread_sensitive=False)
    def where(x):
        return threading.current_thread() is MAIN, in_bridge(), x

    async def view():
        return await where(5)

    assert run(view) == (False, False, 5)


def test_thread_sensitive_calls_share_one_thread(run):
    ident = sync_to_async(threading.get_ident)

    async def view():
        return set(await asyncio.gather(*[ident() for _ in range(10)]))

    assert len(run(view)) == 1


def test_thread_sensitive_calls_return_to_the_thread_that_waits(run):
    def outer():
        here = threading.get_ident()

        async def back():
            return await sync_to_async(threading.get_ident)()

        return async_to_sync(back)() == here

    async def view():
        assert await sync_to_async(outer)()
        return await in_thread(outer)

    assert run(view)


def test_an_executor_may_be_given(run):
    with ThreadPoolExecutor(1, thread_name_prefix="mine") as executor:

        async def view():
            name = sync_to_async(
                lambda: threading.current_thread().name, thread_sensitive=False, executor=executor
            )
            return await name()

        assert run(view).startswith("mine")


def test_wrong_kinds_are_refused():
    with pytest.raises(TypeError):
        sync_to_async(fetch)
    with pytest.raises(TypeError):
        sync_to_async(5)
    with pytest.raises(TypeError):
        async_to_sync(5)
    with pytest.raises(TypeError):
        sync_to_async(int, executor=object())


def test_layers_of_adapters_do_not_deadlock(run):
    async def one(i):
        def lowest():
            return query(i)

        async def lower():
            await asyncio.sleep(0)
            return await sync_to_async(lowest, thread_sensitive=False)()

        def upper():
            return async_to_sync(lower)()

        async def uppermost():
            return await sync_to_async(upper, thread_sensitive=False)()

        return async_to_sync(uppermost)()

    async def view():
        return await asyncio.gather(*[one(i) for i in range(20)])

    assert run(view) == list(range(20))


def test_asgirefs_adapters_around_and_inside(run):
    async def view():
        def below():
            return query(5), threading.current_thread() is MAIN

        assert await asgiref.sync.sync_to_async(below)() == (5, False)

        async def back():
            assert threading.current_thread() is MAIN
            before = query(1)
            await asyncio.sleep(0)
            return before + query(2)

        def through():
            return asgiref.sync.async_to_sync(back)()

        return await asgiref.sync.sync_to_async(through)()

    assert run(view) == 3


def test_asgirefs_async_to_sync_raises_in_a_bridge_unless_patched(run, monkeypatch):
    monkeypatch.setattr(asgiref.sync.AsyncToSync, "__call__", asgiref.sync.AsyncToSync.__call__)

    async def view():
        with pytest.raises(RuntimeError):
            asgiref.sync.async_to_sync(fetch)(1)
        patch_asgiref()
        patch_asgiref()

        def lowest():
            return query(1)

        async def lower():
            return await asgiref.sync.sync_to_async(lowest)()

        def upper():
            return asgiref.sync.async_to_sync(lower)()

        async def uppermost():
            return await asgiref.sync.sync_to_async(upper)()

        return asgiref.sync.async_to_sync(uppermost)()

    assert run(view) == 1


def test_marks_for_the_placement_of_views():
    @inline
    def a(request): ...

    @threaded
    def b(request): ...

    def plain(request): ...

    @inline
    class View:
        pass

    def as_view(request): ...

    as_view.view_class = View
    assert [placement(x) for x in (a, b, plain, as_view)] == ["inline", "threaded", None, "inline"]
    assert inspect.isfunction(a)
