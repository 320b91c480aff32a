"""What ``requests.py`` measures: a bare ASGI function, and a view without and with the middleware of a fresh project."""

from __future__ import annotations

import json
import os
from typing import Any

from offbeat.conf import settings

settings.configure(
    SECRET_KEY="benchmark",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    LOGGING_CONFIG=None,
    INSTALLED_APPS=[
        "offbeat.contrib.auth",
        "offbeat.contrib.contenttypes",
        "offbeat.contrib.sessions",
        "offbeat.contrib.messages",
    ],
    DATABASES={"default": {"ENGINE": "offbeat.db.backends.sqlite3", "NAME": os.devnull}},
)

import offbeat  # noqa: E402

offbeat.setup()

from offbeat.core.asgi import get_asgi_application  # noqa: E402
from offbeat.http import HttpRequest, JsonResponse  # noqa: E402
from offbeat.urls import path  # noqa: E402

MIDDLEWARE = [
    "offbeat.middleware.security.SecurityMiddleware",
    "offbeat.contrib.sessions.middleware.SessionMiddleware",
    "offbeat.middleware.common.CommonMiddleware",
    "offbeat.middleware.csrf.CsrfViewMiddleware",
    "offbeat.contrib.auth.middleware.AuthenticationMiddleware",
    "offbeat.contrib.messages.middleware.MessageMiddleware",
    "offbeat.middleware.clickjacking.XFrameOptionsMiddleware",
]


async def view(request: HttpRequest) -> JsonResponse:
    """A small object."""
    return JsonResponse({"message": "Hello, World!"})


urlpatterns = [path("json", view)]


async def raw(scope: Any, receive: Any, send: Any) -> None:
    """The same without a framework."""
    if scope["type"] != "http":
        return
    body = json.dumps({"message": "Hello, World!"}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


plain = get_asgi_application()
settings.MIDDLEWARE = MIDDLEWARE
full = get_asgi_application()
