"""The shell of MySQL and MariaDB."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from offbeat.db.backends.base.client import BaseDatabaseClient

__all__ = ["DatabaseClient"]


class DatabaseClient(BaseDatabaseClient):
    """Calls `mysql`; the password goes through the environment, which other users cannot read."""

    executable_name = "mysql"

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        options = settings_dict["OPTIONS"]

        def chosen(key: str, *names: str) -> Any:
            return next((options[name] for name in names if name in options), settings_dict.get(key))

        ssl = options.get("ssl") or {}
        host = chosen("HOST", "host")
        arguments = {
            "--defaults-file": options.get("read_default_file"),
            "--user": chosen("USER", "user"),
            "--socket" if host and "/" in str(host) else "--host": host,
            "--port": chosen("PORT", "port"),
            "--ssl-ca": ssl.get("ca"),
            "--ssl-cert": ssl.get("cert"),
            "--ssl-key": ssl.get("key"),
            "--default-character-set": options.get("charset"),
        }
        args = [cls.executable_name]
        args += [f"{name}={value}" for name, value in arguments.items() if value]
        database = chosen("NAME", "database", "db")
        if database:
            args.append(str(database))
        args.extend(parameters)
        password = chosen("PASSWORD", "password", "passwd")
        return args, {"MYSQL_PWD": str(password)} if password else None
