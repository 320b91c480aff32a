"""Hooks that are not called for want of anything to do: nobody can tell, but by the time."""

from __future__ import annotations

import asyncio
import gc
import pickle
import re
import weakref
from copy import copy
from typing import Any
from unittest import mock

import pytest

from offbeat.contrib import messages
from offbeat.contrib.auth.models import AnonymousUser
from offbeat.contrib.messages.middleware import MessageMiddleware
from offbeat.contrib.sessions.backends.signed_cookies import SessionStore as CookieStore
from offbeat.contrib.sessions.middleware import SessionMiddleware
from offbeat.core.handlers import hooklayer
from offbeat.core.handlers.asgi import ASGIHandler, ASGIRequest
from offbeat.core.handlers.wsgi import WSGIHandler
from offbeat.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from offbeat.middleware.clickjacking import XFrameOptionsMiddleware
from offbeat.middleware.common import CommonMiddleware
from offbeat.middleware.csrf import CsrfViewMiddleware, get_token
from offbeat.middleware.security import SecurityMiddleware
from offbeat.test.utils import override_settings
from offbeat.urls import path
from offbeat.utils.deprecation import MiddlewareMixin

from .helpers import Client, fetch, scope, urls, wsgi_fetch

DEFAULT = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
HERE = f"{__name__}."
seen: list[Any] = []


@pytest.fixture(autouse=True)
def empty_list():
    seen.clear()


def plain(request):
    return HttpResponse("plain")


def of_the_user(request):
    return JsonResponse({"user": str(request.user), "session": request.session.session_key})


async def of_the_user_async(request):
    return JsonResponse({"user": str(await request.auser())})


def keeps(request):
    request.session["kept"] = 1
    return HttpResponse("kept")


def tells(request):
    messages.success(request, "Done")
    return HttpResponse(str([str(message) for message in messages.get_messages(request)]))


def tells_later(request):
    messages.success(request, "Done")
    return HttpResponse("told")


def form(request):
    return HttpResponse(get_token(request)[:0])


def with_headers(request):
    return HttpResponse(
        "x",
        headers={"X-Frame-Options": "SAMEORIGIN", "Referrer-Policy": "origin", "Content-Length": "1"},
    )


def exempt(request):
    response = HttpResponse("framed")
    response.xframe_options_exempt = True
    return response


def empty(request):
    return HttpResponse(status=204)


def stream(request):
    return StreamingHttpResponse(iter([b"a", b"b"]))


def broken(request):
    raise ValueError("broken")


def missing(request):
    raise Http404


def own_length(request):
    response = HttpResponse("four")
    response["content-length"] = "4"
    return response


VIEWS = [
    plain, of_the_user, of_the_user_async, keeps, tells, tells_later, form, with_headers, exempt, empty, stream, broken,
    missing, own_length,
]  # fmt: skip
COOKIES = {
    "none": "",
    "another": "a=b",
    "session": "sessionid=" + "k" * 32,
    "not a session": "sessionid=short",
    "csrf": "csrftoken=" + "a" * 32,
    "not a csrf token": "csrftoken=!",
}
PATTERNS = [path(f"{view.__name__}/", view) for view in VIEWS]
SETTINGS = {
    "SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies",
    "MESSAGE_STORAGE": "django.contrib.messages.storage.fallback.FallbackStorage",
    "MIDDLEWARE": DEFAULT,
    "ALLOWED_HOSTS": ["testserver"],
}


def _same_each_time(value):
    """A header without what is random or a time."""
    return re.sub(r"(csrftoken|sessionid|messages)=[^;]+|expires=[^;]+", r"\1", value)


async def _answers(app, cookie, tail):
    answers = {}
    for view in VIEWS:
        client = await fetch(
            app,
            f"/{view.__name__}{tail}",
            headers=[(b"cookie", cookie.encode())] if cookie else [],
        )
        headers = sorted(
            (name.lower(), _same_each_time(value.decode())) for name, value in client.sent[0]["headers"]
        )
        answers[view.__name__] = (client.status, headers, client.body)
    return answers


