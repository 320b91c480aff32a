"""Uploads over ASGI: slow ones, many at once, and those whose client goes."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest

from offbeat.concurrency import Workers
from offbeat.conf import settings
from offbeat.core.files import arriving
from offbeat.core.handlers.asgi import ASGIHandler
from offbeat.http import HttpResponse
from offbeat.urls import path
from tests.http.helpers import BOUNDARY, file, multipart

from .helpers import Client, changed, fetch, scope, urls

FORM = (b"content-type", f"multipart/form-data; boundary={BOUNDARY}".encode())


def piece(body, more=True):
    return {"type": "http.request", "body": body, "more_body": more}


class Upload:
    """A request whose body's last part is sent when it is told to."""

    def __init__(self, app, content, at=-20, **more):
        body = multipart(file("f", "x.bin", content))
        self.rest = body[at:]
        # Two messages, of which the listener for a disconnect reads no more than one.
        self.client = Client(piece(body[:10]), piece(body[10:at]))
        headers = [FORM, (b"content-length", str(len(body)).encode())]
        made = scope(method="POST", headers=headers, **more)
        self.task = asyncio.create_task(app(made, self.client.receive, self.client.send))

    def complete(self):
        self.client.inbox.put_nowait(piece(self.rest, more=False))


async def until(condition):
    """Give other tasks and threads turns until something holds."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.001)


async def test_slow_bodies_for_sync_views_do_not_take_a_thread_each():
    def view(request):
        return HttpResponse(str(request.FILES["f"].size))

    before = threading.active_count()
    with urls(path("", view)):
        app = ASGIHandler()
        uploads = [Upload(app, b"x" * 1000) for _ in range(100)]
        await until(lambda: all(upload.client.inbox.empty() for upload in uploads))
        assert threading.active_count() - before <= 15
        # There is a thread left for those who ask for little.
        async with asyncio.timeout(30):
            assert (await fetch(app, "/nothing")).status == 404
        for upload in uploads:
            upload.complete()
        async with asyncio.timeout(20):
            await asyncio.gather(*(upload.task for upload in uploads))
    assert {(upload.client.status, upload.client.body) for upload in uploads} == {(200, b"1000")}


async def test_a_crowd_of_bodies_is_limited_like_a_single_one(monkeypatch):
    def view(request):
        return HttpResponse(str(len(request.body)))

    monkeypatch.setattr(Workers, "crowded", True)
    with urls(path("", view)), changed(DATA_UPLOAD_MAX_MEMORY_SIZE=100_000):
        app = ASGIHandler()
        parts = [piece(b"x" * 30_000), piece(b"x" * 30_000, more=False)]
        assert (await fetch(app, "/", *parts, method="POST")).body == b"60000"
        parts = [piece(b"x" * 30_000), *[piece(b"x" * 30_000)] * 9, piece(b"", more=False)]
        assert (await fetch(app, "/", *parts, method="POST")).status == 400
        assert (await fetch(app, "/")).body == b"0"


async def test_uploads_that_are_still_arriving_share_a_little_memory(monkeypatch):
    sizes = []

    async def view(request):
        upload = request.FILES["f"]
        sizes.append((type(upload).__name__, upload.size, upload.read() == b"x" * 40_000))
        return HttpResponse()

    monkeypatch.setattr(arriving, "TOGETHER", 100_000)
    level = arriving.held()
    with urls(path("", view)):
        app = ASGIHandler()
        uploads = [Upload(app, b"x" * 40_000) for _ in range(20)]
        await until(lambda: all(upload.client.inbox.empty() for upload in uploads))
        await until(lambda: arriving.held() > level)
        assert arriving.held() - level <= 100_000
        for upload in uploads:
            upload.complete()
        await asyncio.gather(*(upload.task for upload in uploads))
    assert sizes == [("InMemoryUploadedFile", 40_000, True)] * 20
    assert arriving.held() == level


async def test_bodies_that_are_still_arriving_share_that_memory_too(monkeypatch, tmp_path):
    async def view(request):
        return HttpResponse(str(len(request.body)))

    monkeypatch.setattr(arriving, "TOGETHER", 100_000)
    level = arriving.held()
    with urls(path("", view)), changed(FILE_UPLOAD_TEMP_DIR=str(tmp_path)):
        app = ASGIHandler()
        uploads = [Upload(app, b"x" * 40_000) for _ in range(20)]
        gone = Upload(app, b"x" * 40_000)
        await until(lambda: all(upload.client.inbox.empty() for upload in [*uploads, gone]))
        await until(lambda: arriving.held() > level)
        assert arriving.held() - level <= 100_000
        gone.client.disconnect()
        await gone.task
        for upload in uploads:
            upload.complete()
        await asyncio.gather(*(upload.task for upload in uploads))
    sizes = {int(upload.client.body) for upload in uploads}
    assert len(sizes) == 1
    assert sizes.pop() > 40_000
    assert arriving.held() == level


@pytest.mark.parametrize("way", ["disconnect", "cancel"])
@pytest.mark.parametrize("handler", ["Memory", "Temporary"])
async def test_a_client_that_goes_in_the_middle_of_an_upload_leaves_nothing(way, handler, tmp_path, caplog):
    async def view(request):
        return HttpResponse(str(len(request.FILES)))

    caplog.set_level(logging.INFO)
    level = arriving.held()
    handlers = [f"offbeat.core.files.uploadhandler.{handler}FileUploadHandler"]
    with (
        urls(path("", view)),
        changed(FILE_UPLOAD_HANDLERS=handlers, FILE_UPLOAD_TEMP_DIR=str(tmp_path)),
    ):
        upload = Upload(ASGIHandler(), b"x" * 100_000)
        await until(lambda: upload.client.inbox.empty())
        await until(lambda: list(tmp_path.iterdir()) if handler == "Temporary" else arriving.held() > level)
        if way == "cancel":
            upload.task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await upload.task
        else:
            upload.client.disconnect()
            await asyncio.wait_for(upload.task, 30)
    assert list(tmp_path.iterdir()) == []
    assert arriving.held() == level
    assert upload.client.sent == []
    assert [record.getMessage() for record in caplog.records] == []


async def test_a_client_that_goes_while_its_body_is_gathered_never_meets_the_view(monkeypatch, caplog):
    calls = []
    monkeypatch.setattr(Workers, "crowded", True)
    with urls(path("", calls.append)):
        upload = Upload(ASGIHandler(), b"x" * 1000)
        await until(lambda: upload.client.inbox.empty())
        upload.client.disconnect()
        await asyncio.wait_for(upload.task, 30)
    assert calls == []
    assert upload.client.sent == []
    assert caplog.records == []


def test_files_beyond_their_share_are_read_back(monkeypatch, tmp_path):
    monkeypatch.setattr(arriving, "TOGETHER", 10)
    monkeypatch.setattr(arriving, "ALONE", 4)
    monkeypatch.setattr(settings, "FILE_UPLOAD_TEMP_DIR", str(tmp_path))
    level = arriving.held()
    first, second, third = (arriving.ArrivingFile() for _ in range(3))
    first.write(b"12345678")
    second.write(b"1234")
    # Too much together, but too little by itself to be worth a file.
    assert arriving.held() - level == 12
    second.write(b"56")
    assert arriving.held() - level == 8
    second.write(b"78")
    assert arriving.held() - level == 8
    assert second.complete().read() == b"12345678"
    assert first.complete().read() == b"12345678"
    third.write(b"x")
    third.close()
    third.close()
    assert arriving.held() == level
    fourth = arriving.ArrivingFile()
    fourth.write(b"x")
    del fourth
    assert arriving.held() == level
