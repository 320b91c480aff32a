"""What the two clients have in common."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from http.cookies import SimpleCookie
from importlib import import_module
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from offbeat.concurrency import async_face, spawn
from offbeat.conf import settings
from offbeat.http import HttpRequest, QueryDict
from offbeat.urls import resolve
from offbeat.utils.functional import SimpleLazyObject

from .capture import Captured
from .payload import JSON_CONTENT_TYPE_RE, MULTIPART_CONTENT

__all__ = ["ClientMixin", "FollowingVerbs", "RedirectCycleError"]

OCTETS = "application/octet-stream"
MAX_REDIRECTS = 20
REDIRECT_STATUS_CODES = frozenset(
    (
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.SEE_OTHER,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    )
)


class RedirectCycleError(Exception):
    """The client was sent round in a circle, or too far."""

    def __init__(self, message: str, last_response: Any) -> None:
        super().__init__(message)
        self.last_response = last_response
        self.redirect_chain = last_response.redirect_chain


class ClientMixin:
    """Sessions, logging in and out, and what a response gets."""

    cookies: SimpleCookie
    raise_request_exception: bool
    exc_info: Any = None

    def check_exception(self, response: Any, captured: Captured) -> None:
        """Raise what the view raised, unless ``raise_request_exception`` is off."""
        response.exc_info = captured.exc_info
        # Kept on the client as well, where it is found after an exception.
        self.exc_info = None
        if captured.exc_info is not None and self.raise_request_exception:
            try:
                raise captured.exc_info[1]
            finally:
                captured.exc_info = None

    def _decorate(
        self, response: Any, request: dict[str, Any], captured: Captured, path: str, http_request: Any
    ) -> None:
        response.client = self
        response.request = request
        response.templates = captured.templates
        contexts = captured.contexts
        response.context = None if not contexts else contexts[0] if len(contexts) == 1 else contexts
        response.json = lambda **extra: self._parse_json(response, **extra)
        urlconf = getattr(http_request, "urlconf", None)
        response.resolver_match = SimpleLazyObject(lambda: resolve(path, urlconf=urlconf))
        if response.cookies:
            self.cookies.update(response.cookies)

    def _parse_json(self, response: Any, **extra: Any) -> Any:
        if not hasattr(response, "_json"):
            content_type = response.get("Content-Type")
            if not JSON_CONTENT_TYPE_RE.match(content_type):
                raise ValueError(f'Content-Type header is "{content_type}", not "application/json"')
            response._json = json.loads(response.text, **extra)
        return response._json

    @property
    def session(self) -> Any:
        """The client's session; changes want ``save()``."""
        engine = import_module(settings.SESSION_ENGINE)
        cookie = self.cookies.get(settings.SESSION_COOKIE_NAME)
        if cookie:
            return engine.SessionStore(cookie.value)
        session = engine.SessionStore()
        session.save()
        self.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        return session

    async def asession(self) -> Any:
        """The asynchronous face of ``session``."""
        return await spawn(lambda: self.session)

    def login(self, **credentials: Any) -> bool:
        """Log in as a form would; False if the credentials are wrong."""
        from offbeat.contrib.auth import authenticate

        user = authenticate(**credentials)
        if not user:
            return False
        self._login(user)
        return True

    def force_login(self, user: Any, backend: str | None = None) -> None:
        """Log a user in without credentials, with `backend` or the first one that can load users."""
        if backend is None:
            backend = _first_backend_with_users()
        user.backend = backend
        self._login(user, backend)

    def _login(self, user: Any, backend: str | None = None) -> None:
        from offbeat.contrib.auth import login

        request = self._session_request()
        login(request, user, backend)
        request.session.save()
        name = settings.SESSION_COOKIE_NAME
        self.cookies[name] = request.session.session_key
        self.cookies[name].update(
            {
                "max-age": None,
                "path": "/",
                "domain": settings.SESSION_COOKIE_DOMAIN,
                "secure": settings.SESSION_COOKIE_SECURE or None,
                "expires": None,
            }
        )

    def _session_request(self) -> HttpRequest:
        """A request with the session there is, or a new one."""
        engine = import_module(settings.SESSION_ENGINE)
        request = HttpRequest()
        if settings.SESSION_COOKIE_NAME in self.cookies:
            request.session = self.session
        else:
            request.session = engine.SessionStore()
        return request

    def logout(self) -> None:
        """Forget the user, the session and all cookies."""
        from offbeat.contrib.auth import get_user, logout

        request = self._session_request()
        if settings.SESSION_COOKIE_NAME in self.cookies:
            request.user = get_user(request)
        logout(request)
        self.cookies = SimpleCookie()

    alogin = async_face(login)
    aforce_login = async_face(force_login)
    alogout = async_face(logout)


def _first_backend_with_users() -> str:
    from offbeat.contrib.auth import load_backend

    for path in settings.AUTHENTICATION_BACKENDS:
        if hasattr(load_backend(path), "get_user"):
            return str(path)
    raise ValueError("None of the AUTHENTICATION_BACKENDS can load users.")


