"""Requests made without a server."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from offbeat.http import HttpRequest

BOUNDARY = "BoUnDaRyStRiNg"


class Unmeasurable:
    """A stream that can only be read on."""

    def __init__(self, body: bytes) -> None:
        self.read = BytesIO(body).read


class StreamRequest(HttpRequest):
    """A request over META and a stream, as a server interface makes it."""

    def __init__(self, body: bytes | Any = b"", method: str = "POST", path: str = "/", **meta: Any) -> None:
        self.method = method
        self.path = self.path_info = path
        self._given_meta = {"SERVER_NAME": "testserver", "SERVER_PORT": "80", **meta}
        self._given_stream = BytesIO(body) if isinstance(body, bytes) else body

    def _load_meta(self) -> dict[str, Any]:
        return dict(self._given_meta)

    def _open_stream(self) -> Any:
        return self._given_stream


def part(headers: str, body: bytes = b"") -> bytes:
    return b"--" + BOUNDARY.encode() + b"\r\n" + headers.encode() + b"\r\n\r\n" + body + b"\r\n"


def multipart(*parts: bytes, end: bool = True) -> bytes:
    return b"".join(parts) + (b"--" + BOUNDARY.encode() + b"--\r\n" if end else b"")


def field(name: str, value: bytes = b"") -> bytes:
    return part(f'Content-Disposition: form-data; name="{name}"', value)


def file(name: str, filename: str, content: bytes = b"data", extra: str = "") -> bytes:
    headers = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"'
    return part(headers + "\r\nContent-Type: text/plain" + extra, content)


def form_request(body: bytes | Any, length: int | None = -1, **meta: Any) -> StreamRequest:
    if length is not None:
        meta["CONTENT_LENGTH"] = str(len(body) if length == -1 else length)
    return StreamRequest(body, CONTENT_TYPE=f"multipart/form-data; boundary={BOUNDARY}", **meta)
