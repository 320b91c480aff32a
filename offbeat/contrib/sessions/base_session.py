"""The abstract model of sessions in a database; importable without the application being installed."""

from __future__ import annotations

from typing import Any

from offbeat.db import models
from offbeat.utils.translation import gettext_lazy as _


class BaseSessionManager(models.Manager):  # type: ignore[type-arg]
    """Saves sessions by key."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        """The session serialized and signed."""
        session_store_class = self.model.get_session_store_class()
        return str(session_store_class().encode(session_dict))

    def save(self, session_key: str, session_dict: dict[str, Any], expire_date: Any) -> Any:
        """Save the session, or delete it when it is empty."""
        session = self.model(session_key, self.encode(session_dict), expire_date)
        if session_dict:
            session.save()
        else:
            session.delete()
        return session


class AbstractBaseSession(models.Model):
    """A session: its key, its signed data, and when it expires."""

    session_key = models.CharField(_("session key"), max_length=40, primary_key=True)
    session_data = models.TextField(_("session data"))
    expire_date = models.DateTimeField(_("expire date"), db_index=True)

    objects = BaseSessionManager()

    class Meta:
        abstract = True
        verbose_name = _("session")
        verbose_name_plural = _("sessions")

    def __str__(self) -> str:
        return str(self.session_key)

    @classmethod
    def get_session_store_class(cls) -> Any:
        """The SessionStore that uses this model."""
        raise NotImplementedError

    def get_decoded(self) -> dict[str, Any]:
        """The data of the session."""
        session_store_class = self.get_session_store_class()
        return session_store_class().decode(self.session_data)  # type: ignore[no-any-return]
