"""Multipart forms: fields, files, limits, handlers, and bodies that are not what they say."""

from __future__ import annotations

import base64
import os

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from offbeat.concurrency import spawn
from offbeat.conf import settings
from offbeat.core.exceptions import (
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from offbeat.core.files.uploadedfile import InMemoryUploadedFile, TemporaryUploadedFile
from offbeat.core.files.uploadhandler import FileUploadHandler, SkipFile, StopFutureHandlers, StopUpload
from offbeat.http.multipartparser import MultiPartParser, MultiPartParserError

from .helpers import BOUNDARY, Unmeasurable, field, file, form_request, multipart, part


def test_fields_and_files():
    request = form_request(
        multipart(field("a", b"1"), field("a", "é".encode()), file("f", "x.txt", b"hello"))
    )
    assert request.POST.getlist("a") == ["1", "é"]
    upload = request.FILES["f"]
    assert (upload.name, upload.read(), upload.size) == ("x.txt", b"hello", 5)
    assert (upload.content_type, upload.charset, upload.content_type_extra) == ("text/plain", None, {})
    assert isinstance(upload, InMemoryUploadedFile)
    with pytest.raises(AttributeError):
        request.POST["a"] = 1


def test_content_type_parameters_of_a_part():
    request = form_request(multipart(file("f", "x", extra="; charset=utf-8; test-key=v")))
    upload = request.FILES["f"]
    assert upload.charset == b"utf-8"
    assert upload.content_type_extra == {"charset": b"utf-8", "test-key": b"v"}


def test_a_large_upload_goes_to_a_temporary_file_which_closing_removes(monkeypatch):
    monkeypatch.setattr(settings, "FILE_UPLOAD_MAX_MEMORY_SIZE", 10)
    content = os.urandom(300_000)
    request = form_request(multipart(file("f", "x.bin", content)))
    upload = request.FILES["f"]
    assert isinstance(upload, TemporaryUploadedFile)
    path = upload.temporary_file_path()
    assert b"".join(upload.chunks()) == content
    request.close()
    assert not os.path.exists(path)


def test_a_body_of_unknown_length_is_not_kept_in_memory():
    request = form_request(Unmeasurable(multipart(file("f", "x", b"abc"))), length=None)
    assert isinstance(request.FILES["f"], TemporaryUploadedFile)
    request.close()


def test_base64_in_any_chunking():
    content = os.urandom(1000)
    encoded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    headers = 'Content-Disposition: form-data; name="f"; filename="x"\r\nContent-Transfer-Encoding: base64'
    request = form_request(
        multipart(part(headers, encoded), part(headers.replace('"; filename="x', ""), b"aGk="))
    )
    assert request.FILES["f"].read() == content
    assert request.POST["f"] == "hi"


def test_broken_base64():
    headers = 'Content-Disposition: form-data; name="f"\r\nContent-Transfer-Encoding: base64'
    assert form_request(multipart(part(headers, b"a"))).POST["f"] == "a"
    with pytest.raises(MultiPartParserError, match="Could not decode base64 data"):
        _ = form_request(multipart(part(headers.replace('"f"', '"f"; filename="x"'), b"a"))).POST


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("filename*=UTF-8''%E2%98%83.txt", "☃.txt"),
        ('filename="a;b\\"c.txt"', 'a;b"c.txt'),
        ('filename="C:\\\\dir\\\\x.txt"', "x.txt"),
        ('filename="/etc/passwd"', "passwd"),
        ('filename="../../x&#47;..&#92;y.txt"', "y.txt"),
        ('filename="a\x01b.txt"', "ab.txt"),
    ],
)
def test_file_names(header, name):
    body = multipart(part(f'Content-Disposition: form-data; name="f"; {header}', b"x"))
    assert form_request(body).FILES["f"].name == name


def test_an_empty_file_input_is_an_empty_field():
    request = form_request(multipart(file("f", "", b""), field("", b"nameless")))
    assert request.POST.dict() == {"f": "", "": "nameless"}
    assert request.FILES == {}


@pytest.mark.parametrize("name", [".", "..", "a/", "a\\", "/", "&#46;."])
def test_a_file_without_a_name_is_left_out(name):
    assert form_request(multipart(file("f", name), field("a", b"1"))).FILES == {}


