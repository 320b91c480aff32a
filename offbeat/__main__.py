"""``python -m offbeat`` and the ``offbeat`` program: management commands, and ``run`` for everything else."""

from __future__ import annotations

import sys

from offbeat.core import management


def main() -> None:
    """``offbeat run COMMAND …`` runs any command with the alias on; other arguments are management commands."""
    if sys.argv[1:2] == ["run"]:
        from offbeat.as_django.run import main as run

        sys.exit(run(sys.argv[2:]))
    management.execute_from_command_line()


if __name__ == "__main__":
    main()