@pytest.mark.parametrize("cookie", COOKIES.values(), ids=COOKIES)
@pytest.mark.parametrize("tail", ["/", ""], ids=["exact", "redirected"])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"SESSION_SAVE_EVERY_REQUEST": True},
        {"SECURE_HSTS_SECONDS": 60, "X_FRAME_OPTIONS": "sameorigin"},
        {"ALLOWED_HOSTS": ["elsewhere"]},
        {"PREPEND_WWW": True},
        {"CSRF_USE_SESSIONS": True},
        {"SECURE_SSL_REDIRECT": True},
        {"MIDDLEWARE": [*DEFAULT[:3], "django.middleware.locale.LocaleMiddleware", *DEFAULT[3:]]},
        {"MIDDLEWARE": [*DEFAULT[:4], HERE + "around", *DEFAULT[4:]]},
    ],
    ids=lambda more: "-".join(more),
)
async def test_every_answer_is_that_of_all_hooks(cookie, tail, more, monkeypatch):
    with urls(*PATTERNS), override_settings(**{**SETTINGS, **more}):
        briefly = await _answers(ASGIHandler(), cookie, tail)
        monkeypatch.setattr(hooklayer, "brief_of", lambda hook: None)
        in_full = await _answers(ASGIHandler(), cookie, tail)
    assert briefly == in_full
    if not more:
        expected = {200, 204, 404, 500} if tail else {301}
        assert {status for status, *_ in briefly.values()} == expected


def around(get_response):
    return get_response


@pytest.mark.parametrize("cookie", COOKIES.values(), ids=COOKIES)
def test_every_answer_under_wsgi_is_that_of_all_hooks(cookie, monkeypatch):
    def answers(app):
        found = {}
        for view in VIEWS:
            more = {"HTTP_COOKIE": cookie} if cookie else {}
            got = wsgi_fetch(app, f"/{view.__name__}/", HTTP_HOST="testserver", **more)
            headers = {name: _same_each_time(value) for name, value in got.headers.items()}
            found[view.__name__] = (got.status, headers, got.body)
        return found

    with urls(*PATTERNS), override_settings(**SETTINGS):
        briefly = answers(WSGIHandler())
        monkeypatch.setattr(hooklayer, "brief_of", lambda hook: None)
        assert briefly == answers(WSGIHandler())


def _logging(base, *hooks):
    """A subclass that overrides hooks, as projects write them."""

    def process_request(self, request):
        seen.append((base.__name__, "request"))
        return base.process_request(self, request)

    def process_response(self, request, response):
        seen.append((base.__name__, "response"))
        return base.process_response(self, request, response)

    def process_view(self, request, view, args, kwargs):
        seen.append((base.__name__, "view"))
        return base.process_view(self, request, view, args, kwargs)

    own = {
        "process_request": process_request,
        "process_response": process_response,
        "process_view": process_view,
    }
    return type(f"Own{base.__name__}", (base,), {hook: own[hook] for hook in hooks})


OwnSecurity = _logging(SecurityMiddleware, "process_request", "process_response")
OwnSession = _logging(SessionMiddleware, "process_request", "process_response")
OwnCommon = _logging(CommonMiddleware, "process_request", "process_response")
OwnCsrf = _logging(CsrfViewMiddleware, "process_request", "process_response", "process_view")
OwnMessages = _logging(MessageMiddleware, "process_request", "process_response")


class OwnFrames(XFrameOptionsMiddleware):
    def get_xframe_options_value(self, request, response):
        return f"of {request.path}"


async def test_overridden_hooks_are_called():
    own = [f"{HERE}{name}" for name in ("OwnSecurity", "OwnSession", "OwnCommon", "OwnCsrf")]
    stack = [*own, DEFAULT[4], HERE + "OwnMessages", HERE + "OwnFrames"]
    with urls(*PATTERNS), override_settings(**{**SETTINGS, "MIDDLEWARE": stack}):
        client = await fetch(ASGIHandler(), "/plain/")
    names = ["SecurityMiddleware", "SessionMiddleware", "CommonMiddleware", "CsrfViewMiddleware"]
    assert [name for name, hook in seen if hook == "request"] == [*names, "MessageMiddleware"]
    assert [name for name, hook in seen if hook == "response"] == ["MessageMiddleware", *names[::-1]]
    assert ("CsrfViewMiddleware", "view") in seen
    assert client.headers["x-frame-options"] == "of /plain/"
    assert client.headers["content-length"] == "5"


async def test_a_hook_that_is_replaced_on_the_class_is_called(monkeypatch):
    def process_response(self, request, response):
        response["X-Replaced"] = "yes"
        return response

    monkeypatch.setattr(SecurityMiddleware, "process_response", process_response)
    with urls(*PATTERNS), override_settings(**SETTINGS):
        client = await fetch(ASGIHandler(), "/plain/")
    assert client.headers["x-replaced"] == "yes"


