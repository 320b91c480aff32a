"""Uploaded files: in memory or in a temporary file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from offbeat.conf import settings
from offbeat.core.files import temp as tempfile
from offbeat.core.files.base import File
from offbeat.core.files.utils import validate_file_name

__all__ = ("InMemoryUploadedFile", "SimpleUploadedFile", "TemporaryUploadedFile", "UploadedFile")

_LONGEST_NAME = 255


class UploadedFile(File):
    """A file that a client sent, with the name, content type, size and charset it claimed."""

    _name: str | None = None

    def __init__(
        self,
        file: Any = None,
        name: Any = None,
        content_type: str | None = None,
        size: int | None = None,
        charset: str | None = None,
        content_type_extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(file, name)
        self.size = size  # type: ignore[assignment]
        self.content_type = content_type
        self.charset = charset
        self.content_type_extra = content_type_extra

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self.name} ({self.content_type})>"

    def __bool__(self) -> bool:
        return bool(self.name)

    @property
    def name(self) -> str | None:
        """The last component of the name, shortened to 255 characters before its extension."""
        return self._name

    @name.setter
    def name(self, name: Any) -> None:
        if name is not None:
            name = os.path.basename(name)
            if len(name) > _LONGEST_NAME:
                stem, extension = os.path.splitext(name)
                extension = extension[:_LONGEST_NAME]
                name = stem[: _LONGEST_NAME - len(extension)] + extension
            name = validate_file_name(name)
        self._name = name


class TemporaryUploadedFile(UploadedFile):
    """An upload in a temporary file, which is removed on closing."""

    def __init__(
        self,
        name: str,
        content_type: str | None,
        size: int | None,
        charset: str | None,
        content_type_extra: dict[str, Any] | None = None,
    ) -> None:
        _, extension = os.path.splitext(name)
        # A NUL cannot be in a name on disk, nor can a very long extension.
        extension = extension.replace("\x00", "")[:64]
        file = tempfile.NamedTemporaryFile(suffix=".upload" + extension, dir=settings.FILE_UPLOAD_TEMP_DIR)
        super().__init__(file, name, content_type, size, charset, content_type_extra)

    def temporary_file_path(self) -> str:
        """The path of the temporary file."""
        return str(self.file.name)

    def close(self) -> None:
        """Close and remove the temporary file, unless it was moved away."""
        try:
            return self.file.close()  # type: ignore[no-any-return]
        except FileNotFoundError:
            # A handler or storage has moved it, so there is nothing to remove.
            return None


class InMemoryUploadedFile(UploadedFile):
    """An upload held in memory."""

    def __init__(
        self,
        file: Any,
        field_name: str | None,
        name: Any,
        content_type: str | None,
        size: int | None,
        charset: str | None,
        content_type_extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(file, name, content_type, size, charset, content_type_extra)
        self.field_name = field_name

    def open(self, mode: str | None = None) -> Any:
        """Go back to the start."""
        self.file.seek(0)
        return self

    def chunks(self, chunk_size: int | None = None) -> Iterator[Any]:
        """The content in one piece."""
        self.file.seek(0)
        yield self.read()

    def multiple_chunks(self, chunk_size: int | None = None) -> bool:
        """False: it is in memory whole."""
        return False


class SimpleUploadedFile(InMemoryUploadedFile):
    """An upload made of a name and bytes, for tests."""

    def __init__(self, name: str, content: bytes | None, content_type: str = "text/plain") -> None:
        content = content or b""
        super().__init__(BytesIO(content), None, name, content_type, len(content), None, None)

    @classmethod
    def from_dict(cls, file_dict: dict[str, Any]) -> SimpleUploadedFile:
        """From a dictionary with ``filename``, ``content`` and perhaps ``content-type``."""
        return cls(file_dict["filename"], file_dict["content"], file_dict.get("content-type", "text/plain"))
