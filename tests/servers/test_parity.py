"""One list of requests, odd ones included, gets the same answers on all servers."""

from __future__ import annotations

import gzip
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.running import SERVERS, serve
from tests.servers.parity.recorded import requests

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("servers"), pytest.mark.timeout(180)]
REQUESTS = dict(requests())
# Headers that the site is responsible for; dates, connections and the coding of transfer are the server's.
COMPARED = (
    "accept-ranges", "allow", "cache-control", "content-disposition", "content-encoding", "content-length", "content-range",
    "content-type", "cross-origin-opener-policy", "etag", "last-modified", "location", "referrer-policy", "set-cookie",
    "vary", "x-content-type-options", "x-frame-options", "x-injected", "x-site",
)  # fmt: skip


# What servers answer by themselves, without asking the site: its status, None for closing the connection.
REFUSED: dict[str, dict[str, int | None]] = {
    # Not ASCII, which a request line is (RFC 9112 §3.2). Granian takes what is UTF-8.
    "GET /items/٣/": {"uvicorn": 400, "daphne": 400, "hypercorn": 400, "gunicorn": 400},
    "raw UTF-8 in the path": {"uvicorn": 400, "daphne": 400, "hypercorn": 400, "gunicorn": 400},
    "raw Latin-1 in the path": dict.fromkeys(SERVERS, 400),
    "raw UTF-8 in the query": {"uvicorn": 400, "daphne": 400, "hypercorn": 400, "gunicorn": 400},
    "raw Latin-1 in the query": dict.fromkeys(SERVERS, 400),
    # Characters that a URI must not have; only Granian minds.
    "GET /any/{x}|^`": {"granian": 400},
    # Uvicorn (httptools) knows a fixed list of methods, Gunicorn wants capitals.
    "the method FOO": {"uvicorn": 400},
    "the method get": {"uvicorn": 400, "gunicorn": 400},
    "the method X-Y": {"uvicorn": 400},
    # 417 is Gunicorn's for any expectation but 100-continue (RFC 9110 §10.1.1).
    "an unknown expectation": {"gunicorn": 417},
    # RFC 9112 §3.2 asks for a 400; servers that let it pass leave it to the framework, which does the same.
    "a host with none": {"hypercorn": 400},
    "a host with two": {"hypercorn": 400, "gunicorn": 400},
    # Granian tells the application that the client has gone, which then answers nothing.
    "a chunk size that is none": {"uvicorn": 400, "daphne": 400, "hypercorn": 400, "granian": 500},
    # Hypercorn and Granian heed the chunks, as RFC 9112 §6.3 allows.
    "a length and chunks": {"uvicorn": 400, "daphne": 400, "gunicorn": 400},
    "two lengths": dict.fromkeys(SERVERS, 400),
    # What does not end in one "chunked" cannot be read (RFC 9112 §6.3); 501 is for codings a server does not know (§7).
    "chunks twice": {"uvicorn": 400, "daphne": 400, "hypercorn": 501, "gunicorn": 400},
    "two headers of chunks": {"uvicorn": 400, "daphne": 400, "hypercorn": 501, "gunicorn": 400},
    "chunks and something else": {**dict.fromkeys(SERVERS, 400), "hypercorn": 501},
    "an unknown coding": {**dict.fromkeys(SERVERS, 400), "hypercorn": 501, "gunicorn": 501},
    "an unknown coding and chunks": {"daphne": 400, "hypercorn": 501, "gunicorn": 501},
    "a coding with a control character": dict.fromkeys(SERVERS, 400),
    "a space before the coding's colon": dict.fromkeys(SERVERS, 400),
    "chunks in HTTP/1.0": {"granian": 400, "gunicorn": 400},
    **{
        key: {"uvicorn": 400, "daphne": 400, "hypercorn": 400, "granian": 500}
        for key in (
            "a negative chunk size",
            "a chunk size with a sign",
            "a chunk size with a prefix",
            "a chunk that is too long",
        )
    },
    "the same length twice": {"uvicorn": 400, "daphne": 400, "gunicorn": 400},
    "a list of lengths": {"uvicorn": 400, "daphne": 400, "granian": 400, "gunicorn": 400},
    "a length with a sign": dict.fromkeys(SERVERS, 400),
    "a length in hex": dict.fromkeys(SERVERS, 400),
    "a length with an underscore": dict.fromkeys(SERVERS, 400),
    "a length in other digits": dict.fromkeys(SERVERS, 400),
    "an empty length": dict.fromkeys(SERVERS, 400),
    # Gunicorn leaves it to the framework.
    "a giant length": {"uvicorn": 400, "daphne": None, "hypercorn": 400, "granian": 400},
    "a negative length": dict.fromkeys(SERVERS, 400),
    "a length that is none": dict.fromkeys(SERVERS, 400),
    # Daphne (Twisted) parses multipart bodies itself, and refuses what it cannot.
    "multipart without a boundary": {"daphne": 400},
    "multipart with another boundary": {"daphne": 400},
    "multipart with an odd boundary": {"daphne": 400},
    "multipart with a giant boundary": {"daphne": 400},
    "multipart that is garbage": {"daphne": 400},
    # Malformed heads: how much of RFC 9112 §2.2 and §5 servers are lenient about is up to them.
    "no target": dict.fromkeys(SERVERS, 400),
    "garbage": dict.fromkeys(SERVERS, 400),
    "bare line feeds": {"uvicorn": 400, "daphne": None, "gunicorn": 400},
    "a null in a header": dict.fromkeys(SERVERS, 400),
    "a header without a colon": dict.fromkeys(SERVERS, 400),
    "a space before a colon": dict.fromkeys(SERVERS, 400),
    "a folded header": {"uvicorn": 400, "granian": 400, "gunicorn": 400},
    "an unknown version": {"uvicorn": 400, "daphne": 400, "granian": 400, "gunicorn": 400},
    # Limits of the servers.
    "a URL that is far too long": {
        "uvicorn": 400,
        "daphne": None,
        "hypercorn": 431,
        "granian": 414,
        "gunicorn": 414,
    },
    "a header that is far too long": {"daphne": None, "hypercorn": 431, "gunicorn": 431},
    "far too many headers": {"daphne": 400, "granian": 431, "gunicorn": 431},
}
# What servers hand over differently: those that differ from the others.
HANDED_OVER: dict[str, set[str]] = {
    # Uvicorn (httptools) leaves white space at the end of values.
    "spaces around a value": {"uvicorn"},
    "tabs around a value": {"uvicorn"},
    # Gunicorn joins repeated headers with commas, cookies as well.
    "two cookie headers": {"gunicorn"},
    # These two believe a proxy on this machine about the scheme.
    "a proxy says HTTPS": {"uvicorn", "gunicorn"},
    # These two take a whole URL for a path.
    "an absolute target": {"daphne", "hypercorn"},
    "an absolute target elsewhere": {"daphne", "hypercorn"},
}


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def through(self) -> bool:
        """Whether the site has answered, not the server by itself."""
        return ("x-site", "parity") in self.headers

    def essence(self) -> tuple[object, ...]:
        """What has to agree."""
        kept = sorted((name, _without_secrets(value)) for name, value in self.headers if name in COMPARED)
        return self.status, kept, self.body


