"""A worker: reads channels and calls an application for each."""

from __future__ import annotations

import asyncio
from typing import Any


class Worker:
    """Runs ``application`` with scopes of type ``channel`` for the named channels."""

    def __init__(
        self, application: Any, channels: list[str], channel_layer: Any, max_applications: int = 1000
    ) -> None:
        self.application = application
        self.channels = channels
        self.channel_layer = channel_layer
        self.max_applications = max_applications
        if self.channel_layer is None:
            raise ValueError("Channel layer is not valid")

    def run(self) -> None:
        """Work until interrupted."""
        try:
            asyncio.run(self.handle())
        except KeyboardInterrupt:
            pass

    async def handle(self) -> None:
        """Read all channels."""
        async with asyncio.TaskGroup() as group:
            for channel in self.channels:
                group.create_task(self.listener(channel))

    async def listener(self, channel: str) -> None:
        """One application for each channel, fed with its messages, and started anew when it ends."""
        queue: asyncio.Queue[Any] = asyncio.Queue(self.max_applications)
        instance = asyncio.ensure_future(self._instance(channel, queue))
        try:
            while True:
                message = await self.channel_layer.receive(channel)
                if not message.get("type"):
                    raise ValueError("Worker received message with no type.")
                if instance.done():
                    instance.result()
                    instance = asyncio.ensure_future(self._instance(channel, queue))
                await queue.put(message)
        finally:
            instance.cancel()

    async def _instance(self, channel: str, queue: asyncio.Queue[Any]) -> None:
        async def send(message: Any) -> None:
            raise ValueError("A worker's consumer has no connection to send to.")

        await self.application({"type": "channel", "channel": channel}, queue.get, send)
