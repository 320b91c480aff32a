"""Running the project of this folder, which names only Django and Channels, with ``offbeat run``."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.running import stop

ROOT = Path(__file__).parent.parent.parent
PROJECT = Path(__file__).parent / "project"
RUN = [sys.executable, "-m", "offbeat", "run"]


def environment(**more: str) -> dict[str, str]:
    """Without the settings of this test run."""
    hidden = ("OFFBEAT_SETTINGS_MODULE", "DJANGO_SETTINGS_MODULE")
    inherited = {name: value for name, value in os.environ.items() if name not in hidden}
    return {**inherited, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **more}


def run(*arguments: str, cwd: Path, code: int = 0, errors: int = subprocess.STDOUT, **more: str) -> str:
    """Output of ``offbeat run ARGUMENTS``, by default with that of errors."""
    done = subprocess.run(
        [*RUN, *arguments],
        cwd=cwd,
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        timeout=120,
    )
    assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def script(code: str, cwd: Path, **more: str) -> str:
    """What a program of the project prints, after ``django.setup()``."""
    start = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'myproject.settings')\nimport django\ndjango.setup()\n"
    return run("python", "-c", start + code, cwd=cwd, errors=subprocess.PIPE, **more)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def serving(*arguments: str, port: int, cwd: Path, log: Path) -> Iterator[str]:
    """Run a server in the background until it answers; yields its address."""
    with log.open("w") as output:
        process = subprocess.Popen(
            [*RUN, *arguments],
            cwd=cwd,
            env=environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + 40
            while True:
                assert process.poll() is None and time.monotonic() < deadline, log.read_text()
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
                    break
                except OSError:
                    time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            stop(process)
