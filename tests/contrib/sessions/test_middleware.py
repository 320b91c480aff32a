"""SessionMiddleware: cookies, saving, caches and interrupted sessions."""

from __future__ import annotations

import pytest

from offbeat.conf import settings
from offbeat.contrib.sessions.exceptions import SessionInterrupted
from offbeat.contrib.sessions.middleware import SessionMiddleware
from offbeat.core.cache import caches
from offbeat.http import HttpRequest, HttpResponse


@pytest.fixture(autouse=True)
def cache_sessions(monkeypatch):
    monkeypatch.setattr(settings, "SESSION_ENGINE", "django.contrib.sessions.backends.cache")
    caches["default"].clear()


def run(view, cookie=None):
    request = HttpRequest()
    if cookie:
        request.COOKIES[settings.SESSION_COOKIE_NAME] = cookie
    return request, SessionMiddleware(view)(request)


def remember(request):
    request.session["x"] = 1
    return HttpResponse()


def test_a_session_that_was_not_touched_costs_nothing():
    request, response = run(lambda request: HttpResponse())
    assert "cookies" not in response.__dict__
    assert "Vary" not in response
    assert not request.session.accessed


def test_a_modified_session_sets_its_cookie(monkeypatch):
    monkeypatch.setattr(settings, "SESSION_COOKIE_SECURE", True)
    request, response = run(remember)
    cookie = response.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie.value == request.session.session_key
    assert cookie["max-age"] == settings.SESSION_COOKIE_AGE
    assert cookie["secure"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert response["Vary"] == "Cookie"
    _, response = run(lambda request: HttpResponse(str(request.session["x"])), cookie.value)
    assert response.content == b"1"
    assert response["Vary"] == "Cookie"
    assert "cookies" not in response.__dict__


def test_a_session_until_the_browser_closes():
    def view(request):
        request.session.set_expiry(0)
        return HttpResponse()

    cookie = run(view)[1].cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["max-age"] == ""
    assert cookie["expires"] == ""


def test_a_server_error_saves_nothing():
    def view(request):
        request.session["x"] = 1
        return HttpResponse(status=503)

    request, response = run(view)
    assert settings.SESSION_COOKIE_NAME not in response.cookies
    assert request.session.session_key is None


def test_the_cookie_of_an_emptied_session_is_deleted():
    key = run(remember)[0].session.session_key

    def view(request):
        request.session.flush()
        return HttpResponse()

    _, response = run(view, key)
    cookie = response.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["max-age"] == 0
    assert response["Vary"] == "Cookie"


def test_a_session_deleted_by_another_request():
    key = run(remember)[0].session.session_key

    def view(request):
        request.session["x"] = 2
        request.session.delete()
        return HttpResponse()

    with pytest.raises(SessionInterrupted):
        run(view, key)


async def test_below_an_asynchronous_view():
    async def view(request):
        await request.session.aset("x", 1)
        return HttpResponse()

    request = HttpRequest()
    response = await SessionMiddleware(view)(request)
    assert response.cookies[settings.SESSION_COOKIE_NAME].value == request.session.session_key


def test_cve_2026_35192_every_response_with_the_cookie_varies_on_it(monkeypatch):
    key = run(remember)[0].session.session_key
    monkeypatch.setattr(settings, "SESSION_SAVE_EVERY_REQUEST", True)
    _, response = run(lambda request: HttpResponse(), key)
    assert settings.SESSION_COOKIE_NAME in response.cookies
    assert response["Vary"] == "Cookie"


def test_cve_2015_5143_unknown_keys_store_nothing():
    cache = caches["default"]
    for number in range(100):
        run(lambda request: HttpResponse(request.session.get("x", "")), f"{number:032d}")
    assert not cache._cache


def test_cve_2015_5963_flushing_an_unused_session_stores_nothing():
    def view(request):
        request.session.flush()
        return HttpResponse()

    for _ in range(100):
        run(view)
    assert not caches["default"]._cache
