"""Sessions in a signed cookie: nothing is kept on the server, and the client can read everything."""

from __future__ import annotations

from typing import Any

from offbeat.contrib.sessions.backends.base import SessionBase
from offbeat.core import signing

_SALT = "django.contrib.sessions.backends.signed_cookies"


class SessionStore(SessionBase):
    """The session key is the session's data, signed."""

    def load(self) -> dict[str, Any]:
        """The data in the key; a new session if it is not trusted or too old."""
        try:
            return signing.loads(  # type: ignore[no-any-return]
                self.session_key or "",
                serializer=self.serializer,
                max_age=self.get_session_cookie_age(),
                salt=_SALT,
            )
        except Exception:
            # Whatever is wrong with it, it came from outside.
            self.create()
        return {}

    def create(self) -> None:
        """Have the cookie sent."""
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Put the data into the key."""
        self._session_key = self._get_session_key()
        self.modified = True

    def exists(self, session_key: str | None = None) -> bool:
        """False: nothing is stored that could exist."""
        return False

    def delete(self, session_key: str | None = None) -> None:
        """Forget the data; the middleware deletes the cookie."""
        self._session_key = ""
        self._session_cache = {}
        self.modified = True

    def cycle_key(self) -> None:
        """Sign the data anew."""
        self.save()

    def _get_session_key(self) -> str:
        return signing.dumps(self._session, compress=True, salt=_SALT, serializer=self.serializer)

    @classmethod
    def clear_expired(cls) -> None:
        """Nothing is stored that could be cleared."""
