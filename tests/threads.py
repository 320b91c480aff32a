"""Seeing whether anything was handed to a thread, be it a new one or an idle one of a pool."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from offbeat.concurrency.workers import Workers


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A note for each thread that is started and each job that a pool of threads is given during the test."""
    notes: list[str] = []

    def watch(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def noted(self: Any, *args: Any, **kwargs: Any) -> Any:
            notes.append(f"{owner.__name__}.{name}")
            return original(self, *args, **kwargs)

        monkeypatch.setattr(owner, name, noted)

    watch(threading.Thread, "start")
    watch(Workers, "submit")
    watch(ThreadPoolExecutor, "submit")
    watch(asyncio.BaseEventLoop, "run_in_executor")
    yield notes
