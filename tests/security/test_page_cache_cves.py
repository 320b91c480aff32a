"""Published weaknesses of the cache of whole pages, each as a test."""

from __future__ import annotations

import pytest

from offbeat.core.cache import cache
from offbeat.core.handlers.wsgi import WSGIHandler
from offbeat.http import HttpResponse
from offbeat.middleware.csrf import get_token
from offbeat.urls import path
from tests.handlers.helpers import changed, urls, wsgi_fetch

MIDDLEWARE = [
    "offbeat.middleware.cache.UpdateCacheMiddleware",
    "offbeat.middleware.cache.FetchFromCacheMiddleware",
]


class Site:
    """A cached page; counts how often its view runs."""

    def __init__(self, respond):
        self.respond = respond
        self.runs = 0

    def view(self, request):
        self.runs += 1
        return self.respond(request, HttpResponse(f"page {self.runs}"))

    def get(self, **headers):
        with urls(path("", self.view)), changed(MIDDLEWARE=MIDDLEWARE):
            return wsgi_fetch(WSGIHandler(), "/", **headers)


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()
    yield
    cache.clear()


def test_a_page_is_cached_at_all():
    site = Site(lambda request, response: response)
    assert site.get().body == site.get().body == b"page 1"


def test_cve_2026_48588_a_page_that_sets_a_cookie_is_not_shared():
    def respond(request, response):
        response.set_cookie("sessionid", "secret")
        response.headers["Vary"] = "Cookie"
        return response

    site = Site(respond)
    site.get(HTTP_COOKIE="theme=dark")
    assert site.get(HTTP_COOKIE="theme=dark").body == b"page 2"


@pytest.mark.parametrize(
    "value", ["Private", "PRIVATE, max-age=60", "No-Store", "max-age=60, no-STORE", "No-Cache"]
)
def test_cve_2026_8404_directives_have_no_case(value):
    def respond(request, response):
        response.headers["Cache-Control"] = value
        return response

    site = Site(respond)
    site.get()
    assert site.get().body == b"page 2"


def test_cve_2026_35193_a_page_for_credentials_is_not_shared():
    site = Site(lambda request, response: response)
    assert site.get(HTTP_AUTHORIZATION="Bearer a").body == b"page 1"
    assert site.get(HTTP_AUTHORIZATION="Bearer b").body == b"page 2"
    assert site.get().body == b"page 3"


@pytest.mark.parametrize(("header", "value"), [("Cache-Control", "public"), ("Vary", "Authorization")])
def test_a_page_for_credentials_is_kept_when_it_says_so(header, value):
    def respond(request, response):
        response.headers[header] = value
        return response

    site = Site(respond)
    site.get(HTTP_AUTHORIZATION="Bearer a")
    assert site.get(HTTP_AUTHORIZATION="Bearer a").body == b"page 1"


@pytest.mark.parametrize("value", ["*", "Cookie, *"])
def test_cve_2026_6907_what_varies_on_anything_is_not_kept(value):
    def respond(request, response):
        response.headers["Vary"] = value
        return response

    site = Site(respond)
    site.get()
    assert site.get().body == b"page 2"


def test_cve_2014_0473_a_page_with_a_token_is_not_given_to_others():
    def respond(request, response):
        response.content = get_token(request).encode()
        return response

    site = Site(respond)
    middleware = [*MIDDLEWARE, "offbeat.middleware.csrf.CsrfViewMiddleware"]
    with urls(path("", site.view)), changed(MIDDLEWARE=middleware):
        app = WSGIHandler()
        first = wsgi_fetch(app, "/")
        second = wsgi_fetch(app, "/")
    assert site.runs == 2
    assert "Cookie" in first.headers["vary"]
    assert first.headers["set-cookie"] != second.headers["set-cookie"]


@pytest.mark.parametrize("agent", ["Mozilla/4.0 (compatible; MSIE 6.0)", "Mozilla/5.0 (MSIE 9.0)", "curl"])
def test_cve_2014_1418_no_client_loses_the_headers_of_caching(agent):
    def respond(request, response):
        response.headers["Vary"] = "Cookie"
        response.headers["Cache-Control"] = "private"
        response.headers["Content-Disposition"] = "attachment"
        return response

    headers = Site(respond).get(HTTP_USER_AGENT=agent).headers
    assert (headers["vary"], headers["cache-control"]) == ("Cookie", "private")
