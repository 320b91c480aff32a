"""Parts of files."""

from __future__ import annotations

import io
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offbeat.core.handlers.asgi import ASGIHandler
from offbeat.core.handlers.wsgi import WSGIHandler
from offbeat.http import FileResponse, HttpRequest
from offbeat.middleware.gzip import GZipMiddleware
from offbeat.urls import path, re_path
from offbeat.utils.http import http_date
from offbeat.views.static import serve
from tests.handlers.helpers import fetch, urls, wsgi_fetch

CONTENT = b"0123456789"
LONG_AGO = 1_000_000_000


def request(method="GET", **meta):
    made = HttpRequest()
    made.method = method
    made.META.update(meta)
    return made


def answer(made, content=CONTENT, **options):
    response = FileResponse(io.BytesIO(content), request=made, **options)
    return response.status_code, response.get("Content-Range"), response.getvalue()


@pytest.mark.parametrize(
    ("wanted", "content_range", "body"),
    [
        ("bytes=0-3", "bytes 0-3/10", b"0123"),
        ("bytes=4-", "bytes 4-9/10", b"456789"),
        ("bytes=-3", "bytes 7-9/10", b"789"),
        ("bytes=-100", "bytes 0-9/10", CONTENT),
        ("bytes=9-9", "bytes 9-9/10", b"9"),
        ("bytes=5-100", "bytes 5-9/10", b"56789"),
        ("BYTES= 1-2 ", "bytes 1-2/10", b"12"),
        ("bytes=0002-0003", "bytes 2-3/10", b"23"),
        (f"bytes=0-{'9' * 5000}", "bytes 0-9/10", CONTENT),
        (f"bytes=-{'9' * 5000}", "bytes 0-9/10", CONTENT),
    ],
)
def test_one_range_is_answered_in_part(wanted, content_range, body):
    assert answer(request(HTTP_RANGE=wanted)) == (206, content_range, body)


@pytest.mark.parametrize(
    "wanted",
    [
        "bytes=5-4",
        "bytes=0-1,3-4",
        "bytes=-",
        "bytes=",
        "lines=0-1",
        "bytes=a-b",
        "bytes 0-1",
        "bytes=1-2-3",
        "bytes=٣-",
    ],
)
def test_what_is_not_understood_is_ignored(wanted):
    assert answer(request(HTTP_RANGE=wanted)) == (200, None, CONTENT)


@pytest.mark.parametrize("wanted", ["bytes=10-", "bytes=10-20", "bytes=-0", f"bytes={'9' * 5000}-"])
def test_a_range_beyond_the_end_is_refused(wanted):
    assert answer(request(HTTP_RANGE=wanted)) == (416, "bytes */10", b"")


def test_nothing_can_be_had_of_an_empty_file():
    assert answer(request(HTTP_RANGE="bytes=0-"), b"") == (416, "bytes */0", b"")


@pytest.mark.parametrize("method", ["HEAD", "POST"])
def test_other_methods_get_everything(method):
    assert answer(request(method, HTTP_RANGE="bytes=0-1")) == (200, None, CONTENT)


@pytest.mark.parametrize(
    ("known", "headers", "status"),
    [
        ('"a"', {"ETag": '"a"'}, 206),
        ('"b"', {"ETag": '"a"'}, 200),
        ('W/"a"', {"ETag": 'W/"a"'}, 200),
        ('"a"', {}, 200),
        (http_date(LONG_AGO), {"Last-Modified": http_date(LONG_AGO)}, 206),
        (http_date(LONG_AGO + 1), {"Last-Modified": http_date(LONG_AGO)}, 200),
        (http_date(2**32), {"Last-Modified": http_date(2**32)}, 200),
        ("nonsense", {"Last-Modified": http_date(LONG_AGO)}, 200),
    ],
)
def test_a_part_is_sent_only_of_the_content_that_the_client_knows(known, headers, status):
    made = request(HTTP_RANGE="bytes=0-1", HTTP_IF_RANGE=known)
    assert answer(made, headers=headers)[0] == status


def test_without_the_request_everything_is_as_it_was():
    response = FileResponse(io.BytesIO(CONTENT))
    assert "Accept-Ranges" not in response
    assert FileResponse(io.BytesIO(CONTENT), request=request())["Accept-Ranges"] == "bytes"


def test_a_pipe_has_no_parts():
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    response = FileResponse(Pipe(CONTENT), request=request(HTTP_RANGE="bytes=0-1"))
    assert (response.status_code, response.getvalue()) == (200, CONTENT)
    assert "Accept-Ranges" not in response


def test_a_file_counts_from_where_it_stands():
    file = io.BytesIO(CONTENT)
    file.seek(4)
    response = FileResponse(file, request=request(HTTP_RANGE="bytes=1-2"))
    assert (response["Content-Range"], response.getvalue()) == ("bytes 1-2/6", b"56")


async def test_parts_of_a_served_file(tmp_path):
    (tmp_path / "x.txt").write_bytes(CONTENT * 1000)
    os.utime(tmp_path / "x.txt", (LONG_AGO, LONG_AGO))
    with urls(re_path(r"^(?P<path>.*)$", serve, {"document_root": tmp_path})):
        client = await fetch(ASGIHandler(), "/x.txt", headers=[(b"range", b"bytes=5000-9999")])
        assert (client.status, client.body) == (206, CONTENT * 500)
        assert client.headers["content-length"] == "5000"
        assert client.headers["last-modified"] == http_date(LONG_AGO)
        result = wsgi_fetch(
            WSGIHandler(), "/x.txt", HTTP_RANGE="bytes=-10", HTTP_IF_RANGE=http_date(LONG_AGO)
        )
        assert (result.status, result.body) == (206, CONTENT)


def test_a_server_that_sends_files_itself_sends_the_part_only(tmp_path):
    file = tmp_path / "x.txt"
    file.write_bytes(CONTENT)

    class Wrapper:
        def __init__(self, filelike, size):
            self.filelike = filelike

        def __iter__(self):
            return iter([self.filelike.read()])

        def close(self):
            self.filelike.close()

    opened = file.open("rb")
    with urls(path("", lambda request: FileResponse(opened, request=request))):
        result = wsgi_fetch(WSGIHandler(), "/", HTTP_RANGE="bytes=2-4", **{"wsgi.file_wrapper": Wrapper})
    assert (result.status, result.body) == (206, b"234")
    assert opened.closed


def test_a_part_is_not_compressed_and_what_is_compressed_has_no_parts():
    middleware = GZipMiddleware(lambda made: FileResponse(io.BytesIO(CONTENT * 100), request=made))
    part = middleware(request(HTTP_RANGE="bytes=0-500", HTTP_ACCEPT_ENCODING="gzip"))
    assert "Content-Encoding" not in part
    whole = middleware(request(HTTP_ACCEPT_ENCODING="gzip"))
    assert whole["Content-Encoding"] == "gzip"
    assert "Accept-Ranges" not in whole


@settings(deadline=None)
@given(st.text(max_size=30) | st.from_regex(r"bytes=[0-9]{0,25}-[0-9]{0,25}", fullmatch=True))
def test_no_range_does_harm(value):
    status, _, body = answer(request(HTTP_RANGE=value))
    assert status in (200, 206, 416)
    assert body in CONTENT
