"""Servers of a test's own, which it may kill."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["OwnMariaDB", "OwnMySQL", "OwnPostgreSQL", "OwnServer"]


class OwnServer:
    """A database server in a folder."""

    # One that is always there.
    first_database: str

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="offbeat"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def settings(self, name: str) -> dict[str, Any]:
        """What to say in DATABASES."""
        raise NotImplementedError

    def _run(self, command: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder
        )

    def start(self) -> None:
        """Start it, and wait until it answers."""
        deadline = time.monotonic() + 20
        while True:
            if self.process is None or self.process.poll() is not None:
                # What is left of a killed server may be in the way for a moment.
                self.process = self._run(self.command())
            if self.answers():
                return
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def answers(self) -> bool:
        """Whether it can be used."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """At once, as a power failure does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class OwnMariaDB(OwnServer):
    """A MariaDB server."""

    first_database = "mysql"

    def __init__(self) -> None:
        super().__init__()
        subprocess.run(
            [
                "mariadb-install-db",
                "--no-defaults",
                f"--datadir={self.folder / 'data'}",
                "--skip-test-db",
                "--auth-root-authentication-method=normal",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @staticmethod
    def possible() -> bool:
        return shutil.which("mariadb-install-db") is not None and Path(_mariadbd()).exists()

    def command(self) -> list[str]:
        return [
            _mariadbd(),
            "--no-defaults",
            f"--datadir={self.folder / 'data'}",
            f"--socket={self.folder / 's'}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            f"--pid-file={self.folder / 'pid'}",
            "--skip-name-resolve",
            "--skip-log-bin",
            "--innodb-buffer-pool-size=16M",
            *(["--user=root"] if os.geteuid() == 0 else []),
        ]

    def settings(self, name: str) -> dict[str, Any]:
        return {"NAME": name, "HOST": "127.0.0.1", "PORT": str(self.port), "USER": "root", "PASSWORD": ""}


def _mariadbd() -> str:
    return shutil.which("mariadbd") or "/usr/sbin/mariadbd"


class OwnMySQL(OwnServer):
    """A MySQL server."""

    first_database = "mysql"

    def __init__(self) -> None:
        super().__init__()
        process = self._run([*self._common(), "--initialize-insecure"])
        assert process.wait() == 0

    @staticmethod
    def possible() -> bool:
        return bool(_mysqld())

    def _common(self) -> list[str]:
        return [
            _mysqld(),
            "--no-defaults",
            f"--datadir={self.folder / 'data'}",
            "--skip-log-bin",
            "--mysqlx=OFF",
            "--secure-file-priv=NULL",
            "--innodb-buffer-pool-size=16M",
            *(["--user=root"] if os.geteuid() == 0 else []),
        ]

    def command(self) -> list[str]:
        return [
            *self._common(),
            f"--socket={self.folder / 's'}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            f"--pid-file={self.folder / 'pid'}",
        ]

    def settings(self, name: str) -> dict[str, Any]:
        return {"NAME": name, "HOST": "127.0.0.1", "PORT": str(self.port), "USER": "root", "PASSWORD": ""}


@cache
def _mysqld() -> str:
    """MySQL's server, which goes by a name that MariaDB uses, too."""
    found = shutil.which("mysqld") or "/usr/sbin/mysqld"
    if not Path(found).exists():
        return ""
    version = subprocess.run([found, "--no-defaults", "--version"], capture_output=True, text=True).stdout
    return "" if "MariaDB" in version else found


class OwnPostgreSQL(OwnServer):
    """A PostgreSQL server; it refuses to be run by root, and is run by another user then."""

    first_database = "postgres"

    def __init__(self) -> None:
        super().__init__()
        if user := _other_user():
            shutil.chown(self.folder, user)
        process = self._run(
            [
                f"{_bindir()}/initdb",
                "--no-sync",
                "-A",
                "trust",
                "-U",
                "postgres",
                "-D",
                str(self.folder / "data"),
            ]
        )
        assert process.wait() == 0

    @staticmethod
    def possible() -> bool:
        return bool(_bindir()) and (os.geteuid() != 0 or _other_user() is not None)

    def _run(self, command: list[str]) -> subprocess.Popen[bytes]:
        user = _other_user()
        return subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            user=user,
            group=None if user is None else pwd.getpwnam(user).pw_gid,
            extra_groups=None if user is None else [],
        )

    def command(self) -> list[str]:
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            # The machine goes on, so what was written is not lost.
            "fsync": "off",
            "shared_buffers": "16MB",
        }
        flags = [text for key, value in options.items() for text in ("-c", f"{key}={value}")]
        return [f"{_bindir()}/postgres", "-D", str(self.folder / "data"), *flags]

    def answers(self) -> bool:
        # It accepts connections before it has recovered, and refuses to serve them.
        return (
            self._run([f"{_bindir()}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).wait() == 0
        )

    def settings(self, name: str) -> dict[str, Any]:
        return {"NAME": name, "HOST": "127.0.0.1", "PORT": str(self.port), "USER": "postgres", "PASSWORD": ""}


@cache
def _bindir() -> str:
    """Where the programs of the server are, which are not on the path."""
    config = shutil.which("pg_config")
    found = (
        [subprocess.run([config, "--bindir"], capture_output=True, text=True).stdout.strip()]
        if config
        else []
    )
    found += sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    return next((folder for folder in found if Path(folder, "postgres").exists()), "")


def _other_user() -> str | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    return None
