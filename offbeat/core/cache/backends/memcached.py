"""Memcached, through ``pymemcache`` or ``pylibmc``. On the event loop commands run in a worker thread."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import Any

from offbeat.concurrency import off_loop
from offbeat.core.cache.backends.base import (
    DEFAULT_TIMEOUT,
    BaseCache,
    InvalidCacheKey,
    memcache_key_warnings,
)
from offbeat.utils.functional import cached_property

__all__ = ["BaseMemcachedCache", "PyLibMCCache", "PyMemcacheCache"]

_LONGEST_RELATIVE_TIMEOUT = 30 * 24 * 60 * 60


class BaseMemcachedCache(BaseCache):
    """What both libraries have in common."""

    def __init__(
        self,
        server: str | list[str],
        params: dict[str, Any],
        library: Any,
        value_not_found_exception: type[Exception],
    ) -> None:
        super().__init__(params)
        self._servers = re.split("[;,]", server) if isinstance(server, str) else server
        self.LibraryValueNotFoundException = value_not_found_exception
        self._lib = library
        self._class: Any = library.Client
        self._options = params.get("OPTIONS") or {}

    @property
    def client_servers(self) -> Any:
        return self._servers

    @cached_property
    def _cache(self) -> Any:
        return self._class(self.client_servers, **self._options)

    def get_backend_timeout(self, timeout: Any = DEFAULT_TIMEOUT) -> int:
        """As memcached takes it: 0 for ever, a negative number at once, a date beyond thirty days."""
        if timeout is DEFAULT_TIMEOUT:
            timeout = self.default_timeout
        if timeout is None:
            return 0
        if int(timeout) <= 0:
            return -1
        if timeout > _LONGEST_RELATIVE_TIMEOUT:
            timeout += int(time.time())
        return int(timeout)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Store a value unless the key is there; whether it was stored."""
        key = self.make_and_validate_key(key, version=version)
        return bool(off_loop(self._cache.add, key, value, self.get_backend_timeout(timeout)))

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """The value of a key, or ``default``."""
        return off_loop(self._cache.get, self.make_and_validate_key(key, version=version), default)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> None:
        """Store a value."""
        key = self.make_and_validate_key(key, version=version)
        if not off_loop(self._cache.set, key, value, self.get_backend_timeout(timeout)):
            # It could not be stored, perhaps being too large; the old one must not stay.
            off_loop(self._cache.delete, key)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Set a new timeout; whether the key was there."""
        key = self.make_and_validate_key(key, version=version)
        return bool(off_loop(self._cache.touch, key, self.get_backend_timeout(timeout)))

    def delete(self, key: Any, version: Any = None) -> bool:
        """Delete a key; whether it was there."""
        return bool(off_loop(self._cache.delete, self.make_and_validate_key(key, version=version)))

    def get_many(self, keys: Iterable[Any], version: Any = None) -> dict[Any, Any]:
        """The keys that are there, with their values, in one round trip."""
        key_map = {self.make_and_validate_key(key, version=version): key for key in keys}
        found = off_loop(self._cache.get_multi, list(key_map))
        return {key_map[key]: value for key, value in found.items()}

    def close(self, **kwargs: Any) -> None:
        """Drop the connections."""
        self._cache.disconnect_all()

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> int:
        """Add ``delta``; ValueError if the key is not there."""
        key = self.make_and_validate_key(key, version=version)
        try:
            # Memcached cannot count with negative numbers.
            if delta < 0:
                value = off_loop(self._cache.decr, key, -delta)
            else:
                value = off_loop(self._cache.incr, key, delta)
        except self.LibraryValueNotFoundException:
            value = None
        if value is None:
            raise ValueError(f"Key '{key}' not found")
        return int(value)

    def set_many(
        self, data: dict[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> list[Any]:
        """Store several values; the keys that could not be stored."""
        original = {self.make_and_validate_key(key, version=version): key for key in data}
        safe = {stored: data[key] for stored, key in original.items()}
        failed = off_loop(self._cache.set_multi, safe, self.get_backend_timeout(timeout))
        return [original[key] for key in failed]

    def delete_many(self, keys: Iterable[Any], version: Any = None) -> None:
        """Delete several keys."""
        safe = [self.make_and_validate_key(key, version=version) for key in keys]
        off_loop(self._cache.delete_multi, safe)

    def clear(self) -> None:
        """Delete everything on the servers."""
        off_loop(self._cache.flush_all)

    def validate_key(self, key: str) -> None:
        """InvalidCacheKey for a key that the protocol cannot carry."""
        for warning in memcache_key_warnings(key):
            raise InvalidCacheKey(warning)


class PyLibMCCache(BaseMemcachedCache):
    """Memcached through ``pylibmc``."""

    def __init__(self, server: str | list[str], params: dict[str, Any]) -> None:
        import pylibmc  # type: ignore[import-not-found]

        super().__init__(server, params, library=pylibmc, value_not_found_exception=pylibmc.NotFound)

    @property
    def client_servers(self) -> Any:
        return [server.removeprefix("unix:") for server in self._servers]

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Set a new timeout; whether the key was there."""
        key = self.make_and_validate_key(key, version=version)
        if timeout == 0:
            return bool(off_loop(self._cache.delete, key))
        return bool(off_loop(self._cache.touch, key, self.get_backend_timeout(timeout)))

    def close(self, **kwargs: Any) -> None:
        """Nothing: libmemcached keeps its connections."""


class PyMemcacheCache(BaseMemcachedCache):
    """Memcached through ``pymemcache``."""

    def __init__(self, server: str | list[str], params: dict[str, Any]) -> None:
        import pymemcache.serde

        super().__init__(server, params, library=pymemcache, value_not_found_exception=KeyError)
        self._class = self._lib.HashClient
        self._options = {
            "allow_unicode_keys": True,
            "default_noreply": False,
            "serde": self._lib.serde.pickle_serde,
            **self._options,
        }
