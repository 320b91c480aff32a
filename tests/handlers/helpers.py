"""Calling an ASGI or WSGI application in this process."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from io import BytesIO
from types import SimpleNamespace

from offbeat.conf import settings
from offbeat.urls import clear_url_caches


class URLConf(SimpleNamespace):
    """A hashable URLconf."""

    __hash__ = object.__hash__


@contextmanager
def changed(**values):
    before = {name: getattr(settings, name) for name in values}
    for name, value in values.items():
        setattr(settings, name, value)
    clear_url_caches()
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(settings, name, value)
        clear_url_caches()


def urls(*patterns, **names):
    return changed(ROOT_URLCONF=URLConf(urlpatterns=list(patterns), **names))


def scope(path="/", method="GET", headers=(), **more):
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"testserver"), *headers],
        "scheme": "http",
        "server": ("testserver", 80),
        "client": ("127.0.0.1", 5000),
        **more,
    }


class Client:
    """The client's side of one ASGI request: what it sends, and what it has got."""

    def __init__(self, *messages):
        self.inbox = asyncio.Queue()
        for message in messages or [{"type": "http.request", "body": b"", "more_body": False}]:
            self.inbox.put_nowait(message)
        self.sent = []
        self.receives = 0

    async def receive(self):
        self.receives += 1
        return await self.inbox.get()

    async def send(self, message):
        self.sent.append(message)

    @property
    def status(self):
        return self.sent[0]["status"]

    @property
    def headers(self):
        return {name.lower().decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self):
        return b"".join(message.get("body", b"") for message in self.sent[1:])

    def disconnect(self):
        self.inbox.put_nowait({"type": "http.disconnect"})


async def fetch(app, path="/", *messages, **more):
    client = Client(*messages)
    await app(scope(path, **more), client.receive, client.send)
    return client


def environ(path="/", method="GET", body=b"", **more):
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": "http",
        **more,
    }


def wsgi_fetch(app, path="/", **more):
    result = SimpleNamespace()

    def start_response(status, headers):
        result.status = int(status.split()[0])
        result.headers = {name.lower(): value for name, value in headers}

    response = app(environ(path, **more), start_response)
    result.body = b"".join(response)
    close = getattr(response, "close", None)
    if close is not None:
        close()
    return result
