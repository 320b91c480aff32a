"""The clinic on Uvicorn, telling its memory on demand: ``python measured.py PORT FILE``.

On SIGUSR1 it collects garbage, gives free memory back to the system, and writes to FILE the kilobytes allocated and
resident, the number of live objects, of consumers and of tasks.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import uvicorn


class _Mallinfo(ctypes.Structure):
    """mallinfo2(3)."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        )
    ]


def allocated() -> int:
    """Bytes that are allocated and not freed: all of them, where PYTHONMALLOC is "malloc"."""
    ask = ctypes.CDLL("libc.so.6").mallinfo2
    ask.restype = _Mallinfo
    told = ask()
    return int(told.uordblks + told.hblkhd)


def measure() -> dict[str, int]:
    """Memory and objects of this process, now."""
    from offbeat.channels.consumer import AsyncConsumer

    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    status = Path("/proc/self/status").read_text()
    objects = gc.get_objects()
    return {
        "allocated_kb": allocated() // 1024,
        "resident_kb": int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))),
        "objects": len(objects),
        "consumers": sum(isinstance(each, AsyncConsumer) for each in objects),
        "tasks": len(asyncio.all_tasks()),
    }


def main(port: int, target: Path) -> None:
    """Serve until stopped."""
    from clinic.asgi import application

    async def serve() -> None:
        loop = asyncio.get_running_loop()

        def tell() -> None:
            unfinished = target.with_suffix(".part")
            unfinished.write_text(json.dumps(measure()))
            os.replace(unfinished, target)

        loop.add_signal_handler(signal.SIGUSR1, tell)
        await uvicorn.Server(uvicorn.Config(application, port=port, log_level="warning")).serve()

    asyncio.run(serve())


if __name__ == "__main__":
    arguments: Any = sys.argv
    main(int(arguments[1]), Path(arguments[2]))
