"""Cookies and sessions of connections."""

from __future__ import annotations

import datetime
import time
from http.cookies import SimpleCookie
from typing import Any

from offbeat.concurrency import spawn
from offbeat.conf import settings
from offbeat.contrib.sessions.backends.base import UpdateError
from offbeat.core.exceptions import SuspiciousOperation
from offbeat.http import parse_cookie
from offbeat.utils import timezone
from offbeat.utils.functional import LazyObject
from offbeat.utils.http import http_date
from offbeat.utils.module_loading import own_path


class CookieMiddleware:
    """Sets ``scope["cookies"]``."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Handle the connection; ValueError for a scope without headers."""
        if "headers" not in scope:
            raise ValueError(
                "CookieMiddleware was passed a scope that did not have a headers key (make sure it is only passed HTTP or WebSocket connections)"
            )
        cookies: dict[str, str] = {}
        for name, value in scope["headers"]:
            if name == b"cookie":
                cookies = parse_cookie(value.decode("latin1"))
                break
        return await self.inner({**scope, "cookies": cookies}, receive, send)

    @classmethod
    def set_cookie(
        cls,
        message: dict[str, Any],
        key: str,
        value: str = "",
        max_age: Any = None,
        expires: Any = None,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: str | None = "lax",
    ) -> None:
        """Add a ``Set-Cookie`` header to the message that starts a response; times as ``HttpResponse.set_cookie()``."""
        cookies: SimpleCookie = SimpleCookie()
        cookies[key] = value
        if expires is not None:
            if isinstance(expires, datetime.datetime):
                if timezone.is_aware(expires):
                    expires = timezone.make_naive(expires, datetime.UTC)
                # The seconds are cut off: one more, so that the cookie does not end early.
                delta = (
                    expires
                    - datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
                    + datetime.timedelta(seconds=1)
                )
                expires = None
                max_age = max(0, delta.days * 86400 + delta.seconds)
            else:
                cookies[key]["expires"] = expires
        else:
            cookies[key]["expires"] = ""
        if max_age is not None:
            cookies[key]["max-age"] = max_age
            if not expires:
                cookies[key]["expires"] = http_date(time.time() + max_age)
        if path is not None:
            cookies[key]["path"] = path
        if domain is not None:
            cookies[key]["domain"] = domain
        if secure:
            cookies[key]["secure"] = True
        if httponly:
            cookies[key]["httponly"] = True
        if samesite is not None:
            if samesite.lower() not in ("lax", "strict", "none"):
                raise ValueError("samesite must be 'strict', 'lax', or 'none'")
            cookies[key]["samesite"] = samesite
        headers = message.setdefault("headers", [])
        headers += [(b"Set-Cookie", morsel.output(header="").strip().encode()) for morsel in cookies.values()]

    @classmethod
    def delete_cookie(
        cls, message: dict[str, Any], key: str, path: str = "/", domain: str | None = None
    ) -> None:
        """Add a header that deletes the cookie."""
        cls.set_cookie(
            message, key, max_age=0, path=path, domain=domain, expires="Thu, 01-Jan-1970 00:00:00 GMT"
        )


class LazySession(LazyObject):
    """A session read at its first use."""

    def _setup(self) -> None:
        raise ValueError("Accessing scope session before it is ready.")


class InstanceSessionWrapper:
    """The session of one connection: reads the cookie, and saves when a response begins."""

    save_message_types = ("http.response.start",)
    cookie_response_message_types = ("http.response.start",)

    def __init__(self, scope: Any, send: Any) -> None:
        self.cookie_name = settings.SESSION_COOKIE_NAME
        from importlib import import_module

        self.session_store = import_module(own_path(settings.SESSION_ENGINE)).SessionStore
        self.scope = dict(scope)
        if "session" in self.scope:
            # An outer middleware has done it.
            self.activated = False
        else:
            self.scope["session"] = LazySession()
            self.activated = True
        self.real_send = send

    async def resolve_session(self) -> None:
        """Make the session of the cookie's key."""
        key = self.scope["cookies"].get(self.cookie_name)
        self.scope["session"]._wrapped = self.session_store(key)

    async def send(self, message: dict[str, Any]) -> None:
        """Save the session before the message that starts a response."""
        if self.activated:
            session = self.scope["session"]
            modified, empty = session.modified, session.is_empty()
            changes = (modified and not empty) or settings.SESSION_SAVE_EVERY_REQUEST
            if message["type"] in self.save_message_types and changes and message.get("status", 200) != 500:
                try:
                    await spawn(self.save_session)
                except UpdateError:
                    raise SuspiciousOperation(
                        "The request's session was deleted before the request completed. The user may have logged out in "
                        "a concurrent request, for example."
                    )
                if message["type"] in self.cookie_response_message_types:
                    self._set_cookie(message)
            elif message["type"] in self.cookie_response_message_types and empty:
                if self.cookie_name in self.scope["cookies"]:
                    CookieMiddleware.delete_cookie(
                        message,
                        self.cookie_name,
                        path=settings.SESSION_COOKIE_PATH,
                        domain=settings.SESSION_COOKIE_DOMAIN,
                    )
        await self.real_send(message)

    def _set_cookie(self, message: dict[str, Any]) -> None:
        session = self.scope["session"]
        max_age = None if session.get_expire_at_browser_close() else session.get_expiry_age()
        CookieMiddleware.set_cookie(
            message,
            self.cookie_name,
            session.session_key,
            max_age=max_age,
            expires=None if max_age is None else http_date(time.time() + max_age),
            domain=settings.SESSION_COOKIE_DOMAIN,
            path=settings.SESSION_COOKIE_PATH,
            secure=settings.SESSION_COOKIE_SECURE or False,
            httponly=settings.SESSION_COOKIE_HTTPONLY or False,
            samesite=settings.SESSION_COOKIE_SAMESITE,
        )

    def save_session(self) -> None:
        """Write the session."""
        self.scope["session"].save()


class SessionMiddleware:
    """Sets ``scope["session"]``; needs CookieMiddleware outside."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Handle the connection; ValueError for a scope without cookies."""
        if "cookies" not in scope:
            raise ValueError(
                "No cookies in scope - SessionMiddleware needs to run inside of CookieMiddleware."
            )
        wrapper = InstanceSessionWrapper(scope, send)
        if wrapper.activated:
            await wrapper.resolve_session()
        return await self.inner(wrapper.scope, receive, wrapper.send)


def SessionMiddlewareStack(inner: Any) -> Any:
    """Cookies and sessions."""
    return CookieMiddleware(SessionMiddleware(inner))
