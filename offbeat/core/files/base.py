"""File and ContentFile (Django documentation: ref/files/file)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import BytesIO, StringIO, UnsupportedOperation
from typing import Any

from offbeat.core.files.utils import FileProxyMixin
from offbeat.utils.functional import cached_property


class File(FileProxyMixin):
    """A Python file object with a name, a size and chunks."""

    DEFAULT_CHUNK_SIZE = 64 * 2**10

    def __init__(self, file: Any, name: Any = None) -> None:
        self.file = file
        if name is None:
            name = getattr(file, "name", None)
        self.name = name
        if hasattr(file, "mode"):
            self.mode = file.mode

    def __str__(self) -> str:
        return self.name or ""

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self.name or 'None'}>"

    def __bool__(self) -> bool:
        # Else the length would decide, and an empty file is a file.
        return True

    def __len__(self) -> int:
        return int(self.size)

    @cached_property
    def size(self) -> int:
        """The size in bytes; AttributeError when it cannot be told."""
        file = self.file
        if hasattr(file, "size"):
            return int(file.size)
        if hasattr(file, "name"):
            try:
                return os.path.getsize(file.name)
            except (OSError, TypeError):
                pass
        if hasattr(file, "tell") and hasattr(file, "seek"):
            position = file.tell()
            file.seek(0, os.SEEK_END)
            size = int(file.tell())
            file.seek(position)
            return size
        raise AttributeError("Unable to determine the file's size.")

    def chunks(self, chunk_size: int | None = None) -> Iterator[Any]:
        """The content from its start, in pieces of ``chunk_size`` (64 KiB)."""
        size = chunk_size or self.DEFAULT_CHUNK_SIZE
        try:
            self.seek(0)
        except (AttributeError, UnsupportedOperation):
            pass
        while data := self.read(size):
            yield data

    def multiple_chunks(self, chunk_size: int | None = None) -> bool:
        """Whether the content is longer than one chunk."""
        return self.size > (chunk_size or self.DEFAULT_CHUNK_SIZE)

    def __iter__(self) -> Iterator[Any]:
        # A line may lie across two chunks, and so may "\r\n".
        pending: Any = None
        for chunk in self.chunks():
            for line in chunk.splitlines(True):
                if pending:
                    if _ends_with_cr(pending) and line not in (b"\n", "\n"):
                        yield pending
                    else:
                        line = pending + line
                    pending = None
                if _ends_line(line) and not _ends_with_cr(line):
                    yield line
                else:
                    pending = line
        if pending is not None:
            yield pending

    def __enter__(self) -> Any:
        return self

    def __exit__(self, exc_type: Any, exc_value: Any, tb: Any) -> None:
        self.close()

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """Open again, or go back to the start when open; ValueError when it cannot be opened."""
        if not self.closed:
            self.seek(0)
        elif self.name and os.path.exists(self.name):
            self.file = open(self.name, mode or self.mode, *args, **kwargs)  # noqa: SIM115
        else:
            raise ValueError("The file cannot be reopened.")
        return self

    def close(self) -> None:
        """Close the file."""
        self.file.close()


class ContentFile(File):
    """A File over text or bytes in memory."""

    def __init__(self, content: str | bytes, name: Any = None) -> None:
        stream = StringIO if isinstance(content, str) else BytesIO
        super().__init__(stream(content), name=name)  # type: ignore[arg-type]
        self.size = len(content)

    def __str__(self) -> str:
        return "Raw content"

    def open(self, mode: str | None = None) -> Any:
        """Go back to the start."""
        self.seek(0)
        return self

    def close(self) -> None:
        """Nothing to do: the content stays readable."""

    def write(self, data: Any) -> Any:
        """Write ``data``; the size is counted anew."""
        self.__dict__.pop("size", None)
        return self.file.write(data)


def _ends_with_cr(text: Any) -> bool:
    return text[-1:] in (b"\r", "\r")


def _ends_line(text: Any) -> bool:
    return text[-1:] in (b"\n", "\n")
