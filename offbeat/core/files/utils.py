"""File names that are safe, and the methods a File passes on."""

from __future__ import annotations

import os
import pathlib
from typing import Any

from offbeat.core.exceptions import SuspiciousFileOperation


def validate_file_name(name: Any, allow_relative_path: bool = False) -> Any:
    """The name, or SuspiciousFileOperation if it is empty, goes up, or has a path that is not allowed."""
    last = os.path.basename(name)
    if last in {"", ".", ".."}:
        raise SuspiciousFileOperation(f"Could not derive file name from '{name}'")
    if allow_relative_path:
        # A storage of another system may take a backslash for a separator.
        path = pathlib.PurePosixPath(str(name).replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            raise SuspiciousFileOperation(f"Detected path traversal attempt in '{name}'")
    elif name != last:
        raise SuspiciousFileOperation(f"File name '{name}' includes path elements")
    return name


def remaining_size(stream: Any) -> int | None:
    """How much a stream has from its position on; None if it cannot go there and back."""
    if not hasattr(stream, "seek") or not hasattr(stream, "tell"):
        return None
    if hasattr(stream, "seekable") and not stream.seekable():
        return None
    position = stream.tell()
    stream.seek(0, os.SEEK_END)
    size = stream.tell() - position
    stream.seek(position)
    return int(size)


class FileProxyMixin:
    """Passes the methods of a file object on to ``self.file``."""

    file: Any

    @property
    def encoding(self) -> Any:
        return self.file.encoding

    @property
    def fileno(self) -> Any:
        return self.file.fileno

    @property
    def flush(self) -> Any:
        return self.file.flush

    @property
    def isatty(self) -> Any:
        return self.file.isatty

    @property
    def newlines(self) -> Any:
        return self.file.newlines

    @property
    def read(self) -> Any:
        return self.file.read

    @property
    def readinto(self) -> Any:
        return self.file.readinto

    @property
    def readline(self) -> Any:
        return self.file.readline

    @property
    def readlines(self) -> Any:
        return self.file.readlines

    @property
    def seek(self) -> Any:
        return self.file.seek

    @property
    def tell(self) -> Any:
        return self.file.tell

    @property
    def truncate(self) -> Any:
        return self.file.truncate

    @property
    def write(self) -> Any:
        return self.file.write

    @property
    def writelines(self) -> Any:
        return self.file.writelines

    @property
    def closed(self) -> bool:
        return not self.file or self.file.closed

    def readable(self) -> bool:
        """Whether the file can be read."""
        if self.closed:
            return False
        if hasattr(self.file, "readable"):
            return bool(self.file.readable())
        return True

    def writable(self) -> bool:
        """Whether the file can be written."""
        if self.closed:
            return False
        if hasattr(self.file, "writable"):
            return bool(self.file.writable())
        return "w" in getattr(self.file, "mode", "")

    def seekable(self) -> bool:
        """Whether the file has a position that can be set."""
        if self.closed:
            return False
        if hasattr(self.file, "seekable"):
            return bool(self.file.seekable())
        return True

    def __iter__(self) -> Any:
        return iter(self.file)
