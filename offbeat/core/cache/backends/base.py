"""BaseCache: what all caches have in common. Each asynchronous method is the synchronous one, derived."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from inspect import iscoroutine
from typing import Any

from offbeat.concurrency import async_face, wait
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.utils.module_loading import import_string

__all__ = [
    "DEFAULT_TIMEOUT",
    "MEMCACHE_MAX_KEY_LENGTH",
    "BaseCache",
    "CacheKeyWarning",
    "InvalidCacheBackendError",
    "InvalidCacheKey",
    "default_key_func",
    "get_key_func",
    "memcache_key_warnings",
]


class InvalidCacheBackendError(ImproperlyConfigured):
    """There is no such cache, or its backend cannot be imported."""


class CacheKeyWarning(RuntimeWarning):
    """A key that some backends cannot store."""


class InvalidCacheKey(ValueError):
    """A key that this backend cannot store."""


# None means for ever, so there is a value of its own for "as configured".
DEFAULT_TIMEOUT: Any = object()
MEMCACHE_MAX_KEY_LENGTH = 250
_MISSING: Any = object()


def default_key_func(key: Any, key_prefix: str, version: Any) -> str:
    """``prefix:version:key``."""
    return f"{key_prefix}:{version}:{key}"


def get_key_func(key_func: Any) -> Callable[[Any, str, Any], str]:
    """A key function from a callable, a dotted path, or None for the default."""
    if key_func is None:
        return default_key_func
    if callable(key_func):
        return key_func  # type: ignore[no-any-return]
    return import_string(key_func)  # type: ignore[no-any-return]


class BaseCache:
    """Base of the backends; a subclass gives ``add``, ``get``, ``set``, ``touch``, ``delete`` and ``clear``."""

    _missing_key = _MISSING

    def __init__(self, params: dict[str, Any]) -> None:
        timeout = params.get("timeout", params.get("TIMEOUT", 300))
        self.default_timeout = None if timeout is None else _integer(timeout, 300)
        options = params.get("OPTIONS", {})
        self._max_entries = _integer(params.get("max_entries", options.get("MAX_ENTRIES", 300)), 300)
        self._cull_frequency = _integer(params.get("cull_frequency", options.get("CULL_FREQUENCY", 3)), 3)
        self.key_prefix = params.get("KEY_PREFIX", "")
        self.version = params.get("VERSION", 1)
        self.key_func = get_key_func(params.get("KEY_FUNCTION"))

    def get_backend_timeout(self, timeout: Any = DEFAULT_TIMEOUT) -> float | None:
        """The moment of expiry, or None for never."""
        if timeout is DEFAULT_TIMEOUT:
            timeout = self.default_timeout
        elif timeout == 0:
            # time() + 0 could still be valid for a moment.
            timeout = -1
        return None if timeout is None else time.time() + timeout

    def make_key(self, key: Any, version: Any = None) -> str:
        """The key as it is stored, with prefix and version."""
        return self.key_func(key, self.key_prefix, self.version if version is None else version)

    def validate_key(self, key: str) -> None:
        """Warn of keys that memcached could not store, so that backends can be exchanged."""
        for warning in memcache_key_warnings(key):
            warnings.warn(warning, CacheKeyWarning, stacklevel=4)

    def make_and_validate_key(self, key: Any, version: Any = None) -> str:
        """The stored form of a key, validated."""
        stored = self.make_key(key, version=version)
        self.validate_key(stored)
        return stored

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Store a value unless the key is there; whether it was stored."""
        raise NotImplementedError("subclasses of BaseCache must provide an add() method")

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """The value of a key, or ``default``."""
        raise NotImplementedError("subclasses of BaseCache must provide a get() method")

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> None:
        """Store a value for ``timeout`` seconds; None for ever, 0 not at all."""
        raise NotImplementedError("subclasses of BaseCache must provide a set() method")

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Set a new timeout; whether the key was there."""
        raise NotImplementedError("subclasses of BaseCache must provide a touch() method")

    def delete(self, key: Any, version: Any = None) -> bool:
        """Delete a key; whether it was there."""
        raise NotImplementedError("subclasses of BaseCache must provide a delete() method")

    def get_many(self, keys: Iterable[Any], version: Any = None) -> dict[Any, Any]:
        """The keys that are there, with their values."""
        found = {}
        for key in keys:
            value = self.get(key, self._missing_key, version=version)
            if value is not self._missing_key:
                found[key] = value
        return found

    def get_or_set(self, key: Any, default: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> Any:
        """The value of a key, stored first from ``default`` (a value, or a callable that makes it)."""
        value = self.get(key, self._missing_key, version=version)
        if value is not self._missing_key:
            return value
        if callable(default):
            default = default()
            if iscoroutine(default):
                default = wait(default)
        self.add(key, default, timeout=timeout, version=version)
        # Another process may have been first; then its value counts.
        return self.get(key, default, version=version)

    def has_key(self, key: Any, version: Any = None) -> bool:
        """Whether the key is there."""
        return self.get(key, self._missing_key, version=version) is not self._missing_key

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> int:
        """Add ``delta``; ValueError if the key is not there."""
        value = self.get(key, self._missing_key, version=version)
        if value is self._missing_key:
            raise ValueError(f"Key '{key}' not found")
        new_value: int = value + delta
        self.set(key, new_value, version=version)
        return new_value

    def decr(self, key: Any, delta: int = 1, version: Any = None) -> int:
        """Subtract ``delta``; ValueError if the key is not there."""
        return self.incr(key, -delta, version=version)

    def __contains__(self, key: Any) -> bool:
        return self.has_key(key)

    def set_many(
        self, data: dict[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> list[Any]:
        """Store several values; the list of keys that could not be stored."""
        for key, value in data.items():
            self.set(key, value, timeout=timeout, version=version)
        return []

    def delete_many(self, keys: Iterable[Any], version: Any = None) -> None:
        """Delete several keys."""
        for key in keys:
            self.delete(key, version=version)

    def clear(self) -> None:
        """Delete everything."""
        raise NotImplementedError("subclasses of BaseCache must provide a clear() method")

    def incr_version(self, key: Any, delta: int = 1, version: Any = None) -> int:
        """Move the value to a higher version and return that; ValueError if the key is not there."""
        if version is None:
            version = self.version
        value = self.get(key, self._missing_key, version=version)
        if value is self._missing_key:
            raise ValueError(f"Key '{key}' not found")
        new_version: int = version + delta
        self.set(key, value, version=new_version)
        self.delete(key, version=version)
        return new_version

    def decr_version(self, key: Any, delta: int = 1, version: Any = None) -> int:
        """Move the value to a lower version."""
        return self.incr_version(key, -delta, version)

    def close(self, /, **kwargs: Any) -> None:
        """Close the connection, if there is one."""

    aadd = async_face(add)
    aget = async_face(get)
    aset = async_face(set)
    atouch = async_face(touch)
    adelete = async_face(delete)
    aget_many = async_face(get_many)
    aget_or_set = async_face(get_or_set)
    ahas_key = async_face(has_key)
    aincr = async_face(incr)
    adecr = async_face(decr)
    aset_many = async_face(set_many)
    adelete_many = async_face(delete_many)
    aclear = async_face(clear)
    aincr_version = async_face(incr_version)
    adecr_version = async_face(decr_version)
    aclose = async_face(close)


def memcache_key_warnings(key: str) -> Iterator[str]:
    """What memcached would have against a key."""
    if len(key) > MEMCACHE_MAX_KEY_LENGTH:
        yield (
            f"Cache key will cause errors if used with memcached: {key!r} (longer than {MEMCACHE_MAX_KEY_LENGTH})"
        )
    if not key.isprintable() or " " in key:
        for char in key:
            if ord(char) < 33 or ord(char) == 127:
                yield (
                    f"Cache key contains characters that will cause errors if used with memcached: {key!r}"
                )
                break


def _integer(value: Any, default: int) -> int:
    try:
        return int(value)
    except (ValueError, TypeError):
        return default
