"""Five hundred members in one ward's chat, on one server process."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.running import Site, log_in, serve

MEMBERS = 500
MESSAGES = 20
pytestmark = [pytest.mark.server, pytest.mark.xdist_group("servers"), pytest.mark.timeout(240)]


def open_files(site: Site) -> int:
    """Sockets and files that the server process has open."""
    return len(list(Path(f"/proc/{site.process.pid}/fd").iterdir()))


def measure(site: Site, target: Path) -> dict[str, int]:
    """What the server says of its memory, after it has collected its garbage."""
    target.unlink(missing_ok=True)
    site.process.send_signal(signal.SIGUSR1)
    while not target.exists():
        time.sleep(0.02)
    told: dict[str, int] = json.loads(target.read_text())
    return told


def at_rest(site: Site, target: Path, level: dict[str, int] | None = None) -> dict[str, int]:
    """The memory once all connections are taken down: back at ``level``, or, without one, no longer changing."""
    deadline = time.monotonic() + 90
    before: dict[str, int] = {}
    while time.monotonic() < deadline:
        told = measure(site, target)
        if open_files(site) < MEMBERS // 4 and not told["consumers"]:
            if level is None and abs(told["objects"] - before.get("objects", 0)) < 20:
                return told
            if level is not None and is_back(told, level):
                return told
        before = told
        time.sleep(0.3)
    raise AssertionError(f"the server does not come back to {level}: {told}, {open_files(site)} files open")


def is_back(told: dict[str, int], level: dict[str, int]) -> bool:
    """No task more, and no more allocated than the idle bridges are, of which some five hundred are kept for later.

    That is 8 KB and a handful of objects each. A consumer that stayed would keep dozens of objects and 50 KB: its tasks,
    its scope, its messages.
    """
    return (
        told["objects"] - level["objects"] < 10 * MEMBERS
        and told["tasks"] <= level["tasks"]
        and told["allocated_kb"] - level["allocated_kb"] < 10 * MEMBERS
    )


async def one_wave(site: Site, cookie: str, name: str, count: int = MEMBERS) -> list[list[str]]:
    """``count`` members join, one sends, all leave; returns what each one heard."""
    headers = {"Cookie": cookie, "Origin": site.url}
    path = f"{site.websocket_url}/ws/wards/cardiology/chat/"
    gate = asyncio.Semaphore(50)

    async def join() -> ClientConnection:
        async with gate:
            return await connect(path, additional_headers=headers, open_timeout=30)

    async def listen(member: ClientConnection) -> list[str]:
        return [json.loads(await member.recv())["message"]["text"] for _ in range(MESSAGES)]

    members = await asyncio.gather(*(join() for _ in range(count)))
    try:
        hearing = asyncio.gather(*(listen(member) for member in members))
        for number in range(MESSAGES):
            await members[0].send(json.dumps({"text": f"{name} {number}"}))
        return await asyncio.wait_for(hearing, 60)
    finally:
        await asyncio.gather(*(member.close() for member in members))


def test_every_message_reaches_every_member_in_order_and_memory_comes_back(
    database: Path, tmp_path: Path
) -> None:
    told = tmp_path / "told.json"
    command = [sys.executable, str(Path(__file__).with_name("measured.py")), "{port}", str(told)]
    # One allocator for everything, which can be asked what is in use. What is resident besides is what it keeps for later.
    with (
        serve(command, database, tmp_path, PYTHONMALLOC="malloc") as site,
        httpx.Client(base_url=site.url) as client,
    ):
        log_in(client)
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        # Imports and caches come with the first few.
        asyncio.run(one_wave(site, cookie, "first", 5))
        start = at_rest(site, told)
        resident = []
        for wave in range(3):
            heard = asyncio.run(one_wave(site, cookie, f"wave {wave}"))
            assert len(heard) == MEMBERS
            assert all(each == [f"wave {wave} {number}" for number in range(MESSAGES)] for each in heard)
            resident.append(at_rest(site, told, start)["resident_kb"])
        assert resident[-1] < resident[0] * 1.15
