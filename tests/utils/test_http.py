"""HTTP helpers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offbeat.utils import http
from offbeat.utils.datastructures import MultiValueDict


def test_urlencode():
    assert http.urlencode({"a": [1, 2]}, doseq=True) == "a=1&a=2"
    assert http.urlencode({"a": [1, 2]}) == "a=%5B1%2C+2%5D"
    assert http.urlencode(MultiValueDict({"a": ["1", "2"]})) == "a=1&a=2"
    assert http.urlencode([("a", b"\xff")]) == "a=%FF"
    assert http.urlencode({"a": (n for n in (1, 2))}, doseq=True) == "a=1&a=2"
    for query in ({"a": None}, {"a": [None]}):
        with pytest.raises(TypeError, match="Cannot encode None"):
            http.urlencode(query, doseq=True)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784111777),
        ("Sun Nov  6 08:49:37 1994", 784111777),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
    ],
)
def test_dates_in_three_forms(text, seconds):
    assert http.parse_http_date(text) == seconds


def test_dates_go_round_and_nonsense_does_not():
    assert http.http_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT"
    for text in (
        "x",
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
    ):
        with pytest.raises(ValueError):
            http.parse_http_date(text)
        assert http.parse_http_date_safe(text) is None


@given(st.integers(0, 36**13 - 1))
def test_base36_goes_round(number):
    assert http.base36_to_int(http.int_to_base36(number)) == number


def test_base36_limits():
    for bad in ("1" * 14, "#"):
        with pytest.raises(ValueError):
            http.base36_to_int(bad)
    with pytest.raises(ValueError):
        http.int_to_base36(-1)


@given(st.binary(max_size=30))
def test_base64_goes_round(data):
    assert http.urlsafe_base64_decode(http.urlsafe_base64_encode(data)) == data


def test_entity_tags():
    assert http.parse_etags('"a", W/"b", c, "d"') == ['"a"', 'W/"b"', '"d"']
    assert http.parse_etags("*") == ["*"]
    assert http.quote_etag("a") == '"a"'
    assert http.quote_etag('W/"a"') == 'W/"a"'


def test_same_domain():
    assert http.is_same_domain("example.com", "EXAMPLE.com")
    assert http.is_same_domain("a.example.com", ".example.com")
    assert http.is_same_domain("example.com", ".example.com")
    assert not http.is_same_domain("evilexample.com", ".example.com")
    assert not http.is_same_domain("example.com", "")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "http:///example.com",
        "https:///example.com",
        "ftp://example.com",
        "///example.com",
        "\\\\example.com",
        "http:\\\\example.com",
        "http:\\/example.com",
        "/\\example.com",
        "http://testserver\\@example.com",
        "http:example.com",
        "https:evil",
        "http:999999999",
        "javascript:alert(1)",
        "\njavascript:alert(1)",
        "\x08//example.com",
        "\x00//evil",
        "http://[::1",
        "",
        None,
        " ",
        "http://testserver:pass@evil",
    ],
)
def test_targets_that_are_not_safe(url):
    assert not http.url_has_allowed_host_and_scheme(url, allowed_hosts={"testserver"})


@pytest.mark.parametrize(
    "url", ["/view/?param=http://example.com", "view/", "//testserver/", "http://testserver/x", " /x"]
)
def test_targets_that_are_safe(url):
    assert http.url_has_allowed_host_and_scheme(url, allowed_hosts="testserver")
    assert http.url_has_allowed_host_and_scheme("/x", allowed_hosts=None)


def test_targets_that_must_be_secure():
    assert not http.url_has_allowed_host_and_scheme("http://a/", "a", require_https=True)
    assert http.url_has_allowed_host_and_scheme("https://a/", "a", require_https=True)


@pytest.mark.parametrize(
    ("line", "parsed"),
    [
        ("", ("", {})),
        ("Text/HTML", ("text/html", {})),
        ("a; B=C; d = e ", ("a", {"b": "C", "d": "e"})),
        ('a; n="x;y\\"z"; m=1', ("a", {"n": 'x;y"z', "m": "1"})),
        ("a; filename*=UTF-8''%E2%98%83", ("a", {"filename": "☃"})),
        ('a; n="open; b=c', ("a", {"n": '"open; b=c'})),
        ("a; flag; b=1", ("a", {"flag": "", "b": "1"})),
    ],
)
def test_header_parameters(line, parsed):
    assert http.parse_header_parameters(line) == parsed


@given(st.text(alphabet="abc;=\"\\*'% ", max_size=50))
def test_any_header_line_parses_or_is_refused(line):
    try:
        http.parse_header_parameters(line)
    except ValueError as error:
        assert "Invalid encoding" in str(error)


def test_a_charset_that_does_not_exist():
    with pytest.raises(ValueError, match="Invalid encoding 'nonsense'"):
        http.parse_header_parameters("a; filename*=nonsense''%41")


def test_content_disposition():
    header = http.content_disposition_header
    assert header(False, "") is None
    assert header(True, "") == "attachment"
    assert header(True, "a b.txt") == 'attachment; filename="a b.txt"'
    assert header(False, "é.txt") == "inline; filename*=utf-8''%C3%A9.txt"


def test_leading_slashes():
    assert http.escape_leading_slashes("//evil") == "/%2Fevil"
    assert http.escape_leading_slashes("/x") == "/x"
