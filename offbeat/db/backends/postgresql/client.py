"""The psql shell. Source: Django documentation, ref/django-admin (dbshell)."""

from __future__ import annotations

import signal
from collections.abc import Iterable
from typing import Any

from offbeat.db.backends.base.client import BaseDatabaseClient

__all__ = ["DatabaseClient"]

# Options of a connection that psql knows by environment variables only.
_VARIABLES = {
    "passfile": "PGPASSFILE",
    "service": "PGSERVICE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}


class DatabaseClient(BaseDatabaseClient):
    """Calls `psql [options] DATABASE`; secrets go by the environment."""

    executable_name = "psql"

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        options = settings_dict.get("OPTIONS", {})
        args = [cls.executable_name]
        for flag, name in (("-U", "USER"), ("-h", "HOST"), ("-p", "PORT")):
            if value := settings_dict.get(name):
                args += [flag, str(value)]
        database = settings_dict.get("NAME")
        if not database and not options.get("service"):
            # psql's own default is a database named after the user.
            database = "postgres"
        args.extend(parameters)
        if database:
            args.append(database)
        env = {variable: str(options[name]) for name, variable in _VARIABLES.items() if options.get(name)}
        if password := settings_dict.get("PASSWORD"):
            env["PGPASSWORD"] = str(password)
        return args, env or None

    def runshell(self, parameters: Iterable[str]) -> None:
        before = signal.getsignal(signal.SIGINT)
        try:
            # Ctrl-C is for the statement that runs in psql.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            super().runshell(parameters)
        finally:
            signal.signal(signal.SIGINT, before)
