from __future__ import annotations

import asyncio

import pytest

from offbeat.concurrency import wait

from .helpers import fetch, query


def test_anyio_task_groups_and_scopes(run):
    anyio = pytest.importorskip("anyio")
    log = []

    async def child(i):
        log.append(query(i))
        await anyio.sleep(0)
        log.append(query(i))

    def slow():
        try:
            query(1, 10)
        except asyncio.CancelledError:
            log.append("cancelled")
            raise

    async def waiting():
        slow()

    async def failing():
        query(1)
        raise ValueError

    async def starting(task_status):
        query(1)
        task_status.started("ok")
        query(1)

    def with_shielded_cleanup():
        try:
            query(1, 10)
        finally:
            with anyio.CancelScope(shield=True):
                log.append(query("shielded"))

    async def view():
        async with anyio.create_task_group() as group:
            for i in range(3):
                group.start_soon(child, i)
        assert sorted(log) == [0, 0, 1, 1, 2, 2]
        with anyio.move_on_after(0.005) as scope:
            slow()
        assert scope.cancelled_caught
        with pytest.raises(ExceptionGroup):
            async with anyio.create_task_group() as group:
                group.start_soon(failing)
                group.start_soon(waiting)
        assert log[-2:] == ["cancelled", "cancelled"]
        with anyio.move_on_after(0.005):
            with_shielded_cleanup()
        assert log[-1] == "shielded"
        async with anyio.create_task_group() as group:
            assert await group.start(starting) == "ok"

    run(view)


def test_anyio_threads_and_portals(run):
    anyio = pytest.importorskip("anyio")
    pytest.importorskip("anyio.from_thread")

    async def in_loop():
        return query(8)

    async def view():
        assert await anyio.to_thread.run_sync(lambda: anyio.from_thread.run(fetch, 7)) == 7
        assert await anyio.to_thread.run_sync(lambda: anyio.from_thread.run(in_loop)) == 8

    run(view)


def test_httpx_in_both_directions(run):
    httpx = pytest.importorskip("httpx")

    async def app(scope, receive, send):
        query(1)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(query(3)).encode()})

    async def view():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            response = await client.get("/")

            def from_synchronous_code():
                return wait(client.get("/")).text

            return response.text + from_synchronous_code()

    assert run(view) == "33"


def test_sqlalchemys_greenlets_inside_a_bridge(run):
    pytest.importorskip("sqlalchemy")
    from sqlalchemy.util import await_only, greenlet_spawn

    def below():
        return await_only(fetch("a")) + query("b")

    async def view():
        return await greenlet_spawn(below) + query("c")

    assert run(view) == "abc"
