"""FileSystemStorage: files below a directory."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from offbeat.conf import settings
from offbeat.core.files import File, locks
from offbeat.core.files.move import file_move_safe
from offbeat.core.files.storage.base import Storage, join_url
from offbeat.core.files.storage.mixins import StorageSettingsMixin
from offbeat.utils._os import safe_join, safe_makedirs
from offbeat.utils.deconstruct import deconstructible


@deconstructible(path="offbeat.core.files.storage.FileSystemStorage")
class FileSystemStorage(Storage, StorageSettingsMixin):
    """Files below ``location`` (``MEDIA_ROOT``), served at ``base_url`` (``MEDIA_URL``).

    The modes default to ``FILE_UPLOAD_PERMISSIONS`` and ``FILE_UPLOAD_DIRECTORY_PERMISSIONS``;
    ``allow_overwrite``: saving replaces a file of the same name.
    """

    def __init__(
        self,
        location: Any = None,
        base_url: str | None = None,
        file_permissions_mode: int | None = None,
        directory_permissions_mode: int | None = None,
        allow_overwrite: bool = False,
    ) -> None:
        self._take_options(location, base_url, file_permissions_mode, directory_permissions_mode)
        self._allow_overwrite = allow_overwrite

    def _open(self, name: str, mode: str = "rb") -> File:
        return File(open(self.path(name), mode))

    def _save(self, name: str, content: Any) -> str:
        full_path = self.path(name)
        self._make_directory(os.path.dirname(full_path))
        # Another process may take the name between the choice and the writing: then choose anew.
        while True:
            try:
                if hasattr(content, "temporary_file_path"):
                    file_move_safe(
                        content.temporary_file_path(), full_path, allow_overwrite=self._allow_overwrite
                    )
                else:
                    self._write(full_path, content)
            except FileExistsError:
                name = self.get_available_name(name)
                full_path = self.path(name)
            else:
                break
        if self.file_permissions_mode is not None:
            os.chmod(full_path, self.file_permissions_mode)
        # Whoever may read the group's files should be able to read these too.
        self._ensure_location_group_id(full_path)
        return os.path.relpath(full_path, self.location).replace("\\", "/")

    def _make_directory(self, directory: str) -> None:
        try:
            if self.directory_permissions_mode is not None:
                safe_makedirs(directory, self.directory_permissions_mode, exist_ok=True)
            else:
                os.makedirs(directory, exist_ok=True)
        except FileExistsError:
            raise FileExistsError(f"{directory} exists and is not a directory.")

    def _write(self, full_path: str, content: Any) -> None:
        flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)
        # The kernel decides the race for a name.
        flags |= os.O_TRUNC if self._allow_overwrite else os.O_EXCL
        descriptor = os.open(full_path, flags, 0o666)
        file: Any = None
        try:
            locks.lock(descriptor, locks.LOCK_EX)
            for chunk in content.chunks():
                if file is None:
                    file = os.fdopen(descriptor, "wb" if isinstance(chunk, bytes) else "wt")
                file.write(chunk)
        finally:
            # What is buffered must be written while the lock is held.
            if file is not None:
                file.flush()
            locks.unlock(descriptor)
            if file is not None:
                file.close()
            else:
                os.close(descriptor)

    def _ensure_location_group_id(self, full_path: str) -> None:
        if os.name != "posix":
            return
        file_gid = os.stat(full_path).st_gid
        location_gid = os.stat(self.location).st_gid
        if file_gid != location_gid:
            try:
                os.chown(full_path, uid=-1, gid=location_gid)
            except PermissionError:
                pass

    def delete(self, name: str) -> None:
        """Delete the file or the empty directory; nothing happens when there is none."""
        if not name:
            raise ValueError("The name must be given to delete().")
        path = self.path(name)
        try:
            if os.path.isdir(path):
                os.rmdir(path)
            else:
                os.remove(path)
        except FileNotFoundError:
            # Somebody else was faster.
            pass

    def is_name_available(self, name: str, max_length: int | None = None) -> bool:
        """Whether the name may be written and is short enough."""
        if self._allow_overwrite:
            return not (max_length is not None and len(name) > max_length)
        return super().is_name_available(name, max_length=max_length)

    def get_alternative_name(self, file_root: str, file_ext: str) -> str:
        """Another name to try; where files may be overwritten, only the length can be at fault."""
        if self._allow_overwrite:
            return f"{file_root}{file_ext}"
        return super().get_alternative_name(file_root, file_ext)

    def exists(self, name: str) -> bool:
        """Whether there is such a file; a broken symbolic link counts."""
        return os.path.lexists(self.path(name))

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """The directories and the files in ``path``."""
        directories: list[str] = []
        files: list[str] = []
        with os.scandir(self.path(path)) as entries:
            for entry in entries:
                (directories if entry.is_dir() else files).append(entry.name)
        return directories, files

    def path(self, name: str) -> str:
        """The absolute path; SuspiciousFileOperation outside of the location."""
        return safe_join(self.location, name)

    def size(self, name: str) -> int:
        """The size in bytes."""
        return os.path.getsize(self.path(name))

    def url(self, name: str | None) -> str:
        """The URL of the file; ValueError without a base URL."""
        return join_url(self.base_url, name)

    def get_accessed_time(self, name: str) -> datetime:
        """When the file was last read."""
        return _moment(os.path.getatime(self.path(name)))

    def get_created_time(self, name: str) -> datetime:
        """The change time of the file (its creation, on Windows)."""
        return _moment(os.path.getctime(self.path(name)))

    def get_modified_time(self, name: str) -> datetime:
        """When the file was last written."""
        return _moment(os.path.getmtime(self.path(name)))


def _moment(timestamp: float) -> datetime:
    # As timezone.now() gives it: aware, or naive in local time.
    return datetime.fromtimestamp(timestamp, tz=UTC if settings.USE_TZ else None)
