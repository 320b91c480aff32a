"""The clinic on real servers: HTTP, streaming and WebSockets."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.running import SERVERS, log_in, serve, token_in

ASGI = ["uvicorn", "daphne", "hypercorn", "granian"]
pytestmark = [pytest.mark.server, pytest.mark.xdist_group("servers"), pytest.mark.timeout(120)]


def check_pages(client: httpx.Client) -> None:
    assert client.get("/").status_code == 200
    assert client.get("/dashboard/").headers["location"] == "/accounts/login/?next=/dashboard/"
    log_in(client)
    for path in ("/dashboard/", "/patients/?q=a", "/appointments/", "/wards/cardiology/"):
        assert client.get(path).status_code == 200, path
    assert client.get("/static/wards/clinic.css").headers["content-type"].startswith("text/css")
    assert client.get("/wards/nowhere/").status_code == 404


def check_clash(client: httpx.Client) -> None:
    first = client.get("/api/appointments/").json()["appointments"][0]
    page = client.get("/appointments/book/").text
    data = {
        "patient": first["patient"]["id"],
        "room": 1,
        "kind": "imaging",
        "start": first["start"][:16],
        "minutes": "30",
        "csrfmiddlewaretoken": token_in(page),
    }
    answer = client.post("/appointments/book/", data=data)
    assert answer.status_code == 422
    assert f"Room {first['room']} is taken from" in answer.text


def check_stream(client: httpx.Client) -> None:
    events = []
    with client.stream("GET", "/wards/cardiology/vitals/", timeout=10) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        for line in response.iter_lines():
            if line.startswith("data: "):
                events.append(json.loads(line.removeprefix("data: ")))
                if len(events) == 2:
                    break
    assert len(events[0]) == 8
    assert events[0][0]["patient"] == events[1][0]["patient"]


def check_chat(url: str, cookies: httpx.Cookies) -> None:
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    origin = url.replace("ws://", "http://")
    path = f"{url}/ws/wards/cardiology/chat/"
    with (
        connect(path, additional_headers=headers, origin=origin, open_timeout=10) as one,  # type: ignore[arg-type]
        connect(path, additional_headers=headers, origin=origin, open_timeout=10) as other,  # type: ignore[arg-type]
    ):
        one.send(json.dumps({"text": "good morning"}))
        heard = [json.loads(socket.recv(timeout=10))["message"] for socket in (one, other)]
        assert heard[0] == heard[1]
        assert heard[0]["text"] == "good morning"
        assert heard[0]["author"] == "Robin Demo"
    with pytest.raises(InvalidStatus):
        connect(path, additional_headers=headers, origin="http://elsewhere.example", open_timeout=10)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ASGI)
def test_the_clinic_runs_on_this_asgi_server(name: str, database: Path, tmp_path: Path) -> None:
    with (
        serve(SERVERS[name], database, tmp_path) as site,
        httpx.Client(base_url=site.url, timeout=20) as client,
    ):
        check_pages(client)
        check_clash(client)
        check_stream(client)
        check_chat(site.websocket_url, client.cookies)


def test_the_clinic_runs_on_gunicorn_over_wsgi(database: Path, tmp_path: Path) -> None:
    with (
        serve(SERVERS["gunicorn"], database, tmp_path) as site,
        httpx.Client(base_url=site.url, timeout=20) as client,
    ):
        check_pages(client)
        check_clash(client)
        check_stream(client)
