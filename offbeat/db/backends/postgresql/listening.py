"""`connection.listen()`: notifications as an asynchronous iterator, on a connection of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from offbeat.db.utils import OperationalError

if TYPE_CHECKING:
    from offbeat.db.backends.postgresql.base import DatabaseWrapper

__all__ = ["Listener", "Notification"]

# Seconds between attempts to connect again: the first, and the longest.
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 5.0


@dataclass(frozen=True, slots=True)
class Notification:
    """What was sent to a channel. With `gap`, nothing was sent: the connection was lost, and with it perhaps others."""

    channel: str
    payload: str
    pid: int
    gap: bool = False


GAP = Notification("", "", 0, gap=True)


class Listener:
    """Used with `async with`, which is when the server begins to keep notifications; then with `async for`.

    A lost connection is replaced, and the iterator says so with one notification that is a `gap`: the server keeps
    nothing for those who are away, so read again what the notifications are about.
    """

    def __init__(self, wrapper: DatabaseWrapper, channels: tuple[str, ...]) -> None:
        if not channels:
            raise ValueError("listen() needs the name of a channel at least.")
        self.wrapper = wrapper
        self.channels = channels
        self._entered = False
        self._link: Any = None
        self._notices: AsyncGenerator[Any, None] | None = None

    async def __aenter__(self) -> Listener:
        with self.wrapper.wrap_database_errors:
            await self._open()
        self._entered = True
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._entered = False
        await self._close()

    def __aiter__(self) -> Listener:
        return self

    async def __anext__(self) -> Notification:
        if not self._entered:
            raise StopAsyncIteration
        if self._notices is None:  # connecting again was cancelled
            await self._reopen()
            return GAP
        try:
            notice = await anext(self._notices)
        except asyncio.CancelledError:
            # That ends the generator, not the connection.
            if self._link is not None:
                self._notices = self._link.raw.notifies()
            raise
        except psycopg.OperationalError:
            await self._reopen()
            return GAP
        return Notification(notice.channel, notice.payload, notice.pid)

    async def _open(self) -> None:
        link = await self.wrapper.new_async_link()
        try:
            await link.command("; ".join(map(_listening_to, self.channels)))
        except BaseException:
            link.discard()
            raise
        self._link = link
        self._notices = link.raw.notifies()

    async def _reopen(self) -> None:
        await self._close()
        pause = FIRST_PAUSE
        while True:
            try:
                await self._open()
                return
            except (psycopg.OperationalError, OperationalError):
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _close(self) -> None:
        link, self._link = self._link, None
        notices, self._notices = self._notices, None
        try:
            if notices is not None:
                with suppress(RuntimeError):  # another task is waiting in it, and finds the connection closed
                    await notices.aclose()
        finally:
            if link is not None:
                link.discard()


def _listening_to(channel: str) -> str:
    quoted = channel.replace('"', '""')
    return f'LISTEN "{quoted}"'
