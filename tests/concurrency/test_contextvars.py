from __future__ import annotations

import asyncio
from contextvars import ContextVar

from offbeat.concurrency import in_thread, spawn, sync_to_async, wait

from .helpers import query

var = ContextVar("var", default="default")


def test_variables_are_seen_both_ways(run):
    def below():
        assert var.get() == "outer"
        query(1)
        var.set("below")
        query(1)
        assert var.get() == "below"

    async def setter():
        var.set("awaited")
        await asyncio.sleep(0)

    async def view():
        var.set("outer")
        below()
        assert var.get() == "below"
        await asyncio.sleep(0)
        token = var.set("token")
        query(1)
        var.reset(token)
        assert var.get() == "below"
        wait(setter())
        return var.get()

    assert run(view) == "awaited"


def test_spawn_shares_the_context_of_its_caller(run_plain):
    def below():
        assert var.get() == "outer"
        query(1)
        var.set("below")

    async def main():
        var.set("outer")
        await spawn(below)
        return var.get()

    assert run_plain(main) == "below"


def test_tasks_have_a_copy(run):
    async def child(i):
        assert var.get() == "outer"
        var.set(i)
        query(1)
        assert var.get() == i

    async def view():
        var.set("outer")
        for _ in range(3):
            await asyncio.gather(*[child(i) for i in range(20)])
        return var.get()

    assert run(view) == "outer"


def test_a_thread_sees_and_changes_the_context(run):
    def below():
        assert var.get() == "outer"

        async def back():
            assert var.get() == "thread"
            var.set("loop")

        var.set("thread")
        wait(back())
        assert var.get() == "loop"
        var.set("end")

    async def view():
        for call in (
            in_thread,
            lambda fn: sync_to_async(fn)(),
            lambda fn: sync_to_async(fn, thread_sensitive=False)(),
        ):
            var.set("outer")
            await call(below)
            assert var.get() == "end"

    run(view)


def test_a_private_loop_shares_the_context():
    async def inner():
        assert var.get() == "outer"
        var.set("inner")

    token = var.set("outer")
    try:
        wait(inner())
        assert var.get() == "inner"
    finally:
        var.reset(token)
