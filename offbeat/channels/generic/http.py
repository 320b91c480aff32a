"""HTTP consumers: for long polling and the like, below the level of views."""

from __future__ import annotations

from typing import Any

from offbeat.channels.consumer import AsyncConsumer, Message
from offbeat.channels.exceptions import StopConsumer


class AsyncHttpConsumer(AsyncConsumer):
    """Define ``handle(body)``, which sends a response."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.body: list[bytes] = []

    async def send_headers(self, *, status: int = 200, headers: Any = None) -> None:
        """Start the response; headers as pairs of bytes, or a dictionary."""
        if headers is None:
            headers = []
        elif isinstance(headers, dict):
            headers = list(headers.items())
        await self.send({"type": "http.response.start", "status": status, "headers": headers})

    async def send_body(self, body: bytes, *, more_body: bool = False) -> None:
        """Send a part of the body, the last one unless ``more_body``."""
        assert isinstance(body, bytes), "Body is not bytes"
        await self.send({"type": "http.response.body", "body": body, "more_body": more_body})

    async def send_response(self, status: int, body: bytes, **kwargs: Any) -> None:
        """Send a whole response."""
        await self.send_headers(status=status, **kwargs)
        await self.send_body(body)

    async def handle(self, body: bytes) -> None:
        """The response to a request with this body."""
        raise NotImplementedError("Subclasses of AsyncHttpConsumer must provide a handle() method.")

    async def disconnect(self) -> None:
        """Hook: called when the connection is closed."""

    async def http_request(self, message: Message) -> None:
        """Collect the body; handle the request once it is whole."""
        if "body" in message:
            self.body.append(message["body"])
        if message.get("more_body"):
            return
        try:
            await self.handle(b"".join(self.body))
        finally:
            await self.disconnect()
        raise StopConsumer()

    async def http_disconnect(self, message: Message) -> None:
        """The client is gone."""
        await self.disconnect()
        raise StopConsumer()
