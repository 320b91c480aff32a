"""Caching headers, conditional requests and page keys."""

from __future__ import annotations

import pytest

from offbeat.core.cache import cache
from offbeat.http import HttpRequest, HttpResponse
from offbeat.utils.cache import (
    add_never_cache_headers,
    get_cache_key,
    get_conditional_response,
    get_max_age,
    has_vary_header,
    learn_cache_key,
    patch_cache_control,
    patch_response_headers,
    patch_vary_headers,
    set_response_etag,
)


@pytest.fixture
def request_():
    request = HttpRequest()
    request.method = "GET"
    request.path = request.path_info = "/page/"
    request.META.update(SERVER_NAME="testserver", SERVER_PORT="80")
    cache.clear()
    return request


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        (None, {"private": True}, "private"),
        ("public", {"private": True}, "private"),
        ("private", {"public": True}, "public"),
        ("max-age=100", {"max_age": 50}, "max-age=50"),
        ("MAX-AGE=10, Private", {"max_age": 50}, "max-age=10, private"),
        ("no-cache=Set-Cookie", {"no_cache": "Link"}, "no-cache=Link, no-cache=Set-Cookie"),
        ("no-cache=Set-Cookie", {"no_cache": True}, "no-cache"),
        ("no-cache", {"no_cache": "Link"}, "no-cache"),
        ('foo="a, b"', {"x": 1}, 'foo="a, b", x=1'),
        ("max-age=nonsense", {"max_age": 5}, "max-age=5"),
    ],
)
def test_cache_control(before, change, after):
    response = HttpResponse(headers={"Cache-Control": before} if before else None)
    patch_cache_control(response, **change)
    assert response["Cache-Control"] == after


def test_expiry_headers():
    response = HttpResponse()
    patch_response_headers(response, cache_timeout=60)
    assert response["Cache-Control"] == "max-age=60"
    assert get_max_age(response) == 60
    add_never_cache_headers(response)
    assert response["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert get_max_age(HttpResponse(headers={"Cache-Control": "max-age=x"})) is None


@pytest.mark.parametrize(
    ("before", "new", "after"),
    [
        (None, ("Accept",), "Accept"),
        ("Cookie, accept", ("Accept", "X"), "Cookie, accept, X"),
        ("*", ("A",), "*"),
        ("Cookie", ("*",), "*"),
        (" Cookie ,  Foo", ("cookie", "Bar"), "Cookie, Foo, Bar"),
    ],
)
def test_vary(before, new, after):
    response = HttpResponse(headers={"Vary": before} if before else None)
    patch_vary_headers(response, new)
    assert response["Vary"] == after
    assert has_vary_header(response, new[0]) or after == "*"


def test_conditional_requests(request_):
    response = set_response_etag(HttpResponse(b"abc", headers={"Vary": "Cookie"}))
    etag = response["ETag"]
    request_.META["HTTP_IF_NONE_MATCH"] = f'"x", W/{etag}'
    answer = get_conditional_response(request_, etag=etag, response=response)
    assert (answer.status_code, answer["ETag"], answer["Vary"]) == (304, etag, "Cookie")
    request_.method = "PUT"
    assert get_conditional_response(request_, etag=etag, response=response).status_code == 412
    request_.method = "GET"
    request_.META["HTTP_IF_NONE_MATCH"] = '"x"'
    assert get_conditional_response(request_, etag=etag, response=response) is response
    request_.META["HTTP_IF_MATCH"] = '"x"'
    assert get_conditional_response(request_, etag=etag, response=response).status_code == 412
    assert get_conditional_response(request_, etag=etag, response=HttpResponse(status=500)).status_code == 500


def test_conditional_requests_by_date(request_):
    date = "Sun, 06 Nov 1994 08:49:37 GMT"
    request_.META["HTTP_IF_MODIFIED_SINCE"] = date
    assert get_conditional_response(request_, last_modified=784111777).status_code == 304
    assert get_conditional_response(request_, last_modified=784111778) is None
    del request_.META["HTTP_IF_MODIFIED_SINCE"]
    request_.META["HTTP_IF_UNMODIFIED_SINCE"] = date
    assert get_conditional_response(request_, last_modified=784111778).status_code == 412
    assert get_conditional_response(request_, last_modified=784111777) is None


def test_page_keys(request_):
    assert get_cache_key(request_) is None
    key = learn_cache_key(request_, HttpResponse())
    assert get_cache_key(request_) == key
    assert get_cache_key(request_, key_prefix="other") is None
