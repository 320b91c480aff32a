"""Messages in a cookie, and what does not fit there in the session."""

from __future__ import annotations

from typing import Any

from offbeat.contrib.messages.storage.base import BaseStorage
from offbeat.contrib.messages.storage.cookie import CookieStorage
from offbeat.contrib.messages.storage.session import SessionStorage
from offbeat.utils.functional import cached_property


class FallbackStorage(BaseStorage):
    """Tries each of ``storage_classes`` in turn, to read until all are found, to store until none is left."""

    storage_classes: tuple[Any, ...] = (CookieStorage, SessionStorage)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arguments = (args, kwargs)
        self._used_storages: set[Any] = set()

    @cached_property
    def storages(self) -> list[Any]:
        """The storages, made when there is a message to read or store."""
        args, kwargs = self._arguments
        return [storage_class(*args, **kwargs) for storage_class in self.storage_classes]

    def _get(self, *args: Any, **kwargs: Any) -> tuple[list[Any] | None, bool]:
        """The messages of the storages, up to the one that says these are all."""
        all_messages: list[Any] = []
        all_retrieved = False
        for storage in self.storages:
            messages, all_retrieved = storage._get()
            if messages is None:
                # This storage is not in use at all.
                break
            if messages:
                self._used_storages.add(storage)
            all_messages.extend(messages)
            if all_retrieved:
                break
        return all_messages, all_retrieved

    def _store(self, messages: list[Any], response: Any, *args: Any, **kwargs: Any) -> list[Any]:
        """Store the messages where there is a place, and clear the storages that are not needed now."""
        for storage in self.storages:
            if messages:
                messages = storage._store(messages, response, remove_oldest=False)
            elif storage in self._used_storages:
                storage._store([], response)
                self._used_storages.remove(storage)
        return messages
