"""A laboratory that is not ours: a small HTTP service of its own, without any framework.

Run it with ``uvicorn lab.service:application --port 8001``.
"""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

TESTS = ["Blood count", "Troponin", "CRP", "Electrolytes", "Glucose", "Culture"]
# As slow as the real ones.
DELAY = 0.15


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answers GET /results with the results that are waiting to be read."""
    if scope["type"] != "http":
        return
    await asyncio.sleep(DELAY)
    known = scope["path"] == "/results" and scope["method"] == "GET"
    body = json.dumps({"results": _results()} if known else {"error": "not found"}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200 if known else 404, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _results() -> list[dict[str, Any]]:
    return [
        {
            "number": f"L-{random.randint(1000, 9999)}",
            "test": random.choice(TESTS),
            "urgent": random.random() < 0.25,
        }
        for _ in range(5)
    ]
