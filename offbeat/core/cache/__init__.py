"""Caches (Django documentation: topics/cache).

``caches[alias]`` is the cache of an alias, one object to a thread; ``cache`` stands for ``caches["default"]``.
"""

from __future__ import annotations

from offbeat.core.cache.backends.base import (
    BaseCache,
    CacheKeyWarning,
    InvalidCacheBackendError,
    InvalidCacheKey,
)
from offbeat.core.cache.handler import DEFAULT_CACHE_ALIAS, CacheHandler, cache, caches, close_caches

__all__ = [
    "DEFAULT_CACHE_ALIAS",
    "BaseCache",
    "CacheHandler",
    "CacheKeyWarning",
    "InvalidCacheBackendError",
    "InvalidCacheKey",
    "cache",
    "caches",
    "close_caches",
]
