"""Starting a database's own shell."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from typing import Any

__all__ = ["BaseDatabaseClient"]


class BaseDatabaseClient:
    """Knows the program and how to call it."""

    # Name of the program, "psql" say.
    executable_name: str | None = None

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        """Command line, and additional environment, for a database's settings."""
        raise NotImplementedError(
            "subclasses of BaseDatabaseClient must provide a settings_to_cmd_args_env() method or override a runshell()."
        )

    def runshell(self, parameters: Iterable[str]) -> None:
        """Run the shell until the user leaves it. Raises CalledProcessError if it fails."""
        args, env = self.settings_to_cmd_args_env(self.connection.settings_dict, parameters)
        full_env = {**os.environ, **env} if env else None
        subprocess.run(args, env=full_env, check=True)
