"""Starts the clinic: database, made-up data, the laboratory's service, and the site itself."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOGIN, PASSWORD = "demo", "demo-clinic"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    port = parser.parse_args().port
    lab_port = free_port()
    os.environ["OFFBEAT_SETTINGS_MODULE"] = "clinic.settings"
    os.environ["CLINIC_LAB_URL"] = f"http://127.0.0.1:{lab_port}"
    os.chdir(HERE)
    sys.path.insert(0, str(HERE))

    import offbeat
    from offbeat.core.management import call_command

    offbeat.setup()
    call_command("migrate", verbosity=0)
    call_command("seed_clinic", password=PASSWORD)

    lab = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "uvicorn",
            "lab.service:application",
            "--port",
            str(lab_port),
            "--log-level",
            "warning",
        ]
    )
    try:
        print(
            f"\n  The clinic is open: http://127.0.0.1:{port}/\n  Log in as {LOGIN} with the password {PASSWORD}\n",
            flush=True,
        )
        import uvicorn

        uvicorn.run(
            "clinic.asgi:application",
            host="127.0.0.1",
            port=port,
            log_level="warning",
            timeout_graceful_shutdown=2,
        )
    finally:
        lab.terminate()
        lab.wait(timeout=5)
    return 0


if __name__ == "__main__":
    sys.exit(main())
