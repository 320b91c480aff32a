"""HttpRequest: laziness, body, hosts and URIs."""

from __future__ import annotations

import copy
import pickle

import pytest

from offbeat.conf import settings
from offbeat.core.exceptions import BadRequest, DisallowedHost, ImproperlyConfigured, RequestDataTooBig
from offbeat.core.signing import BadSignature
from offbeat.http import HttpRequest, HttpResponse, QueryDict, RawPostDataException, UnreadablePostError

from .helpers import StreamRequest


class Broken:
    def read(self, size=-1):
        raise OSError("kaboom")

    readline = read


def test_an_empty_request_has_every_documented_attribute():
    request = HttpRequest()
    assert request.GET == request.POST == {}
    assert request.COOKIES == request.META == request.FILES == {}
    assert (request.path, request.path_info, request.method) == ("", "", None)
    assert request.content_type is request.content_params is request.resolver_match is None
    assert request.body == b""
    assert repr(request) == "<HttpRequest>"


def test_nothing_is_made_before_it_is_read():
    request = StreamRequest(b"a=1", CONTENT_TYPE="application/x-www-form-urlencoded")
    assert not {"META", "headers", "GET", "COOKIES", "_post", "_stream"} & set(request.__dict__)
    assert request.POST["a"] == "1"
    assert "COOKIES" not in request.__dict__


def test_attributes_can_be_replaced():
    request = HttpRequest()
    request.GET = QueryDict("a=1")
    request.POST = QueryDict("b=2")
    request.headers = {"X": "y"}
    assert request.GET["a"] + request.POST["b"] + request.headers["X"] == "12y"


def test_query_string_cookies_and_headers_come_from_meta():
    request = StreamRequest(
        QUERY_STRING="a=1&a=2", HTTP_COOKIE="x=1; y=2", HTTP_X_THING="z", CONTENT_TYPE="text/html"
    )
    assert request.GET.getlist("a") == ["1", "2"]
    assert request.COOKIES == {"x": "1", "y": "2"}
    assert request.headers["x-thing"] == request.headers["X_Thing"] == "z"
    assert request.headers["Content-Type"] == "text/html"
    assert request.get_full_path() == "/?a=1&a=2"


@pytest.mark.parametrize(
    ("content_type", "parsed", "encoding"),
    [
        ("text/plain; charset=iso-8859-1", "text/plain", "iso-8859-1"),
        ("text/plain; charset=nonsense", "text/plain", None),
        ("text/plain; charset=hex", "text/plain", None),
        ("text/plain; charset=undefined", "text/plain", None),
        ("text/plain; charset=idna", "text/plain", None),
        ("", "", None),
        ("TEXT/Html", "text/html", None),
    ],
)
def test_content_type_and_encoding(content_type, parsed, encoding):
    request = StreamRequest(CONTENT_TYPE=content_type)
    assert request.content_type == parsed
    assert request.encoding == encoding


def test_an_endless_content_type_is_a_bad_request():
    with pytest.raises(BadRequest):
        _ = StreamRequest(CONTENT_TYPE="a/b; x=" + "y" * 20_000).content_type


def test_setting_the_encoding_drops_what_was_decoded():
    request = StreamRequest(method="GET", QUERY_STRING="name=%E9")
    assert request.GET["name"] == "\ufffd"
    request.encoding = "iso-8859-1"
    assert request.GET["name"] == "é"


def test_form_fields_of_a_body_and_the_body_itself():
    request = StreamRequest(
        b"a=1&b=%C3%A9", CONTENT_TYPE="application/x-www-form-urlencoded", CONTENT_LENGTH="11"
    )
    assert request.POST["b"] == "é"
    assert request.body == b"a=1&b=%C3%A9"
    assert request.read() == b"a=1&b=%C3%A9"


def test_a_urlencoded_form_must_be_utf_8():
    request = StreamRequest(b"a=1", CONTENT_TYPE="application/x-www-form-urlencoded; charset=iso-8859-1")
    with pytest.raises(BadRequest, match="UTF-8"):
        _ = request.POST


def test_other_methods_and_types_have_no_form():
    assert StreamRequest(b"a=1", method="PUT", CONTENT_TYPE="application/x-www-form-urlencoded").POST == {}
    request = StreamRequest(b"{}", CONTENT_TYPE="application/json")
    assert request.POST == {}
    assert request.body == b"{}"


def test_the_body_cannot_be_had_after_the_stream_was_read():
    request = StreamRequest(b"abc")
    assert request.read(1) == b"a"
    with pytest.raises(RawPostDataException):
        _ = request.body
    assert request.POST == {}


def test_the_body_can_be_read_by_lines():
    request = StreamRequest(b"a\nb\nc")
    assert list(request) == [b"a\n", b"b\n", b"c"]
    request = StreamRequest(b"a\nb")
    assert request.readlines() == [b"a\n", b"b"]


