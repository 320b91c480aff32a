"""The WSGI application: bodies whose length is not told, headers that it completes."""

from __future__ import annotations

from io import BytesIO

import pytest

from offbeat.core.handlers.asgi import ASGIHandler
from offbeat.core.handlers.wsgi import WSGIHandler
from offbeat.http import HttpResponse, StreamingHttpResponse
from offbeat.urls import path

from .helpers import changed, fetch, urls, wsgi_fetch


class Chunks:
    """What a server that decodes chunks hands over."""

    def __init__(self, body, error=None):
        self.body = BytesIO(body)
        self.error = error

    def read(self, *size):
        data = self.body.read(*size)
        if not data and self.error:
            raise self.error
        return data

    def readline(self, *size):
        return self.body.readline(*size)


def chunked(body, error=None, view=lambda request: HttpResponse(request.body)):
    with urls(path("", view)):
        terminated = {"CONTENT_LENGTH": "", "wsgi.input": Chunks(body, error), "wsgi.input_terminated": True}
        return wsgi_fetch(WSGIHandler(), "/", method="POST", **terminated)


def test_a_body_in_chunks_is_read_to_its_end():
    assert chunked(b"x" * 100_000).body == b"x" * 100_000
    lines = chunked(
        b"a\nb\nc", view=lambda request: HttpResponse(b"|".join([request.readline(), request.readline()]))
    )
    assert lines.body == b"a\n|b\n"


def test_a_body_in_chunks_is_limited():
    with changed(DATA_UPLOAD_MAX_MEMORY_SIZE=1000):
        assert chunked(b"x" * 1001).status == 400


def test_chunks_that_are_none_are_a_bad_request():
    assert chunked(b"x", ValueError("no chunk")).status == 400


def test_a_server_that_does_not_know_the_end_is_not_asked_for_it():
    with urls(path("", lambda request: HttpResponse(request.body))):
        environ = {"CONTENT_LENGTH": "", "wsgi.input": Chunks(b"next request")}
        assert wsgi_fetch(WSGIHandler(), "/", method="POST", **environ).body == b""


@pytest.mark.parametrize(("status", "length"), [(200, "2"), (404, "2"), (204, None), (304, None)])
def test_the_length_of_a_response_is_told(status, length):
    with urls(path("", lambda request: HttpResponse("ab", status=status))):
        assert wsgi_fetch(WSGIHandler(), "/").headers.get("content-length") == length


def test_the_length_of_a_stream_is_not():
    with urls(path("", lambda request: StreamingHttpResponse(["ab"]))):
        assert "content-length" not in wsgi_fetch(WSGIHandler(), "/").headers


@pytest.mark.parametrize("status", [204, 304])
def test_a_response_without_content_has_no_length(status):
    middleware = ["offbeat.middleware.common.CommonMiddleware"]
    with urls(path("", lambda request: HttpResponse(status=status))), changed(MIDDLEWARE=middleware):
        assert "content-length" not in wsgi_fetch(WSGIHandler(), "/").headers


def described(request, where):
    return HttpResponse(f"{request.path}|{request.path_info}|{where}|{request.COOKIES.get('a')}")


async def test_what_is_not_utf8_in_a_path_is_the_same_under_asgi():
    with urls(path("<path:where>", described)):
        result = wsgi_fetch(WSGIHandler(), "/a\xff\xc3\xa9")
        # As servers do it: the path with replacement characters, and beside it what was sent.
        client = await fetch(ASGIHandler(), "/a\ufffdé", raw_path=b"/a%FF%C3%A9")
        assert client.body == result.body == "/a%FFé|/a%FFé|a%FFé|None".encode()
        client = await fetch(ASGIHandler(), "/pre/\ufffd", raw_path=b"/pre/%FF", root_path="/pre")
        assert client.body == b"/pre/%FF|/%FF|%FF|None"
        client = await fetch(ASGIHandler(), "/\ufffd")
        assert client.body == "/\ufffd|/\ufffd|\ufffd|None".encode()


async def test_cookies_are_utf8_under_both():
    with urls(path("", lambda request: described(request, ""))):
        result = wsgi_fetch(WSGIHandler(), "/", HTTP_COOKIE="a=\xc3\xa9\xff")
        client = await fetch(ASGIHandler(), headers=[(b"cookie", b"a=\xc3\xa9\xff")])
    assert client.body == result.body == "/|/||é\ufffd".encode()


async def test_the_content_of_a_stream_is_not_made_for_head():
    made = []

    async def view(request):
        async def pieces():
            made.append(1)
            yield b"x"

        return StreamingHttpResponse(pieces())

    with urls(path("", view)):
        client = await fetch(ASGIHandler(), method="HEAD")
    assert (client.status, client.body, made) == (200, b"", [])
