"""Consumers: one object for each connection, one handler for each type of message.

A whole consumer runs in one bridge, so that its handlers use the ORM as they please: ``self.scope["user"].profile`` in an
async consumer reaches the database without a thread. Handlers of a SyncConsumer run in worker threads.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from offbeat.channels import DEFAULT_CHANNEL_LAYER
from offbeat.channels.exceptions import StopConsumer
from offbeat.channels.layers import get_channel_layer
from offbeat.channels.utils import await_many_dispatch
from offbeat.concurrency import active, bridged, in_thread, install, wait
from offbeat.db import close_old_connections

Message = dict[str, Any]


def get_handler_name(message: Message) -> str:
    """The method for a message: its type with dots as underscores; ValueError for a missing or private type."""
    if "type" not in message:
        raise ValueError("Incoming message has no 'type' attribute")
    if message["type"].startswith("_"):
        raise ValueError("Malformed type in message (leading underscore)")
    return str(message["type"].replace(".", "_"))


class AsyncConsumer:
    """A consumer whose handlers are coroutines."""

    _sync = False
    channel_layer_alias: ClassVar[str] = DEFAULT_CHANNEL_LAYER
    scope: Any
    channel_layer: Any
    channel_name: str
    channel_receive: Callable[[], Awaitable[Message]]
    base_send: Callable[[Message], Awaitable[None]]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle the connection until a handler raises StopConsumer."""
        loop = asyncio.get_running_loop()
        install(loop)
        active.set(True)
        await bridged(self._consume(scope, receive, send))

    async def _consume(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        self.channel_layer = get_channel_layer(self.channel_layer_alias)
        sources = [receive]
        if self.channel_layer is not None:
            self.channel_name = await self.channel_layer.new_channel()
            self.channel_receive = functools.partial(self.channel_layer.receive, self.channel_name)
            sources.append(self.channel_receive)
        self.base_send = send
        try:
            await await_many_dispatch(sources, self.dispatch)
        except StopConsumer:
            pass

    async def dispatch(self, message: Message) -> None:
        """Call the handler for a message; ValueError for a type without one."""
        handler = getattr(self, get_handler_name(message), None)
        if handler is None:
            raise ValueError(f"No handler for message type {message['type']}")
        close_old_connections()
        await handler(message)

    async def send(self, message: Message) -> None:
        """Send an ASGI message to the server."""
        await self.base_send(message)

    @classmethod
    def as_asgi(cls, **initkwargs: Any) -> Any:
        """An ASGI application that makes a consumer with these arguments for each connection."""

        async def app(scope: Any, receive: Any, send: Any) -> None:
            consumer = cls(**initkwargs)
            await consumer(scope, receive, send)

        app.consumer_class = cls  # type: ignore[attr-defined]
        app.consumer_initkwargs = initkwargs  # type: ignore[attr-defined]
        functools.update_wrapper(app, cls, updated=())
        return app


class SyncConsumer(AsyncConsumer):
    """A consumer whose handlers are plain functions, which may block."""

    _sync = True

    async def dispatch(self, message: Message) -> None:
        """Call the handler in a worker thread."""
        handler = getattr(self, get_handler_name(message), None)
        if handler is None:
            raise ValueError(f"No handler for message type {message['type']}")
        await in_thread(self._handle, handler, message)

    @staticmethod
    def _handle(handler: Callable[[Message], Any], message: Message) -> None:
        close_old_connections()
        try:
            handler(message)
        finally:
            close_old_connections()

    def send(self, message: Message) -> None:  # type: ignore[override]
        """Send an ASGI message to the server."""
        wait(self.base_send(message))
