"""SessionBase: a dictionary that is loaded when first used. Each a-method is the plain one, derived."""

from __future__ import annotations

import logging
import string
from collections.abc import ItemsView, KeysView, ValuesView
from datetime import datetime, timedelta
from typing import Any

from offbeat.concurrency import async_face, spawn
from offbeat.conf import settings
from offbeat.core import signing
from offbeat.utils import timezone
from offbeat.utils.crypto import get_random_string
from offbeat.utils.module_loading import import_string

__all__ = ["VALID_KEY_CHARS", "CreateError", "SessionBase", "UpdateError"]

# Lower case only, for some file systems do not tell the cases apart.
VALID_KEY_CHARS = string.ascii_lowercase + string.digits
_SHORTEST_KEY = 8


class CreateError(Exception):
    """There is a session with this key already."""


class UpdateError(Exception):
    """The session to be updated is gone."""


class SessionBase:
    """Base of the stores; a subclass gives ``exists``, ``create``, ``save``, ``delete``, ``load``, ``clear_expired``.

    ``accessed`` and ``modified`` tell what was done with it; a change inside a value is not noticed.
    """

    TEST_COOKIE_NAME = "testcookie"
    TEST_COOKIE_VALUE = "worked"

    __not_given = object()

    _session_cache: dict[str, Any]

    def __init__(self, session_key: str | None = None) -> None:
        self._session_key = session_key
        self.accessed = False
        self.modified = False

    @property
    def serializer(self) -> Any:
        """The class of ``SESSION_SERIALIZER``."""
        return import_string(settings.SESSION_SERIALIZER)

    def __contains__(self, key: object) -> bool:
        return key in self._session

    def __bool__(self) -> bool:
        """Whether there is a key or data; nothing is loaded to find out."""
        return not self.is_empty()

    def __getitem__(self, key: str) -> Any:
        return self._session[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._session[key] = value
        self.modified = True

    def __delitem__(self, key: str) -> None:
        del self._session[key]
        self.modified = True

    @property
    def key_salt(self) -> str:
        # Django's name, so that its session data stays readable.
        return "django.contrib.sessions." + self.__class__.__qualname__

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or ``default``."""
        return self._session.get(key, default)

    def pop(self, key: str, default: Any = __not_given) -> Any:
        """Remove a key and return its value; KeyError without ``default``."""
        self.modified = self.modified or key in self._session
        args = () if default is self.__not_given else (default,)
        return self._session.pop(key, *args)

    def setdefault(self, key: str, value: Any) -> Any:
        """The value of a key, set first when it is not there."""
        session = self._session
        if key in session:
            return session[key]
        self.modified = True
        session[key] = value
        return value

    def set_test_cookie(self) -> None:
        """Set a value to find out whether the client takes cookies."""
        self[self.TEST_COOKIE_NAME] = self.TEST_COOKIE_VALUE

    def test_cookie_worked(self) -> bool:
        """Whether the client has sent the test cookie back."""
        return bool(self.get(self.TEST_COOKIE_NAME) == self.TEST_COOKIE_VALUE)

    def delete_test_cookie(self) -> None:
        """Remove the test value."""
        del self[self.TEST_COOKIE_NAME]

    def encode(self, session_dict: dict[str, Any]) -> str:
        """The data serialized, compressed and signed."""
        return signing.dumps(session_dict, salt=self.key_salt, serializer=self.serializer, compress=True)

    def decode(self, session_data: str) -> dict[str, Any]:
        """The data of ``encode()``; empty, with a warning in the log, if it was not signed here."""
        try:
            return signing.loads(  # type: ignore[no-any-return]
                session_data, salt=self.key_salt, serializer=self.serializer
            )
        except signing.BadSignature:
            logging.getLogger("offbeat.security.SuspiciousSession").warning("Session data corrupted")
        except Exception:
            # Data of a time with another serializer: the visitor starts anew.
            pass
        return {}

    def update(self, dict_: Any) -> None:
        """Set several values."""
        self._session.update(dict_)
        self.modified = True

    def has_key(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self._session

    def keys(self) -> KeysView[str]:
        """The keys."""
        keys: KeysView[str] = self._session.keys()
        return keys

    def values(self) -> ValuesView[Any]:
        """The values."""
        values: ValuesView[Any] = self._session.values()
        return values

    def items(self) -> ItemsView[str, Any]:
        """The keys and values."""
        items: ItemsView[str, Any] = self._session.items()
        return items

    def clear(self) -> None:
        """Remove all data, without loading it first."""
        self._session_cache = {}
        self.accessed = True
        self.modified = True

    def is_empty(self) -> bool:
        """Whether there is neither a key nor data."""
        try:
            return not self._session_key and not self._session_cache
        except AttributeError:
            return True

    def _get_new_session_key(self) -> str:
        while True:
            session_key = get_random_string(32, VALID_KEY_CHARS)
            if not self.exists(session_key):
                return session_key

    def _get_or_create_session_key(self) -> str:
        if self._session_key is None:
            self._session_key = self._get_new_session_key()
        return str(self._session_key)

    def _validate_session_key(self, key: Any) -> bool:
        """A key must be long enough not to be guessed."""
        return bool(key) and len(key) >= _SHORTEST_KEY

    def _get_session_key(self) -> str | None:
        return self.__session_key

    def _set_session_key(self, value: Any) -> None:
        self.__session_key = value if self._validate_session_key(value) else None

    session_key = property(_get_session_key)
    _session_key = property(_get_session_key, _set_session_key)

    def _get_session(self, no_load: bool = False) -> dict[str, Any]:
        """The data, loaded unless it is a new session."""
        self.accessed = True
        try:
            return self._session_cache
        except AttributeError:
            if self.session_key is None or no_load:
                self._session_cache = {}
            else:
                self._session_cache = self.load()
        return self._session_cache

    _session = property(_get_session)

    def get_session_cookie_age(self) -> int:
        """``SESSION_COOKIE_AGE``; a store may override it."""
        return settings.SESSION_COOKIE_AGE  # type: ignore[no-any-return]

    def get_expiry_age(self, /, **kwargs: Any) -> int:
        """Seconds until the session expires.

        ``modification``: the last change, by default now; ``expiry``: as set, by default this session's.
        """
        modification = kwargs.get("modification") or timezone.now()
        expiry = kwargs["expiry"] if "expiry" in kwargs else self.get("_session_expiry")
        if not expiry:
            return self.get_session_cookie_age()
        if isinstance(expiry, str):
            expiry = datetime.fromisoformat(expiry)
        if not isinstance(expiry, datetime):
            return expiry  # type: ignore[no-any-return]
        delta = expiry - modification
        return delta.days * 86400 + delta.seconds

    def get_expiry_date(self, /, **kwargs: Any) -> datetime:
        """When the session expires; takes what ``get_expiry_age()`` takes."""
        modification = kwargs.get("modification") or timezone.now()
        expiry = kwargs["expiry"] if "expiry" in kwargs else self.get("_session_expiry")
        if isinstance(expiry, datetime):
            return expiry
        if isinstance(expiry, str):
            return datetime.fromisoformat(expiry)
        return modification + timedelta(seconds=expiry or self.get_session_cookie_age())

    def set_expiry(self, value: Any) -> None:
        """Set when the session expires.

        Seconds of inactivity, a datetime, a timedelta from now; 0: when the browser closes; None: as configured.
        """
        if value is None:
            try:
                del self["_session_expiry"]
            except KeyError:
                pass
            return
        if isinstance(value, timedelta):
            value = timezone.now() + value
        if isinstance(value, datetime):
            value = value.isoformat()
        self["_session_expiry"] = value

    def get_expire_at_browser_close(self) -> bool:
        """Whether the session ends with the browser."""
        expiry = self.get("_session_expiry")
        if expiry is None:
            return settings.SESSION_EXPIRE_AT_BROWSER_CLOSE  # type: ignore[no-any-return]
        return bool(expiry == 0)

    def flush(self) -> None:
        """Delete the session and its data; the next use starts a new one."""
        self.clear()
        self.delete()
        self._session_key = None

    def cycle_key(self) -> None:
        """Keep the data under a new key."""
        data = self._session
        key = self.session_key
        self.create()
        self._session_cache = data
        if key:
            self.delete(key)

    def exists(self, session_key: str) -> bool:
        """Whether there is a session with this key."""
        raise NotImplementedError("subclasses of SessionBase must provide an exists() method")

    def create(self) -> None:
        """Save a new session under a new key."""
        raise NotImplementedError("subclasses of SessionBase must provide a create() method")

    def _save_under_new_key(self) -> None:
        """Save the data as a new session; CreateError when another process took the key meanwhile."""
        self._session_key = self._get_new_session_key()
        self.save(must_create=True)
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Save the data. CreateError: ``must_create`` and the key is taken; UpdateError: the session is gone."""
        raise NotImplementedError("subclasses of SessionBase must provide a save() method")

    def delete(self, session_key: str | None = None) -> None:
        """Delete the session with this key, by default this one."""
        raise NotImplementedError("subclasses of SessionBase must provide a delete() method")

    def load(self) -> dict[str, Any]:
        """The stored data."""
        raise NotImplementedError("subclasses of SessionBase must provide a load() method")

    @classmethod
    def clear_expired(cls) -> None:
        """Delete the sessions that have expired, where the store keeps them."""
        raise NotImplementedError("This backend does not support clear_expired().")

    @classmethod
    async def aclear_expired(cls) -> None:
        """Delete the sessions that have expired."""
        await spawn(cls.clear_expired)

    async def aset(self, key: str, value: Any) -> None:
        """Set a value."""
        await spawn(self.__setitem__, key, value)

    aget = async_face(get)
    apop = async_face(pop)
    asetdefault = async_face(setdefault)
    aset_test_cookie = async_face(set_test_cookie)
    atest_cookie_worked = async_face(test_cookie_worked)
    adelete_test_cookie = async_face(delete_test_cookie)
    aupdate = async_face(update)
    ahas_key = async_face(has_key)
    akeys = async_face(keys)
    avalues = async_face(values)
    aitems = async_face(items)
    _aget_new_session_key = async_face(_get_new_session_key)
    _aget_or_create_session_key = async_face(_get_or_create_session_key)
    _aget_session = async_face(_get_session)
    aget_expiry_age = async_face(get_expiry_age)
    aget_expiry_date = async_face(get_expiry_date)
    aset_expiry = async_face(set_expiry)
    aget_expire_at_browser_close = async_face(get_expire_at_browser_close)
    aflush = async_face(flush)
    acycle_key = async_face(cycle_key)
    aexists = async_face(exists)
    acreate = async_face(create)
    asave = async_face(save)
    adelete = async_face(delete)
    aload = async_face(load)
