"""``offbeat run COMMAND …``: a command, and every Python process that it starts, with the alias on."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

USAGE = """usage: offbeat run COMMAND [ARGUMENT ...]

Runs any command with 'django' and 'channels' standing for Offbeat, for example

    offbeat run uvicorn myproject.asgi:application
    offbeat run python manage.py migrate
"""


def environment() -> dict[str, str]:
    """The environment that switches the alias on in child processes."""
    site = str(Path(__file__).parent / "site")
    path = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{path}" if path else site}


def main(arguments: list[str]) -> int:
    """Replace this process by the command; returns only when that is not possible."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE, end="")
        return 0 if arguments else 2
    command = arguments[0]
    if command in ("python", "python3"):
        program: str | None = sys.executable
    else:
        # The tools of the environment that Offbeat lives in come first.
        program = shutil.which(command, path=str(Path(sys.executable).parent)) or shutil.which(command)
    if program is None:
        print(f"offbeat run: {command}: command not found", file=sys.stderr)
        return 127
    sys.stdout.flush()
    os.execve(program, [program, *arguments[1:]], environment())
    return None
