"""The settings of a database as arguments of the two drivers.

Source: Django documentation, ref/databases (MySQL notes); the option files of MySQL and MariaDB.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterator, Mapping
from glob import glob
from pathlib import Path
from typing import Any

from offbeat.core.exceptions import ImproperlyConfigured

__all__ = ["ISOLATION_LEVELS", "async_params", "connection_params", "isolation_level", "read_option_file"]

ISOLATION_LEVELS = frozenset({"read uncommitted", "read committed", "repeatable read", "serializable"})
# Sections of option files that concern every client.
CLIENT_GROUPS = ("client", "client-server", "client-mariadb")
# What the settings hold for the library itself, not for a driver.
OURS = ("isolation_level", "pool_size", "pool_timeout")
# Where servers put their sockets; a client that is told "localhost" uses them.
SOCKETS = (
    "/run/mysqld/mysqld.sock",
    "/var/run/mysqld/mysqld.sock",
    "/var/lib/mysql/mysql.sock",
    "/tmp/mysql.sock",
)

# Both drivers' names of an argument: the one of mysqlclient, and that of asyncmy where it is another.
_RENAMED = {"passwd": "password", "db": "database"}
_PASSED_ON = frozenset(
    {
        "user",
        "password",
        "database",
        "host",
        "port",
        "unix_socket",
        "charset",
        "init_command",
        "connect_timeout",
        "read_timeout",
        "local_infile",
        "client_flag",
        "max_allowed_packet",
    }
)
# Keys of option files, with the argument that each stands for.
_FILE_KEYS = {
    "host": "host",
    "port": "port",
    "socket": "unix_socket",
    "user": "user",
    "password": "password",
    "database": "database",
    "default-character-set": "charset",
    "init-command": "init_command",
    "connect-timeout": "connect_timeout",
    "ssl-ca": "ca",
    "ssl-capath": "capath",
    "ssl-cert": "cert",
    "ssl-key": "key",
    "ssl-cipher": "cipher",
    "ssl-mode": "ssl_mode",
}
_SSL_KEYS = frozenset({"ca", "capath", "cert", "key", "cipher"})
_INTEGERS = frozenset({"port", "connect_timeout"})
_LINE = re.compile(r"^\s*([\w-]+)\s*(?:=\s*(.*?))?\s*$")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "s": " ", "\\": "\\", '"': '"', "'": "'"}


def isolation_level(options: Mapping[str, Any], alias: str) -> str | None:
    """The isolation level that OPTIONS ask for: "read committed" unless they say otherwise, None for the server's."""
    level = options.get("isolation_level", "read committed")
    if not level:
        return None
    lowered = str(level).lower()
    if lowered not in ISOLATION_LEVELS:
        allowed = ", ".join(f"'{name}'" for name in sorted(ISOLATION_LEVELS))
        raise ImproperlyConfigured(
            f"Invalid transaction isolation level '{level}' specified.\nUse one of {allowed}, or None."
            f" (settings.DATABASES[{alias!r}]['OPTIONS']['isolation_level'])"
        )
    return lowered


def connection_params(settings_dict: Mapping[str, Any], alias: str) -> dict[str, Any]:
    """Arguments for mysqlclient's connect(). OPTIONS win over the other settings, those over option files."""
    # A wrong one is an error of the settings, not of the connection that would be told of it.
    isolation_level(settings_dict["OPTIONS"], alias)
    params: dict[str, Any] = {"charset": "utf8mb4"}
    for key, name in (("USER", "user"), ("NAME", "database"), ("PASSWORD", "password")):
        if settings_dict.get(key):
            params[name] = str(settings_dict[key])
    host = str(settings_dict.get("HOST") or "")
    if host.startswith("/"):
        params["unix_socket"] = host
    elif host:
        params["host"] = host
    if settings_dict.get("PORT"):
        params["port"] = int(settings_dict["PORT"])
    for key, value in settings_dict["OPTIONS"].items():
        if key not in OURS:
            params[_RENAMED.get(key, key)] = value
    return params


