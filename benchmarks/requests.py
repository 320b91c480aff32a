"""CPU of one request, as a multiple of what a bare ASGI function costs on the same server in the same run.

Starts Uvicorn once for each application, sends keep-alive requests from this process, and reads the servers' CPU time from
``/proc`` (Linux). Rounds are interleaved; the ratio is the median of the rounds' ratios.
"""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

APPLICATIONS = {
    "raw": "applications:raw",
    "json": "applications:plain",
    "json, seven middleware": "applications:full",
}
ROUNDS, REQUESTS, CONNECTIONS = 5, 8_000, 32


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def cpu_seconds(pid: int) -> float:
    """CPU time of a process so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def one_connection(port: int, count: int) -> None:
    """Send requests one after the other, and look at each answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET /json HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    for _ in range(count):
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
    writer.close()


async def load(port: int) -> None:
    """All connections at once."""
    await asyncio.gather(*(one_connection(port, REQUESTS // CONNECTIONS) for _ in range(CONNECTIONS)))


def wait_for(port: int) -> None:
    """Wait until somebody listens."""
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("a server did not start")


def main() -> None:
    """Measure and print."""
    servers = {}
    for name, path in APPLICATIONS.items():
        port = free_port()
        command = [
            sys.executable,
            "-m",
            "uvicorn",
            path,
            "--port",
            str(port),
            "--log-level",
            "warning",
            "--no-access-log",
        ]
        servers[name] = subprocess.Popen(command, cwd=Path(__file__).parent), port
    try:
        costs: dict[str, list[float]] = {name: [] for name in servers}
        for _, port in servers.values():
            wait_for(port)
            asyncio.run(load(port))
        for _ in range(ROUNDS):
            for name, (process, port) in servers.items():
                before = cpu_seconds(process.pid)
                asyncio.run(load(port))
                costs[name].append((cpu_seconds(process.pid) - before) / REQUESTS * 1e6)
    finally:
        for process, _ in servers.values():
            process.terminate()
            process.wait()
    print("CPU of a request, bare ASGI function = 1")
    for name, measured in costs.items():
        ratio = statistics.median(own / raw for own, raw in zip(measured, costs["raw"], strict=True))
        print(f"  {name:24} {ratio:5.2f}   ({statistics.median(measured):.0f} µs)")


if __name__ == "__main__":
    main()
