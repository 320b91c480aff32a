"""Upload handlers: what is done with a file while it arrives (Django documentation: ref/files/uploads).

Any hook may be a coroutine function.
"""

from __future__ import annotations

import os
from typing import Any

from offbeat.conf import settings
from offbeat.core.files.arriving import ArrivingFile
from offbeat.core.files.uploadedfile import InMemoryUploadedFile, TemporaryUploadedFile
from offbeat.core.files.utils import remaining_size
from offbeat.utils.module_loading import import_string

__all__ = [
    "FileUploadHandler",
    "MemoryFileUploadHandler",
    "SkipFile",
    "StopFutureHandlers",
    "StopUpload",
    "TemporaryFileUploadHandler",
    "UploadFileException",
    "load_handler",
]


class UploadFileException(Exception):
    """Base of what handlers raise to direct the parser."""


class StopUpload(UploadFileException):
    """Abort the whole upload; ``connection_reset`` leaves the rest of the body unread."""

    def __init__(self, connection_reset: bool = False) -> None:
        self.connection_reset = connection_reset

    def __str__(self) -> str:
        return "StopUpload: Halt current upload." + (
            "" if self.connection_reset else " Consume request data, then halt."
        )


class SkipFile(UploadFileException):
    """Leave this file out."""


class StopFutureHandlers(UploadFileException):
    """Raised by ``new_file()``: later handlers do not see this file."""


class FileUploadHandler:
    """Base of the handlers; a subclass gives ``receive_data_chunk()`` and ``file_complete()``."""

    chunk_size = 64 * 2**10

    def __init__(self, request: Any = None) -> None:
        self.file_name: str | None = None
        self.content_type: str | None = None
        self.content_length: int | None = None
        self.charset: str | None = None
        self.content_type_extra: dict[str, Any] | None = None
        self.request = request

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],
        content_length: int,
        boundary: bytes,
        encoding: str | None = None,
    ) -> Any:
        """Parse the whole body instead of the parser by returning (POST, FILES); None to let it do so."""

    def new_file(
        self,
        field_name: str,
        file_name: str,
        content_type: str | None,
        content_length: int | None,
        charset: str | None = None,
        content_type_extra: dict[str, Any] | None = None,
    ) -> Any:
        """A file begins. May raise StopFutureHandlers or SkipFile."""
        self.field_name = field_name
        self.file_name = file_name
        self.content_type = content_type
        self.content_length = content_length
        self.charset = charset
        self.content_type_extra = content_type_extra

    def receive_data_chunk(self, raw_data: bytes, start: int) -> Any:
        """Take a chunk; what is returned goes to the next handler, None ends the chain."""
        raise NotImplementedError(
            "subclasses of FileUploadHandler must provide a receive_data_chunk() method"
        )

    def file_complete(self, file_size: int) -> Any:
        """The file has ended: return an UploadedFile, or None to leave that to the next handler."""
        raise NotImplementedError("subclasses of FileUploadHandler must provide a file_complete() method")

    def upload_complete(self) -> Any:
        """Every file has arrived."""

    def upload_interrupted(self) -> Any:
        """The upload was aborted."""


class TemporaryFileUploadHandler(FileUploadHandler):
    """Writes files to temporary files."""

    file: TemporaryUploadedFile

    def new_file(self, *args: Any, **kwargs: Any) -> Any:
        """Make the temporary file."""
        super().new_file(*args, **kwargs)
        self.file = TemporaryUploadedFile(
            self.file_name or "", self.content_type, 0, self.charset, self.content_type_extra
        )

    def receive_data_chunk(self, raw_data: bytes, start: int) -> Any:
        """Write the chunk."""
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> Any:
        """The file, from its start."""
        self.file.seek(0)
        self.file.size = file_size
        return self.file

    def upload_interrupted(self) -> Any:
        """Remove the temporary file."""
        if hasattr(self, "file"):
            location = self.file.temporary_file_path()
            try:
                self.file.close()
                os.remove(location)
            except FileNotFoundError:
                pass


class MemoryFileUploadHandler(FileUploadHandler):
    """Keeps files in memory while the whole body is no longer than ``FILE_UPLOAD_MAX_MEMORY_SIZE``."""

    activated = False

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],
        content_length: int,
        boundary: bytes,
        encoding: str | None = None,
    ) -> Any:
        """Decide by the length; a body of unknown length goes to the next handler."""
        limit = settings.FILE_UPLOAD_MAX_MEMORY_SIZE
        # What is here already can be measured, whatever its header says.
        size = remaining_size(getattr(input_data, "_stream", input_data))
        if size is not None:
            self.activated = size <= limit
        else:
            known = content_length > 0 or "CONTENT_LENGTH" in META
            self.activated = known and content_length <= limit

    def new_file(self, *args: Any, **kwargs: Any) -> Any:
        """Take the file over from later handlers, if active."""
        super().new_file(*args, **kwargs)
        if self.activated:
            self.file = ArrivingFile()
            raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> Any:
        """Keep the chunk, or pass it on."""
        if self.activated:
            self.file.write(raw_data)
            return None
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        """The file in memory, if active."""
        if not self.activated:
            return None
        return InMemoryUploadedFile(
            file=self.file.complete(),
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type,
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )


def load_handler(path: str, *args: Any, **kwargs: Any) -> Any:
    """An instance of the handler class named by ``path``."""
    return import_string(path)(*args, **kwargs)