def test_parts_without_a_name_are_left_out():
    request = form_request(multipart(part("Content-Disposition: form-data", b"x"), field("a", b"1")))
    assert request.POST.dict() == {"a": "1"}


def test_a_truncated_body_gives_its_complete_parts():
    whole = multipart(field("a", b"1"), file("f", "x", b"data"))
    request = form_request(whole[: -len(BOUNDARY) - 8], length=len(whole))
    assert request.POST.dict() == {"a": "1"}
    assert request.FILES == {}
    assert form_request(b"").POST == {}


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "x" * 300,
        "multipart/form-data; boundary=é",
    ],
)
def test_a_content_type_without_a_good_boundary(content_type):
    with pytest.raises(MultiPartParserError):
        MultiPartParser({"CONTENT_TYPE": content_type, "CONTENT_LENGTH": "1"}, None, [])


def test_a_negative_length_is_refused():
    with pytest.raises(MultiPartParserError):
        _ = form_request(b"x", length=-5).POST


def test_limits_on_fields_files_and_memory(monkeypatch):
    monkeypatch.setattr(settings, "DATA_UPLOAD_MAX_NUMBER_FIELDS", 2)
    monkeypatch.setattr(settings, "DATA_UPLOAD_MAX_NUMBER_FILES", 1)
    monkeypatch.setattr(settings, "DATA_UPLOAD_MAX_MEMORY_SIZE", 50)
    assert len(form_request(multipart(field("a"), field("b"), file("f", "x", b"y" * 500))).POST) == 2
    with pytest.raises(TooManyFieldsSent):
        _ = form_request(multipart(field("a"), field("b"), field("c"))).POST
    with pytest.raises(TooManyFilesSent):
        _ = form_request(multipart(file("f", "x"), file("g", "y"))).POST
    with pytest.raises(RequestDataTooBig):
        _ = form_request(multipart(field("a", b"x" * 60))).POST


def test_after_an_error_the_form_is_empty():
    request = form_request(multipart(field("a"), part("nonsense")))
    with pytest.raises(MultiPartParserError):
        _ = request.POST
    assert request.POST == request.FILES == {}


def test_long_headers_are_refused():
    with pytest.raises(MultiPartParserError, match="max total header size"):
        _ = form_request(multipart(part(f'Content-Disposition: form-data; name="{"x" * 2000}"'))).POST


class Recorder(FileUploadHandler):
    chunk_size = 64

    def __init__(self, request=None):
        super().__init__(request)
        self.events = []

    def new_file(self, *args, **kwargs):
        super().new_file(*args, **kwargs)
        self.events.append(("new", self.field_name, self.file_name))

    def receive_data_chunk(self, raw_data, start):
        self.events.append((start, len(raw_data)))
        return raw_data

    def file_complete(self, file_size):
        self.events.append(("complete", file_size))
        return

    def upload_complete(self):
        self.events.append("uploaded")

    def upload_interrupted(self):
        self.events.append("interrupted")


def test_a_handler_sees_everything_in_order():
    recorder = Recorder()
    request = form_request(multipart(file("f", "x", b"y" * 100)))
    request.upload_handlers = [recorder, *request.upload_handlers]
    assert request.FILES["f"].size == 100
    assert recorder.events[0] == ("new", "f", "x")
    assert recorder.events[-2:] == [("complete", 100), "uploaded"]
    starts = [event[0] for event in recorder.events[1:-2]]
    sizes = [event[1] for event in recorder.events[1:-2]]
    assert starts == [sum(sizes[:index]) for index in range(len(sizes))]
    assert sum(sizes) == 100
    assert max(sizes) <= 64


@pytest.mark.parametrize(
    ("error", "names", "last"), [(SkipFile, ["g"], "uploaded"), (StopUpload, [], "interrupted")]
)
def test_a_handler_may_skip_a_file_or_stop_the_upload(error, names, last):
    class Refuses(Recorder):
        def receive_data_chunk(self, raw_data, start):
            if self.field_name == "f":
                raise error
            return raw_data

    handler = Refuses()
    request = form_request(multipart(file("f", "x", b"abc"), file("g", "y", b"def")))
    request.upload_handlers = [handler, *request.upload_handlers]
    assert list(request.FILES) == names
    assert handler.events[-1] == last


