"""Storage: what all storages have in common."""

from __future__ import annotations

import os
import pathlib
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from offbeat.core.exceptions import SuspiciousFileOperation
from offbeat.core.files.base import File
from offbeat.core.files.utils import validate_file_name
from offbeat.utils.crypto import get_random_string
from offbeat.utils.encoding import filepath_to_uri
from offbeat.utils.text import get_valid_filename


class Storage:
    """Base of the storages; a subclass gives ``_open()`` and ``_save()``, and the other operations it supports."""

    def open(self, name: str, mode: str = "rb") -> Any:
        """The file called ``name``."""
        return self._open(name, mode)  # type: ignore[attr-defined]

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        """Save ``content`` under a free name near ``name``; returns the name, with forward slashes."""
        if name is None:
            name = content.name
        if not hasattr(content, "chunks"):
            content = File(content, name)
        # A subclass may make names in its own way, so the path is checked after every step.
        validate_file_name(name, allow_relative_path=True)
        name = self.get_available_name(name, max_length=max_length)
        validate_file_name(name, allow_relative_path=True)
        name = self._save(name, content)  # type: ignore[attr-defined]
        validate_file_name(name, allow_relative_path=True)
        return name

    def is_name_available(self, name: str, max_length: int | None = None) -> bool:
        """Whether the name is free and short enough."""
        exceeds = max_length is not None and len(name) > max_length
        return not exceeds and not self.exists(name)

    def get_valid_name(self, name: str) -> str:
        """A name that suits the storage."""
        return get_valid_filename(name)

    def get_alternative_name(self, file_root: str, file_ext: str) -> str:
        """Another name to try, with seven random characters: a race or an enemy cannot use it up."""
        return f"{file_root}_{get_random_string(7)}{file_ext}"

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """A free name of at most ``max_length`` characters; SuspiciousFileOperation if there is none."""
        name = str(name).replace("\\", "/")
        directory, file_name = os.path.split(name)
        if ".." in pathlib.PurePath(directory).parts:
            raise SuspiciousFileOperation(f"Detected path traversal attempt in '{directory}'")
        validate_file_name(file_name)
        suffixes = "".join(pathlib.PurePath(file_name).suffixes)
        root = file_name.removesuffix(suffixes)
        while not self.is_name_available(name, max_length=max_length):
            name = os.path.join(directory, self.get_alternative_name(root, suffixes))
            if max_length is None:
                continue
            surplus = len(name) - max_length
            if surplus > 0:
                root = root[:-surplus]
                if not root:
                    raise SuspiciousFileOperation(
                        f"Storage can not find an available filename for {name!r}. Please make sure that the "
                        "corresponding file field allows sufficient 'max_length'."
                    )
                name = os.path.join(directory, self.get_alternative_name(root, suffixes))
        return name

    def generate_filename(self, filename: str) -> str:
        """The name (perhaps with a path) made valid, to be given to ``save()``."""
        filename = str(filename).replace("\\", "/")
        directory, name = os.path.split(filename)
        if ".." in pathlib.PurePath(directory).parts:
            raise SuspiciousFileOperation(f"Detected path traversal attempt in '{directory}'")
        return os.path.normpath(os.path.join(directory, self.get_valid_name(name)))

    def path(self, name: str) -> str:
        """The path in the local file system."""
        raise NotImplementedError("This backend doesn't support absolute paths.")

    def delete(self, name: str) -> None:
        """Delete the file."""
        raise NotImplementedError("subclasses of Storage must provide a delete() method")

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        raise NotImplementedError("subclasses of Storage must provide an exists() method")

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """The directories and the files in ``path``."""
        raise NotImplementedError("subclasses of Storage must provide a listdir() method")

    def size(self, name: str) -> int:
        """The size in bytes."""
        raise NotImplementedError("subclasses of Storage must provide a size() method")

    def url(self, name: str | None) -> str:
        """The URL at which the content can be had."""
        raise NotImplementedError("subclasses of Storage must provide a url() method")

    def get_accessed_time(self, name: str) -> datetime:
        """When the file was last read; aware if ``USE_TZ``."""
        raise NotImplementedError("subclasses of Storage must provide a get_accessed_time() method")

    def get_created_time(self, name: str) -> datetime:
        """When the file was made; aware if ``USE_TZ``."""
        raise NotImplementedError("subclasses of Storage must provide a get_created_time() method")

    def get_modified_time(self, name: str) -> datetime:
        """When the file was last written; aware if ``USE_TZ``."""
        raise NotImplementedError("subclasses of Storage must provide a get_modified_time() method")


def join_url(base_url: str | None, name: str | None) -> str:
    """The URL of a file below ``base_url``; ValueError without one."""
    if base_url is None:
        raise ValueError("This file is not accessible via a URL.")
    url = filepath_to_uri(name)
    if url is not None:
        url = url.lstrip("/")
    return str(urljoin(base_url, url))
