"""Storages: where files are kept (Django documentation: ref/files/storage)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offbeat.utils.functional import LazyObject
from offbeat.utils.lazy_names import lazy_names

from .base import Storage
from .handler import InvalidStorageError, StorageHandler

if TYPE_CHECKING:
    from .filesystem import FileSystemStorage
    from .memory import InMemoryStorage
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "offbeat.core.files.storage.filesystem": ("FileSystemStorage",),
            "offbeat.core.files.storage.memory": ("InMemoryStorage",),
        },
    )

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