async def test_a_hook_that_a_test_replaces_is_called():
    with (
        mock.patch.object(SessionMiddleware, "process_request", autospec=True, return_value=None) as mocked,
        urls(*PATTERNS),
        override_settings(**{**SETTINGS, "MIDDLEWARE": DEFAULT[:4]}),
    ):
        await fetch(ASGIHandler(), "/plain/")
    assert mocked.call_count == 1


class Looks(MiddlewareMixin):
    def process_request(self, request):
        seen.append([hasattr(request, name) for name in ("session", "user", "_messages")])

    def process_response(self, request, response):
        seen.append(sorted(name.lower() for name in response.headers))
        return response


@pytest.mark.parametrize(
    ("position", "there"),
    [(1, [False] * 3), (2, [True, False, False]), (5, [True, True, False]), (7, [True] * 3)],
)
async def test_a_hook_finds_what_the_middleware_before_it_gave(position, there):
    stack = [*DEFAULT[:position], HERE + "Looks", *DEFAULT[position:]]
    with urls(*PATTERNS), override_settings(**{**SETTINGS, "MIDDLEWARE": stack}):
        for cookie in ("", "a=b"):
            headers = [(b"cookie", cookie.encode())] if cookie else []
            await fetch(ASGIHandler(), "/plain/", headers=headers)
    assert seen[0] == there and seen[2] == there


async def test_a_hook_finds_the_headers_that_middleware_further_in_has_set():
    stack = [*DEFAULT[:5], HERE + "Looks", *DEFAULT[5:]]
    with urls(*PATTERNS), override_settings(**{**SETTINGS, "MIDDLEWARE": stack}):
        await fetch(ASGIHandler(), "/plain/")
    assert seen[1] == ["content-type", "x-frame-options"]


class Answers(MiddlewareMixin):
    def process_request(self, request):
        return HttpResponse("answered")


async def test_an_early_answer_passes_through_the_hooks_further_out():
    stack = [*DEFAULT[:3], HERE + "Answers", *DEFAULT[3:]]
    with urls(*PATTERNS), override_settings(**{**SETTINGS, "MIDDLEWARE": stack}):
        client = await fetch(ASGIHandler(), "/plain/")
    assert client.body == b"answered"
    assert client.headers["content-length"] == "8"
    assert "x-content-type-options" in client.headers
    assert "x-frame-options" not in client.headers


async def test_changed_settings_are_noticed_by_a_chain_that_is_built():
    with urls(*PATTERNS), override_settings(**SETTINGS):
        app = ASGIHandler()
        first = await fetch(app, "/plain/")
        with override_settings(X_FRAME_OPTIONS="sameorigin"):
            second = await fetch(app, "/plain/")
        with override_settings(ALLOWED_HOSTS=["elsewhere"]):
            third = await fetch(app, "/plain/")
        with override_settings(DISALLOWED_USER_AGENTS=[re.compile("^$")]):
            fourth = await fetch(app, "/plain/", headers=[(b"user-agent", b"")])
    assert [client.headers.get("x-frame-options") for client in (first, second)] == ["DENY", "SAMEORIGIN"]
    assert (third.status, fourth.status) == (400, 403)


async def test_the_host_of_each_request_is_checked():
    with urls(*PATTERNS), override_settings(**SETTINGS):
        app = ASGIHandler()
        statuses = []
        for host in (b"testserver", b"evil.example", b"testserver", b"evil.example", b"testserver@evil"):
            client = Client()
            await app({**scope("/plain/"), "headers": [(b"host", host)]}, client.receive, client.send)
            statuses.append(client.status)
    assert statuses == [200, 400, 200, 400, 400]


class Store(CookieStore):
    def is_empty(self):
        return False


async def test_a_store_with_rules_of_its_own_is_asked(monkeypatch):
    monkeypatch.setattr(SessionMiddleware, "__init__", _with_store)
    with urls(*PATTERNS), override_settings(**{**SETTINGS, "SESSION_SAVE_EVERY_REQUEST": True}):
        client = await fetch(ASGIHandler(), "/plain/")
    assert "sessionid=" in client.headers["set-cookie"]


