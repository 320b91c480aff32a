"""Running the clinic on real servers."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parent.parent
CLINIC = ROOT / "examples" / "clinic"
LOGIN, PASSWORD = "demo", "demo-clinic"
BIN = Path(sys.executable).parent

SERVERS = {
    "uvicorn": ["uvicorn", "clinic.asgi:application", "--host", "127.0.0.1", "--port", "{port}"],
    "daphne": ["daphne", "-b", "127.0.0.1", "-p", "{port}", "clinic.asgi:application"],
    "hypercorn": ["hypercorn", "clinic.asgi:application", "--bind", "127.0.0.1:{port}"],
    "granian": [
        "granian",
        "--interface",
        "asgi",
        "--host",
        "127.0.0.1",
        "--port",
        "{port}",
        "clinic.asgi:application",
    ],
    "gunicorn": ["gunicorn", "clinic.wsgi:application", "--bind", "127.0.0.1:{port}", "--threads", "8"],
}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def environment(database: Path, **more: str) -> dict[str, str]:
    """The environment of a clinic with its own database."""
    inherited = {k: v for k, v in os.environ.items() if k not in ("DJANGO_SETTINGS_MODULE",)}
    return {
        **inherited,
        "OFFBEAT_SETTINGS_MODULE": "clinic.settings",
        "CLINIC_DATABASE": str(database),
        "PYTHONPATH": f"{CLINIC}{os.pathsep}{ROOT}",
        **more,
    }


def make_database(path: Path) -> None:
    """Migrate and fill a database."""
    for arguments in (["migrate", "--verbosity", "0"], ["seed_clinic", "--verbosity", "0"]):
        subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=CLINIC,
            env=environment(path),
            check=True,
            timeout=120,
        )


@dataclass
class Site:
    """A clinic that answers."""

    url: str
    process: subprocess.Popen[str]

    @property
    def websocket_url(self) -> str:
        """The same place for WebSockets."""
        return self.url.replace("http://", "ws://")


@contextmanager
def serve(command: list[str], database: Path, tmp_path: Path, **more: str) -> Iterator[Site]:
    """Start a server for the clinic and wait until it answers; its output is shown when it does not."""
    port = free_port()
    filled = [part.format(port=port) for part in command]
    program = BIN / filled[0]
    log = tmp_path / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [str(program) if program.exists() else shutil.which(filled[0]) or filled[0], *filled[1:]],
            cwd=CLINIC,
            env=environment(database, **more),
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            _wait_for(port, process, log)
            yield Site(f"http://127.0.0.1:{port}", process)
        finally:
            stop(process)


def stop(process: subprocess.Popen[Any]) -> None:
    """Stop a server that has a process group of its own, and whatever it may leave behind."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=20)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _wait_for(port: int, process: subprocess.Popen[str], log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the server did not start:\n{log.read_text()}")


def token_in(page: str) -> str:
    """The CSRF token of a form."""
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found is not None, page
    return found[1]


def log_in(client: httpx.Client) -> None:
    """Log the made-up member of staff in."""
    page = client.get("/accounts/login/")
    assert page.status_code == 200
    answer = client.post(
        "/accounts/login/",
        data={"username": LOGIN, "password": PASSWORD, "csrfmiddlewaretoken": token_in(page.text)},
    )
    assert answer.status_code == 302, answer.text
