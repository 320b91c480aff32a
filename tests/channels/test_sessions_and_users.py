"""Cookies, sessions and users of sockets."""

from __future__ import annotations

import datetime

import pytest

from offbeat.channels.auth import (
    AuthMiddleware,
    AuthMiddlewareStack,
    UserLazyObject,
    get_user,
    login,
    logout,
)
from offbeat.channels.generic.http import AsyncHttpConsumer
from offbeat.channels.generic.websocket import AsyncJsonWebsocketConsumer
from offbeat.channels.sessions import CookieMiddleware, SessionMiddleware, SessionMiddlewareStack
from offbeat.channels.testing import HttpCommunicator, WebsocketCommunicator
from offbeat.conf import settings
from offbeat.contrib.auth import SESSION_KEY
from offbeat.contrib.auth.models import User
from offbeat.contrib.auth.signals import user_logged_in, user_logged_out
from offbeat.contrib.sessions.backends.db import SessionStore
from offbeat.test.utils import override_settings

pytestmark = pytest.mark.usefixtures("accounts")


def cookie(session):
    return [(b"cookie", f"{settings.SESSION_COOKIE_NAME}={session.session_key}".encode())]


async def session_of(user):
    session = SessionStore()
    await session.aset("greeting", "hello")
    await login({"session": session}, user)
    await session.asave()
    return session


class Who(AsyncJsonWebsocketConsumer):
    async def receive_json(self, content):
        user, session = self.scope["user"], self.scope["session"]
        if content == "out":
            await logout(self.scope)
        elif isinstance(content, dict):
            await login(self.scope, await User.objects.aget(username=content["in"]))
        await self.send_json(
            {
                "name": self.scope["user"].username,
                "known": self.scope["user"].is_authenticated,
                "greeting": session.get("greeting"),
                "was": user.username,
            }
        )


async def ask(session=None, *questions):
    socket = WebsocketCommunicator(
        AuthMiddlewareStack(Who.as_asgi()), "/", headers=cookie(session) if session else []
    )
    assert (await socket.connect())[0]
    answers = []
    for question in questions or ("who",):
        await socket.send_json_to(question)
        answers.append(await socket.receive_json_from())
    await socket.disconnect()
    return answers


async def test_a_stranger_is_anonymous(threads):
    assert await ask() == [{"name": "", "known": False, "greeting": None, "was": ""}]
    assert threads == []


async def test_a_user_and_a_session_by_the_cookie(threads):
    session = await session_of(await User.objects.acreate(username="ann"))
    assert await ask(session) == [{"name": "ann", "known": True, "greeting": "hello", "was": "ann"}]
    assert threads == []


async def test_a_changed_password_ends_the_session():
    ann = await User.objects.acreate(username="ann", password="old hash")
    session = await session_of(ann)
    ann.password = "new hash"
    await ann.asave()
    assert (await ask(session))[0]["known"] is False


async def test_a_session_of_a_retired_key_stays():
    ann = await User.objects.acreate(username="ann", password="hash")
    with override_settings(SECRET_KEY="old"):
        session = await session_of(ann)
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["old"]):
        assert (await ask(session))[0]["known"] is True
    with override_settings(SECRET_KEY="new"):
        scope = {"session": SessionStore(session.session_key)}
        assert (await get_user(scope)).is_anonymous


async def test_logging_in_and_out_on_a_socket():
    heard = []

    def note(sender, user, signal, **kwargs):
        heard.append((signal is user_logged_in, user.username))

    user_logged_in.connect(note)
    user_logged_out.connect(note)
    try:
        await User.objects.acreate(username="ann")
        answers = await ask(None, "who", {"in": "ann"}, "who", "out")
    finally:
        user_logged_in.disconnect(note)
        user_logged_out.disconnect(note)
    assert [answer["name"] for answer in answers] == ["", "ann", "ann", ""]
    assert heard == [(True, "ann"), (False, "ann")]


