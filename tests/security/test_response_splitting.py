"""Nothing that a response is made of begins a line of its own on the wire."""

from __future__ import annotations

import io
import re
from http.cookies import CookieError, SimpleCookie

import pytest

from offbeat.http import (
    BadHeaderError,
    FileResponse,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    parse_cookie,
)
from offbeat.utils.cache import patch_cache_control, patch_vary_headers

BREAKS = ["x\r\nSet-Cookie: b=1", "x\nX: y", "x\rX: y", "x\x00y"]
PLACES = {
    "value": lambda text: HttpResponse(headers={"X": text}),
    "value as bytes": lambda text: HttpResponse(headers={"X": text.encode()}),
    "value that is not ASCII": lambda text: HttpResponse(headers={"X": f"☃{text}"}),
    "name": lambda text: HttpResponse(headers={text: "x"}),
    "content type": lambda text: HttpResponse(content_type=text),
    "allowed method": lambda text: HttpResponseNotAllowed([text]),
    "vary": lambda text: patch_vary_headers(HttpResponse(), [text]),
    "cache control": lambda text: patch_cache_control(HttpResponse(), community=text),
    "reason": lambda text: HttpResponse(reason=text),
    "reason set later": lambda text: setattr(HttpResponse(), "reason_phrase", text),
    "path of a cookie": lambda text: HttpResponse().set_cookie("a", path=text),
    "domain of a cookie": lambda text: HttpResponse().set_cookie("a", domain=text),
    "end of a cookie": lambda text: HttpResponse().set_cookie("a", expires=text),
    "path of a deleted cookie": lambda text: HttpResponse().delete_cookie("a", path=text),
    "name of a cookie": lambda text: HttpResponse().set_cookie(text),
}


def on_the_wire(response):
    """The head as lines, in the two forms that servers get."""
    asgi = [
        f"{name.decode('latin-1')}: {value.decode('latin-1')}" for name, value in response._asgi_headers()
    ]
    assert [f"{name}: {value}" for name, value in response._wsgi_headers()] == asgi
    return asgi


@pytest.mark.parametrize("text", BREAKS, ids=ascii)
@pytest.mark.parametrize("place", PLACES)
def test_line_breaks_and_nulls_are_refused_where_they_are_set(place, text):
    with pytest.raises((BadHeaderError, CookieError)):
        PLACES[place](text)


@pytest.mark.parametrize("attribute", ["path", "domain", "expires"])
def test_an_attribute_of_a_cookie_brings_no_others(attribute):
    with pytest.raises(BadHeaderError):
        HttpResponse().set_cookie("a", "1", **{attribute: "x; HttpOnly"})


@pytest.mark.parametrize("text", BREAKS, ids=ascii)
@pytest.mark.parametrize("interface", ["_asgi_headers", "_wsgi_headers"])
def test_cookies_that_are_set_past_the_response_are_refused_when_they_are_sent(interface, text):
    response = HttpResponse()
    response.cookies["a"] = "1"
    with pytest.raises((BadHeaderError, CookieError)):
        response.cookies["a"]["path"] = text
        getattr(response, interface)()


def python_refuses(value):
    """Whether this Python's own cookies refuse a value: recent ones want no control characters, however they are quoted."""
    try:
        SimpleCookie()["a"] = value
    except CookieError:
        return True
    return False


@pytest.mark.parametrize("text", [*BREAKS, "é", "☃", "a;b,c", '"', "\\", " "], ids=ascii)
def test_values_of_cookies_come_back_as_they_were_or_are_refused_when_they_are_set(text):
    response = HttpResponse()
    if text in BREAKS and python_refuses(text):
        with pytest.raises(CookieError):
            response.set_cookie("a", text)
        assert not [line for line in on_the_wire(response) if line.startswith("Set-Cookie")]
        return
    response.set_cookie("a", text)
    (line,) = [line for line in on_the_wire(response) if line.startswith("Set-Cookie")]
    assert not re.search(r"[\x00-\x1f\x7f]", line)
    sent_back = line.removeprefix("Set-Cookie: ").partition("; Path")[0].encode("latin-1").decode()
    assert parse_cookie(sent_back) == {"a": text}


@pytest.mark.parametrize("text", BREAKS, ids=ascii)
def test_addresses_and_file_names_are_encoded(text):
    lines = on_the_wire(HttpResponseRedirect(f"/{text}"))
    lines += on_the_wire(FileResponse(io.BytesIO(b""), filename=text, as_attachment=True))
    assert not [line for line in lines if re.search(r"[\x00-\x1f\x7f]", line)]


@pytest.mark.parametrize(
    "text", ["javascript:1", "java\tscript:1", "\njavascript:1", " JavaScript:1", "\x01data:x"]
)
def test_schemes_are_seen_through_white_space(text):
    with pytest.raises(Exception, match="Unsafe redirect"):
        HttpResponseRedirect(text)
