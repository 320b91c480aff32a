"""Starts the site that the environment names, lets it answer one request, and prints what was loaded for it, as JSON."""

from __future__ import annotations

import asyncio
import json
import sys

before = set(sys.modules)

from offbeat.core.asgi import get_asgi_application  # noqa: E402

SCOPE = {
    "type": "http",
    "asgi": {"version": "3.0"},
    "http_version": "1.1",
    "method": "GET",
    "path": "/",
    "raw_path": b"/",
    "query_string": b"",
    "headers": [(b"host", b"localhost")],
}


async def answer():
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    await get_asgi_application()(SCOPE, receive, send)
    assert [message.get("status") for message in sent] == [200, None], sent


asyncio.run(answer())
print(json.dumps(sorted(set(sys.modules) - before)))