async def test_another_user_gets_another_session():
    session = await session_of(await User.objects.acreate(username="ann"))
    before = session.session_key
    await login({"session": session}, await User.objects.acreate(username="bob"))
    assert "greeting" not in session
    await session.asave()
    assert session.session_key != before
    assert not await SessionStore().aexists(before)


async def test_what_is_missing_is_told():
    async def inner(scope, receive, send):
        raise AssertionError("not to be called")

    for layer, scope, message in (
        (CookieMiddleware(inner), {}, "headers key"),
        (SessionMiddleware(inner), {}, "inside of CookieMiddleware"),
        (AuthMiddleware(inner), {}, "cannot find session in scope"),
    ):
        with pytest.raises(ValueError, match=message):
            await layer(scope, None, None)
    for ask_for in (get_user({}), login({}, None), logout({})):
        with pytest.raises(ValueError, match="Cannot find session in scope"):
            await ask_for
    with pytest.raises(ValueError, match="User must be passed"):
        await login({"session": SessionStore()}, None)
    with pytest.raises(ValueError, match="before it is ready"):
        UserLazyObject().username


class Counter(AsyncHttpConsumer):
    async def handle(self, body):
        session = self.scope["session"]
        if body != b"look":
            session["count"] = session.get("count", 0) + 1
        if body == b"end":
            await session.aflush()
        await self.send_response(500 if body == b"fail" else 200, str(session.get("count")).encode())


async def fetch(body=b"", session_key=None):
    headers = []
    if session_key:
        headers = [(b"cookie", f"{settings.SESSION_COOKIE_NAME}={session_key}".encode())]
    app = SessionMiddlewareStack(Counter.as_asgi())
    answer = await HttpCommunicator(app, "POST", "/", body=body, headers=headers).get_response()
    cookies = [value.decode() for name, value in answer["headers"] if name == b"Set-Cookie"]
    return answer["body"], cookies


async def test_an_http_response_saves_the_session_and_sets_its_cookie():
    body, (line,) = await fetch()
    assert body == b"1"
    key = line.partition(";")[0].partition("=")[2]
    assert "HttpOnly" in line
    assert "Path=/" in line
    assert f"Max-Age={settings.SESSION_COOKIE_AGE}" in line
    body, _ = await fetch(session_key=key)
    assert body == b"2"
    assert await fetch(b"look", key) == (b"2", [])
    body, cookies = await fetch(b"fail", key)
    assert cookies == []
    assert (await fetch(b"look", key))[0] == b"2"
    _, (line,) = await fetch(b"end", key)
    assert "Max-Age=0" in line
    assert not await SessionStore().aexists(key)


def test_cookies_with_all_their_attributes():
    message = {}
    CookieMiddleware.set_cookie(
        message,
        "a",
        "b c",
        expires=datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1),
        domain="example.com",
        secure=True,
        httponly=True,
        samesite="strict",
    )
    ((name, value),) = message["headers"]
    assert name == b"Set-Cookie"
    for part in (
        b'a="b c"',
        b"Max-Age=86400",
        b"Domain=example.com",
        b"Secure",
        b"HttpOnly",
        b"SameSite=strict",
    ):
        assert part in value
    with pytest.raises(ValueError, match="samesite"):
        CookieMiddleware.set_cookie({}, "a", samesite="nonsense")


async def test_cookies_in_the_scope():
    async def inner(scope, receive, send):
        return scope["cookies"]

    headers = [(b"cookie", b'a=1; b="x y"; bad; c=')]
    found = await CookieMiddleware(inner)({"headers": headers}, None, None)
    assert found["a"] == "1"
    assert found["b"] == "x y"
    assert found["c"] == ""


async def test_the_scope_outside_stays_as_it_is():
    session = await session_of(await User.objects.acreate(username="ann"))
    outside = {"type": "websocket", "headers": cookie(session)}
    seen = {}

    async def inner(scope, receive, send):
        seen.update(scope)

    await AuthMiddlewareStack(inner)(outside, None, None)
    assert set(outside) == {"type", "headers"}
    assert seen["user"].username == "ann"
    assert seen["session"][SESSION_KEY]
