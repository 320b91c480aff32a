"""Sessions in the database, read through a cache."""

from __future__ import annotations

import logging
from typing import Any

from offbeat.contrib.sessions.backends.cache import InCache
from offbeat.contrib.sessions.backends.db import SessionStore as DBStore

KEY_PREFIX = "django.contrib.sessions.cached_db"

logger = logging.getLogger("offbeat.contrib.sessions")


class SessionStore(InCache, DBStore):
    """Writes to both; a cache that fails costs speed only."""

    cache_key_prefix = KEY_PREFIX

    def load(self) -> dict[str, Any]:
        """The data of the session, from the cache or else the database."""
        try:
            data = self._cache.get(self.cache_key)
        except Exception:
            # Some backends refuse keys with strange characters; a client may send any.
            data = None
        if data is not None:
            return data  # type: ignore[no-any-return]
        session = self._get_session_from_db()
        if not session:
            return {}
        data = self.decode(session.session_data)
        self._cache.set(self.cache_key, data, self.get_expiry_age(expiry=session.expire_date))
        return data

    def exists(self, session_key: str) -> bool:
        """Whether there is a session with this key."""
        if not session_key:
            return False
        return (self.cache_key_prefix + session_key) in self._cache or super().exists(session_key)

    def save(self, must_create: bool = False) -> None:
        """Save the data in the database, then in the cache."""
        super().save(must_create)
        try:
            self._cache.set(self.cache_key, self._session, self.get_expiry_age())
        except Exception:
            logger.exception("Error saving to cache (%s)", self._cache)

    def delete(self, session_key: str | None = None) -> None:
        """Delete the session from both."""
        super().delete(session_key)
        if session_key is None:
            if self.session_key is None:
                return
            session_key = self.session_key
        self._cache.delete(self.cache_key_prefix + session_key)

    def flush(self) -> None:
        """Delete the session and its data; the next use starts a new one."""
        self.clear()
        self.delete(self.session_key)
        self._session_key = None
