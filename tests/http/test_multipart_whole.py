"""A body that is here whole is split at once, and gives what the push parser makes of it."""

from __future__ import annotations

import random

import pytest

from offbeat.conf import settings
from offbeat.http import multipartparser
from offbeat.http.multipartwhole import plain_parts

from .helpers import BOUNDARY, StreamRequest, field, file, multipart, part

PIECES = [
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"--",
    b'"',
    b";",
    b"\\",
    b" ",
    b"\xe9",
    b"=",
    b"*",
    b":",
    b"x",
    f"--{BOUNDARY}".encode(),
    f"\r\n--{BOUNDARY}".encode(),
    f"\r\n--{BOUNDARY}\r\n".encode(),
    f"--{BOUNDARY}--\r\n".encode(),
    f"\r\n--{BOUNDARY}--".encode(),
    b'Content-Disposition: form-data; name="a"\r\n',
    b"Content-Disposition: form-data; name=a; filename=b\r\n",
    b"content-type: text/plain; charset=latin-1\r\n",
    b"Content-Type: text/plain\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Length: 1\r\n",
]


def _bodies():
    return [
        multipart(field("a", b"1"), field("a", b"2"), field("b", b"")),
        multipart(field("a", b"one\r\ntwo\r\n\r\n--x"), file("f", "x.txt", b"\r\n\r\n\0data\r\n")),
        multipart(file("f", "x.txt", b""), file("f", "", b""), field("", b"nameless")),
        multipart(
            part(
                'Content-Disposition: form-data; name="f"; filename="é.txt"\r\n'
                "Content-Type: text/plain; charset=utf-8",
                "é".encode(),
            ),
            field(" spaces ", b" x "),
        ),
        multipart(file("f", "../a&#47;b.txt", b"x" * 300)),
    ]


def _mutated(chance, body):
    for _ in range(chance.randint(0, 3)):
        start = chance.randrange(len(body) + 1)
        end = min(len(body), start + chance.choice([0, 0, 1, 2, 5]))
        body = body[:start] + chance.choice([b"", *PIECES]) + body[end:]
    return body


def _outcome(body, extra=""):
    content_type = f"multipart/form-data; boundary={BOUNDARY}{extra}"
    request = StreamRequest(body, CONTENT_TYPE=content_type, CONTENT_LENGTH=str(len(body)))
    try:
        fields = dict(request.POST.lists())
        files = {
            name: [
                (one.name, one.read(), one.size, one.content_type, one.charset, one.content_type_extra)
                for one in many
            ]
            for name, many in request.FILES.lists()
        }
    except Exception as error:
        return type(error).__name__
    else:
        return fields, files
    finally:
        request.close()


@pytest.mark.parametrize("seed", range(8))
def test_the_outcome_is_that_of_the_push_parser(seed, monkeypatch):
    chance = random.Random(seed)
    plain = 0
    for _ in range(150):
        body = _mutated(chance, chance.choice(_bodies()))
        plain += plain_parts(body, BOUNDARY.encode(), "utf-8") is not None
        at_once = _outcome(body)
        with monkeypatch.context() as context:
            context.setattr(multipartparser, "plain_parts", lambda *args: None)
            assert at_once == _outcome(body), body
    assert 30 < plain < 120


@pytest.mark.parametrize("charset", ["utf-16", "utf-7", "utf-8-sig", "cp037", "latin-1", "shift_jis"])
def test_no_encoding_makes_a_difference(charset, monkeypatch):
    bodies = [
        *_bodies(),
        multipart(
            part('Content-Disposition: form-data; name="a+ACI-; filename*=bogus+ACc-+ACc-x; b=+ACI-c"', b"1")
        ),
        multipart(part('Content-Disposition: form-data; name="\x8f\x83\x5cx"', b"1")),
    ]
    at_once = [_outcome(body, f"; charset={charset}") for body in bodies]
    monkeypatch.setattr(multipartparser, "plain_parts", lambda *args: None)
    assert at_once == [_outcome(body, f"; charset={charset}") for body in bodies]
    # No part has a name when the name of the parameter is not read as such.
    readable = charset not in ("utf-16", "cp037")
    assert [outcome == ({}, {}) for outcome in at_once[:5]] == [not readable] * 5


@pytest.mark.parametrize(
    "limit", ["DATA_UPLOAD_MAX_NUMBER_FIELDS", "DATA_UPLOAD_MAX_NUMBER_FILES", "DATA_UPLOAD_MAX_MEMORY_SIZE"]
)
@pytest.mark.parametrize("value", [0, 1, 2, 3, 6, 7, 8])
def test_limits_are_those_of_the_push_parser(limit, value, monkeypatch):
    monkeypatch.setattr(settings, limit, value)
    body = multipart(field("a", b"1"), field("bc", b"23"), file("f", "x", b"4"), file("g", "y", b"5"))
    at_once = _outcome(body)
    monkeypatch.setattr(multipartparser, "plain_parts", lambda *args: None)
    assert at_once == _outcome(body)
    assert ("TooMany" in at_once or "TooBig" in at_once) == (
        value < {"FIELDS": 2, "FILES": 2, "SIZE": 10}[limit.rpartition("_")[2]]
    )


@pytest.mark.parametrize("body", _bodies(), ids=range(len(_bodies())))
def test_plain_bodies_are_recognised(body):
    assert plain_parts(body, BOUNDARY.encode(), "utf-8") is not None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"preamble" + multipart(field("a", b"1")),
        multipart(field("a", b"1")) + b"epilogue",
        multipart(field("a", b"1"))[:-4],
        multipart(field("a", b"1")).replace(b"\r\n", b"\n"),
        multipart(part("Content-Disposition: form-data", b"1")),
        multipart(part('Content-Disposition: form-data; name="a\\"b"', b"1")),
        multipart(part("Content-Disposition: form-data; name=\"a\"; filename*=UTF-8''x", b"1")),
        multipart(part('Content-Disposition: form-data; name="a"; name="b"', b"1")),
        multipart(part('Content-Disposition: form-data; name="a"\r\nX-Other: b', b"1")),
        multipart(part('Content-Disposition: form-data; name="a"\r\n folded', b"1")),
        multipart(field("a", f"\r\n--{BOUNDARY}x".encode())),
        multipart(field("a", f"--{BOUNDARY}\r\n".encode())),
        multipart(field("a" * 600, b"1")),
    ],
)
def test_what_may_be_read_in_two_ways_is_left_to_the_push_parser(body):
    assert plain_parts(body, BOUNDARY.encode(), "utf-8") is None
