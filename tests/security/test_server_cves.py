"""Published weaknesses of handlers, served files, error pages and logs, each with the request that showed it."""

from __future__ import annotations

import io
import logging
import socket
import time
import tracemalloc
from types import SimpleNamespace

import pytest

from offbeat.core.files.uploadedfile import TemporaryUploadedFile
from offbeat.core.handlers.asgi import ASGIHandler
from offbeat.core.handlers.wsgi import WSGIHandler
from offbeat.core.servers.basehttp import WSGIRequestHandler, WSGIServer
from offbeat.core.validators import EmailValidator, URLValidator
from offbeat.http import HttpResponse
from offbeat.urls import path, re_path
from offbeat.utils.encoding import repercent_broken_unicode, uri_to_iri
from offbeat.utils.http import url_has_allowed_host_and_scheme
from offbeat.views.static import serve
from tests.handlers.helpers import changed, fetch, urls, wsgi_fetch
from tests.http.helpers import BOUNDARY, part

from .test_template_and_form_cves import assert_linear

FORM = (b"content-type", f"multipart/form-data; boundary={BOUNDARY}".encode())


@pytest.mark.parametrize(
    ("length", "uploads"), [(None, [(TemporaryUploadedFile, 2**21)]), (b"10", []), (b"x", [])]
)
async def test_cve_2026_5766_a_file_without_a_true_length_stays_out_of_memory(length, uploads):
    seen = []

    async def view(request):
        seen.extend((type(upload), upload.size) for upload in request.FILES.values())
        return HttpResponse()

    head = part('Content-Disposition: form-data; name="f"; filename="x"')[:-2]
    pieces = [head, *[b"x" * 2**16] * 32, f"\r\n--{BOUNDARY}--\r\n".encode()]
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages.append({"type": "http.request", "body": b"", "more_body": False})
    headers = [FORM] if length is None else [FORM, (b"content-length", length)]
    with urls(path("", view)), changed(FILE_UPLOAD_MAX_MEMORY_SIZE=2**18):
        client = await fetch(ASGIHandler(), "/", *messages, method="POST", headers=headers)
    assert client.status == 200
    # Nothing is read past the length that was announced.
    assert seen == uploads


@pytest.mark.parametrize("where", ["/\n\x1b[31mforged", "/\r\nERROR forged", "/\x85forged", "/\u2028forged"])
def test_cve_2025_48432_a_path_forges_no_line_of_the_log(where, caplog):
    with urls():
        wsgi_fetch(WSGIHandler(), where.encode().decode("latin-1"))
    with urls(path("a/", lambda request: HttpResponse(status=500))):
        wsgi_fetch(WSGIHandler(), where.encode().decode("latin-1"))
    messages = [record.getMessage() for record in caplog.records if record.name == "offbeat.request"]
    assert len(messages) == 2
    for message in messages:
        assert message.isascii()
        assert message.isprintable()


@pytest.mark.parametrize("unit", ["%e2%82%ac", "%f0%9f%8e%88", "é%", "%c3%a9x"])
def test_cve_2023_41164_iris_of_giant_uris_take_linear_time(unit):
    assert_linear(uri_to_iri, lambda size: unit * size, 20_000)


@pytest.mark.parametrize("unit", ["%ff", "%e2%82", "%f0%9f"])
def test_cve_2019_14235_bytes_that_are_not_utf8_are_kept_without_recursion(unit):
    uri = unit * 100_000
    tracemalloc.start()
    try:
        iri = uri_to_iri(uri)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert iri.lower() == uri
    assert peak < 100 * len(uri)
    assert_linear(uri_to_iri, lambda size: unit * size, 20_000)


def test_broken_bytes_are_encoded_where_they_stand():
    assert repercent_broken_unicode(b"/a\xff/\xe2\x82b\xe2\x82\xac/\xed\xa0\x80") == (
        b"/a%FF/%E2%82b\xe2\x82\xac/%ED%A0%80"
    )


def test_cve_2017_12794_values_in_the_error_page_are_escaped():
    def view(request):
        payload = "<script>alert(1)</script>"
        try:
            raise ValueError(payload)
        except ValueError as error:
            raise RuntimeError(payload) from error

    with urls(path("<path:p>", lambda request, p: view(request))), changed(DEBUG=True):
        result = wsgi_fetch(
            WSGIHandler(), "/<script>alert(1)</script>", HTTP_USER_AGENT="<script>alert(1)</script>"
        )
    assert result.status == 500
    assert b"<script>alert" not in result.body
    assert b"&lt;script&gt;alert(1)" in result.body


