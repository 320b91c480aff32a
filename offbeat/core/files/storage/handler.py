"""The storages of the STORAGES setting, by alias."""

from __future__ import annotations

from typing import Any

from offbeat.conf import DEFAULT_STORAGE_ALIAS, STATICFILES_STORAGE_ALIAS, settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.utils.functional import cached_property
from offbeat.utils.module_loading import import_string

__all__ = ["DEFAULT_STORAGE_ALIAS", "STATICFILES_STORAGE_ALIAS", "InvalidStorageError", "StorageHandler"]


class InvalidStorageError(ImproperlyConfigured):
    """There is no such storage, or it cannot be made."""


class StorageHandler:
    """``storages["alias"]``: each storage is made when first asked for."""

    def __init__(self, backends: dict[str, Any] | None = None) -> None:
        self._backends = backends
        self._storages: dict[str, Any] = {}

    @cached_property
    def backends(self) -> dict[str, Any]:
        """The definitions by alias."""
        if self._backends is None:
            self._backends = settings.STORAGES.copy()
        return self._backends

    def __getitem__(self, alias: str) -> Any:
        try:
            return self._storages[alias]
        except KeyError:
            pass
        try:
            params = self.backends[alias]
        except KeyError:
            raise InvalidStorageError(f"Could not find config for '{alias}' in settings.STORAGES.")
        storage = self._storages[alias] = self.create_storage(params)
        return storage

    def create_storage(self, params: dict[str, Any]) -> Any:
        """A storage from a definition with BACKEND and perhaps OPTIONS."""
        params = params.copy()
        backend = params.pop("BACKEND")
        options = params.pop("OPTIONS", {})
        try:
            storage_class = import_string(backend)
        except ImportError as error:
            raise InvalidStorageError(f"Could not find backend {backend!r}: {error}") from error
        return storage_class(**options)
