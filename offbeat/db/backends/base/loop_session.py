"""The session of a task: a connection taken from the loop's pool for as long as a transaction or a cursor is open."""

from __future__ import annotations

import asyncio
from asyncio import _get_running_loop
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from offbeat.concurrency import finish, spawn, wait
from offbeat.db.backends.base.session import Session
from offbeat.db.backends.base.state import MOVED, Block

if TYPE_CHECKING:
    from offbeat.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["LoopSession", "at_home"]


class LoopSession(Session):
    """Statements suspend the bridge they are called in; those of several tasks take turns."""

    def __init__(self, wrapper: BaseDatabaseWrapper, link: Any, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(wrapper, link)
        self.loop = loop
        self.busy = False
        # A lock that writers hold from before BEGIN until the connection is back in the pool.
        self.gate: Any = None
        # Whether it was pinned for an atomic() block, whose end gives it back.
        self.for_block = False
        # The block that stands for a manually managed transaction.
        self.manual: Block | None = None
        self.waiters: deque[asyncio.Future[None]] = deque()

    def claim(self, block: Block | None) -> None:
        while True:
            if block is not None and block.closed:
                raise self.outlived()
            if not self.busy and (block is None or not self.blocks or self.blocks[-1] is block):
                self.busy = True
                return
            future: asyncio.Future[None] = self.loop.create_future()
            self.waiters.append(future)
            wait(future)

    def release(self) -> None:
        self.busy = False
        if self.waiters:
            waiters, self.waiters = self.waiters, deque()
            for future in waiters:
                if not future.done():
                    future.set_result(None)

    def io(self, name: str, *args: Any) -> Any:
        link = self.link
        if link.inline:
            return getattr(link.link, name)(*args)
        if link.at_once is not None:
            result = link.at_once(name, *args)
            if result is not MOVED:
                return result
        return wait(getattr(link, name)(*args))

    def final_io(self, sql: str) -> BaseException | None:
        link = self.link
        if link.inline:
            link.link.command(sql)
            return None
        if (final := getattr(link, "final", None)) is not None:
            return final(sql)  # type: ignore[no-any-return]
        if link.at_once is not None and link.at_once("command", sql) is not MOVED:
            return None
        done: list[Any] = []

        async def command() -> None:
            await link.command(sql)
            done.append(True)

        try:
            wait(finish(command()))
        except asyncio.CancelledError as exc:
            if not done:
                # It failed, and was cancelled, too: the connection's state is not known.
                link.broken = True
            return exc
        return None


def at_home(session: Session, fn: Callable[..., Any], /, *args: Any) -> Any:
    """Call `fn` where the session can be used: a task's session from another thread, on the session's loop."""
    if not isinstance(session, LoopSession):
        return fn(*args)
    here = _get_running_loop()
    if here is session.loop:
        return fn(*args)
    future = asyncio.run_coroutine_threadsafe(spawn(fn, *args), session.loop)
    if here is None:
        return future.result()
    return wait(asyncio.wrap_future(future))
