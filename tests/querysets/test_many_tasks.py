"""A hundred tasks on one SQLite file: nothing is lost, nobody sees a lock, everybody gets a turn."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offbeat.concurrency import run
from offbeat.db import connections
from offbeat.db.models import F, Sum
from offbeat.db.transaction import atomic
from tests.querysets.models import Author, Tag

pytestmark = pytest.mark.sqlite
TASKS, ROUNDS, FUNDS = 100, 3, 100.0


class Undone(Exception):
    pass


@pytest.fixture
def file_database(tmp_path: Path) -> Iterator[None]:
    usual: Any = connections["default"]
    options = {"init_command": "PRAGMA synchronous = OFF"}
    wrapper = type(usual)(
        {**usual.settings_dict, "NAME": str(tmp_path / "many.sqlite3"), "OPTIONS": options}, "default"
    )
    connections["default"] = wrapper
    try:
        with wrapper.schema_editor() as editor:
            editor.create_model(Tag)
            editor.create_model(Author)
        yield
    finally:
        connections["default"] = usual
        wrapper._close()


async def move(source: int, target: int, undo: bool) -> None:
    try:
        async with atomic():
            giver = await Author.objects.select_for_update().aget(pk=source)
            await asyncio.sleep(0)
            giver.rating -= 1
            await giver.asave()
            await Author.objects.filter(pk=target).aupdate(rating=F("rating") + 1)
            if undo:
                raise Undone
    except Undone:
        pass


def test_a_hundred_tasks_through_models_lose_nothing(file_database: None) -> None:
    joined = "2024-01-01T00:00:00Z"
    beats: Counter[str] = Counter()

    async def client(number: int) -> None:
        for turn in range(ROUNDS):
            await Tag.objects.acreate(name=f"{number}.{turn}")
            await move(number % 10 + 1, (number + turn) % 10 + 1, undo=turn == 1)
            assert await Tag.objects.filter(name__startswith=f"{number}.").acount() == turn + 1
            assert len([author async for author in Author.objects.all()]) == 10
            await Author.objects.filter(pk=1).aupdate(name=F("id"))
            beats["client"] += 1

    async def heart() -> None:
        while True:
            await asyncio.sleep(0)
            beats["heart"] += 1

    async def main() -> None:
        await Author.objects.abulk_create(
            [Author(name=str(number), rating=FUNDS, joined=joined) for number in range(10)]
        )
        beating = asyncio.create_task(heart())
        await asyncio.gather(*[client(number) for number in range(TASKS)])
        beating.cancel()

    run(main())
    assert Tag.objects.count() == TASKS * ROUNDS
    assert Author.objects.aggregate(total=Sum("rating"))["total"] == 10 * FUNDS
    assert beats["client"] == TASKS * ROUNDS
    # The loop came round between the statements of the clients, not after all of them.
    assert beats["heart"] > TASKS
