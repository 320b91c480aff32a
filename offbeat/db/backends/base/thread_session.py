"""The session of a thread: a connection that blocks, kept for the thread's life.

It is usable from elsewhere, too, by code that inherits an open transaction of the thread: a worker thread with a copied
context, or a loop that the thread runs meanwhile.
"""

from __future__ import annotations

import asyncio
import threading
from asyncio import _get_running_loop
from collections import deque
from threading import get_ident
from typing import TYPE_CHECKING, Any

from offbeat.concurrency import wait
from offbeat.db.backends.base.session import Session, TransactionManagementError
from offbeat.db.backends.base.state import NEVER, Block

if TYPE_CHECKING:
    from offbeat.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["ThreadSession"]


class ThreadSession(Session):
    """Statements run at once, in the calling thread, one at a time."""

    thread_id: int

    def __init__(self, wrapper: BaseDatabaseWrapper) -> None:
        super().__init__(wrapper)
        self.thread_id = get_ident()
        self.scope_reader = wrapper.scope_reader
        self.lock = threading.RLock()
        self.turn = threading.Condition(self.lock)
        self.waiters: deque[asyncio.Future[None]] = deque()
        # How often other threads were allowed to use it (inc_thread_sharing), and whether they do so now.
        self.sharing = 0
        self.lent = False

    def refresh_fast(self) -> None:
        link = self.link
        if (
            link is None
            or self._needs_rollback
            or self.lent
            or self.closed_in_transaction
            or (self.health_check_enabled and not self.health_check_done)
        ):
            self.fast_scope = NEVER
        elif not self.blocks:
            self.fast_scope = None if self.autocommit else NEVER
            self.fast_execute = link.execute
        else:
            self.fast_scope = NEVER
            scope = self.scope_reader()
            if (
                scope is not None
                and scope.block is self.blocks[-1]
                and scope.wrappers is None
                and not scope.debug
            ):
                self.fast_scope = scope
            self.fast_execute = link.execute

    def check_health(self) -> None:
        link = self.link
        if link is None or not self.health_check_enabled or self.health_check_done:
            return
        if not link.in_transaction and not self.wrapper.is_usable():
            self.close()
        self.health_check_done = True
        self.refresh_fast()

    def claim(self, block: Block | None) -> None:
        if get_ident() != self.thread_id and not self.lent:
            self.lent = True
            self.refresh_fast()
        self.lock.acquire()
        if block is None or (self.blocks and self.blocks[-1] is block):
            return
        try:
            self._wait_for(block)
        except BaseException:
            self.lock.release()
            raise

    def _wait_for(self, block: Block) -> None:
        while True:
            if block.closed:
                raise self.outlived()
            if not self.blocks or self.blocks[-1] is block:
                return
            loop = _get_running_loop()
            if loop is None:
                if get_ident() == self.thread_id and self.blocks[-1].thread_id == self.thread_id:
                    # Plain code of the owner in an older context: it cannot wait for itself.
                    return
                if not self.turn.wait(self.wrapper.pool_timeout):
                    raise TransactionManagementError(
                        "Other code inside this atomic() block keeps an inner block open."
                    )
                continue
            future: asyncio.Future[None] = loop.create_future()
            self.waiters.append(future)
            self.lock.release()
            try:
                wait(_result(future))
            finally:
                self.lock.acquire()

    def release(self) -> None:
        self.lock.release()

    def _wake(self) -> None:
        with self.lock:
            self.turn.notify_all()
            waiters, self.waiters = self.waiters, deque()
        for future in waiters:
            loop = future.get_loop()
            if not loop.is_closed():
                loop.call_soon_threadsafe(_set, future)

    def _pop(self, block: Block) -> None:
        super()._pop(block)
        if not self.blocks and not self.sharing:
            self.lent = False
        if self.waiters or self.lent:
            self._wake()

    def io(self, name: str, *args: Any) -> Any:
        return getattr(self.link, name)(*args)

    def final_io(self, sql: str) -> BaseException | None:
        self.link.command(sql)
        return None

    def close(self) -> None:
        """Close the connection; in a transaction, what comes after it in there will fail."""
        with self.lock:
            link = self.link
            self.run_on_commit = []
            if self.closed_in_transaction or link is None:
                return
            self.link = None
            try:
                link.close()
            finally:
                if self.blocks:
                    self.closed_in_transaction = True
                    self.needs_rollback = True
                else:
                    self.autocommit = True
                self.refresh_fast()

    def __del__(self) -> None:
        link = getattr(self, "link", None)
        if link is not None:
            link.discard()


async def _result(future: asyncio.Future[None]) -> None:
    await future


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
