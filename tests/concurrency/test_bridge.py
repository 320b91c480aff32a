from __future__ import annotations

import asyncio
import decimal
import functools
import inspect
import json
import re
import sys
import threading
import traceback

import pytest

from offbeat.concurrency import BridgedCoroutine, bridged, in_bridge, spawn, wait
from offbeat.core.exceptions import SynchronousOnlyOperation

from .helpers import fetch, query


class Book:
    @property
    def author(self):
        return query("author")


def test_plain_attribute_access_suspends_in_an_async_function(run):
    async def view():
        book = Book()
        await asyncio.sleep(0)
        first = book.author
        await asyncio.sleep(0)
        return first, book.author

    assert run(view) == ("author", "author")


def test_others_run_while_synchronous_code_waits(run):
    order = []

    async def other():
        order.append("other")

    async def view():
        task = asyncio.create_task(other())
        query(1)
        order.append("view")
        await task

    run(view)
    assert order == ["other", "view"]


def test_spawn_runs_a_function_with_its_arguments(run_plain):
    def fn(a, *, b):
        return query(a), b, in_bridge()

    async def main():
        assert not in_bridge()
        return await spawn(fn, 1, b=2)

    assert run_plain(main) == (1, 2, True)


def test_spawn_and_bridged_are_direct_when_bridged_already(run):
    async def view():
        stack = len(inspect.stack())
        inner = await spawn(lambda: len(inspect.stack()))

        async def coro():
            return in_bridge(), asyncio.current_task()

        assert await bridged(coro()) == (True, asyncio.current_task())
        return inner - stack

    assert run(view) <= 2


def test_bridged_keeps_value_and_task(run_plain):
    async def inner():
        return asyncio.current_task(), query(2)

    async def main():
        return await bridged(inner()) == (asyncio.current_task(), 2)

    assert run_plain(main)


def test_waiting_for_what_is_done_returns_at_once(run):
    async def view():
        future = asyncio.get_running_loop().create_future()
        future.set_result(3)

        async def value():
            return 4

        class Awaitable:
            def __await__(self):
                yield from asyncio.sleep(0).__await__()
                return 5

        return wait(future), wait(value()), wait(Awaitable()), wait(asyncio.create_task(value()))

    assert run(view) == (3, 4, 5, 4)


def test_exception_has_the_whole_traceback(run):
    def below():
        query(1)
        raise KeyError("x")

    async def middle():
        await asyncio.sleep(0)
        below()

    async def view():
        await middle()

    with pytest.raises(KeyError) as caught:
        run(view)
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    positions = [names.index(name) for name in ("view", "middle", "below")]
    assert positions == sorted(positions)


def test_exception_of_the_awaited_shows_the_way_down(run):
    async def failing():
        await asyncio.sleep(0)
        raise OSError("net")

    def caller():
        wait(failing())

    async def view():
        try:
            caller()
        except OSError as exc:
            return [frame.name for frame in traceback.extract_tb(exc.__traceback__)]

    names = run(view)
    assert names[0] == "view"
    assert names.index("caller") < names.index("failing")


def test_spawned_function_raises_to_its_caller(run_plain):
    def fn():
        query(1)
        raise ValueError("no")

    async def main():
        with pytest.raises(ValueError, match="no") as caught:
            await spawn(fn)
        assert caught.value.__context__ is None
        with pytest.raises(ZeroDivisionError):
            await spawn(lambda: 1 / 0)
        return await spawn(query, 7)

    assert run_plain(main) == 7


def test_stop_iteration_is_not_taken_for_a_result(run, run_plain):
    def fn():
        query(1)
        raise StopIteration(3)

    async def view():
        with pytest.raises(StopIteration):
            fn()

    run(view)

    async def main():
        with pytest.raises(RuntimeError, match="StopIteration"):
            await spawn(fn)

    run_plain(main)


def test_system_exit_passes(run):
    async def view():
        query(1)
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        run(view)


def test_current_task_is_the_same_on_both_sides(run):
    async def view():
        task = asyncio.current_task()

        def below():
            assert asyncio.current_task() is task
            query(1)
            assert asyncio.current_task() is task

        below()

    run(view)


def test_async_generators_and_context_managers(run):
    log = []

    async def numbers():
        try:
            for i in range(3):
                yield query(i)
                await asyncio.sleep(0)
        finally:
            log.append(query("closed"))

    class Manager:
        async def __aenter__(self):
            log.append(query("in"))

        async def __aexit__(self, *exc):
            log.append(query("out"))

    async def view():
        assert [x async for x in numbers()] == [0, 1, 2]
        generator = numbers()
        await anext(generator)
        await generator.aclose()
        async with Manager():
            query(1)

    run(view)
    assert log == ["closed", "closed", "in", "out"]


def test_synchronous_generators(run):
    def numbers():
        for i in range(3):
            yield query(i)

    async def view():
        seen = []
        for x in numbers():
            seen.append(x)
            await asyncio.sleep(0)
        return seen

    assert run(view) == [0, 1, 2]


