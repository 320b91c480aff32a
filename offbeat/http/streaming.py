"""Streaming responses, from plain or asynchronous iterators, and files."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any

from offbeat.concurrency import in_thread, wait
from offbeat.core.files.utils import remaining_size
from offbeat.http.base import HttpResponseBase
from offbeat.http.ranges import UNSATISFIABLE, FilePart, requested_range
from offbeat.utils.http import content_disposition_header, http_date

__all__ = ["FileResponse", "StreamingHttpResponse"]

_END = object()
# Browsers would unpack these by themselves; as types of their own they are left packed.
_ENCODING_TYPES = {
    "br": "application/x-brotli",
    "bzip2": "application/x-bzip",
    "compress": "application/x-compress",
    "gzip": "application/gzip",
    "xz": "application/x-xz",
}


class StreamingHttpResponse(HttpResponseBase):
    """A response whose content is an iterator, or an asynchronous one, read while it is sent."""

    streaming = True
    is_async = False
    _warns = True
    _iterator: Any

    def __init__(self, streaming_content: Any = (), *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.streaming_content = streaming_content

    def __repr__(self) -> str:
        return f"<{self.__class__.__qualname__} status_code={self.status_code}{self._content_type_for_repr}>"

    @property
    def content(self) -> bytes:
        raise AttributeError(
            f"This {self.__class__.__name__} instance has no `content` attribute. Use `streaming_content` instead."
        )

    @property
    def text(self) -> str:
        raise AttributeError(f"This {self.__class__.__name__} instance has no `text` attribute.")

    @property
    def streaming_content(self) -> Any:
        """The iterator over the content, each piece as bytes."""
        if self.is_async:
            return self._async_parts(self._iterator)
        return map(self.make_bytes, self._iterator)

    @streaming_content.setter
    def streaming_content(self, value: Any) -> None:
        self._set_streaming_content(value)

    def _set_streaming_content(self, value: Any) -> None:
        try:
            self._iterator = iter(value)
            self.is_async = False
        except TypeError:
            self._iterator = aiter(value)
            self.is_async = True
        if hasattr(value, "close"):
            self._resource_closers.append(value.close)

    async def _async_parts(self, iterator: Any) -> AsyncIterator[bytes]:
        # The iterator of now: the content may be set anew, to one that wraps it.
        async for part in iterator:
            yield self.make_bytes(part)

    def __iter__(self) -> Iterator[bytes]:
        if not self.is_async:
            return iter(self.streaming_content)
        if self._warns:
            warnings.warn(
                "StreamingHttpResponse must consume asynchronous iterators in order to serve them "
                "synchronously. Use a synchronous iterator instead.",
                Warning,
                stacklevel=2,
            )
        parts = self._wait_for_parts()
        # The server closes the response, and may keep the iterator.
        self._resource_closers.append(parts.close)
        return parts

    def _wait_for_parts(self) -> Generator[bytes]:
        parts = self._async_parts(self._iterator)
        try:
            while True:
                try:
                    part = wait(anext(parts))
                except StopAsyncIteration:
                    return
                yield part
        finally:
            for generator in (parts, self._iterator):
                close = getattr(generator, "aclose", None)
                if close is not None:
                    wait(close())

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self.is_async:
            async for part in self.streaming_content:
                yield part
            return
        if self._warns:
            warnings.warn(
                "StreamingHttpResponse must consume synchronous iterators in order to serve them "
                "asynchronously. Use an asynchronous iterator instead.",
                Warning,
                stacklevel=2,
            )
        # The iterator may block, so it is driven from a worker thread, piece by piece.
        parts = iter(self.streaming_content)
        while (part := await in_thread(next, parts, _END)) is not _END:
            yield part

    def getvalue(self) -> bytes:
        """All of the content."""
        return b"".join(self.streaming_content)


class FileResponse(StreamingHttpResponse):
    """A file, sent piece by piece.

    ``as_attachment``: the client saves it; ``filename``: under this name, by default that of the file. With the
    ``request``, one that asks for a range of bytes gets that part (RFC 9110 §14), if the file can be positioned.
    """

    block_size = 4096
    _warns = False

    def __init__(
        self, *args: Any, as_attachment: bool = False, filename: str = "", request: Any = None, **kwargs: Any
    ) -> None:
        self.as_attachment = as_attachment
        self.filename = filename
        self._no_explicit_content_type = "content_type" not in kwargs or kwargs["content_type"] is None
        self.file_to_stream: Any = None
        super().__init__(*args, **kwargs)
        if request is not None:
            self._select_range(request)

    def _set_streaming_content(self, value: Any) -> None:
        if not hasattr(value, "read"):
            self.file_to_stream = None
            super()._set_streaming_content(value)
            return
        self.file_to_stream = file = value
        if hasattr(file, "close"):
            self._resource_closers.append(file.close)
        self.set_headers(file)
        super()._set_streaming_content(iter(lambda: file.read(self.block_size), b""))

    def set_headers(self, open_file: Any) -> None:
        """Set Content-Length, Content-Type and Content-Disposition after the file."""
        name = getattr(open_file, "name", "")
        name = name if isinstance(name, str) else ""
        length = _remaining(open_file, name, self.block_size)
        if length is not None:
            self.headers["Content-Length"] = str(length)
        filename = os.path.basename(self.filename or name)
        if self._no_explicit_content_type:
            self.headers["Content-Type"] = self._guess_type(filename)
        disposition = content_disposition_header(self.as_attachment, filename)
        if disposition:
            self.headers["Content-Disposition"] = disposition

    def _select_range(self, request: Any) -> None:
        """Become the answer to a request that may want a part only."""
        file = self.file_to_stream
        length = self.get("Content-Length")
        seekable = getattr(file, "seekable", None)
        if length is None or seekable is None or not seekable():
            return
        size = int(length)
        self.headers.setdefault("Accept-Ranges", "bytes")
        name = getattr(file, "name", None)
        if isinstance(name, str) and os.path.isfile(name):
            self.headers.setdefault("Last-Modified", http_date(os.path.getmtime(name)))
        selected = requested_range(request, self, size)
        if selected is None:
            return
        if selected is UNSATISFIABLE:
            self.status_code = 416
            self.headers["Content-Range"] = f"bytes */{size}"
            start = count = 0
        else:
            start, count = selected
            self.status_code = 206
            self.headers["Content-Range"] = f"bytes {start}-{start + count - 1}/{size}"
        self.headers["Content-Length"] = str(count)
        file.seek(start, io.SEEK_CUR)
        self.file_to_stream = part = FilePart(file, count)
        super()._set_streaming_content(iter(lambda: part.read(self.block_size), b""))

    @staticmethod
    def _guess_type(filename: str) -> str:
        if not filename:
            return "application/octet-stream"
        import mimetypes

        content_type, encoding = mimetypes.guess_type(filename)
        if encoding:
            return _ENCODING_TYPES.get(encoding, "application/octet-stream")
        return content_type or "application/octet-stream"


def _remaining(file: Any, name: str, block_size: int) -> int | None:
    """How much there is from the file's position on; None if it cannot be told."""
    size = remaining_size(file)
    if size is not None:
        return size
    if not hasattr(file, "tell"):
        if not hasattr(file, "seek") or (hasattr(file, "seekable") and not file.seekable()):
            return None
        length = sum(iter(lambda: len(file.read(block_size)), 0))
        file.seek(-length, io.SEEK_END)
        return length
    if hasattr(file, "getbuffer"):
        return int(file.getbuffer().nbytes - file.tell())
    if os.path.isfile(name):
        return int(os.path.getsize(name) - file.tell())
    return None