def async_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of mysqlclient as asyncmy takes them; what has no counterpart there is left out."""
    given = dict(params)
    if "read_default_file" in given or "read_default_group" in given:
        from_file = read_option_file(given.get("read_default_file"), given.get("read_default_group"))
        given = {**_with_ssl_together(from_file), **given}
    result = {name: value for name, value in given.items() if name in _PASSED_ON}
    result.setdefault("charset", "utf8mb4")
    if isinstance(result.get("password"), str):
        # The driver itself would take it for Latin-1.
        result["password"] = result["password"].encode()
    # The driver greets with a collation of its own for the character set, which is not always the server's.
    commands = [f"SET NAMES '{result['charset']}'"]
    if given.get("collation"):
        commands[0] += f" COLLATE '{given['collation']}'"
    if given.get("sql_mode"):
        # The driver's own argument takes one mode only.
        commands.append(f"SET SESSION sql_mode = '{given['sql_mode']}'")
    # The user's command comes last, so that it has the last word.
    result["init_command"] = "; ".join(filter(None, (*commands, result.get("init_command"))))
    context = _ssl_context(given)
    if context is not None:
        result["ssl"] = context
    if "unix_socket" not in result and result.get("host", "localhost") == "localhost":
        socket = None if "port" in result and "host" not in result else _default_socket()
        if socket is not None:
            result["unix_socket"] = socket
    return result


def _default_socket() -> str | None:
    candidates = (os.environ.get("MYSQL_UNIX_PORT"), *SOCKETS)
    return next((path for path in candidates if path and Path(path).is_socket()), None)


def _with_ssl_together(values: dict[str, Any]) -> dict[str, Any]:
    files = {name: values.pop(name) for name in _SSL_KEYS & values.keys()}
    return {**values, "ssl": files} if files else values


def _ssl_context(params: Mapping[str, Any]) -> ssl.SSLContext | None:
    """What `ssl` and `ssl_mode` ask for: encryption, and how much of the server's certificate is checked."""
    given = params.get("ssl")
    mode = str(params.get("ssl_mode") or "").upper()
    if isinstance(given, ssl.SSLContext):
        return given
    if mode == "DISABLED" or (not given and mode in {"", "PREFERRED"}):
        return None
    files = given if isinstance(given, Mapping) else {}
    context = ssl.create_default_context(cafile=files.get("ca"), capath=files.get("capath"))
    context.check_hostname = mode == "VERIFY_IDENTITY" or bool(files.get("check_hostname"))
    if mode == "REQUIRED" or not (files.get("ca") or files.get("capath") or mode.startswith("VERIFY")):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if files.get("cert"):
        context.load_cert_chain(files["cert"], files.get("key"))
    if files.get("cipher"):
        context.set_ciphers(files["cipher"])
    return context


def read_option_file(path: str | os.PathLike[str] | None, group: str | None = None) -> dict[str, Any]:
    """The arguments in an option file's client sections and in `group`; later ones win."""
    wanted = {*CLIENT_GROUPS, *([group] if group else ())}
    paths = (
        [Path(path)] if path else [Path("/etc/my.cnf"), Path("/etc/mysql/my.cnf"), Path.home() / ".my.cnf"]
    )
    values: dict[str, Any] = {}
    for file in paths:
        for section, key, value in _entries(file):
            name = _FILE_KEYS.get(key.replace("_", "-").removeprefix("loose-"))
            if section in wanted and name is not None and value is not None:
                values[name] = int(value) if name in _INTEGERS else value
    return values


def _entries(file: Path, depth: int = 0) -> Iterator[tuple[str, str, str | None]]:
    """(section, key, value) for each line of an option file and of those it includes."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        # The client library passes over files that it cannot read.
        return
    section = ""
    for line in lines:
        text = line.strip()
        if not text or text[0] in "#;":
            continue
        if text[0] == "!":
            if depth < 10:
                yield from _included(text, file, depth + 1)
        elif text[0] == "[":
            section = text[1:].partition("]")[0].strip()
        elif match := _LINE.match(text):
            yield section, match[1], _value(match[2])


def _included(directive: str, file: Path, depth: int) -> Iterator[tuple[str, str, str | None]]:
    word, _, target = directive.partition(" ")
    target = target.strip()
    if word == "!include":
        yield from _entries(file.parent / target, depth)
    elif word == "!includedir":
        for name in sorted(glob(str(file.parent / target / "*.cnf"))):
            yield from _entries(Path(name), depth)


def _value(text: str | None) -> str | None:
    """A value without its quotes and escapes; unquoted, it ends where a comment begins."""
    if text is None:
        return None
    if len(text) >= 2 and text[0] in "'\"" and text[0] in text[1:]:
        text = text[1 : text.rindex(text[0])]
    else:
        text = re.split(r"\s#", text, maxsplit=1)[0].rstrip()
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[0]), text)
