"""Memory of what waits: slow uploads, and idle clients of server-sent events.

Each row starts Uvicorn anew, opens all connections from this process and reads the server's proportional set size from
``/proc`` (Linux): the highest while 1 MB arrives on each connection, piece by piece in turns; or once all streams are idle. Per connection, above the server with no connection; ``raw`` is a bare ASGI function on the same server.

    python benchmarks/memory.py [uploads | events]
"""

from __future__ import annotations

import asyncio
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from requests import free_port, wait_for

UPLOADS, GROUP, UPLOAD, PIECE = 2_000, 50, 2**20, 2**15
CLIENTS = 1_000
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
HEAD = b'--B\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n'
TAIL = b"\r\n--B--\r\n"


def memory(pid: int) -> int:
    """Bytes of a process that are in memory, its share of what it shares."""
    found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * 1024


async def rest(pid: int) -> None:
    """Wait until a server has nothing to do: with slow clients it mostly has not."""
    quiet = 0
    while quiet < 3:
        await asyncio.sleep(0.003)
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        quiet = quiet + 1 if state == "S" else 0


def request(target: str, length: int | None = None) -> bytes:
    """The head of a request; with a length, of a form."""
    lines = [f"{'GET' if length is None else 'POST'} /{target} HTTP/1.1", "Host: 127.0.0.1"]
    if length is not None:
        lines += [f"Content-Length: {length}", "Content-Type: multipart/form-data; boundary=B"]
    return "\r\n".join([*lines, "", ""]).encode()


async def connections(port: int, count: int, head: bytes) -> list[Connection]:
    """Open connections and send a head on each."""
    opened: list[Connection] = []
    for _ in range(count // 100):
        some = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(100)))
        for _, writer in some:
            writer.write(head)
        opened += some
    return opened


async def uploads(port: int, target: str, pid: int) -> int:
    """The most memory while all uploads arrive side by side."""
    opened = await connections(port, UPLOADS, request(target, len(HEAD) + UPLOAD + len(TAIL)) + HEAD)
    most = 0
    sent = 0
    while sent < UPLOAD:
        for start in range(0, UPLOADS, GROUP):
            # Slow clients send whenever they can, not all in the same instant.
            some = [writer for _, writer in opened[start : start + GROUP]]
            for writer in some:
                writer.write(b"x" * PIECE)
            await asyncio.gather(*(writer.drain() for writer in some))
            await rest(pid)
        sent += PIECE
        most = max(most, memory(pid))
    for _, writer in opened:
        writer.write(TAIL)
    for reader, writer in opened:
        answer = await reader.readuntil(b"}")
        assert answer.startswith(b"HTTP/1.1 200"), answer
        assert target == "raw" or answer.endswith((b"[%d]}" % UPLOAD, b"{}")), answer
        writer.close()
    return most


async def events(port: int, target: str, pid: int) -> int:
    """Memory while all streams are idle."""
    opened = await connections(port, CLIENTS, request(target))
    for reader, _ in opened:
        await reader.readuntil(b"data: hello\n\n")
    await rest(pid)
    used = memory(pid)
    for _, writer in opened:
        writer.close()
    return used


Load = Callable[[int, str, int], Awaitable[int]]


def measure(application: str, target: str, load: Load, count: int) -> float:
    """Bytes per connection, above the server at rest."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "uvicorn", f"waiting_applications:{application}", "--port", str(port)),
        *(
            "--log-level",
            "warning",
            "--no-access-log",
            "--backlog",
            "4096",
            "--timeout-graceful-shutdown",
            "1",
        ),
    ]
    with tempfile.TemporaryDirectory() as folder:
        # Temporary files on a RAM disk would not be the server's memory, but the machine's.
        environment = {**os.environ, "UPLOADS": folder}
        server = subprocess.Popen(command, cwd=Path(__file__).parent, env=environment)
        try:
            wait_for(port)
            time.sleep(0.5)
            before = memory(server.pid)
            return (asyncio.run(load(port, target, server.pid)) - before) / count
        finally:
            server.terminate()
            server.wait()


ROWS: dict[str, tuple[Load, int, list[tuple[str, str, str]]]] = {
    "uploads": (
        uploads,
        UPLOADS,
        [
            ("raw", "raw", "upload"),
            ("async view", "offbeat_site", "upload"),
            ("async view, temporary files", "offbeat_site", "spool"),
            ("sync view", "offbeat_site", "sync"),
            ("async view, request.body", "offbeat_site", "body"),
        ],
    ),
    "events": (
        events,
        CLIENTS,
        [
            ("raw", "raw", "events"),
            ("heartbeats", "offbeat_site", "events"),
            ("no heartbeats", "offbeat_site", "quiet"),
        ],
    ),
}


def main(wanted: list[str]) -> None:
    """Measure and print."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for kind, (load, count, rows) in ROWS.items():
        if wanted and kind not in wanted:
            continue
        print(f"{kind}: KB of memory for each of {count} connections")
        for name, application, target in rows:
            print(f"  {name:30} {measure(application, target, load, count) / 1024:7.1f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