def _without_secrets(value: str) -> str:
    # Tokens are new for each visitor, and dates go on.
    value = re.sub(r"csrftoken=\w+", "csrftoken=…", value)
    return re.sub(r"expires=[^;]+", "expires=…", value)


def ask(port: int, request: bytes) -> Answer | None:
    """Send a request as it is; None when the connection ends without an answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
        data = b""
        try:
            sock.sendall(request)
            while not _complete(data, request) and (piece := sock.recv(65536)):
                data += piece
        except OSError:
            pass
    return _parsed(data, request)


def _head(data: bytes) -> tuple[bytes, bytes]:
    head, _, rest = data.partition(b"\r\n\r\n")
    while head.startswith(b"HTTP/1.1 100"):
        head, _, rest = rest.partition(b"\r\n\r\n")
    return head, rest


def _complete(data: bytes, request: bytes) -> bool:
    """Whether nothing can follow: some servers leave a connection open that they were asked to close."""
    head, body = _head(data)
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return length is not None and len(body) >= int(length[1]) and not request.startswith(b"HEAD")


def _parsed(data: bytes, request: bytes) -> Answer | None:
    head, body = _head(data)
    if not head.startswith(b"HTTP/"):
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    if ("transfer-encoding", "chunked") in headers:
        body = _joined(body)
    if ("content-encoding", "gzip") in headers and body:
        body = gzip.decompress(body)
    return Answer(int(first.split()[1]), headers, body)


def _joined(body: bytes) -> bytes:
    pieces = []
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size or b"0", 16)
        if not length:
            break
        pieces.append(body[:length])
        body = body[length + 2 :]
    return b"".join(pieces)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Answer | None]]]:
    """For each server, its answer to each request."""
    with ExitStack() as stack:
        ports = {}
        for name, command in SERVERS.items():
            folder = tmp_path_factory.mktemp(name)
            command = [re.sub(r"^clinic\.", "tests.servers.parity.", part) for part in command]
            settings = {"OFFBEAT_SETTINGS_MODULE": "tests.servers.parity.settings"}
            site = stack.enter_context(serve(command, folder / "none", folder, **settings))
            ports[name] = int(site.url.rpartition(":")[2])

        def ask_all(port: int) -> dict[str, Answer | None]:
            return {name: ask(port, request) for name, request in REQUESTS.items()}

        with ThreadPoolExecutor(len(ports)) as threads:
            yield dict(zip(ports, threads.map(ask_all, ports.values()), strict=True))


def test_the_list_is_long_and_its_exceptions_are_in_it() -> None:
    assert len(REQUESTS) >= 320
    assert REFUSED.keys() | HANDED_OVER.keys() <= REQUESTS.keys()


@pytest.mark.parametrize("name", REQUESTS)
def test_all_servers_give_the_same_answer(name: str, answers: dict[str, dict[str, Answer | None]]) -> None:
    given = {server: found[name] for server, found in answers.items()}
    refused = {
        server: None if answer is None else answer.status
        for server, answer in given.items()
        if answer is None or not answer.through
    }
    assert refused == REFUSED.get(name, {})
    apart = HANDED_OVER.get(name, set())
    for group in (given.keys() - apart, apart):
        essences = [
            answer.essence()
            for server, answer in given.items()
            if server in group and answer and answer.through
        ]
        assert all(essence == essences[0] for essence in essences), dict(zip(group, essences, strict=False))


@pytest.mark.parametrize("name", REQUESTS)
def test_no_request_breaks_the_site(name: str, answers: dict[str, dict[str, Answer | None]]) -> None:
    broken = {server for server, found in answers.items() if (answer := found[name]) and answer.status == 500}
    if name in ("GET /error/", "HEAD /error/"):
        assert broken == set(SERVERS)
    else:
        assert broken == {server for server, status in REFUSED.get(name, {}).items() if status == 500}
    assert not any(
        answer and b"secret" in answer.body for answer in (found[name] for found in answers.values())
    )


def test_the_answers_are_those_wanted(answers: dict[str, dict[str, Answer | None]]) -> None:
    """So that servers do not agree on what is wrong."""
    wanted = {
        "GET /echo": 301, "GET /items/42/": 200, "GET /items/x/": 404, "GET /echo/?a=%ff": 200, "GET /any/%00": 200,
        "GET /any/%ff": 200, "GET /status/204/": 204, "GET /redirect/": 302, "GET /missing/": 404, "GET /post-only/": 405,
        "Range: bytes=0-9": 206, "Range: bytes=5000-": 416, "if none match": 304, "if match other": 412,
        "a host with another": 400, "a host with a path": 400, "a body": 200, "a body beyond the limit": 400, "chunks": 200,
        "chunks beyond the limit": 400, "a form with too many fields": 400, "multipart": 200, "too many files": 400,
        "too many parts": 400, "broken base64": 400, "a protected form without a token": 403,
        "a protected form with the token": 200, "a protected form from elsewhere": 403, "an origin that is null": 403,
        "the right origin": 200, "a token in the header": 200, "a token that is not ASCII": 403, "Range: bytes=-0": 416,
        "Range: bytes=0-0": 206, "a part of what has changed": 200, "chunks with trailers": 200, "events again": 200,
        "an async stream": 200, "a stream in HTTP/1.0": 200,
    }  # fmt: skip
    found = {name: answers["granian"][name] for name in wanted}
    assert {name: answer and answer.status for name, answer in found.items()} == wanted
    echo = answers["gunicorn"]["chunks"]
    assert echo is not None
    assert b'"size": 11' in echo.body
    events = answers["hypercorn"]["events again"]
    assert events is not None
    assert events.body == b'retry: 10\n\ndata: first\n\ndata: {"last": "41"}\n\n:\n\ndata: x\ndata: y\n\n'
    injected = answers["uvicorn"]["GET /any/%0d%0aX-Injected:%201"]
    assert injected is not None
    assert "x-injected" not in dict(injected.headers)