def _with_store(self, get_response):
    MiddlewareMixin.__init__(self, get_response)
    self.SessionStore = Store


class TestAttributes:
    async def _request(self, view=plain, **more):
        def kept(request):
            seen.append(request)
            return view(request)

        with urls(path("kept/", kept)), override_settings(**{**SETTINGS, **more}):
            await fetch(ASGIHandler(), "/kept/")
        return seen.pop()

    async def test_they_are_absent_without_middleware(self):
        request = await self._request(MIDDLEWARE=[])
        for name in ("session", "user", "auser", "_messages"):
            assert not hasattr(request, name)
        with pytest.raises(AttributeError, match="'ASGIRequest' object has no attribute 'user'"):
            request.user
        assert not hasattr(HttpRequest(), "session")

    async def test_they_are_made_once(self):
        request = await self._request()
        assert "session" not in vars(request)
        assert request.session is request.session
        assert request.user is request.user
        assert isinstance(request.user, AnonymousUser)

    async def test_they_can_be_set(self):
        def view(request):
            request.user = "somebody"
            return HttpResponse(request.user)

        assert (await self._request(view)).user == "somebody"

    async def test_a_copy_shares_the_session(self):
        request = await self._request()
        copy(request).session["a"] = 1
        assert request.session["a"] == 1

    def test_a_pickled_request_keeps_them(self):
        def view(request):
            seen.append(request)
            return HttpResponse()

        with urls(path("kept/", view)), override_settings(**SETTINGS):
            wsgi_fetch(WSGIHandler(), "/kept/")
            again = pickle.loads(pickle.dumps(seen.pop()))
        assert again.user == asyncio.run(again.auser()) == AnonymousUser()
        assert again.session.is_empty()

    @pytest.mark.parametrize("view", [plain, of_the_user, keeps, form])
    async def test_a_request_is_freed_with_its_response(self, view):
        gc.collect()
        gc.disable()
        try:
            reference = weakref.ref(await self._request(view))
            assert reference() is None
        finally:
            gc.enable()

    async def test_a_class_of_requests_may_have_its_own(self):
        class Request(ASGIRequest):
            @property
            def user(self):
                return self.given

            @user.setter
            def user(self, user):
                self.given = ("set", user)

        class Handler(ASGIHandler):
            request_class = Request

        def view(request):
            return HttpResponse(request.user[0])

        with urls(path("own/", view)), override_settings(**SETTINGS):
            assert (await fetch(Handler(), "/own/")).body == b"set"

    async def test_a_class_of_requests_may_make_meta_in_its_own_way(self):
        class Request(ASGIRequest):
            @property
            def META(self):
                return self.__dict__.setdefault("own_meta", self._load_meta())

        class Handler(ASGIHandler):
            request_class = Request

        def view(request):
            return HttpResponse(request.META["CSRF_COOKIE"])

        with urls(path("own/", view)), override_settings(**SETTINGS):
            client = await fetch(Handler(), "/own/", headers=[(b"cookie", b"csrftoken=" + b"a" * 32)])
        assert client.body == b"a" * 32

    @pytest.mark.parametrize("first", [True, False], ids=["META first", "META later"])
    async def test_meta_has_the_stored_secret(self, first):
        def view(request):
            seen.append(request.META.get("CSRF_COOKIE"))
            return HttpResponse()

        stack = [HERE + "ReadsMeta", *DEFAULT] if first else DEFAULT
        with urls(path("meta/", view)), override_settings(**{**SETTINGS, "MIDDLEWARE": stack}):
            headers = [(b"cookie", b"csrftoken=" + b"a" * 32)]
            await fetch(ASGIHandler(), "/meta/", headers=headers)
        assert seen == ["a" * 32]


class ReadsMeta(MiddlewareMixin):
    def __call__(self, request):
        request.META
        return self.get_response(request)


async def test_unsafe_methods_are_checked():
    with urls(*PATTERNS), override_settings(**SETTINGS):
        app = ASGIHandler()
        statuses = {
            method: (await fetch(app, "/plain/", method=method)).status
            for method in (
                "GET",
                "HEAD",
                "OPTIONS",
                "TRACE",
                "POST",
                "PUT",
                "PATCH",
                "DELETE",
                "get",
                "MADE-UP",
            )
        }
    refused = {method for method, status in statuses.items() if status == 403}
    assert refused == {"POST", "PUT", "PATCH", "DELETE", "MADE-UP"}
