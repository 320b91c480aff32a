"""WebSocket consumers.

The protocol is written once, as coroutines; the face for plain handlers calls the same coroutines from its thread.
"""

from __future__ import annotations

import json
from typing import Any

from offbeat.channels.consumer import AsyncConsumer, Message, SyncConsumer
from offbeat.channels.exceptions import (
    AcceptConnection,
    DenyConnection,
    InvalidChannelLayerError,
    StopConsumer,
)
from offbeat.concurrency import wait


def _acceptance(subprotocol: str | None, headers: Any) -> Message:
    message: Message = {"type": "websocket.accept", "subprotocol": subprotocol}
    if headers:
        message["headers"] = list(headers)
    return message


def _payload(text_data: str | None, bytes_data: bytes | None) -> Message:
    if text_data is not None:
        return {"type": "websocket.send", "text": text_data}
    if bytes_data is not None:
        return {"type": "websocket.send", "bytes": bytes_data}
    raise ValueError("You must pass one of bytes_data or text_data")


def _closing(code: Any, reason: str | None) -> Message:
    message: Message = {"type": "websocket.close"}
    if code is not None and code is not True:
        message["code"] = code
    if reason:
        message["reason"] = reason
    return message


def _received(message: Message) -> dict[str, Any]:
    """The one argument that the frame brings, so that handlers need not take the other."""
    if message.get("text") is not None:
        return {"text_data": message["text"]}
    return {"bytes_data": message["bytes"]}


async def _change_groups(consumer: Any, action: str) -> None:
    if not consumer.groups:
        return
    if getattr(consumer, "channel_layer", None) is None:
        raise InvalidChannelLayerError("BACKEND is unconfigured or doesn't support groups")
    try:
        change = getattr(consumer.channel_layer, action)
        for group in consumer.groups:
            await change(group, consumer.channel_name)
    except AttributeError:
        raise InvalidChannelLayerError("BACKEND is unconfigured or doesn't support groups")


class WebsocketConsumer(SyncConsumer):
    """A WebSocket with plain handlers: ``connect``, ``receive``, ``disconnect``."""

    groups: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if self.groups is None:
            self.groups = []

    def websocket_connect(self, message: Message) -> None:
        """Join the groups and ask ``connect()``."""
        wait(_change_groups(self, "group_add"))
        try:
            self.connect()
        except AcceptConnection:
            self.accept()
        except DenyConnection:
            self.close()

    def connect(self) -> None:
        """Hook: called for a new connection; accepts it by default."""
        self.accept()

    def accept(self, subprotocol: str | None = None, headers: Any = None) -> None:
        """Accept the connection, with a subprotocol and more headers if given."""
        super().send(_acceptance(subprotocol, headers))

    def websocket_receive(self, message: Message) -> None:
        """Hand a frame to ``receive()``."""
        self.receive(**_received(message))

    def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Hook: called for each frame."""

    def send(  # type: ignore[override]
        self, text_data: str | None = None, bytes_data: bytes | None = None, close: Any = False
    ) -> None:
        """Send a frame, then close if asked to (with a code, if ``close`` is one)."""
        super().send(_payload(text_data, bytes_data))
        if close:
            self.close(close)

    def close(self, code: Any = None, reason: str | None = None) -> None:
        """Close the connection; before it is accepted, that refuses it."""
        super().send(_closing(code, reason))

    def websocket_disconnect(self, message: Message) -> None:
        """Leave the groups, tell ``disconnect()``, and end."""
        wait(_change_groups(self, "group_discard"))
        self.disconnect(message["code"])
        raise StopConsumer()

    def disconnect(self, code: int) -> None:
        """Hook: called when the connection is closed."""


class JsonWebsocketConsumer(WebsocketConsumer):
    """A WebSocket that speaks JSON: ``receive_json``, ``send_json``."""

    def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        if not text_data:
            raise ValueError("No text section for incoming WebSocket frame!")
        self.receive_json(self.decode_json(text_data), **kwargs)

    def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Hook: called with each decoded frame."""

    def send_json(self, content: Any, close: Any = False) -> None:
        """Send a value as JSON."""
        super().send(text_data=self.encode_json(content), close=close)

    @classmethod
    def decode_json(cls, text_data: str) -> Any:
        """JSON to value."""
        return json.loads(text_data)

    @classmethod
    def encode_json(cls, content: Any) -> str:
        """Value to JSON."""
        return json.dumps(content)


class AsyncWebsocketConsumer(AsyncConsumer):
    """A WebSocket with coroutines for handlers: ``connect``, ``receive``, ``disconnect``."""

    groups: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if self.groups is None:
            self.groups = []

    async def websocket_connect(self, message: Message) -> None:
        """Join the groups and ask ``connect()``."""
        await _change_groups(self, "group_add")
        try:
            await self.connect()
        except AcceptConnection:
            await self.accept()
        except DenyConnection:
            await self.close()

    async def connect(self) -> None:
        """Hook: called for a new connection; accepts it by default."""
        await self.accept()

    async def accept(self, subprotocol: str | None = None, headers: Any = None) -> None:
        """Accept the connection, with a subprotocol and more headers if given."""
        await super().send(_acceptance(subprotocol, headers))

    async def websocket_receive(self, message: Message) -> None:
        """Hand a frame to ``receive()``."""
        await self.receive(**_received(message))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Hook: called for each frame."""

    async def send(  # type: ignore[override]
        self, text_data: str | None = None, bytes_data: bytes | None = None, close: Any = False
    ) -> None:
        """Send a frame, then close if asked to (with a code, if ``close`` is one)."""
        await super().send(_payload(text_data, bytes_data))
        if close:
            await self.close(close)

    async def close(self, code: Any = None, reason: str | None = None) -> None:
        """Close the connection; before it is accepted, that refuses it."""
        await super().send(_closing(code, reason))

    async def websocket_disconnect(self, message: Message) -> None:
        """Leave the groups, tell ``disconnect()``, and end."""
        await _change_groups(self, "group_discard")
        await self.disconnect(message["code"])
        raise StopConsumer()

    async def disconnect(self, code: int) -> None:
        """Hook: called when the connection is closed."""


class AsyncJsonWebsocketConsumer(AsyncWebsocketConsumer):
    """A WebSocket that speaks JSON: ``receive_json``, ``send_json``."""

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any
    ) -> None:
        if not text_data:
            raise ValueError("No text section for incoming WebSocket frame!")
        await self.receive_json(await self.decode_json(text_data), **kwargs)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Hook: called with each decoded frame."""

    async def send_json(self, content: Any, close: Any = False) -> None:
        """Send a value as JSON."""
        await super().send(text_data=await self.encode_json(content), close=close)

    @classmethod
    async def decode_json(cls, text_data: str) -> Any:
        """JSON to value."""
        return json.loads(text_data)

    @classmethod
    async def encode_json(cls, content: Any) -> str:
        """Value to JSON."""
        return json.dumps(content)
