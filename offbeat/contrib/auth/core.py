"""Finding, logging in and logging out users."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Iterator
from typing import Any

from offbeat.apps import apps as django_apps
from offbeat.concurrency import async_function
from offbeat.conf import settings
from offbeat.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from offbeat.core.exceptions import ImproperlyConfigured, PermissionDenied
from offbeat.middleware.csrf import rotate_token
from offbeat.utils.crypto import constant_time_compare
from offbeat.utils.lazy_pattern import lazy_pattern
from offbeat.utils.module_loading import import_string, own_path, shared_path

SESSION_KEY = "_auth_user_id"
BACKEND_SESSION_KEY = "_auth_user_backend"
HASH_SESSION_KEY = "_auth_user_hash"
REDIRECT_FIELD_NAME = "next"

SENSITIVE_CREDENTIALS = lazy_pattern("api|token|key|secret|password|signature", re.IGNORECASE)
CLEANSED_SUBSTITUTE = "********************"


def load_backend(path: str) -> Any:
    """An instance of the authentication backend with this dotted path."""
    return import_string(path)()


@functools.lru_cache(maxsize=64)
def _signature(function: Any) -> inspect.Signature:
    return inspect.signature(function)


def _get_backends() -> Iterator[tuple[Any, str]]:
    found = False
    for path in settings.AUTHENTICATION_BACKENDS:
        found = True
        yield load_backend(path), path
    if not found:
        raise ImproperlyConfigured(
            "No authentication backends have been defined. Does AUTHENTICATION_BACKENDS contain anything?"
        )


def get_backends() -> list[Any]:
    """Instances of all ``AUTHENTICATION_BACKENDS``."""
    return [backend for backend, _ in _get_backends()]


def _accepts(backend: Any, request: Any, credentials: dict[str, Any]) -> bool:
    try:
        _signature(type(backend).authenticate).bind(backend, request, **credentials)
    except TypeError:
        return False
    return True


def authenticate(request: Any = None, **credentials: Any) -> Any:
    """The user whom the first willing backend recognises by the credentials, with ``user.backend`` set; else None."""
    for backend, path in _get_backends():
        if not _accepts(backend, request, credentials):
            continue
        try:
            user = backend.authenticate(request, **credentials)
        except PermissionDenied:
            # This backend says that nobody shall let the user in.
            break
        if user is not None:
            user.backend = path
            return user
    cleansed = {
        key: CLEANSED_SUBSTITUTE if SENSITIVE_CREDENTIALS.search(key) else value
        for key, value in credentials.items()
    }
    user_login_failed.send(sender=__name__.rpartition(".")[0], credentials=cleansed, request=request)
    return None


def _session_user_pk(request: Any) -> Any:
    return get_user_model()._meta.pk.to_python(request.session[SESSION_KEY])


def _backend_path(user: Any, backend: Any) -> str:
    path = backend or getattr(user, "backend", None)
    if path is None:
        paths = list(settings.AUTHENTICATION_BACKENDS)
        if len(paths) != 1:
            raise ValueError(
                "You have multiple authentication backends configured and therefore must provide the `backend` argument "
                "or set the `backend` attribute on the user."
            )
        path = paths[0]
    if not isinstance(path, str):
        raise TypeError(f"backend must be a dotted import path string (got {path!r}).")
    return path


def login(request: Any, user: Any, backend: str | None = None) -> None:
    """Keep the user's id in the session. Anonymous session data stays; another user's is flushed."""
    has_hash = user is None or hasattr(user, "get_session_auth_hash")
    session_auth_hash = user.get_session_auth_hash() if has_hash else ""
    if SESSION_KEY in request.session:
        other = _session_user_pk(request) != user.pk
        changed = session_auth_hash and not constant_time_compare(
            request.session.get(HASH_SESSION_KEY, ""), session_auth_hash
        )
        if other or changed:
            request.session.flush()
    else:
        request.session.cycle_key()
    request.session[SESSION_KEY] = user._meta.pk.value_to_string(user)
    # A name that Django knows as well, so that the session may go back to it.
    request.session[BACKEND_SESSION_KEY] = shared_path(_backend_path(user, backend))
    request.session[HASH_SESSION_KEY] = session_auth_hash
    if hasattr(request, "user"):
        request.user = user
    if hasattr(request, "auser"):
        request.auser = _constant(user)
    rotate_token(request)
    user_logged_in.send(sender=user.__class__, request=request, user=user)


def _constant(user: Any) -> Any:
    async def auser() -> Any:
        return user

    return auser


def logout(request: Any) -> None:
    """Forget the user and all data of the session."""
    user = getattr(request, "user", None)
    if not getattr(user, "is_authenticated", True):
        user = None
    user_logged_out.send(sender=user.__class__, request=request, user=user)
    request.session.flush()
    if hasattr(request, "user"):
        from offbeat.contrib.auth.models import AnonymousUser

        request.user = AnonymousUser()
        if hasattr(request, "auser"):
            request.auser = _constant(request.user)


def get_user_model() -> Any:
    """The model that ``AUTH_USER_MODEL`` names; ImproperlyConfigured if there is none."""
    try:
        return django_apps.get_model(settings.AUTH_USER_MODEL, require_ready=False)
    except ValueError:
        raise ImproperlyConfigured("AUTH_USER_MODEL must be of the form 'app_label.model_name'")
    except LookupError:
        raise ImproperlyConfigured(
            f"AUTH_USER_MODEL refers to model '{settings.AUTH_USER_MODEL}' that has not been installed"
        )


def get_user(request: Any) -> Any:
    """The user of the request's session, or an AnonymousUser.

    A session made before the last change of the password is flushed.
    """
    from offbeat.contrib.auth.models import AnonymousUser

    user = None
    try:
        user_id = _session_user_pk(request)
        backend_path = request.session[BACKEND_SESSION_KEY]
    except KeyError:
        return AnonymousUser()
    known = {own_path(path) for path in settings.AUTHENTICATION_BACKENDS}
    if own_path(backend_path) in known:
        user = load_backend(backend_path).get_user(user_id)
        if user is not None and hasattr(user, "get_session_auth_hash"):
            user = _verified(request, user)
    return user or AnonymousUser()


def _verified(request: Any, user: Any) -> Any:
    session_hash = request.session.get(HASH_SESSION_KEY)
    if session_hash and constant_time_compare(session_hash, user.get_session_auth_hash()):
        return user
    if session_hash and any(
        constant_time_compare(session_hash, fallback) for fallback in user.get_session_auth_fallback_hash()
    ):
        # Signed with a retired key: move the session to the current one.
        request.session.cycle_key()
        request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        return user
    request.session.flush()
    return None


def get_permission_codename(action: str, opts: Any) -> str:
    """The codename of the permission for an action, such as ``add``, on the model of ``opts``."""
    return f"{action}_{opts.model_name}"


def update_session_auth_hash(request: Any, user: Any) -> None:
    """Keep this session alive after the user's password changed."""
    request.session.cycle_key()
    if hasattr(user, "get_session_auth_hash") and request.user == user:
        request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()


aauthenticate = async_function(authenticate)
alogin = async_function(login)
alogout = async_function(logout)
aget_user = async_function(get_user)
aupdate_session_auth_hash = async_function(update_session_auth_hash)
