"""Bodies that synchronous views read: what has arrived is taken up before their thread begins."""

from __future__ import annotations

import asyncio
import sys

import pytest

from offbeat.core.handlers import inbox
from offbeat.core.handlers.asgi import ASGIHandler
from offbeat.http import HttpResponse
from offbeat.http.request import UnreadablePostError
from offbeat.urls import path

from .helpers import Client, fetch, scope, urls

LENGTH = (b"content-length", b"6")


def message(body=b"", more=False):
    return {"type": "http.request", "body": body, "more_body": more}


def reads(request):
    return HttpResponse(request.body)


def ignores(request):
    return HttpResponse("ignored")


PATTERNS = [path("reads/", reads), path("ignores/", ignores)]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="tasks begin later")
async def test_a_body_that_has_arrived_is_read_without_going_back_to_the_loop(monkeypatch):
    def refuse(aw):
        aw.close()
        raise AssertionError("waited")

    monkeypatch.setattr(inbox, "wait", refuse)
    with urls(*PATTERNS):
        client = await fetch(ASGIHandler(), "/reads/", message(b"abcdef"), method="POST", headers=[LENGTH])
    assert (client.status, client.body, client.receives) == (200, b"abcdef", 1)


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", [LENGTH]),
        ("POST", []),
        ("POST", [(b"content-length", b"0")]),
        ("POST", [LENGTH, (b"expect", b"100-continue")]),
    ],
)
async def test_nothing_is_received_where_none_is_announced_or_the_client_asks_first(method, headers):
    with urls(*PATTERNS):
        client = await fetch(ASGIHandler(), "/ignores/", message(b"abcdef"), method=method, headers=headers)
    assert (client.body, client.receives) == (b"ignored", 0)


async def test_a_body_in_late_pieces_is_read_in_order_and_asked_for_once_at_a_time():
    pieces = [message(b"ab", True), message(b"cd", True), message(b"ef")]
    asking = 0

    async def receive():
        nonlocal asking
        asking += 1
        assert asking == 1
        await asyncio.sleep(0.01)
        asking -= 1
        return pieces.pop(0) if pieces else await asyncio.Event().wait()

    client = Client()
    with urls(*PATTERNS):
        await ASGIHandler()(scope("/reads/", "POST", [LENGTH]), receive, client.send)
    assert (client.status, client.body) == (200, b"abcdef")


async def test_a_view_that_does_not_want_a_late_body_does_not_wait_for_it():
    ended = []

    async def receive():
        try:
            return await asyncio.Event().wait()
        finally:
            ended.append(True)

    client = Client()
    with urls(*PATTERNS):
        await ASGIHandler()(scope("/ignores/", "POST", [LENGTH]), receive, client.send)
        await asyncio.sleep(0)
    assert (client.body, ended) == (b"ignored", [True])


async def test_a_client_that_has_gone_already_is_noticed_by_the_reader():
    seen = []

    def view(request):
        try:
            return HttpResponse(request.body)
        except Exception as error:
            seen.append(error)
            raise

    with urls(path("gone/", view)):
        client = await fetch(
            ASGIHandler(), "/gone/", {"type": "http.disconnect"}, method="POST", headers=[LENGTH]
        )
    assert client.sent == []
    assert all(
        isinstance(error, UnreadablePostError) or type(error).__name__ == "RequestAborted" for error in seen
    )


async def test_what_fails_at_the_server_is_raised_where_the_body_is_read(caplog):
    async def receive():
        raise OSError("no connection")

    def view(request):
        with pytest.raises(UnreadablePostError, match="no connection"):
            request.body
        return HttpResponse("told")

    client = Client()
    with urls(path("fails/", view)):
        await ASGIHandler()(scope("/fails/", "POST", [LENGTH]), receive, client.send)
    assert client.body == b"told"