def test_a_body_that_cannot_be_read_is_an_unreadable_post():
    for use in (lambda r: r.body, lambda r: r.read(), lambda r: r.readline()):
        with pytest.raises(UnreadablePostError, match="kaboom"):
            use(StreamRequest(Broken(), CONTENT_LENGTH="5"))


def test_the_body_is_limited_by_what_arrives_not_by_what_is_declared(monkeypatch):
    monkeypatch.setattr(settings, "DATA_UPLOAD_MAX_MEMORY_SIZE", 10)
    assert len(StreamRequest(b"x" * 10).body) == 10
    with pytest.raises(RequestDataTooBig):
        _ = StreamRequest(b"x" * 11).body
    with pytest.raises(RequestDataTooBig):
        _ = StreamRequest(Broken(), CONTENT_LENGTH="11").body
    monkeypatch.setattr(settings, "DATA_UPLOAD_MAX_MEMORY_SIZE", None)
    assert len(StreamRequest(b"x" * 11).body) == 11


def test_host_port_scheme_and_absolute_uris(monkeypatch):
    request = StreamRequest(HTTP_HOST="localhost:8000", path="/a b/", QUERY_STRING="é=1")
    assert request.get_host() == "localhost:8000"
    assert request.build_absolute_uri() == "http://localhost:8000/a%20b/?%C3%A9=1"
    assert request.build_absolute_uri("/x/../y") == "http://localhost:8000/y"
    assert request.build_absolute_uri("z") == "http://localhost:8000/a%20b/z"
    assert request.build_absolute_uri("//other/x") == "http://other/x"
    assert request.build_absolute_uri("https://other/x") == "https://other/x"
    assert not request.is_secure()
    monkeypatch.setattr(settings, "USE_X_FORWARDED_HOST", True)
    monkeypatch.setattr(settings, "USE_X_FORWARDED_PORT", True)
    proxied = StreamRequest(
        HTTP_HOST="internal", HTTP_X_FORWARDED_HOST="testserver", HTTP_X_FORWARDED_PORT="8443"
    )
    assert proxied.get_host() == "testserver"
    assert proxied.get_port() == "8443"


def test_a_path_of_two_slashes_names_no_host():
    request = StreamRequest(HTTP_HOST="testserver", path="//evil.example/x")
    assert request.build_absolute_uri() == "http://testserver//evil.example/x"


@pytest.mark.parametrize(
    "host", ["evil.com", "a@b", "[::1", "x y", "testserver:port", "", "ok.com:@evil.com"]
)
def test_a_host_that_is_not_allowed(host):
    with pytest.raises(DisallowedHost):
        StreamRequest(HTTP_HOST=host).get_host()


def test_secure_proxy_header(monkeypatch):
    monkeypatch.setattr(settings, "SECURE_PROXY_SSL_HEADER", ("HTTP_X_PROTO", "https"))
    assert StreamRequest(HTTP_X_PROTO="https").is_secure()
    assert StreamRequest(HTTP_X_PROTO="https, http").is_secure()
    assert not StreamRequest(HTTP_X_PROTO="http").is_secure()
    monkeypatch.setattr(settings, "SECURE_PROXY_SSL_HEADER", ("X",))
    with pytest.raises(ImproperlyConfigured):
        _ = StreamRequest().scheme


def test_signed_cookies_go_round():
    response = HttpResponse()
    response.set_signed_cookie("name", "value", salt="pepper")
    request = HttpRequest()
    request.COOKIES["name"] = response.cookies["name"].value
    assert request.get_signed_cookie("name", salt="pepper") == "value"
    assert request.get_signed_cookie("name", default=None) is None
    with pytest.raises(BadSignature):
        request.get_signed_cookie("name")
    with pytest.raises(KeyError):
        request.get_signed_cookie("other")


def test_a_request_can_be_pickled():
    request = StreamRequest(b"a=1", CONTENT_TYPE="application/x-www-form-urlencoded", CONTENT_LENGTH="3")
    request._given_stream = None
    request._body = b"a=1"
    assert request.POST["a"] == "1"
    copy = pickle.loads(pickle.dumps(request))
    assert copy.POST == request.POST


def test_upload_handlers_cannot_be_changed_after_parsing():
    request = StreamRequest(b"")
    request.upload_handlers = []
    assert request.POST == {}
    with pytest.raises(AttributeError):
        request.upload_handlers = []
    with pytest.raises(RuntimeError):
        request.multipart_parser_class = object


def test_a_request_can_be_copied():
    request = StreamRequest(QUERY_STRING="a=1")
    request._given_stream = None
    assert copy.copy(request)._given_meta is request._given_meta
    assert request.GET["a"] == "1"
    twin = copy.deepcopy(request)
    assert twin.GET == request.GET
    assert twin.META is not request.META


def test_urlconf_is_there_once_it_is_set():
    request = HttpRequest()
    assert not hasattr(request, "urlconf")
    request.urlconf = "other.urls"
    assert request.urlconf == "other.urls"
    del request.urlconf
    assert getattr(request, "urlconf", "usual") == "usual"
