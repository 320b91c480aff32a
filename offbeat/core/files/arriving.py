"""Uploads and bodies that are kept in memory once they are whole, while they arrive.

Slow clients may be many, so what all of them hold together is bounded: beyond it, what arrives goes on in a temporary file
until it is complete.
"""

from __future__ import annotations

import threading
from io import SEEK_END, BytesIO
from typing import IO

from offbeat.conf import settings

__all__ = ["ArrivingFile", "held"]

# Bytes that files of one process may hold in memory together while they arrive.
TOGETHER = 8 * 2**20
# What one file may hold however much the others do: so little is not worth a temporary file.
ALONE = 16 * 2**10

# Reentrant, for a file may be collected at any time.
_lock = threading.RLock()
_held = 0


def held() -> int:
    """Bytes that files which are arriving hold in memory now."""
    return _held


def _account(change: int) -> int:
    global _held
    with _lock:
        _held += change
        return _held


class ArrivingFile:
    """Takes a file chunk by chunk, and gives it back in memory."""

    def __init__(self) -> None:
        self._counted = 0
        self._file: IO[bytes] = BytesIO()
        self._on_disk = False

    def write(self, data: bytes) -> None:
        """Add a chunk."""
        if self._counted or self._on_disk or type(data) is not bytes:
            self._file.write(data)
        else:
            # One that stays the only one is shared, not copied.
            self._file = BytesIO(data)
            self._file.seek(0, SEEK_END)
        if not self._on_disk:
            size = len(data)
            self._counted += size
            if _account(size) > TOGETHER and self._counted > ALONE:
                self._move()

    def _move(self) -> None:
        with self._file as memory:
            import tempfile

            self._file = tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115
            self._on_disk = True
            memory.seek(0)
            self._file.write(memory.read())
        self._release()

    def _release(self) -> None:
        counted, self._counted = self._counted, 0
        _account(-counted)

    def complete(self) -> BytesIO:
        """The whole file, from its start; it is arriving no longer."""
        self._release()
        self._file.seek(0)
        if isinstance(self._file, BytesIO):
            return self._file
        with self._file as file:
            return BytesIO(file.read())

    def close(self) -> None:
        """Forget it."""
        self._release()
        self._file.close()

    def __del__(self) -> None:
        self._release()
        if self._on_disk:
            self._file.close()
