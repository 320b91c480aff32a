"""Tokens for resetting passwords, valid once and for ``PASSWORD_RESET_TIMEOUT`` seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from offbeat.conf import settings
from offbeat.utils.crypto import constant_time_compare, salted_hmac
from offbeat.utils.http import base36_to_int, int_to_base36

_EPOCH = datetime(2001, 1, 1)


class PasswordResetTokenGenerator:
    """Makes and checks tokens; nothing is stored, for a token holds an HMAC of what a reset changes."""

    # Part of the data format: tokens that are in people's mail stay valid.
    key_salt = "django.contrib.auth.tokens.PasswordResetTokenGenerator"
    algorithm: str | None = None
    _secret: Any = None
    _secret_fallbacks: Any = None

    def __init__(self) -> None:
        self.algorithm = self.algorithm or "sha256"

    @property
    def secret(self) -> Any:
        """The key, ``SECRET_KEY`` by default."""
        return self._secret or settings.SECRET_KEY

    @secret.setter
    def secret(self, secret: Any) -> None:
        self._secret = secret

    @property
    def secret_fallbacks(self) -> Any:
        """Retired keys, ``SECRET_KEY_FALLBACKS`` by default."""
        return settings.SECRET_KEY_FALLBACKS if self._secret_fallbacks is None else self._secret_fallbacks

    @secret_fallbacks.setter
    def secret_fallbacks(self, fallbacks: Any) -> None:
        self._secret_fallbacks = fallbacks

    def make_token(self, user: Any) -> str:
        """A token for the user."""
        return self._make_token_with_timestamp(user, self._num_seconds(self._now()), self.secret)

    def check_token(self, user: Any, token: str | None) -> bool:
        """Whether the token is the user's, unused and not too old."""
        if not (user and token):
            return False
        try:
            timestamp_text, _ = token.split("-")
            timestamp = base36_to_int(timestamp_text)
        except ValueError:
            return False
        for secret in [self.secret, *self.secret_fallbacks]:
            if constant_time_compare(self._make_token_with_timestamp(user, timestamp, secret), token):
                break
        else:
            return False
        return bool(self._num_seconds(self._now()) - timestamp <= settings.PASSWORD_RESET_TIMEOUT)

    def _make_token_with_timestamp(self, user: Any, timestamp: int, secret: Any) -> str:
        digest = salted_hmac(
            self.key_salt,
            self._make_hash_value(user, timestamp),
            secret=secret,
            algorithm=self.algorithm or "sha256",
        ).hexdigest()
        return f"{int_to_base36(timestamp)}-{digest[::2]}"

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        """What changes when the password is reset or the user logs in."""
        last_login = None if user.last_login is None else user.last_login.replace(microsecond=0, tzinfo=None)
        login_text = "" if last_login is None else last_login
        email = getattr(user, user.get_email_field_name(), "") or ""
        return f"{user.pk}{user.password}{login_text}{timestamp}{email}"

    def _num_seconds(self, dt: datetime) -> int:
        return int((dt - _EPOCH).total_seconds())

    def _now(self) -> datetime:
        return datetime.now()


default_token_generator = PasswordResetTokenGenerator()
