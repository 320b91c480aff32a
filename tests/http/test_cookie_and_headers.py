"""Parsing of cookies, and the header mappings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offbeat.http import HttpHeaders, SimpleCookie, parse_cookie
from offbeat.http.headers import RawHeaders


def test_cookies_are_split_at_semicolons_only():
    assert parse_cookie("a=b; c=d") == {"a": "b", "c": "d"}
    assert parse_cookie("a=b=c; ; x; =y") == {"a": "b=c", "": "y"}
    assert parse_cookie('a="x\\073y"; b={"k": [1,2]}') == {"a": "x;y", "b": '{"k": [1,2]}'}
    assert parse_cookie("ga=x]csrftoken=y") == {"ga": "x]csrftoken=y"}


@given(st.text(max_size=60))
def test_any_cookie_header_parses(text):
    for name, value in parse_cookie(text).items():
        assert ";" not in name
        assert isinstance(value, str)


# Some Pythons refuse control characters in cookies, see tests/security/test_response_splitting.py.
@given(
    st.text(
        st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="\x7f"),
        max_size=20,
    )
)
def test_what_is_set_can_be_read(value):
    cookie = SimpleCookie()
    cookie["name"] = value
    header = cookie["name"].OutputString().partition("; ")[0]
    assert parse_cookie(header)["name"] == value


def test_request_headers_from_meta_and_from_pairs_agree():
    meta = HttpHeaders({"HTTP_USER_AGENT": "x", "CONTENT_TYPE": "a/b", "REMOTE_ADDR": "1"})
    pairs = HttpHeaders.from_pairs(
        [(b"user-agent", b"x"), (b"content-type", b"a/b"), (b"user_agent", b"spoof")]
    )
    assert dict(meta) == dict(pairs) == {"User-Agent": "x", "Content-Type": "a/b"}
    assert meta["user_agent"] == pairs["User-Agent"] == "x"


def test_repeated_headers_are_joined():
    headers = HttpHeaders.from_pairs(
        [(b"x", b"1"), (b"X", b"2"), (b"cookie", b"a=b;"), (b"cookie", b"c=d"), (b"x", b"3")]
    )
    assert headers["x"] == "1,2,3"
    assert headers["cookie"] == "a=b; c=d"


def test_names():
    assert HttpHeaders.to_wsgi_names({"x-y": 1, "Content-Length": 2}) == {"HTTP_X_Y": 1, "CONTENT_LENGTH": 2}
    assert HttpHeaders.to_asgi_names({"X_Y": 1}) == {"x-y": 1}
    assert HttpHeaders.parse_header_name("PATH_INFO") is None


def test_headers_of_a_scope_are_found_without_decoding_all_of_them():
    raw = {b"host": b"a", b"x-name": b"\xe9", b"x_name": b"not this", b"content-type": b"text/plain"}
    headers = RawHeaders(raw)
    assert (headers["HOST"], headers["x_name"], headers.get("X-Name")) == ("a", "é", "é")
    assert headers.get("absent") is None
    assert headers.get("\u2603", "default") == "default"
    assert "host" in headers and "absent" not in headers and 1 not in headers
    with pytest.raises(KeyError, match="absent"):
        headers["absent"]
    assert "_store" not in vars(headers)
    assert headers == HttpHeaders.from_pairs(raw.items())
    assert list(headers) == ["Host", "X-Name", "Content-Type"]
    assert repr(headers) == "{'Host': 'a', 'X-Name': 'é', 'Content-Type': 'text/plain'}"
