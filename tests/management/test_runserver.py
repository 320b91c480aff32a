"""The development server: pages, static files, WebSockets, and a restart when code changes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from offbeat.core.management import CommandError, call_command
from offbeat.test import override_settings
from tests.running import free_port, stop

ROOT = Path(__file__).parent.parent.parent
PAGE = """from offbeat.http import HttpResponse
from offbeat.urls import path

urlpatterns = [path("", lambda request: HttpResponse("first"))]
"""
ASGI = """import os

os.environ.setdefault("OFFBEAT_SETTINGS_MODULE", "park.settings")
from offbeat.core.asgi import get_asgi_application

pages = get_asgi_application()

from offbeat.channels.generic.websocket import WebsocketConsumer
from offbeat.channels.routing import ProtocolTypeRouter, URLRouter
from offbeat.urls import path


class Echo(WebsocketConsumer):
    def receive(self, text_data=None, bytes_data=None):
        self.send(text_data=text_data.upper())


application = ProtocolTypeRouter({"http": pages, "websocket": URLRouter([path("echo/", Echo.as_asgi())])})
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[int, Path, subprocess.Popen[bytes]]]:
    """(port, folder, process) of a project that is served with reloading."""
    environment = {k: v for k, v in os.environ.items() if not k.endswith("SETTINGS_MODULE")}
    environment["PYTHONPATH"] = str(ROOT)
    subprocess.run(
        [sys.executable, "-m", "offbeat", "startproject", "park", "."],
        cwd=tmp_path,
        env=environment,
        check=True,
    )
    (tmp_path / "park" / "urls.py").write_text(PAGE)
    (tmp_path / "park" / "asgi.py").write_text(ASGI)
    static = tmp_path / "park" / "static"
    static.mkdir()
    (static / "page.css").write_text("body {}")
    settings = tmp_path / "park" / "settings.py"
    settings.write_text(settings.read_text() + "STATICFILES_DIRS = [BASE_DIR / 'park' / 'static']\n")
    port = free_port()
    log = tmp_path / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "runserver", str(port)],
            cwd=tmp_path,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/", "first", log)
            yield port, tmp_path, process
        finally:
            stop(process)


def wait_for(url: str, text: str, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=2).text == text:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"{url} did not answer {text!r}:\n{log.read_text()}")


@pytest.mark.server
def test_the_server_serves_everything_restarts_and_ends(
    server: tuple[int, Path, subprocess.Popen[bytes]],
) -> None:
    port, folder, process = server
    answer = httpx.get(f"http://127.0.0.1:{port}/static/page.css")
    assert (answer.status_code, answer.text) == (200, "body {}")
    assert httpx.get(f"http://127.0.0.1:{port}/static/../settings.py").status_code == 404
    with connect(f"ws://127.0.0.1:{port}/echo/") as socket:
        socket.send("hello")
        assert socket.recv(timeout=5) == "HELLO"
    (folder / "park" / "urls.py").write_text(PAGE.replace("first", "second"))
    wait_for(f"http://127.0.0.1:{port}/", "second", folder / "server.log")
    # As a service manager stops it: the process that serves must not be left behind.
    process.terminate()
    process.wait(timeout=20)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1", "[::g]:8000", "localhost:port"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(CommandError, match="is not a valid"):
        call_command("runserver", address, use_reloader=False, stdout=StringIO())


def test_hosts_are_demanded_outside_of_debugging() -> None:
    with override_settings(DEBUG=False, ALLOWED_HOSTS=[]), pytest.raises(CommandError, match="ALLOWED_HOSTS"):
        call_command("runserver", use_reloader=False, stdout=StringIO())
