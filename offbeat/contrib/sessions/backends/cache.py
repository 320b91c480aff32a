"""Sessions in a cache: fast, and lost when the cache drops them."""

from __future__ import annotations

from typing import Any

from offbeat.concurrency import spawn
from offbeat.conf import settings
from offbeat.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from offbeat.core.cache import caches

KEY_PREFIX = "django.contrib.sessions.cache"
_TRIES = 10_000


class InCache(SessionBase):
    """What a store with a cache behind it knows about that cache."""

    cache_key_prefix: str

    def __init__(self, session_key: str | None = None) -> None:
        self._cache = caches[settings.SESSION_CACHE_ALIAS]
        super().__init__(session_key)

    @property
    def cache_key(self) -> str:
        """The key in the cache, apart from the keys of others."""
        return self.cache_key_prefix + self._get_or_create_session_key()

    async def acache_key(self) -> str:
        """The key in the cache."""
        return self.cache_key_prefix + await spawn(self._get_or_create_session_key)


class SessionStore(InCache):
    """Keeps sessions in the cache ``SESSION_CACHE_ALIAS``."""

    cache_key_prefix = KEY_PREFIX

    def load(self) -> dict[str, Any]:
        """The data of the session."""
        try:
            session_data = self._cache.get(self.cache_key)
        except Exception:
            # Some backends refuse keys with strange characters; a client may send any.
            session_data = None
        if session_data is not None:
            return session_data  # type: ignore[no-any-return]
        self._session_key = None
        return {}

    def create(self) -> None:
        """Save a new session; RuntimeError when the cache takes none."""
        # A cache that is down seems to have every key, so this must end some time.
        for _ in range(_TRIES):
            try:
                return self._save_under_new_key()
            except CreateError:
                continue
        raise RuntimeError("Unable to create a new session key. It is likely that the cache is unavailable.")

    def save(self, must_create: bool = False) -> None:
        """Save the data."""
        if self.session_key is None:
            return self.create()
        cache = self._cache
        data = self._get_session(no_load=must_create)
        if must_create:
            if not cache.add(self.cache_key, data, self.get_expiry_age()):
                raise CreateError
        elif cache.get(self.cache_key) is not None:
            cache.set(self.cache_key, data, self.get_expiry_age())
        else:
            raise UpdateError
        return None

    def exists(self, session_key: str) -> bool:
        """Whether there is a session with this key."""
        return bool(session_key) and (self.cache_key_prefix + session_key) in self._cache

    def delete(self, session_key: str | None = None) -> None:
        """Delete the session."""
        if session_key is None:
            if self.session_key is None:
                return
            session_key = self.session_key
        self._cache.delete(self.cache_key_prefix + session_key)

    @classmethod
    def clear_expired(cls) -> None:
        """Nothing: caches forget by themselves."""