def test_a_skipped_file_leaves_the_others_alone(monkeypatch):
    class Refuses(Recorder):
        def new_file(self, *args, **kwargs):
            super().new_file(*args, **kwargs)
            if self.field_name == "g":
                raise SkipFile

    monkeypatch.setattr(settings, "FILE_UPLOAD_MAX_MEMORY_SIZE", 0)
    request = form_request(multipart(file("f", "x", b"abc"), file("g", "y", b"def")))
    request.upload_handlers = [Refuses(), *request.upload_handlers]
    assert list(request.FILES) == ["f"]
    assert request.FILES["f"].read() == b"abc"
    request.close()


@pytest.mark.parametrize("cut", [10, 40, 70])
def test_what_a_truncated_file_left_is_removed(cut, monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "FILE_UPLOAD_MAX_MEMORY_SIZE", 0)
    monkeypatch.setattr(settings, "FILE_UPLOAD_TEMP_DIR", str(tmp_path))
    whole = multipart(file("f", "x", b"abc"), file("g", "y", b"d" * 100))
    request = form_request(whole[:-cut], length=len(whole))
    assert list(request.FILES) == ["f"]
    assert request.FILES["f"].read() == b"abc"
    assert len(list(tmp_path.iterdir())) == 1
    request.close()
    assert list(tmp_path.iterdir()) == []


def test_a_handler_may_take_the_file_for_itself():
    class Takes(Recorder):
        def new_file(self, *args, **kwargs):
            super().new_file(*args, **kwargs)
            raise StopFutureHandlers

        def file_complete(self, file_size):
            return "mine"

    request = form_request(multipart(file("f", "x")))
    request.upload_handlers = [Takes()]
    assert request.FILES["f"] == "mine"


async def test_a_handlers_hooks_may_be_coroutine_functions():
    class Later(Recorder):
        async def receive_data_chunk(self, raw_data, start):
            self.events.append(bytes(raw_data))

        async def file_complete(self, file_size):
            return file_size

    def read():
        request = form_request(multipart(file("f", "x", b"abc")))
        request.upload_handlers = [Later()]
        return request.FILES["f"]

    assert await spawn(read) == 3


def test_an_error_in_a_handler_removes_temporary_files(monkeypatch):
    monkeypatch.setattr(settings, "FILE_UPLOAD_MAX_MEMORY_SIZE", 0)
    request = form_request(multipart(file("f", "x", b"abc"), part("nonsense")))
    handlers = request.upload_handlers
    with pytest.raises(MultiPartParserError):
        _ = request.POST
    assert not os.path.exists(handlers[-1].file.temporary_file_path())


@hypothesis_settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 4))
def test_any_body_is_parsed_or_refused(noise, where):
    pieces = [field("a", b"1"), file("f", "x", b"data"), b"--" + BOUNDARY.encode() + b"--\r\n"]
    pieces.insert(min(where, 3), noise)
    request = form_request(b"".join(pieces))
    try:
        request._load_post_and_files()
    except (MultiPartParserError, SuspiciousOperation):
        assert request.POST == {}


@hypothesis_settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.text("abc", min_size=1, max_size=3), st.binary(max_size=200)), max_size=5),
    st.integers(1, 300),
)
def test_what_is_sent_arrives_in_any_chunking(parts, size):
    class Small(FileUploadHandler):
        chunk_size = size

        def receive_data_chunk(self, raw_data, start):
            self.data = getattr(self, "data", b"") + bytes(raw_data)

        def file_complete(self, file_size):
            data, self.data = getattr(self, "data", b""), b""
            return data or b"empty"

    request = form_request(multipart(*(file(name, "x", value) for name, value in parts)))
    request.upload_handlers = [Small()]
    expected: dict[str, list[bytes]] = {}
    for name, value in parts:
        expected.setdefault(name, []).append(value or b"empty")
    assert dict(request.FILES.lists()) == expected
