"""The caches of the CACHES setting, by alias."""

from __future__ import annotations

import threading
from typing import Any

from offbeat.core import signals
from offbeat.core.cache.backends.base import InvalidCacheBackendError
from offbeat.utils.connection import BaseConnectionHandler, ConnectionProxy
from offbeat.utils.module_loading import import_string

__all__ = ["DEFAULT_CACHE_ALIAS", "CacheHandler", "cache", "caches", "close_caches"]

DEFAULT_CACHE_ALIAS = "default"


class CacheHandler(BaseConnectionHandler):
    """Makes the cache of an alias at its first use in a thread.

    Not every backend may be shared by threads, hence one object to each. All tasks of an event loop share one.
    """

    settings_name = "CACHES"
    exception_class = InvalidCacheBackendError

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self._connections: Any = threading.local()

    def create_connection(self, alias: str) -> Any:
        """A cache from its definition; InvalidCacheBackendError if the backend cannot be imported."""
        signals.request_finished.note()
        params = self.settings[alias].copy()
        backend = params.pop("BACKEND")
        location = params.pop("LOCATION", "")
        try:
            backend_class = import_string(backend)
        except ImportError as error:
            raise InvalidCacheBackendError(f"Could not find backend '{backend}': {error}") from error
        return backend_class(location, params)


caches = CacheHandler()
cache: Any = ConnectionProxy(caches, DEFAULT_CACHE_ALIAS)


def close_caches(**kwargs: Any) -> None:
    """Close the caches this thread has used; called when a request is finished."""
    caches.close_all()


signals.request_finished.connect_idle(close_caches)
