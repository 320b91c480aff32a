"""``request.user`` (Django documentation: ref/middleware)."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlsplit

from offbeat.concurrency import spawn
from offbeat.conf import settings
from offbeat.contrib import auth
from offbeat.contrib.auth.backends import RemoteUserBackend
from offbeat.contrib.auth.core import REDIRECT_FIELD_NAME, load_backend
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.utils.deprecation import MiddlewareMixin
from offbeat.utils.functional import SimpleLazyObject
from offbeat.utils.hooks import RequestBrief, in_brief
from offbeat.utils.module_loading import own_path


def get_user(request: Any) -> Any:
    """The request's user, looked up once."""
    if not hasattr(request, "_cached_user"):
        request._cached_user = auth.get_user(request)
    return request._cached_user


async def auser(request: Any) -> Any:
    """The same, from a coroutine."""
    return await spawn(get_user, request)


class _UserOf:
    """Gives the user of a request, which it lets go of then: the request keeps what holds this."""

    __slots__ = ("_request", "_user")

    def __init__(self, request: Any) -> None:
        self._request = request
        self._user: Any = None

    def __call__(self) -> Any:
        request = self._request
        if request is not None:
            self._user = get_user(request)
            self._request = None
        return self._user


def _lazy_user(request: Any) -> Any:
    return SimpleLazyObject(_UserOf(request))


def _auser_of(request: Any) -> Any:
    return partial(auser, request)


class AuthenticationMiddleware(MiddlewareMixin):
    """Sets ``request.user``, evaluated at its first use in sync and async views alike, and ``await request.auser()``."""

    def process_request(self, request: Any) -> None:
        if not hasattr(request, "session"):
            raise ImproperlyConfigured(
                "The Django authentication middleware requires session middleware to be installed. Edit your MIDDLEWARE "
                "setting to insert 'offbeat.contrib.sessions.middleware.SessionMiddleware' before "
                "'offbeat.contrib.auth.middleware.AuthenticationMiddleware'."
            )
        request.user = _lazy_user(request)
        request.auser = _auser_of(request)

    @in_brief(process_request)
    def _give_user(self) -> RequestBrief:
        return RequestBrief(gives={"user": _lazy_user, "auser": _auser_of}, needs="session")


class LoginRequiredMiddleware(MiddlewareMixin):
    """Sends anonymous users to the login page, except for views marked by ``login_not_required``."""

    redirect_field_name = REDIRECT_FIELD_NAME

    def process_view(self, request: Any, view_func: Any, view_args: Any, view_kwargs: Any) -> Any:
        if not getattr(view_func, "login_required", True):
            return None
        if request.user.is_authenticated:
            return None
        return self.handle_no_permission(request, view_func)

    def get_login_url(self, view_func: Any) -> str:
        """Where to send them; ImproperlyConfigured when there is no such place."""
        login_url = getattr(view_func, "login_url", None) or settings.LOGIN_URL
        if not login_url:
            raise ImproperlyConfigured(
                "No login URL to redirect to. Define settings.LOGIN_URL or provide a login_url via the "
                "'offbeat.contrib.auth.decorators.login_required' decorator."
            )
        return str(login_url)

    def get_redirect_field_name(self, view_func: Any) -> str:
        """The name of the parameter that brings them back."""
        return str(getattr(view_func, "redirect_field_name", self.redirect_field_name))

    def handle_no_permission(self, request: Any, view_func: Any) -> Any:
        """The redirect."""
        from offbeat.contrib.auth.views import redirect_to_login

        path = request.build_absolute_uri()
        from offbeat.shortcuts import resolve_url

        login_url = resolve_url(self.get_login_url(view_func))
        login, current = urlsplit(login_url), urlsplit(path)
        if login.scheme in ("", current.scheme) and login.netloc in ("", current.netloc):
            path = request.get_full_path()
        return redirect_to_login(path, login_url, self.get_redirect_field_name(view_func))


class RemoteUserMiddleware(MiddlewareMixin):
    """Logs in whom the web server names in ``header``."""

    header = "REMOTE_USER"
    force_logout_if_no_header = True

    def process_request(self, request: Any) -> None:
        if not hasattr(request, "user"):
            raise ImproperlyConfigured(
                "The Django remote user auth middleware requires the authentication middleware to be installed. Edit your "
                "MIDDLEWARE setting to insert 'offbeat.contrib.auth.middleware.AuthenticationMiddleware' before the "
                "RemoteUserMiddleware class."
            )
        try:
            username = request.META[self._key(request)]
        except KeyError:
            if self.force_logout_if_no_header and request.user.is_authenticated:
                self._remove_invalid_user(request)
            return
        if request.user.is_authenticated:
            if request.user.get_username() == self.clean_username(username, request):
                return
            # Somebody else's name: the session's user must go.
            self._remove_invalid_user(request)
        user = auth.authenticate(request, remote_user=username)
        if user:
            request.user = user
            auth.login(request, user)

    def _key(self, request: Any) -> str:
        # An ASGI server has headers only; a WSGI server's environment also has what no client can send.
        if hasattr(request, "scope") and not self.header.startswith("HTTP_"):
            return f"HTTP_{self.header}"
        return self.header

    def clean_username(self, username: str, request: Any) -> str:
        """The name as the backend wants it."""
        backend = load_backend(request.session[auth.BACKEND_SESSION_KEY])
        clean = getattr(backend, "clean_username", None)
        return clean(username) if clean is not None else username

    def _remove_invalid_user(self, request: Any) -> None:
        try:
            backend = load_backend(own_path(request.session.get(auth.BACKEND_SESSION_KEY, "")))
        except ImportError:
            auth.logout(request)
        else:
            if isinstance(backend, RemoteUserBackend):
                auth.logout(request)


class PersistentRemoteUserMiddleware(RemoteUserMiddleware):
    """Keeps the session when the header is missing: the name need only be sent to the login page."""

    force_logout_if_no_header = False
