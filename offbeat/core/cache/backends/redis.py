"""RedisCache: one or several Redis servers, writes to the first, reads from any.

On the event loop commands are awaited on ``redis.asyncio``, elsewhere they go through the blocking client. Pools of
connections belong to the process (and to a loop), not to the cache objects, which are many.
"""

from __future__ import annotations

import asyncio
import pickle
import random
import re
import weakref
from collections.abc import Iterable
from typing import Any

from offbeat.concurrency import in_bridge, wait
from offbeat.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from offbeat.utils.functional import cached_property
from offbeat.utils.module_loading import import_string

__all__ = ["RedisCache", "RedisCacheClient", "RedisSerializer"]

_pools: dict[Any, Any] = {}
_async_pools: weakref.WeakKeyDictionary[Any, dict[Any, Any]] = weakref.WeakKeyDictionary()


class RedisSerializer:
    """Pickles, except plain integers, which Redis can then count itself."""

    def __init__(self, protocol: int | None = None) -> None:
        self.protocol = pickle.HIGHEST_PROTOCOL if protocol is None else protocol

    def dumps(self, obj: Any) -> Any:
        return obj if type(obj) is int else pickle.dumps(obj, self.protocol)

    def loads(self, data: bytes) -> Any:
        try:
            return int(data)
        except ValueError:
            return pickle.loads(data)


class RedisCacheClient:
    """The commands of the cache. ``servers``: URLs; other options go to the connection pool."""

    def __init__(
        self,
        servers: list[str],
        serializer: Any = None,
        pool_class: Any = None,
        parser_class: Any = None,
        **options: Any,
    ) -> None:
        import redis

        self._lib = redis
        self._servers = servers
        if isinstance(pool_class, str):
            pool_class = import_string(pool_class)
        self._pool_class = pool_class or redis.ConnectionPool
        if isinstance(serializer, str):
            serializer = import_string(serializer)
        if callable(serializer):
            serializer = serializer()
        self._serializer = serializer or RedisSerializer()
        if isinstance(parser_class, str):
            parser_class = import_string(parser_class)
        self._pool_options = dict(options)
        if parser_class is not None:
            self._pool_options["parser_class"] = parser_class

    def _get_connection_pool_index(self, write: bool) -> int:
        # The first server is the one that is written to.
        if write or len(self._servers) == 1:
            return 0
        return random.randint(1, len(self._servers) - 1)

    def _key_of_pool(self, url: str) -> Any:
        return url, repr(sorted(self._pool_options.items(), key=lambda item: item[0]))

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """A blocking client for the server that has the key."""
        url = self._servers[self._get_connection_pool_index(write)]
        pool_key = (self._pool_class, self._key_of_pool(url))
        pool = _pools.get(pool_key)
        if pool is None:
            pool = _pools.setdefault(pool_key, self._pool_class.from_url(url, **self._pool_options))
        return self._lib.Redis(connection_pool=pool)

    def _async_client(self, write: bool) -> Any:
        """A client of the running loop."""
        from redis import asyncio as async_redis

        url = self._servers[self._get_connection_pool_index(write)]
        pools = _async_pools.setdefault(asyncio.get_running_loop(), {})
        pool_key = self._key_of_pool(url)
        client = pools.get(pool_key)
        if client is None:
            options = {name: value for name, value in self._pool_options.items() if name != "parser_class"}
            pool = async_redis.ConnectionPool.from_url(url, **options)
            client = pools[pool_key] = async_redis.Redis(connection_pool=pool)
        return client

    async def disconnect(self) -> None:
        """Close this process's pools of blocking connections, and those of the running loop."""
        for pool in list(_pools.values()):
            pool.disconnect()
        _pools.clear()
        for client in _async_pools.pop(asyncio.get_running_loop(), {}).values():
            await client.aclose()
            await client.connection_pool.disconnect()

    def _call(self, write: bool, command: str, *args: Any, **kwargs: Any) -> Any:
        if in_bridge():
            return wait(getattr(self._async_client(write), command)(*args, **kwargs))
        return getattr(self.get_client(write=write), command)(*args, **kwargs)

    def add(self, key: str, value: Any, timeout: int | None) -> bool:
        data = self._serializer.dumps(value)
        if timeout == 0:
            # SET cannot expire at once: store, then delete.
            if stored := bool(self._call(True, "set", key, data, nx=True)):
                self._call(True, "delete", key)
            return stored
        return bool(self._call(True, "set", key, data, ex=timeout, nx=True))

    def get(self, key: str, default: Any) -> Any:
        value = self._call(False, "get", key)
        return default if value is None else self._serializer.loads(value)

    def set(self, key: str, value: Any, timeout: int | None) -> None:
        if timeout == 0:
            self._call(True, "delete", key)
        else:
            self._call(True, "set", key, self._serializer.dumps(value), ex=timeout)

    def touch(self, key: str, timeout: int | None) -> bool:
        if timeout is None:
            # PERSIST also says 0 for a key that has no timeout to remove.
            return bool(self._call(True, "persist", key)) or bool(self._call(True, "exists", key))
        return bool(self._call(True, "expire", key, timeout))

    def delete(self, key: str) -> bool:
        return bool(self._call(True, "delete", key))

    def get_many(self, keys: list[str]) -> dict[str, Any]:
        values = self._call(False, "mget", keys)
        loads = self._serializer.loads
        return {key: loads(value) for key, value in zip(keys, values, strict=True) if value is not None}

    def has_key(self, key: str) -> bool:
        return bool(self._call(False, "exists", key))

    def incr(self, key: str, delta: int) -> int:
        if not self._call(True, "exists", key):
            raise ValueError(f"Key '{key}' not found.")
        return int(self._call(True, "incr", key, delta))

    def set_many(self, data: dict[str, Any], timeout: int | None) -> None:
        if timeout == 0:
            self._call(True, "delete", *data)
            return
        dumps = self._serializer.dumps
        prepared = {key: dumps(value) for key, value in data.items()}
        if in_bridge():
            wait(self._pipeline(self._async_client(True), prepared, timeout).execute())
        else:
            self._pipeline(self.get_client(write=True), prepared, timeout).execute()

    @staticmethod
    def _pipeline(client: Any, data: dict[str, Any], timeout: int | None) -> Any:
        pipeline = client.pipeline()
        pipeline.mset(data)
        if timeout is not None:
            for key in data:
                pipeline.expire(key, timeout)
        return pipeline

    def delete_many(self, keys: list[str]) -> None:
        self._call(True, "delete", *keys)

    def clear(self) -> bool:
        return bool(self._call(True, "flushdb"))


