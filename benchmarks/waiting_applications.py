"""What ``memory.py`` measures: uploads and event streams, each beside a bare ASGI function."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from offbeat.conf import settings

settings.configure(
    SECRET_KEY="benchmark",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    LOGGING_CONFIG=None,
    FILE_UPLOAD_TEMP_DIR=os.environ.get("UPLOADS"),
    MIDDLEWARE=[
        "offbeat.middleware.security.SecurityMiddleware",
        "offbeat.middleware.common.CommonMiddleware",
    ],
)

import offbeat  # noqa: E402

offbeat.setup()

from offbeat.core.asgi import get_asgi_application  # noqa: E402
from offbeat.core.files.uploadhandler import TemporaryFileUploadHandler  # noqa: E402
from offbeat.http import EventStreamResponse, HttpRequest, JsonResponse  # noqa: E402
from offbeat.urls import path  # noqa: E402


def answer(request: HttpRequest) -> JsonResponse:
    """What arrived."""
    return JsonResponse({"sizes": [upload.size for upload in request.FILES.values()]})


async def upload(request: HttpRequest) -> JsonResponse:
    """Files to wherever the settings say."""
    return answer(request)


async def spool(request: HttpRequest) -> JsonResponse:
    """Files to temporary files at once."""
    request.upload_handlers = [TemporaryFileUploadHandler(request)]
    return answer(request)


def sync_upload(request: HttpRequest) -> JsonResponse:
    """The same in a worker thread."""
    return answer(request)


async def body(request: HttpRequest) -> JsonResponse:
    """All of the body, as it came."""
    return JsonResponse({"sizes": [len(request.body) - 72]})


async def forever() -> Any:
    """One event, and no more."""
    yield "hello"
    await asyncio.Event().wait()


async def events(request: HttpRequest) -> EventStreamResponse:
    """An idle stream, with heartbeats."""
    return EventStreamResponse(forever())


async def quiet(request: HttpRequest) -> EventStreamResponse:
    """An idle stream without heartbeats."""
    return EventStreamResponse(forever(), heartbeat=None)


urlpatterns = [
    path("upload", upload),
    path("spool", spool),
    path("sync", sync_upload),
    path("body", body),
    path("events", events),
    path("quiet", quiet),
]


async def raw(scope: Any, receive: Any, send: Any) -> None:
    """Read a body and forget it; or send one event and wait for the client to go."""
    if scope["type"] != "http":
        return
    start = {"type": "http.response.start", "status": 200}
    if scope["path"] in ("/events", "/quiet"):
        await send({**start, "headers": [(b"content-type", b"text/event-stream")]})
        await send({"type": "http.response.body", "body": b"data: hello\n\n", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    while (await receive()).get("more_body"):
        pass
    await send({**start, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})


offbeat_site = get_asgi_application()
