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
# Noise of the allocator, beside some fifty megabytes that the connections take while they are open.
SLACK_KB = 4_000

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("servers"), pytest.mark.timeout(180)]


def measure(site: Site, target: Path) -> dict[str, int]:
    """What the server says of its memory, once all consumers have ended and the last connections are taken down."""
    deadline = time.monotonic() + 20
    before = None
    while time.monotonic() < deadline:
        target.unlink(missing_ok=True)
        site.process.send_signal(signal.SIGUSR1)
        while not target.exists():
            time.sleep(0.02)
        told: dict[str, int] = json.loads(target.read_text())
        if not told["consumers"] and before is not None and abs(told["objects"] - before) < 20:
            return told
        before = told["objects"]
        time.sleep(0.1)
    raise AssertionError(f"the server does not come to rest: {told}")


async def one_wave(site: Site, cookie: str, name: str) -> list[list[str]]:
    """All join, one sends, all leave; returns what each one heard."""
    headers = {"Cookie": cookie, "Origin": site.url}
    path = f"{site.websocket_url}/ws/wards/cardiology/chat/"
    gate = asyncio.Semaphore(50)

    async def join() -> ClientConnection:
        async with gate:
            return await connect(path, additional_headers=headers, open_timeout=30)

    async def listen(member: ClientConnection) -> list[str]:
        return [json.loads(await member.recv())["message"]["text"] for _ in range(MESSAGES)]

    members = await asyncio.gather(*(join() for _ in range(MEMBERS)))
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
    with serve(command, database, tmp_path) as site, httpx.Client(base_url=site.url) as client:
        log_in(client)
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        levels = []
        # The first wave fills caches and free lists, which stay: it sets the level to come back to.
        for wave in range(3):
            heard = asyncio.run(one_wave(site, cookie, f"wave {wave}"))
            assert len(heard) == MEMBERS
            assert all(each == [f"wave {wave} {number}" for number in range(MESSAGES)] for each in heard)
            levels.append(measure(site, told))
        for later in levels[1:]:
            assert later["resident_kb"] - levels[0]["resident_kb"] < SLACK_KB, levels
            assert later["objects"] - levels[0]["objects"] < MEMBERS, levels
            assert later["tasks"] == levels[0]["tasks"], levels
