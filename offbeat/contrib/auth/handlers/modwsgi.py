"""Authentication for Apache's mod_wsgi (Django documentation: howto/deployment/wsgi/apache-auth)."""

from __future__ import annotations

from typing import Any

from offbeat.contrib import auth
from offbeat.db import close_old_connections, reset_queries


def check_password(environ: dict[str, Any], username: str, password: str) -> bool | None:
    """None for an unknown or inactive user, else whether the password is right."""
    user_model = auth.get_user_model()
    reset_queries()
    try:
        try:
            user = user_model._default_manager.get_by_natural_key(username)
        except user_model.DoesNotExist:
            # As long as a wrong password takes.
            user_model().set_password(password)
            return None
        # Checked for inactive users too: they shall take as long as others.
        is_correct = bool(user.check_password(password))
        return is_correct if user.is_active else None
    finally:
        close_old_connections()


def groups_for_user(environ: dict[str, Any], username: str) -> list[bytes]:
    """Names of the user's groups."""
    user_model = auth.get_user_model()
    reset_queries()
    try:
        try:
            user = user_model._default_manager.get_by_natural_key(username)
        except user_model.DoesNotExist:
            return []
        if not user.is_active:
            return []
        return [group.name.encode() for group in user.groups.all()]
    finally:
        close_old_connections()
