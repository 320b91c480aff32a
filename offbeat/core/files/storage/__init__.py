"""Storages: where files are kept (Django documentation: ref/files/storage)."""

from __future__ import annotations

from offbeat.utils.functional import LazyObject

from .base import Storage
from .filesystem import FileSystemStorage
from .handler import InvalidStorageError, StorageHandler
from .memory import InMemoryStorage

__all__ = [
    "DefaultStorage",
    "FileSystemStorage",
    "InMemoryStorage",
    "InvalidStorageError",
    "Storage",
    "StorageHandler",
    "default_storage",
    "storages",
]


class DefaultStorage(LazyObject):
    """The storage with the alias ``default``."""

    def _setup(self) -> None:
        self._wrapped = storages["default"]


storages = StorageHandler()
default_storage = DefaultStorage()
