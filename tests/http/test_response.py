"""Responses: headers, cookies, content, redirects, JSON."""

from __future__ import annotations

import datetime
import decimal
import pickle
import uuid
from http.cookies import SimpleCookie

import pytest

from offbeat.core import signals
from offbeat.core.exceptions import DisallowedRedirect
from offbeat.http import (
    BadHeaderError,
    Http404,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseForbidden,
    HttpResponseGone,
    HttpResponseNotAllowed,
    HttpResponseNotFound,
    HttpResponseNotModified,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
    HttpResponseServerError,
    JsonResponse,
)
from offbeat.http.headers import ResponseHeaders


def test_defaults():
    response = HttpResponse()
    assert (response.status_code, response.reason_phrase, response.charset) == (200, "OK", "utf-8")
    assert response["content-type"] == "text/html; charset=utf-8"
    assert response.content == b""
    assert not response.streaming
    assert not response.closed


def test_headers_are_case_insensitive():
    response = HttpResponse(headers={"X-Thing": 1})
    assert response["x-thing"] == response.headers["X-THING"] == response.get("x-Thing") == "1"
    assert "x-thing" in response
    assert response.has_header("X-THING")
    del response["x-thing"]
    del response["x-thing"]
    response.setdefault("X-Thing", "a")
    response.setdefault("x-thing", "b")
    assert dict(response.items())["X-Thing"] == "a"
    assert response.headers.pop("x-thing") == ("X-Thing", "a")
    with pytest.raises(KeyError):
        response["x-thing"]


@pytest.mark.parametrize("value", ["a\nb", "a\rb", b"a\nb", "é\n", "日\r\nX: y"])
def test_line_breaks_in_headers_are_refused(value):
    response = HttpResponse()
    with pytest.raises(BadHeaderError):
        response["X"] = value
    with pytest.raises(BadHeaderError):
        HttpResponse(headers={"X": value})
    with pytest.raises(BadHeaderError):
        response["X\nY"] = "1"


def test_headers_that_are_not_ascii():
    response = HttpResponse(headers={"Latin": "é", "Mime": "日本", "Bytes": b"\xe9"})
    assert response["Latin"] == response["Bytes"] == "é"
    assert response["Mime"] == "=?utf-8?b?5pel5pys?="
    with pytest.raises(UnicodeEncodeError):
        response["é"] = "x"
    assert b"\xe9" in dict(response._asgi_headers()).values()


def test_content_type_in_two_places_is_refused():
    with pytest.raises(ValueError, match="must not contain"):
        HttpResponse(content_type="a/b", headers={"content-type": "c/d"})
    assert HttpResponse(headers={"Content-Type": "a/b"})["Content-Type"] == "a/b"


def test_charset_of_the_content_type_encodes_the_content():
    response = HttpResponse("é", content_type='text/plain; charset="latin-1"')
    assert response.charset == "latin-1"
    assert response.content == b"\xe9"
    assert response.text == "é"
    assert HttpResponse("é", charset="utf-16-le").content == "é".encode("utf-16-le")


def test_content_of_several_kinds():
    assert HttpResponse(["a", b"b", 3]).content == b"ab3"
    assert HttpResponse(iter(["a", "b"])).content == b"ab"
    assert HttpResponse(memoryview(b"x")).content == b"x"
    assert HttpResponse(5).content == b"5"


def test_a_response_is_a_file_to_write_to():
    response = HttpResponse("a")
    response.write("b")
    response.writelines(["c", b"d"])
    assert response.tell() == 4
    assert response.getvalue() == b"abcd"
    assert response.writable()
    assert not response.readable()
    assert not response.seekable()
    assert list(response) == [b"a", b"b", b"c", b"d"]


@pytest.mark.parametrize(("status", "error"), [("x", TypeError), (99, ValueError), (600, ValueError)])
def test_a_status_must_be_one(status, error):
    with pytest.raises(error):
        HttpResponse(status=status)
    assert HttpResponse(status=418, reason="Teapot").reason_phrase == "Teapot"
    assert HttpResponse(status=599).reason_phrase == "Unknown Status Code"


def test_cookies():
    response = HttpResponse()
    assert "cookies" not in response.__dict__
    response.set_cookie(
        "a", "b", max_age=10, samesite="Lax", secure=True, httponly=True, domain="x.org", path="/p"
    )
    morsel = response.cookies["a"]
    assert (morsel["max-age"], morsel["samesite"], morsel["domain"], morsel["path"]) == (
        10,
        "Lax",
        "x.org",
        "/p",
    )
    assert morsel["secure"] is True
    assert morsel["expires"]
    response.set_cookie("t", max_age=datetime.timedelta(minutes=1))
    assert response.cookies["t"]["max-age"] == 60
    response.delete_cookie("__Host-x")
    assert response.cookies["__Host-x"]["secure"] is True
    assert response.cookies["__Host-x"]["max-age"] == 0
    assert len([name for name, _ in response._asgi_headers() if name.lower() == b"set-cookie"]) == 3
    with pytest.raises(ValueError, match="samesite"):
        response.set_cookie("a", samesite="maybe")
    with pytest.raises(ValueError, match="can't be used together"):
        response.set_cookie("a", max_age=1, expires=datetime.datetime(2040, 1, 1))


