"""What every user model has, whatever its fields (Django documentation: topics/auth/customizing)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

from offbeat.concurrency import async_face
from offbeat.conf import settings
from offbeat.db import models
from offbeat.utils.crypto import salted_hmac
from offbeat.utils.translation import gettext_lazy as _


class BaseUserManager(models.Manager[Any]):
    """Manager with what user managers need."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """The address with its domain in lower case."""
        email = email or ""
        name, at, domain = email.strip().rpartition("@")
        return f"{name}@{domain.lower()}" if at else email

    def get_by_natural_key(self, username: Any) -> Any:
        """The user with this value of ``USERNAME_FIELD``."""
        return self.get(**{self.model.USERNAME_FIELD: username})

    aget_by_natural_key = async_face(get_by_natural_key)


class AbstractBaseUser(models.Model):
    """Password and last login; subclasses add the rest and set ``USERNAME_FIELD`` and ``REQUIRED_FIELDS``."""

    password = models.CharField(_("password"), max_length=128)
    last_login = models.DateTimeField(_("last login"), blank=True, null=True)

    is_active: Any = True
    REQUIRED_FIELDS: list[str] = []
    USERNAME_FIELD: str
    EMAIL_FIELD: str
    # The raw password that set_password() got, kept until the object is saved.
    _password: Any = None

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.get_username())

    def save(self, **kwargs: Any) -> None:
        super().save(**kwargs)
        if self._password is not None:
            from offbeat.contrib.auth import password_validation

            password_validation.password_changed(self._password, self)
            self._password = None

    def get_username(self) -> Any:
        """The value of ``USERNAME_FIELD``."""
        return getattr(self, self.USERNAME_FIELD)

    def clean(self) -> None:
        setattr(self, self.USERNAME_FIELD, self.normalize_username(self.get_username()))

    def natural_key(self) -> tuple[Any, ...]:
        """The username as a tuple."""
        return (self.get_username(),)

    @property
    def is_anonymous(self) -> bool:
        """Always False."""
        return False

    @property
    def is_authenticated(self) -> bool:
        """Always True."""
        return True

    def set_password(self, raw_password: Any) -> None:
        """Set the password's hash; the object is not saved."""
        from offbeat.contrib.auth.hashers import make_password

        self.password = make_password(raw_password)
        self._password = raw_password

    def check_password(self, raw_password: Any) -> bool:
        """Whether this is the password; a hash that is out of date is replaced at once."""

        def setter(raw_password: Any) -> None:
            self.set_password(raw_password)
            # Not a new password: nobody wants to hear of it.
            self._password = None
            self.save(update_fields=["password"])

        from offbeat.contrib.auth.hashers import check_password

        return check_password(raw_password, self.password, setter)

    acheck_password = async_face(check_password)

    def set_unusable_password(self) -> None:
        """Set a value that no password matches."""
        from offbeat.contrib.auth.hashers import make_password

        self.password = make_password(None)

    def has_usable_password(self) -> bool:
        """False after ``set_unusable_password()``."""
        from offbeat.contrib.auth.hashers import is_password_usable

        return is_password_usable(self.password)

    def get_session_auth_hash(self) -> str:
        """An HMAC of the password's hash: sessions made before a change of password end."""
        return self._get_session_auth_hash()

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same with each of ``SECRET_KEY_FALLBACKS``."""
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._get_session_auth_hash(secret=secret)

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        # The salt is part of the data format that live sessions hold.
        salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
        return salted_hmac(salt, self.password, secret=secret, algorithm="sha256").hexdigest()

    @classmethod
    def get_email_field_name(cls) -> str:
        """``EMAIL_FIELD``, or "email"."""
        return getattr(cls, "EMAIL_FIELD", "email")

    @classmethod
    def normalize_username(cls, username: Any) -> Any:
        """Text in Unicode's normal form NFKC, so that names which look the same are the same."""
        return unicodedata.normalize("NFKC", username) if isinstance(username, str) else username
