"""Waiting for several sources of messages at once."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Awaitable, Callable, Sequence
from typing import Any


def name_that_thing(thing: Any) -> str:
    """A readable name for a function, class or instance."""
    if callable(thing) and not hasattr(thing, "__name__") and not isinstance(thing, types.MethodType):
        return name_that_thing(type(thing))
    if hasattr(thing, "__name__"):
        if hasattr(thing, "__class__") and not isinstance(thing, types.FunctionType | types.MethodType):
            if thing.__class__ is not type:
                return name_that_thing(thing.__class__)
        if hasattr(thing, "__self__"):
            return f"{thing.__self__.__module__}.{thing.__self__.__class__.__name__}.{thing.__name__}"
        return f"{thing.__module__}.{thing.__name__}"
    if hasattr(thing, "__class__"):
        return name_that_thing(thing.__class__)
    return repr(thing)


async def await_many_dispatch(
    consumer_callables: Sequence[Callable[[], Awaitable[Any]]], dispatch: Callable[[Any], Awaitable[Any]]
) -> None:
    """Call each source again and again; ``await dispatch(result)`` one after the other, in order of arrival."""
    loop = asyncio.get_running_loop()
    tasks: list[asyncio.Task[Any]] = [_start(loop, source) for source in consumer_callables]
    try:
        while True:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for index, task in enumerate(tasks):
                if task.done():
                    result = task.result()
                    await dispatch(result)
                    tasks[index] = _start(loop, consumer_callables[index])
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            try:
                await task
            except (asyncio.CancelledError, Exception):
                # Its work is given up; what it had to say, nobody asks for.
                continue


def _start(loop: asyncio.AbstractEventLoop, source: Callable[[], Awaitable[Any]]) -> asyncio.Task[Any]:
    async def call() -> Any:
        return await source()

    return loop.create_task(call())
