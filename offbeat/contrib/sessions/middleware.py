"""SessionMiddleware: gives each request its session, and saves it with the response."""

from __future__ import annotations

import time
from importlib import import_module
from typing import Any

from offbeat.conf import settings
from offbeat.contrib.sessions.backends.base import UpdateError
from offbeat.contrib.sessions.exceptions import SessionInterrupted
from offbeat.utils.cache import patch_vary_headers
from offbeat.utils.deprecation import MiddlewareMixin
from offbeat.utils.hooks import RequestBrief, ResponseBrief, in_brief
from offbeat.utils.http import http_date
from offbeat.utils.module_loading import own_path

_BACKENDS = "offbeat.contrib.sessions.backends."


def _is_empty_at_first(store: Any) -> bool:
    """Whether a session without a key holds nothing and does nothing: a class of the project's may have its own way."""
    methods = (getattr(store, "__init__", None), getattr(store, "is_empty", None))
    return all(str(getattr(method, "__module__", None)).startswith(_BACKENDS) for method in methods)


class SessionMiddleware(MiddlewareMixin):
    """Sets ``request.session``; nothing is loaded before it is used."""

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.SessionStore = import_module(own_path(settings.SESSION_ENGINE)).SessionStore

    def process_request(self, request: Any) -> None:
        """Give the request its session."""
        request.session = self._open(request)

    def _open(self, request: Any) -> Any:
        return self.SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))

    @in_brief(process_request)
    def _give_session(self) -> RequestBrief | None:
        if not _is_empty_at_first(self.SessionStore):
            return None
        # Whether a cookie has to be deleted or renewed is for the session to tell.
        return RequestBrief(gives={"session": self._open}, with_cookies=self.process_request)

    def process_response(self, request: Any, response: Any) -> Any:
        """Save a modified session and set its cookie; delete the cookie of an empty one."""
        try:
            session = request.session
            accessed = session.accessed
            modified = session.modified
            empty = session.is_empty()
        except AttributeError:
            return response
        if empty and settings.SESSION_COOKIE_NAME in request.COOKIES:
            response.delete_cookie(
                settings.SESSION_COOKIE_NAME,
                path=settings.SESSION_COOKIE_PATH,
                domain=settings.SESSION_COOKIE_DOMAIN,
                samesite=settings.SESSION_COOKIE_SAMESITE,
            )
            patch_vary_headers(response, ("Cookie",))
            return response
        if accessed:
            patch_vary_headers(response, ("Cookie",))
        if (modified or settings.SESSION_SAVE_EVERY_REQUEST) and not empty and response.status_code < 500:
            self._save(session, response)
        return response

    @in_brief(process_response)
    def _nothing_without_session(self) -> ResponseBrief:
        return ResponseBrief(touches="session")

    def _save(self, session: Any, response: Any) -> None:
        max_age: int | None = None
        expires: str | None = None
        if not session.get_expire_at_browser_close():
            max_age = session.get_expiry_age()
            expires = http_date(time.time() + max_age)
        try:
            session.save()
        except UpdateError:
            raise SessionInterrupted(
                "The request's session was deleted before the request completed. The user may have logged out in "
                "a concurrent request, for example."
            )
        response.set_cookie(
            settings.SESSION_COOKIE_NAME,
            session.session_key,
            max_age=max_age,
            expires=expires,
            domain=settings.SESSION_COOKIE_DOMAIN,
            path=settings.SESSION_COOKIE_PATH,
            secure=settings.SESSION_COOKIE_SECURE or None,
            httponly=settings.SESSION_COOKIE_HTTPONLY or None,
            samesite=settings.SESSION_COOKIE_SAMESITE,
        )
        # A cache must not give one visitor's cookie to the next.
        patch_vary_headers(response, ("Cookie",))