def test_suspension_under_frames_of_c_code(run):
    @functools.total_ordering
    class Key:
        def __init__(self, i):
            self.i = i

        def __lt__(self, other):
            query(1, 0)
            return self.i < other.i

        def __hash__(self):
            return 1

        def __eq__(self, other):
            query(1, 0)
            return self.i == other.i

        def __str__(self):
            return str(query(self.i, 0))

    async def view():
        assert [k.i for k in sorted([Key(3), Key(1), Key(2)])] == [1, 2, 3]
        assert sorted([3, 1, 2], key=lambda x: query(x, 0)) == [1, 2, 3]
        assert json.dumps({"a": object()}, default=lambda o: query("s", 0)) == '{"a": "s"}'
        assert list(map(query, range(3), [0] * 3)) == [0, 1, 2]
        assert {Key(1): 1, Key(2): 2}[Key(2)] == 2
        assert f"{Key(7)}" == "7"
        assert re.sub("a", lambda m: query("b", 0), "aaa") == "bbb"

    run(view)


def test_deep_recursion_and_its_limit(run):
    def deep(n):
        return deep(n - 1) if n else query(1)

    def endless():
        return endless()

    async def view():
        assert deep(300) == 1
        with pytest.raises(RecursionError):
            endless()
        return query(2)

    assert run(view) == 2


def test_handled_exceptions_of_tasks_do_not_mix(run):
    async def child(i):
        try:
            raise ValueError(i)
        except ValueError:
            query(1)
            assert sys.exc_info()[1].args == (i,)
            await asyncio.sleep(0)
            assert sys.exc_info()[1].args == (i,)
        query(1)
        assert sys.exc_info()[1] is None

    async def view():
        await asyncio.gather(*[child(i) for i in range(20)])

    run(view)


def test_exception_context_is_not_another_tasks(run):
    async def handling():
        try:
            raise ValueError
        except ValueError:
            query(1, 0.01)

    async def raising():
        query(1, 0.003)
        raise KeyError

    async def view():
        _, error = await asyncio.gather(handling(), raising(), return_exceptions=True)
        return error

    error = run(view)
    assert isinstance(error, KeyError) and error.__context__ is None


def test_decimal_contexts_of_tasks_do_not_mix(run):
    async def child(precision):
        with decimal.localcontext() as context:
            context.prec = precision
            query(1)
            assert decimal.getcontext().prec == precision

    async def view():
        before = decimal.getcontext().prec
        await asyncio.gather(*[child(i) for i in range(3, 20)])
        return decimal.getcontext().prec == before

    assert run(view)


def test_refused_on_a_loop_outside_a_bridge(run_plain):
    async def main():
        with pytest.raises(SynchronousOnlyOperation, match=r"spawn.*bridged"):
            query(1)
        answer = asyncio.get_running_loop().create_future()

        def callback():
            try:
                query(1)
            except SynchronousOnlyOperation:
                answer.set_result("refused")

        asyncio.get_running_loop().call_soon(callback)
        return await answer

    assert run_plain(main) == "refused"


def test_a_thread_without_a_loop_waits_on_a_private_one():
    assert query(4) == 4
    results = []

    def work():
        results.append((query(5), query(6), in_bridge()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert results == [(5, 6, False)]


def test_synchronous_code_nests_on_a_private_loop():
    async def outer():
        return query(1) + query(2)

    assert wait(outer()) == 3


def test_asyncio_debug_mode(run):
    async def child():
        return query(3)

    async def view():
        return query(1) + await asyncio.create_task(child())

    assert run(view, debug=True) == 4


def test_a_parked_coroutine_can_be_closed(loop_factory):
    log = []

    def below():
        try:
            query(1, 100)
        finally:
            log.append("closed")

    async def view():
        below()

    loop = loop_factory()

    async def main():
        for wrap in (bridged, BridgedCoroutine):
            coro = wrap(view())
            coro.send(None)
            coro.close()
            coro.close()

    loop.run_until_complete(main())
    loop.close()
    assert log == ["closed", "closed"]


def test_closing_before_the_first_step_closes_the_users_coroutine():
    async def view():
        raise AssertionError

    inner = view()
    coro = BridgedCoroutine(inner)
    coro.close()
    assert inspect.getcoroutinestate(inner) == inspect.CORO_CLOSED
    with pytest.raises(RuntimeError, match="cannot reuse"):
        coro.send(None)


def test_bridged_coroutine_can_be_awaited(run_plain):
    async def child():
        return query(1)

    async def main():
        return await BridgedCoroutine(child())

    assert run_plain(main) == 1


def test_waiting_under_a_foreign_greenlet(run):
    from greenlet import getcurrent, greenlet

    async def view():
        def foreign():
            assert in_bridge()
            a = query("a")
            try:
                wait(failing())
            except OSError:
                return a + query("b")

        async def failing():
            await asyncio.sleep(0)
            raise OSError

        inner = greenlet(foreign)
        inner.gr_context = getcurrent().gr_context
        return inner.switch() + query("c")

    assert run(view) == "abc"


def test_fetch_can_be_awaited_directly(run):
    assert run(lambda: fetch(1)) == 1


def test_interrupting_a_private_loop_cancels_what_it_runs(monkeypatch):
    log = []

    async def slow():
        try:
            asyncio.get_running_loop().call_soon(interrupt)
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            log.append("cancelled")
            raise

    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wait(slow())
    assert log == ["cancelled"]
    assert query(1) == 1