def test_expires_of_a_cookie_becomes_an_age():
    response = HttpResponse()
    expires = datetime.datetime.now(tz=datetime.UTC) + datetime.timedelta(seconds=10)
    response.set_cookie("aware", expires=expires)
    response.set_cookie("naive", expires=expires.replace(tzinfo=None))
    response.set_cookie("past", expires=datetime.datetime(2001, 1, 1))
    assert response.cookies["aware"]["max-age"] in (9, 10)
    assert response.cookies["naive"]["max-age"] in (9, 10)
    assert response.cookies["past"]["max-age"] == 0


def test_classes_with_a_status_of_their_own():
    classes = {
        400: HttpResponseBadRequest,
        403: HttpResponseForbidden,
        404: HttpResponseNotFound,
        410: HttpResponseGone,
        500: HttpResponseServerError,
    }
    for status, response_class in classes.items():
        assert response_class("x").status_code == status
    assert HttpResponseNotAllowed(["GET", "HEAD"])["Allow"] == "GET, HEAD"
    assert "[GET, HEAD]" in repr(HttpResponseNotAllowed(["GET", "HEAD"]))
    assert issubclass(Http404, Exception)


def test_not_modified_has_no_content():
    response = HttpResponseNotModified()
    assert "content-type" not in response
    with pytest.raises(AttributeError):
        response.content = b"x"


def test_redirects():
    response = HttpResponseRedirect("/é?a=ü")
    assert (response.status_code, response.url) == (302, "/%C3%A9?a=%C3%BC")
    assert HttpResponseRedirect("/", preserve_request=True).status_code == 307
    assert HttpResponsePermanentRedirect("/").status_code == 301
    assert HttpResponsePermanentRedirect("/", preserve_request=True).status_code == 308
    for target in ("javascript:x", "data:text/html,x", "//[", "/" + "x" * 20_000):
        with pytest.raises(DisallowedRedirect):
            HttpResponseRedirect(target)


def test_json():
    assert JsonResponse({"key": "é"}).content == b'{"key": "\\u00e9"}'
    assert JsonResponse({})["content-type"] == "application/json"
    assert JsonResponse([1], safe=False).content == b"[1]"
    assert JsonResponse({"a": 1}, json_dumps_params={"indent": 1}).content == b'{\n "a": 1\n}'
    assert (
        JsonResponse({}, status=201, content_type="application/x+json")["content-type"]
        == "application/x+json"
    )
    with pytest.raises(TypeError, match="safe parameter"):
        JsonResponse([1])


def test_json_of_dates_and_the_like():
    moment = datetime.datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.UTC)
    key = uuid.UUID(int=1)
    data = {"d": moment, "t": datetime.time(1, 2, 3, 4567), "n": decimal.Decimal("1.10"), "u": key}
    assert JsonResponse(data).content == (
        b'{"d": "2020-01-02T03:04:05.678Z", "t": "01:02:03.004", "n": "1.10", "u": "'
        + str(key).encode()
        + b'"}'
    )
    assert JsonResponse({"d": datetime.timedelta(days=1, hours=2)}).content == b'{"d": "P1DT02H00M00S"}'
    with pytest.raises(ValueError, match="timezone-aware times"):
        JsonResponse({"t": datetime.time(1, tzinfo=datetime.UTC)})


def test_closing_runs_every_closer_and_says_so():
    calls = []

    def fails():
        calls.append("fails")
        raise RuntimeError

    def finished(sender, **kwargs):
        calls.append(sender)

    signals.request_finished.connect(finished)
    try:
        response = HttpResponse()
        response._handler_class = "handler"
        response._resource_closers += [fails, lambda: calls.append("closed")]
        response.close()
    finally:
        signals.request_finished.disconnect(finished)
    assert calls == ["fails", "closed", "handler"]
    assert response.closed


def test_a_response_can_be_pickled():
    response = HttpResponse("x", status=201)
    response.set_cookie("a", "b")
    response.client = response.context = response.resolver_match = object()
    response._resource_closers.append(lambda: None)
    twin = pickle.loads(pickle.dumps(response))
    assert (twin.content, twin.status_code, twin.cookies["a"].value) == (b"x", 201, "b")


def test_serialization():
    assert HttpResponse("x").serialize() == b"Content-Type: text/html; charset=utf-8\r\n\r\nx"


def test_replaced_headers_and_cookies_are_the_ones_sent():
    response = HttpResponse(b"")
    response["X-Old"] = "1"
    response.headers = ResponseHeaders({"X-New": "2"})
    cookies = SimpleCookie()
    cookies["a"] = "b"
    response.cookies = cookies
    assert response._asgi_headers(0) == [
        (b"X-New", b"2"),
        (b"Content-Length", b"0"),
        (b"Set-Cookie", b"a=b"),
    ]
    assert "X-Old" not in response
