"""Sessions in the database."""

from __future__ import annotations

import logging
from typing import Any

from offbeat.concurrency import async_face
from offbeat.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from offbeat.core.exceptions import SuspiciousOperation
from offbeat.db import DatabaseError, IntegrityError, router, transaction
from offbeat.utils import timezone
from offbeat.utils.functional import cached_property


class SessionStore(SessionBase):
    """Keeps sessions in a model, ``Session`` by default."""

    @classmethod
    def get_model_class(cls) -> Any:
        """The model; a store for another model overrides this."""
        # Imported late: the model needs the application to be installed, this module does not.
        from offbeat.contrib.sessions.models import Session

        return Session

    @cached_property
    def model(self) -> Any:
        return self.get_model_class()

    def _get_session_from_db(self) -> Any:
        try:
            return self.model.objects.get(session_key=self.session_key, expire_date__gt=timezone.now())
        except (self.model.DoesNotExist, SuspiciousOperation) as error:
            if isinstance(error, SuspiciousOperation):
                logging.getLogger(f"offbeat.security.{error.__class__.__name__}").warning(str(error))
            self._session_key = None
            return None

    def load(self) -> dict[str, Any]:
        """The data of the session, if it exists and has not expired."""
        session = self._get_session_from_db()
        return self.decode(session.session_data) if session else {}

    def exists(self, session_key: str) -> bool:
        """Whether there is a session with this key."""
        return bool(self.model.objects.filter(session_key=session_key).exists())

    def create(self) -> None:
        """Save a new session; a key that another process took meanwhile is replaced."""
        while True:
            try:
                return self._save_under_new_key()
            except CreateError:
                continue

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """A model instance for this session; a store for another model may override it."""
        return self.model(
            session_key=self._get_or_create_session_key(),
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
        )

    def save(self, must_create: bool = False) -> None:
        """Save the data."""
        if self.session_key is None:
            return self.create()
        data = self._get_session(no_load=must_create)
        instance = self.create_model_instance(data)
        using = router.db_for_write(self.model, instance=instance)
        try:
            with transaction.atomic(using=using):
                instance.save(force_insert=must_create, force_update=not must_create, using=using)
        except IntegrityError:
            if must_create:
                raise CreateError
            raise
        except DatabaseError:
            if not must_create:
                raise UpdateError
            raise
        return None

    def delete(self, session_key: str | None = None) -> None:
        """Delete the session."""
        if session_key is None:
            if self.session_key is None:
                return
            session_key = self.session_key
        try:
            self.model.objects.get(session_key=session_key).delete()
        except self.model.DoesNotExist:
            pass

    @classmethod
    def clear_expired(cls) -> None:
        """Delete the sessions that have expired."""
        cls.get_model_class().objects.filter(expire_date__lt=timezone.now()).delete()

    _aget_session_from_db = async_face(_get_session_from_db)
    acreate_model_instance = async_face(create_model_instance)
