"""What code is about is known wherever it leads."""

from __future__ import annotations

import asyncio
from typing import Any

from offbeat.concurrency import (
    async_to_sync,
    begin,
    in_thread,
    install,
    spawn,
    subject,
    sync_to_async,
)
from offbeat.concurrency.bridge import _take, leave

from .helpers import query


def _about(main: Any, given: object, run_plain: Any) -> list[Any]:
    """What `main` finds, begun in a bridge about `given`."""
    found: list[Any] = []

    async def outer() -> None:
        install(asyncio.get_running_loop())
        rest = begin(main(found), given)
        if rest is not None:
            await rest

    run_plain(outer)
    return found


def test_the_first_step_and_those_after_it_know(run_plain):
    async def main(found):
        found.append(subject())
        await asyncio.sleep(0)
        found.append(subject())
        query(1)
        found.append(subject())

    given = object()
    assert _about(main, given, run_plain) == [given] * 3


def test_tasks_and_threads_of_the_first_step_know(run_plain):
    async def tell():
        return subject()

    async def main(found):
        tasks = [asyncio.create_task(tell()), asyncio.ensure_future(tell())]
        found.append(await in_thread(subject))
        found.append(await sync_to_async(subject)())
        found.append(await sync_to_async(subject, thread_sensitive=False)())
        found.append(await in_thread(async_to_sync(tell)))
        found.append(await spawn(subject))
        found.extend(await asyncio.gather(*tasks))

    given = object()
    assert _about(main, given, run_plain) == [given] * 7


def test_two_at_a_time_do_not_meet(run_plain):
    found: list[Any] = []

    async def main(number):
        found.append((number, subject()))
        await asyncio.sleep(0)
        found.append((number, subject()))

    async def request(number):
        rest = begin(main(number), number)
        await rest

    async def both():
        await asyncio.gather(asyncio.create_task(request(1)), asyncio.create_task(request(2)))

    run_plain(both)
    assert sorted(found) == [(1, 1), (1, 1), (2, 2), (2, 2)]


def test_nothing_of_it_is_left_on_the_bridge(run_plain):
    async def main(found):
        found.append(subject())

    async def outer():
        begin(main([]), "first")
        assert subject() is None
        from greenlet import getcurrent

        bridge = _take(getcurrent(), None)
        assert bridge.subject is None
        bridge.switch((subject, (), {}))
        assert leave(bridge) is None

    run_plain(outer)
