"""Texts of warnings about what ``MAILERS`` replaces (Django documentation: topics/email)."""

from __future__ import annotations

from typing import Any

from offbeat.conf import warn_outside_framework
from offbeat.utils.deprecation import RemovedInDjango2028Warning

NO_DEFAULT_MAILER_WARNING = (
    "There will be no default mailer in Django 2028. Define the MAILERS setting before sending email."
)
CONNECTION_ARG_WARNING = "The 'connection' argument is deprecated. Use 'using' with a MAILERS alias instead."
FAIL_SILENTLY_ARG_WARNING = "The 'fail_silently' argument is deprecated. Catch the exceptions of sending, or set the option in MAILERS."
AUTH_ARGS_WARNING = (
    "The 'auth_user' and 'auth_password' arguments are deprecated. Set 'username' and 'password' OPTIONS in "
    "MAILERS instead."
)
GET_CONNECTION_WARNING = (
    "get_connection() is deprecated. See 'Migrating email to mailers' in Django's documentation for recommended "
    "replacements."
)
CONNECTION_ATTRIBUTE_SET_WARNING = (
    "The EmailMessage.connection attribute is deprecated. Switch to EmailMessage.send(using=...) with a MAILERS "
    "alias."
)
CONNECTION_ATTRIBUTE_WARNING = "The EmailMessage.connection attribute is deprecated."


def warn(message: str) -> None:
    """Warn the code that called the framework."""
    warn_outside_framework(message, RemovedInDjango2028Warning)


def refuse_conflicts(
    connection: Any,
    using: str | None,
    fail_silently: bool,
    user: Any = None,
    password: Any = None,
    *,
    warn_of_connection: bool = True,
) -> None:
    """Warn of deprecated arguments; TypeError for those that cannot go together."""
    has_login = user is not None or password is not None
    if using is not None:
        if connection is not None:
            raise TypeError("'connection' is not compatible with 'using'.")
        if fail_silently:
            raise TypeError("'fail_silently' is not compatible with 'using'.")
        if has_login:
            raise TypeError(
                "'auth_user' and 'auth_password' are not compatible with 'using'. "
                "Set 'username' and 'password' OPTIONS in MAILERS instead."
            )
    elif connection is not None:
        if fail_silently:
            raise TypeError(
                "fail_silently cannot be used with a connection. "
                "Pass fail_silently to get_connection() instead."
            )
        if has_login:
            raise TypeError(
                "auth_user and auth_password cannot be used with a connection. "
                "Pass auth_user and auth_password to get_connection() instead."
            )
    if connection is not None and warn_of_connection:
        warn(CONNECTION_ARG_WARNING)
    if fail_silently:
        warn(FAIL_SILENTLY_ARG_WARNING)
    if has_login:
        warn(AUTH_ARGS_WARNING)
