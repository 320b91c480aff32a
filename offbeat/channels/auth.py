"""The user of a connection."""

from __future__ import annotations

from typing import Any

from offbeat.channels.middleware import BaseMiddleware
from offbeat.channels.sessions import CookieMiddleware, SessionMiddleware
from offbeat.concurrency import async_function
from offbeat.conf import settings
from offbeat.contrib.auth.core import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    _backend_path,
    get_user_model,
    load_backend,
)
from offbeat.contrib.auth.signals import user_logged_in, user_logged_out
from offbeat.utils.crypto import constant_time_compare
from offbeat.utils.functional import LazyObject
from offbeat.utils.module_loading import own_path, shared_path


def _require_session(scope: Any) -> Any:
    if "session" not in scope:
        raise ValueError("Cannot find session in scope. You should wrap your consumer in SessionMiddleware.")
    return scope["session"]


def _is_current(session_hash: str | None, user: Any) -> bool:
    """Whether the hash is of the user's password; a retired key will do, for a socket cannot renew the cookie."""
    if not session_hash:
        return False
    if constant_time_compare(session_hash, user.get_session_auth_hash()):
        return True
    fallbacks = getattr(user, "get_session_auth_fallback_hash", tuple)
    return any(constant_time_compare(session_hash, fallback) for fallback in fallbacks())


def _get_user(scope: Any) -> Any:
    """The user of the session, or an AnonymousUser."""
    from offbeat.contrib.auth.models import AnonymousUser

    session = _require_session(scope)
    try:
        user_id = get_user_model()._meta.pk.to_python(session[SESSION_KEY])
        path = session[BACKEND_SESSION_KEY]
    except KeyError:
        return AnonymousUser()
    user = None
    if own_path(path) in {own_path(known) for known in settings.AUTHENTICATION_BACKENDS}:
        user = load_backend(path).get_user(user_id)
        if user is not None and hasattr(user, "get_session_auth_hash"):
            if not _is_current(session.get(HASH_SESSION_KEY), user):
                # The password was changed since.
                session.flush()
                user = None
    return user or AnonymousUser()


def _login(scope: Any, user: Any, backend: str | None = None) -> None:
    session = _require_session(scope)
    if user is None:
        user = scope.get("user", None)
    if user is None:
        raise ValueError("User must be passed as an argument or must be present in the scope.")
    auth_hash = user.get_session_auth_hash() if hasattr(user, "get_session_auth_hash") else ""
    if SESSION_KEY in session:
        same = get_user_model()._meta.pk.to_python(session[SESSION_KEY]) == user.pk
        if not same or (
            auth_hash and not constant_time_compare(session.get(HASH_SESSION_KEY, ""), auth_hash)
        ):
            session.flush()
    else:
        session.cycle_key()
    session[SESSION_KEY] = user._meta.pk.value_to_string(user)
    session[BACKEND_SESSION_KEY] = shared_path(_backend_path(user, backend))
    session[HASH_SESSION_KEY] = auth_hash
    scope["user"] = user
    user_logged_in.send(sender=user.__class__, request=None, user=user)


def _logout(scope: Any) -> None:
    from offbeat.contrib.auth.models import AnonymousUser

    session = _require_session(scope)
    user = scope.get("user", None)
    if hasattr(user, "is_authenticated") and not user.is_authenticated:
        user = None
    if user is not None:
        user_logged_out.send(sender=user.__class__, request=None, user=user)
    session.flush()
    if "user" in scope:
        scope["user"] = AnonymousUser()


get_user = async_function(_get_user)
login = async_function(_login)
logout = async_function(_logout)
for _face, _name in ((get_user, "get_user"), (login, "login"), (logout, "logout")):
    _face.__name__ = _face.__qualname__ = _name


class UserLazyObject(LazyObject):
    """The user, known once the scope is resolved."""

    def _setup(self) -> None:
        raise ValueError("Accessing scope user before it is ready.")


class AuthMiddleware(BaseMiddleware):
    """Sets ``scope["user"]``; needs sessions outside."""

    def populate_scope(self, scope: Any) -> None:
        """Put a stand-in for the user into the scope; ValueError without a session."""
        if "session" not in scope:
            raise ValueError(
                "AuthMiddleware cannot find session in scope. SessionMiddleware must be above it."
            )
        if "user" not in scope:
            scope["user"] = UserLazyObject()

    async def resolve_scope(self, scope: Any) -> None:
        """Find the user."""
        scope["user"]._wrapped = await get_user(scope)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Handle the connection."""
        scope = dict(scope)
        self.populate_scope(scope)
        await self.resolve_scope(scope)
        return await super().__call__(scope, receive, send)


def AuthMiddlewareStack(inner: Any) -> Any:
    """Cookies, sessions and users."""
    return CookieMiddleware(SessionMiddleware(AuthMiddleware(inner)))
