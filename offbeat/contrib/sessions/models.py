"""The model of sessions in a database."""

from __future__ import annotations

from typing import Any

from offbeat.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager


class SessionManager(BaseSessionManager):
    """The manager that migrations know."""

    use_in_migrations = True


class Session(AbstractBaseSession):
    """A session in the table ``django_session``."""

    objects = SessionManager()

    @classmethod
    def get_session_store_class(cls) -> Any:
        """The database store."""
        from offbeat.contrib.sessions.backends.db import SessionStore

        return SessionStore

    class Meta(AbstractBaseSession.Meta):
        db_table = "django_session"