class FollowingVerbs:
    """The methods of HTTP, over those of a request factory, with redirects followed on demand.

    Written once for both clients: where ``request()`` is asynchronous, they return an awaitable.
    """

    extra: dict[str, Any]
    headers: Mapping[str, str] | None

    def _begin(self, extra: dict[str, Any], headers: Mapping[str, str] | None) -> None:
        # get_response() of the redirects uses them again.
        self.extra = extra
        self.headers = headers

    def _end(self, response: Any, follow: bool, **again: Any) -> Any:
        raise NotImplementedError("Clients define _end().")

    def get(
        self,
        path: str,
        data: Any = None,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **extra: Any,
    ) -> Any:
        """GET `path`; `data` are query parameters."""
        self._begin(extra, headers)
        response = super().get(  # type: ignore[misc]
            path, data=data, secure=secure, headers=headers, query_params=query_params, **extra
        )
        return self._end(response, follow, data=data, headers=headers, query_params=query_params, extra=extra)

    def head(
        self,
        path: str,
        data: Any = None,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **extra: Any,
    ) -> Any:
        """HEAD."""
        self._begin(extra, headers)
        response = super().head(  # type: ignore[misc]
            path, data=data, secure=secure, headers=headers, query_params=query_params, **extra
        )
        return self._end(response, follow, data=data, headers=headers, query_params=query_params, extra=extra)

    def trace(
        self,
        path: str,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **extra: Any,
    ) -> Any:
        """TRACE."""
        self._begin(extra, headers)
        response = super().trace(path, secure=secure, headers=headers, query_params=query_params, **extra)  # type: ignore[misc]
        return self._end(response, follow, headers=headers, query_params=query_params, extra=extra)

    def post(
        self,
        path: str,
        data: Any = None,
        content_type: str = MULTIPART_CONTENT,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **extra: Any,
    ) -> Any:
        """POST `data`, encoded as `content_type` says."""
        return self._send("post", path, data, content_type, follow, secure, headers, query_params, extra)

    def options(
        self,
        path: str,
        data: Any = "",
        content_type: str = OCTETS,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **extra: Any,
    ) -> Any:
        """OPTIONS."""
        return self._send("options", path, data, content_type, follow, secure, headers, query_params, extra)

    def put(
        self,
        path: str,
        data: Any = "",
        content_type: str = OCTETS,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **extra: Any,
    ) -> Any:
        """PUT."""
        return self._send("put", path, data, content_type, follow, secure, headers, query_params, extra)

    def patch(
        self,
        path: str,
        data: Any = "",
        content_type: str = OCTETS,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **extra: Any,
    ) -> Any:
        """PATCH."""
        return self._send("patch", path, data, content_type, follow, secure, headers, query_params, extra)

    def delete(
        self,
        path: str,
        data: Any = "",
        content_type: str = OCTETS,
        follow: bool = False,
        secure: bool = False,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **extra: Any,
    ) -> Any:
        """DELETE."""
        return self._send("delete", path, data, content_type, follow, secure, headers, query_params, extra)

    def _send(
        self,
        verb: str,
        path: str,
        data: Any,
        content_type: str,
        follow: bool,
        secure: bool,
        headers: Mapping[str, str] | None,
        query_params: Mapping[str, Any] | None,
        extra: dict[str, Any],
    ) -> Any:
        self._begin(extra, headers)
        response = getattr(super(), verb)(
            path,
            data=data,
            content_type=content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
            **extra,
        )
        return self._end(
            response,
            follow,
            data=data,
            content_type=content_type,
            headers=headers,
            query_params=query_params,
            extra=extra,
        )

    def _redirect(
        self,
        response: Any,
        *,
        data: Any = "",
        content_type: str = "",
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        extra: dict[str, Any],
    ) -> Any:
        """Make the request that a redirect asks for; the response, or an awaitable of it."""
        target = urlsplit(response.url)
        before = response.request
        secure = (target.scheme or self._scheme_of(before)) == "https"
        extra.update(self._target_server(target))
        path = target.path
        if not path and target.netloc:
            # RFC 3986 §6.2.3: an empty path is "/".
            path = "/"
        if not path.startswith("/"):
            path = urljoin(_path_of(before), path)
        verb = _method_of(before).lower()
        arguments: dict[str, Any] = {"follow": False, "secure": secure, "headers": headers, **extra}
        if response.status_code in (HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT):
            # RFC 9110 §15.4.8 and 15.4.9: the method and the content stay.
            if target.query:
                path = f"{path}?{target.query}"
            else:
                arguments["query_params"] = query_params
            if verb in ("get", "head"):
                # Parameters that were given go along, in the place of those in the URL.
                arguments["query_params"] = None if data else arguments.get("query_params")
            if verb != "trace":
                arguments["data"] = data
            if content_type:
                arguments["content_type"] = content_type
        else:
            verb = "head" if verb == "head" else "get"
            arguments["data"] = QueryDict(target.query)
        return getattr(self, verb)(path, **arguments)

    def _scheme_of(self, request: dict[str, Any]) -> str:
        return str(request.get("wsgi.url_scheme") or request.get("scheme"))

    def _target_server(self, url: SplitResult) -> dict[str, Any]:
        """What a request to the server in `url` needs to say, as keyword arguments."""
        raise NotImplementedError("Clients define _target_server().")

    @staticmethod
    def _check_cycle(chain: list[tuple[str, int]], response: Any) -> None:
        response.redirect_chain = chain
        if chain[-1] in chain[:-1]:
            raise RedirectCycleError("Redirect loop detected.", last_response=response)
        if len(chain) > MAX_REDIRECTS:
            raise RedirectCycleError("Too many redirects.", last_response=response)


def _path_of(request: dict[str, Any]) -> str:
    return str(request.get("PATH_INFO") or request.get("path"))


def _method_of(request: dict[str, Any]) -> str:
    return str(request.get("REQUEST_METHOD") or request.get("method"))
