"""Streaming responses and files, from both colours."""

from __future__ import annotations

import io
import os
import warnings

import pytest

from offbeat.concurrency import spawn
from offbeat.http import FileResponse, StreamingHttpResponse


async def numbers():
    yield "a"
    yield b"b"


def test_a_plain_iterator():
    response = StreamingHttpResponse(iter(["a", b"b"]))
    assert response.streaming
    assert not response.is_async
    assert list(response) == [b"a", b"b"]
    assert b"".join(StreamingHttpResponse(["a"]).streaming_content) == b"a"
    assert StreamingHttpResponse(["a", "b"]).getvalue() == b"ab"
    for name in ("content", "text"):
        with pytest.raises(AttributeError):
            getattr(response, name)


async def test_an_asynchronous_iterator():
    response = StreamingHttpResponse(numbers())
    assert response.is_async
    assert [part async for part in response] == [b"a", b"b"]


async def test_a_plain_iterator_read_asynchronously_comes_piece_by_piece():
    seen = []

    def parts():
        for part in "ab":
            seen.append(part)
            yield part

    response = StreamingHttpResponse(parts())
    with pytest.warns(Warning, match="must consume synchronous iterators"):
        async for part in response:
            assert part.decode() == seen[-1]
    assert seen == ["a", "b"]


def test_an_asynchronous_iterator_read_plainly():
    with pytest.warns(Warning, match="must consume asynchronous iterators"):
        assert list(StreamingHttpResponse(numbers())) == [b"a", b"b"]


async def test_an_asynchronous_iterator_read_in_the_bridge():
    with pytest.warns(Warning, match="must consume asynchronous iterators"):
        assert await spawn(lambda: list(StreamingHttpResponse(numbers()))) == [b"a", b"b"]


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
def test_an_asynchronous_iterator_read_plainly_ends_with_its_response():
    ended = []

    async def parts():
        try:
            while True:
                yield "a"
        finally:
            ended.append(True)

    response = StreamingHttpResponse(parts())
    stream = iter(response)
    assert next(stream) == b"a"
    response.close()
    assert ended == [True]


def test_the_content_is_closed():
    stream = io.StringIO("x")
    response = StreamingHttpResponse(stream)
    response.close()
    assert stream.closed


def test_a_file_has_length_type_and_disposition(tmp_path):
    path = tmp_path / "data.tar.gz"
    path.write_bytes(b"hello")
    response = FileResponse(path.open("rb"))
    assert response["Content-Length"] == "5"
    assert response["Content-Type"] == "application/gzip"
    assert response["Content-Disposition"] == 'inline; filename="data.tar.gz"'
    assert response.getvalue() == b"hello"
    response.close()


def test_a_file_in_memory_from_its_position():
    buffer = io.BytesIO(b"hello world")
    buffer.seek(6)
    response = FileResponse(buffer, as_attachment=True, filename="é.txt")
    assert response["Content-Length"] == "5"
    assert response["Content-Type"] == "text/plain"
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''%C3%A9.txt"
    assert response.getvalue() == b"world"


class Unplaceable:
    """A file that can be moved in, but does not say where it is."""

    def __init__(self):
        self.stream = io.BytesIO(b"0123456789")
        self.stream.seek(3)
        self.read, self.seek, self.close = self.stream.read, self.stream.seek, self.stream.close


def test_the_length_of_what_is_left_where_it_can_be_found_out():
    assert FileResponse(Unplaceable())["Content-Length"] == "7"
    assert FileResponse(Unplaceable()).getvalue() == b"3456789"
    reader, writer = os.pipe()
    os.write(writer, b"hi")
    os.close(writer)
    response = FileResponse(os.fdopen(reader, "rb"))
    assert "Content-Length" not in response
    assert response.getvalue() == b"hi"
    response.close()
    assert FileResponse([b"a", b"b"]).getvalue() == b"ab"


def test_an_explicit_content_type_stays():
    assert FileResponse(io.BytesIO(b""), content_type="a/b", filename="x.txt")["Content-Type"] == "a/b"
    assert FileResponse(io.BytesIO(b""))["Content-Type"] == "application/octet-stream"


async def test_a_file_read_asynchronously_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert b"".join([part async for part in FileResponse(io.BytesIO(b"x" * 10_000))]) == b"x" * 10_000