@pytest.mark.parametrize(
    "where",
    [
        "/static//evil.com",
        "/static///evil.com/",
        "/static//evil.com/..",
        "/static/%2Fevil.com",
        "/static/\\evil.com",
    ],
)
def test_cve_2017_7234_a_served_path_redirects_nowhere(where, tmp_path):
    with urls(re_path(r"^static/(?P<path>.*)$", serve, {"document_root": tmp_path})):
        result = wsgi_fetch(WSGIHandler(), where)
    assert result.status == 404
    assert "location" not in result.headers


@pytest.mark.parametrize(
    "where",
    [
        "/media/../secret.txt",
        "/media/a/../../secret.txt",
        "/media//../secret.txt",
        "/media/%2e%2e/secret.txt",
        "/media/..\\secret.txt",
        "/media/{root}/secret.txt",
        "/media/{root}/media-of-others/x.txt",
        "/media/a\x00.txt",
    ],
)
def test_cve_2009_2659_a_served_path_stays_below_its_root(where, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "media-of-others").mkdir()
    (tmp_path / "media-of-others" / "x.txt").write_text("secret")
    (tmp_path / "media").mkdir()
    with urls(re_path(r"^media/(?P<path>.*)$", serve, {"document_root": tmp_path / "media"})):
        result = wsgi_fetch(WSGIHandler(), where.format(root=tmp_path))
    assert result.status in (400, 404)
    assert b"secret" not in result.body.replace(b"secret.txt", b"")


def test_cve_2015_0221_a_file_without_line_ends_is_read_in_pieces(tmp_path):
    (tmp_path / "x").write_bytes(b"x" * 100_000)
    with urls(re_path(r"^(?P<path>.*)$", serve, {"document_root": tmp_path})):
        response = WSGIHandler()(
            {"REQUEST_METHOD": "GET", "PATH_INFO": "/x", "SERVER_NAME": "testserver", "SERVER_PORT": "80",
             "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http"},
            lambda status, headers: None,
        )  # fmt: skip
        sizes = [len(piece) for piece in response]
        response.close()
    assert sum(sizes) == 100_000
    assert max(sizes) <= 2**16


def test_cve_2015_0219_the_development_server_drops_names_with_underscores():
    request = io.BytesIO(
        b"GET / HTTP/1.1\r\nX_Auth_User: evil\r\nX-Auth-User: good\r\nConnection: close\r\n\r\n"
    )
    seen = {}

    class Connection(SimpleNamespace):
        def makefile(self, mode, *args):
            return request

        def sendall(self, data):
            pass

        def shutdown(self, how):
            pass

    def app(environ, start_response):
        seen.update(environ)
        start_response("200 OK", [("Content-Length", "0")])
        return []

    server = object.__new__(WSGIServer)
    server.base_environ = {}
    server.set_app(app)
    logging.getLogger("offbeat.server").disabled = True
    try:
        WSGIRequestHandler(Connection(), ("127.0.0.1", 1), server)
    finally:
        logging.getLogger("offbeat.server").disabled = False
    assert seen["HTTP_X_AUTH_USER"] == "good"


@pytest.mark.parametrize("url", ["javascript:x", "data:text/html,x", "vbscript:x", "ftp://testserver/x"])
def test_cve_2013_6044_only_web_addresses_are_followed(url):
    assert not url_has_allowed_host_and_scheme(url, allowed_hosts={"testserver"})


def test_cve_2011_4137_and_2011_4138_validators_stay_off_the_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a validator opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    URLValidator()("http://slow.example.com/")
    EmailValidator()("a@slow.example.com")


@pytest.mark.parametrize(
    "address",
    [
        "viewx3dtextx26qx3d@yahoo.comx26latlngx3d15854521645943074058",
        "a" * 90 + "@" + "b." * 40,
        "a." * 50 + "@x",
    ],
)
def test_cve_2009_3695_odd_addresses_take_no_time(address):
    begin = time.thread_time()
    for _ in range(10):
        with pytest.raises(Exception, match="valid email"):
            EmailValidator()(address)
    assert time.thread_time() - begin < 0.5