class RedisCache(BaseCache):
    """A cache in Redis. ``LOCATION``: a URL, a list of them, or text separated by commas or semicolons."""

    def __init__(self, server: str | list[str], params: dict[str, Any]) -> None:
        super().__init__(params)
        self._servers = re.split("[;,]", server) if isinstance(server, str) else server
        self._class = RedisCacheClient
        self._options = params.get("OPTIONS", {})

    @cached_property
    def _cache(self) -> RedisCacheClient:
        return self._class(self._servers, **self._options)

    def get_backend_timeout(self, timeout: Any = DEFAULT_TIMEOUT) -> int | None:
        """Seconds to live; a negative number deletes."""
        if timeout is DEFAULT_TIMEOUT:
            timeout = self.default_timeout
        return None if timeout is None else max(0, int(timeout))

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Store a value unless the key is there; whether it was stored."""
        key = self.make_and_validate_key(key, version=version)
        return self._cache.add(key, value, self.get_backend_timeout(timeout))

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """The value of a key, or ``default``."""
        return self._cache.get(self.make_and_validate_key(key, version=version), default)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> None:
        """Store a value."""
        key = self.make_and_validate_key(key, version=version)
        self._cache.set(key, value, self.get_backend_timeout(timeout))

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Set a new timeout; whether the key was there."""
        key = self.make_and_validate_key(key, version=version)
        return self._cache.touch(key, self.get_backend_timeout(timeout))

    def delete(self, key: Any, version: Any = None) -> bool:
        """Delete a key; whether it was there."""
        return self._cache.delete(self.make_and_validate_key(key, version=version))

    def get_many(self, keys: Iterable[Any], version: Any = None) -> dict[Any, Any]:
        """The keys that are there, with their values, in one round trip."""
        key_map = {self.make_and_validate_key(key, version=version): key for key in keys}
        if not key_map:
            return {}
        return {key_map[key]: value for key, value in self._cache.get_many(list(key_map)).items()}

    def has_key(self, key: Any, version: Any = None) -> bool:
        """Whether the key is there."""
        return self._cache.has_key(self.make_and_validate_key(key, version=version))

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> int:
        """Add ``delta``; ValueError if the key is not there."""
        return self._cache.incr(self.make_and_validate_key(key, version=version), delta)

    def set_many(
        self, data: dict[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> list[Any]:
        """Store several values in one round trip."""
        if not data:
            return []
        safe = {self.make_and_validate_key(key, version=version): value for key, value in data.items()}
        self._cache.set_many(safe, self.get_backend_timeout(timeout))
        return []

    def delete_many(self, keys: Iterable[Any], version: Any = None) -> None:
        """Delete several keys in one round trip."""
        safe = [self.make_and_validate_key(key, version=version) for key in keys]
        if safe:
            self._cache.delete_many(safe)

    def clear(self) -> None:
        """Delete everything in this Redis database, whoever stored it."""
        self._cache.clear()
