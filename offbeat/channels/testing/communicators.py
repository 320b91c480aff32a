"""Communicators: the server's side of a connection, as methods to call."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import unquote, urlparse

from asgiref.testing import ApplicationCommunicator as BaseApplicationCommunicator

# asgiref has no annotations for it.
_Base: Any = BaseApplicationCommunicator


class ApplicationCommunicator(_Base):  # type: ignore[misc]
    """Sends ASGI messages to an application and receives what it sends; all times in seconds."""

    # What is looked at when an object goes whose scope was refused.
    _future: Any = None

    async def receive_output(self, timeout: float = 1) -> dict[str, Any]:
        """Return the next message of the application.

        TimeoutError when none comes; what the application raises, as soon as it does.
        """
        if self.output_queue.empty():
            message = asyncio.ensure_future(self.output_queue.get())
            try:
                await asyncio.wait(
                    {message, self.future}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
                )
                if message.done():
                    return message.result()  # type: ignore[no-any-return]
            finally:
                message.cancel()
            # Nothing came in time, or will ever come.
            timeout = 0
        return await super().receive_output(timeout)  # type: ignore[no-any-return]


class HttpCommunicator(ApplicationCommunicator):
    """One HTTP request."""

    def __init__(
        self, application: Any, method: str, path: str, body: bytes = b"", headers: Any = None
    ) -> None:
        parsed = urlparse(path)
        self.scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method.upper(),
            "path": unquote(parsed.path),
            "query_string": parsed.query.encode("utf-8"),
            "headers": headers or [],
        }
        assert isinstance(body, bytes)
        self.body = body
        self.sent_request = False
        super().__init__(application, self.scope)

    async def get_response(self, timeout: float = 1) -> dict[str, Any]:
        """The response: ``status``, ``headers`` and whole ``body``."""
        if not self.sent_request:
            self.sent_request = True
            await self.send_input({"type": "http.request", "body": self.body})
        start = await self.receive_output(timeout)
        assert start["type"] == "http.response.start"
        start["body"] = b""
        while True:
            chunk = await self.receive_output(timeout)
            assert chunk["type"] == "http.response.body"
            # Both keys may be left out (ASGI specification, "Response Body").
            part = chunk.get("body", b"")
            assert isinstance(part, bytes)
            start["body"] += part
            if not chunk.get("more_body", False):
                break
        start.pop("type")
        start.setdefault("headers", [])
        return dict(start)


class WebsocketCommunicator(ApplicationCommunicator):
    """One WebSocket."""

    def __init__(
        self,
        application: Any,
        path: str,
        headers: Any = None,
        subprotocols: Any = None,
        spec_version: str | None = None,
    ) -> None:
        if not isinstance(path, str):
            raise TypeError(f"Expected str, got {type(path)}")
        parsed = urlparse(path)
        self.scope = {
            "type": "websocket",
            "path": unquote(parsed.path),
            "query_string": parsed.query.encode("utf-8"),
            "headers": headers or [],
            "subprotocols": subprotocols or [],
        }
        if spec_version:
            self.scope["asgi"] = {"spec_version": spec_version}
        self.response_headers: Any = None
        super().__init__(application, self.scope)

    async def connect(self, timeout: float = 1) -> tuple[bool, Any]:
        """(True, subprotocol) when the application accepts, (False, close code) when it refuses."""
        await self.send_input({"type": "websocket.connect"})
        response = await self.receive_output(timeout)
        if response["type"] == "websocket.close":
            return False, response.get("code", 1000)
        assert response["type"] == "websocket.accept"
        self.response_headers = response.get("headers", [])
        return True, response.get("subprotocol", None)

    async def send_to(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Send a frame."""
        assert (text_data is None) != (bytes_data is None), (
            "You must supply exactly one of text_data or bytes_data"
        )
        if text_data is not None:
            assert isinstance(text_data, str), "The text_data argument must be a str"
            await self.send_input({"type": "websocket.receive", "text": text_data})
        else:
            assert isinstance(bytes_data, bytes), "The bytes_data argument must be bytes"
            await self.send_input({"type": "websocket.receive", "bytes": bytes_data})

    async def receive_from(self, timeout: float = 1) -> Any:
        """The next frame, text or bytes."""
        response = await self.receive_output(timeout)
        assert response["type"] == "websocket.send", (
            f"Expected type 'websocket.send', but was '{response['type']}'"
        )
        assert ("text" in response) != ("bytes" in response), (
            "The response needs exactly one of 'text' or 'bytes'"
        )
        return response["text"] if "text" in response else response["bytes"]

    async def send_json_to(self, data: Any) -> None:
        """Send a value as JSON."""
        await self.send_to(text_data=json.dumps(data))

    async def receive_json_from(self, timeout: float = 1) -> Any:
        """The next frame, decoded."""
        payload = await self.receive_from(timeout)
        assert isinstance(payload, str), "JSON data is not a text frame"
        return json.loads(payload)

    async def disconnect(self, code: int = 1000, timeout: float = 1) -> None:
        """Close the connection and wait for the application's end."""
        await self.send_input({"type": "websocket.disconnect", "code": code})
        await self.wait(timeout)
