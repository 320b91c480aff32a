"""Waiting that a cancellation cannot cut short."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from .coroutine import BridgedCoroutine

T = TypeVar("T")

__all__ = ["finish"]


async def finish(coro: Coroutine[Any, Any, T]) -> T:
    """Let `coro` end, whatever cancellations arrive meanwhile, then raise the first of them, else its outcome.

    `coro` runs in a task of its own with a copy of the context. COMMIT and ROLLBACK go through here.
    """
    task: asyncio.Task[T] = asyncio.get_running_loop().create_task(BridgedCoroutine(coro))
    cancelled: asyncio.CancelledError | None = None
    # anyio delivers a cancellation again on every turn of the loop, hence "while" and not "once more".
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError as exc:
            cancelled = cancelled or exc
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        task.exception()
    try:
        raise cancelled
    finally:
        del cancelled
