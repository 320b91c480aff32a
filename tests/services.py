"""The servers that tests use: named by environment variables, or found on loopback at their usual ports.

`OFFBEAT_TEST_POSTGRESQL_HOST`, `_PORT`, `_USER`, `_PASSWORD`; `OFFBEAT_TEST_MARIADB_…` likewise; `OFFBEAT_TEST_REDIS_URL`.
What is not there is skipped by name, unless `OFFBEAT_REQUIRE_SERVICES=1` makes that a failure.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import Any, NoReturn
from urllib.parse import urlsplit

import pytest

__all__ = ["DATABASES", "REDIS", "DatabaseServer", "RedisServer", "lacking", "required"]

PATIENCE = 3


def required() -> bool:
    """Whether a service that is not there is a failure."""
    return os.environ.get("OFFBEAT_REQUIRE_SERVICES") == "1"


def lacking(problem: str) -> NoReturn:
    """Skip the current test or fixture by name, or fail where services are required."""
    if required():
        pytest.fail(problem, pytrace=False)
    pytest.skip(problem)


def _unreachable(host: str, port: int) -> str | None:
    try:
        if host.startswith("/"):
            return None
        socket.create_connection((host, port), timeout=PATIENCE).close()
    except OSError as exc:
        return f"{host}:{port} does not answer ({exc})"
    return None


@dataclass(frozen=True)
class DatabaseServer:
    """A database server in whose test databases the suite can run: `pytest --database NAME`."""

    name: str
    label: str
    prefix: str
    port: str
    user: str
    drivers: tuple[str, ...]

    def _from_environment(self, key: str, default: str) -> str:
        return os.environ.get(f"OFFBEAT_TEST_{self.prefix}_{key}", default)

    @property
    def engine(self) -> str:
        """The ENGINE setting."""
        return f"offbeat.db.backends.{self.name}"

    @property
    def exists(self) -> bool:
        """Whether Offbeat has a backend for it."""
        return find_spec(self.engine) is not None and find_spec(f"{self.engine}.base") is not None

    def settings(self, database: str) -> dict[str, Any]:
        """An entry for the DATABASES setting."""
        return {
            "ENGINE": self.engine,
            "NAME": database,
            "HOST": self._from_environment("HOST", "127.0.0.1"),
            "PORT": self._from_environment("PORT", self.port),
            "USER": self._from_environment("USER", self.user),
            "PASSWORD": self._from_environment("PASSWORD", ""),
        }

    @cached_property
    def problem(self) -> str | None:
        """Why it cannot be used, or None."""
        if not self.exists:
            return f"{self.label}: there is no {self.engine}"
        for driver in self.drivers:
            if find_spec(driver) is None:
                return f"{self.label}: the driver '{driver}' is not installed"
        conf = self.settings("")
        failure = _unreachable(conf["HOST"], int(conf["PORT"]))
        return f"{self.label}: {failure}" if failure else None


@dataclass(frozen=True)
class RedisServer:
    """A Redis server."""

    @property
    def url(self) -> str:
        """Where it is."""
        return os.environ.get("OFFBEAT_TEST_REDIS_URL", "redis://127.0.0.1:6379/0")

    @cached_property
    def problem(self) -> str | None:
        """Why it cannot be used, or None."""
        if find_spec("redis") is None:
            return "Redis: the driver 'redis' is not installed"
        parts = urlsplit(self.url)
        if parts.scheme == "unix":
            return None
        failure = _unreachable(parts.hostname or "127.0.0.1", parts.port or 6379)
        return f"Redis: {failure}" if failure else None


DATABASES = {
    server.name: server
    for server in (
        DatabaseServer("postgresql", "PostgreSQL", "POSTGRESQL", "5432", "postgres", ("psycopg",)),
        DatabaseServer("mysql", "MariaDB or MySQL", "MARIADB", "3306", "root", ("MySQLdb", "asyncmy")),
    )
}
REDIS = RedisServer()
