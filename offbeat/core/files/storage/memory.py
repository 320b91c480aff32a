"""InMemoryStorage: files in memory, for tests (Django documentation: ref/files/storage)."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from offbeat.core.files.base import ContentFile
from offbeat.core.files.storage.base import Storage, join_url
from offbeat.core.files.storage.mixins import StorageSettingsMixin
from offbeat.utils._os import safe_join
from offbeat.utils.deconstruct import deconstructible
from offbeat.utils.timezone import now

__all__ = ("InMemoryStorage",)


class _Times:
    """Moments of creation, reading and writing."""

    def __init__(self) -> None:
        self.created_time = self.accessed_time = self.modified_time = now()

    def read_now(self) -> None:
        self.accessed_time = now()

    def written_now(self) -> None:
        self.accessed_time = self.modified_time = now()


class InMemoryFileNode(ContentFile, _Times):
    """A file: text or bytes, whichever was written first."""

    file: Any

    def __init__(self, content: Any = "", name: Any = None) -> None:
        self.file = None
        self._content_type = type(content)
        self._initialize_stream()
        if content:
            self.file.write(content)
            self.file.seek(0)
        self.name = name
        _Times.__init__(self)

    def _initialize_stream(self) -> None:
        self.file = io.BytesIO() if self._content_type is bytes else io.StringIO()

    def open(self, mode: str = "rb") -> Any:  # type: ignore[override]
        """Go to the start, as text or bytes after ``mode``."""
        self._convert_stream_content(mode)
        self.read_now()
        return super().open(mode)

    @property
    def size(self) -> int:
        return len(self.file.getvalue())

    def write(self, data: Any) -> Any:
        """Write text or bytes."""
        self.written_now()
        if self.file.getvalue() in ("", b"") and self._content_type is not type(data):
            self._content_type = type(data)
            self._initialize_stream()
        return self.file.write(data)

    def _convert_stream_content(self, mode: str) -> None:
        wanted = bytes if "b" in mode else str
        if wanted is self._content_type:
            return
        content = self.file.getvalue()
        self._content_type = wanted
        self._initialize_stream()
        self.file.write(content.encode() if isinstance(content, str) else content.decode())
        self.file.seek(0)


class InMemoryDirNode(_Times):
    """A directory: nodes by name."""

    def __init__(self) -> None:
        self._children: dict[str, Any] = {}
        super().__init__()

    def resolve(
        self, path: str, create_if_missing: bool = False, leaf_cls: Any = None, check_exists: bool = True
    ) -> Any:
        """The node at ``path`` below this one, made with the directories above it if asked for."""
        node: Any = self
        parts = [part for part in path.split(os.sep) if part not in ("", ".")]
        for position, part in enumerate(parts):
            if not isinstance(node, InMemoryDirNode):
                raise FileExistsError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
            last = position == len(parts) - 1
            child = node._children.get(part)
            if child is None:
                if not create_if_missing:
                    if check_exists:
                        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
                    return None
                child = leaf_cls() if last else InMemoryDirNode()
                if isinstance(child, InMemoryFileNode):
                    child.name = part
                node._children[part] = child
                node.written_now()
            node = child
        if leaf_cls is not None and not isinstance(node, leaf_cls):
            if leaf_cls is InMemoryDirNode:
                raise FileExistsError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        return node

    def listdir(self) -> tuple[list[str], list[str]]:
        """The names of the directories and of the files."""
        directories = [name for name, node in self._children.items() if isinstance(node, InMemoryDirNode)]
        files = [name for name, node in self._children.items() if not isinstance(node, InMemoryDirNode)]
        return directories, files

    def remove_child(self, name: str) -> None:
        """Forget a child."""
        self._children.pop(name, None)
        self.written_now()

    def __iter__(self) -> Iterator[str]:
        return iter(self._children)


@deconstructible(path="offbeat.core.files.storage.InMemoryStorage")
class InMemoryStorage(Storage, StorageSettingsMixin):
    """Files kept in memory; takes the options of FileSystemStorage."""

    def __init__(
        self,
        location: Any = None,
        base_url: str | None = None,
        file_permissions_mode: int | None = None,
        directory_permissions_mode: int | None = None,
    ) -> None:
        self._take_options(location, base_url, file_permissions_mode, directory_permissions_mode)
        self._root = InMemoryDirNode()
        self._resolve("", create_if_missing=True, leaf_cls=InMemoryDirNode)

    def _relative_path(self, name: str) -> str:
        full_path = safe_join(self.location, name)
        return os.path.relpath(full_path, self.location)

    def _resolve(
        self, name: str, create_if_missing: bool = False, leaf_cls: Any = None, check_exists: bool = True
    ) -> Any:
        return self._root.resolve(self._relative_path(name), create_if_missing, leaf_cls, check_exists)

    def _open(self, name: str, mode: str = "rb") -> Any:
        create = any(letter in mode for letter in "wax+")
        node = self._resolve(name, create_if_missing=create and "r" not in mode, leaf_cls=InMemoryFileNode)
        return node.open(mode)

    def _save(self, name: str, content: Any) -> str:
        node = self._resolve(name, create_if_missing=True, leaf_cls=InMemoryFileNode)
        mode = None
        for chunk in content.chunks():
            if mode is None:
                mode = "wb" if isinstance(chunk, bytes) else "wt"
                node.open(mode)
            node.write(chunk)
        if hasattr(content, "temporary_file_path"):
            os.remove(content.temporary_file_path())
        return self._relative_path(name).replace("\\", "/")

    def path(self, name: str) -> str:
        """Not supported: there is no such file on disk."""
        raise NotImplementedError("This backend doesn't support absolute paths.")

    def delete(self, name: str) -> None:
        """Forget a file or directory; nothing happens when there is none."""
        path, filename = os.path.split(self._relative_path(name))
        directory = self._root.resolve(path, check_exists=False)
        if directory is None:
            return
        directory.remove_child(filename)

    def exists(self, name: str) -> bool:
        """Whether there is such a file or directory."""
        try:
            return self._resolve(name, check_exists=False) is not None
        except FileExistsError:
            return False

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """The directories and the files in ``path``."""
        node: InMemoryDirNode = self._resolve(path, leaf_cls=InMemoryDirNode)
        return node.listdir()

    def size(self, name: str) -> int:
        """The size of the content."""
        return len(self._open(name, "rb").file.getvalue())

    def url(self, name: str | None) -> str:
        """The URL of the file; ValueError without a base URL."""
        return join_url(self.base_url, name)

    def get_accessed_time(self, name: str) -> datetime:
        """When it was last read or written."""
        return self._resolve(name).accessed_time  # type: ignore[no-any-return]

    def get_created_time(self, name: str) -> datetime:
        """When it was made."""
        return self._resolve(name).created_time  # type: ignore[no-any-return]

    def get_modified_time(self, name: str) -> datetime:
        """When it was last written."""
        return self._resolve(name).modified_time  # type: ignore[no-any-return]
