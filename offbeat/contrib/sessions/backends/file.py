"""Sessions in files, one to a session."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from datetime import UTC, datetime
from typing import Any

from offbeat.concurrency import off_loop
from offbeat.conf import settings
from offbeat.contrib.sessions.backends.base import VALID_KEY_CHARS, CreateError, SessionBase, UpdateError
from offbeat.contrib.sessions.exceptions import InvalidSessionKey
from offbeat.core.exceptions import ImproperlyConfigured, SuspiciousOperation


class SessionStore(SessionBase):
    """Keeps sessions in ``SESSION_FILE_PATH``, by default the directory for temporary files."""

    _storage_path: str

    def __init__(self, session_key: str | None = None) -> None:
        self.storage_path = type(self)._get_storage_path()
        self.file_prefix = settings.SESSION_COOKIE_NAME
        super().__init__(session_key)

    @classmethod
    def _get_storage_path(cls) -> str:
        try:
            return cls._storage_path
        except AttributeError:
            path = getattr(settings, "SESSION_FILE_PATH", None) or tempfile.gettempdir()
            if not os.path.isdir(path):
                raise ImproperlyConfigured(
                    f"The session storage path {path!r} doesn't exist. Please set your SESSION_FILE_PATH setting "
                    "to an existing directory in which Django can store session data."
                )
            cls._storage_path = path
            return path

    def _key_to_file(self, session_key: str | None = None) -> str:
        """The file of a key; InvalidSessionKey if the key could lead elsewhere."""
        if session_key is None:
            session_key = self._get_or_create_session_key()
        if not set(session_key).issubset(VALID_KEY_CHARS):
            raise InvalidSessionKey("Invalid characters in session key")
        return os.path.join(self.storage_path, self.file_prefix + session_key)

    def _last_modification(self) -> datetime:
        # As timezone.now() gives it: aware, or naive in local time.
        timestamp = os.stat(self._key_to_file()).st_mtime
        return datetime.fromtimestamp(timestamp, tz=UTC if settings.USE_TZ else None)

    def _expiry_date(self, session_data: dict[str, Any]) -> datetime:
        """When the session expires, counted from its last modification."""
        return self.get_expiry_date(
            modification=self._last_modification(), expiry=session_data.get("_session_expiry")
        )

    def load(self) -> dict[str, Any]:
        """The data of the session, if it exists and has not expired."""
        try:
            return off_loop(self._read)
        except (OSError, SuspiciousOperation):
            self._session_key = None
            return {}

    def _read(self) -> dict[str, Any]:
        with open(self._key_to_file(), encoding="ascii") as file:
            file_data = file.read()
        if not file_data:
            return {}
        try:
            session_data = self.decode(file_data)
        except (EOFError, SuspiciousOperation) as error:
            if isinstance(error, SuspiciousOperation):
                logging.getLogger(f"offbeat.security.{error.__class__.__name__}").warning(str(error))
            self.create()
            return {}
        if self.get_expiry_age(expiry=self._expiry_date(session_data)) <= 0:
            self.delete()
            self.create()
            return {}
        return session_data

    def create(self) -> None:
        """Save a new session under a key that no file has."""
        while True:
            try:
                return self._save_under_new_key()
            except CreateError:
                continue

    def save(self, must_create: bool = False) -> None:
        """Save the data; a reader sees the old file or the new one, never a part."""
        if self.session_key is None:
            return self.create()
        session_data = self._get_session(no_load=must_create)
        off_loop(self._write, self.encode(session_data), must_create)
        return None

    def _write(self, data: str, must_create: bool) -> None:
        name = self._key_to_file()
        # The kernel decides who creates the file first, and whether there is one to update.
        flags = os.O_WRONLY | getattr(os, "O_BINARY", 0)
        if must_create:
            flags |= os.O_EXCL | os.O_CREAT
        try:
            descriptor = os.open(name, flags)
            os.close(descriptor)
        except FileNotFoundError:
            if not must_create:
                raise UpdateError
            raise
        except FileExistsError:
            if must_create:
                raise CreateError
            raise
        directory, prefix = os.path.split(name)
        try:
            output, temporary = tempfile.mkstemp(dir=directory, prefix=prefix + "_out_")
            renamed = False
            try:
                try:
                    os.write(output, data.encode())
                finally:
                    os.close(output)
                shutil.move(temporary, name)
                renamed = True
            finally:
                if not renamed:
                    os.unlink(temporary)
        except (EOFError, OSError):
            # The disk is full, or not ours any more; a session is not worth an error to the visitor.
            pass

    def exists(self, session_key: str) -> bool:
        """Whether there is a session with this key."""
        return os.path.exists(self._key_to_file(session_key))

    def delete(self, session_key: str | None = None) -> None:
        """Delete the session."""
        if session_key is None:
            if self.session_key is None:
                return
            session_key = self.session_key
        try:
            os.unlink(self._key_to_file(session_key))
        except OSError:
            pass

    @classmethod
    def clear_expired(cls) -> None:
        """Delete the files of sessions that have expired."""
        prefix = settings.SESSION_COOKIE_NAME
        for name in os.listdir(cls._get_storage_path()):
            if name.startswith(prefix):
                session = cls(name[len(prefix) :])
                # Loading must not make a new session in the place of one that has expired.
                session.create = lambda: None  # type: ignore[method-assign]
                session.load()
