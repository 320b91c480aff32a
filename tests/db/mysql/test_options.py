"""Settings as arguments of both drivers. Source: Django documentation, ref/databases."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from offbeat.concurrency import run, spawn
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.db import OperationalError, connections
from offbeat.db.backends.mysql import options
from offbeat.db.backends.mysql.options import async_params, connection_params, read_option_file

from .conftest import configured

SETTINGS = {
    "NAME": "shop",
    "USER": "ann",
    "PASSWORD": "s",
    "HOST": "db.example",
    "PORT": "3307",
    "OPTIONS": {},
}


def params(**options: Any) -> dict[str, Any]:
    return connection_params({**SETTINGS, "OPTIONS": options}, "default")


def test_settings_become_arguments_and_the_port_may_be_text() -> None:
    assert params() == {
        "charset": "utf8mb4",
        "user": "ann",
        "database": "shop",
        "password": "s",
        "host": "db.example",
        "port": 3307,
    }
    assert connection_params({**SETTINGS, "HOST": "/run/s.sock"}, "x")["unix_socket"] == "/run/s.sock"


def test_options_go_before_the_other_settings() -> None:
    found = params(db="other", passwd="t", charset="latin1", pool_size=3, isolation_level=None)
    assert (found["database"], found["password"], found["charset"]) == ("other", "t", "latin1")
    assert not {"db", "passwd", "pool_size", "isolation_level"} & found.keys()


def test_an_unknown_isolation_level_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="Invalid transaction isolation level 'often' specified"):
        params(isolation_level="often")


def test_asyncmy_gets_what_it_knows() -> None:
    found = async_params(
        params(
            compress=True,
            use_unicode=True,
            init_command="SET @a = 1",
            collation="utf8mb4_bin",
            sql_mode="ANSI,TRADITIONAL",
        )
    )
    assert not {"compress", "sql_mode"} & found.keys()
    assert found["init_command"] == (
        "SET NAMES 'utf8mb4' COLLATE 'utf8mb4_bin'; SET SESSION sql_mode = 'ANSI,TRADITIONAL'; SET @a = 1"
    )


def test_localhost_means_the_socket_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "my.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        monkeypatch.setenv("MYSQL_UNIX_PORT", str(path))
        assert async_params({"user": "ann"})["unix_socket"] == str(path)
        assert async_params({"host": "localhost"})["unix_socket"] == str(path)
        assert "unix_socket" not in async_params({"host": "127.0.0.1"})


@pytest.mark.parametrize(
    ("options", "verify", "hostname"),
    [
        ({"ssl_mode": "REQUIRED"}, ssl.CERT_NONE, False),
        ({"ssl": {"check": True}}, ssl.CERT_NONE, False),
        ({"ssl_mode": "VERIFY_CA"}, ssl.CERT_REQUIRED, False),
        ({"ssl_mode": "VERIFY_IDENTITY"}, ssl.CERT_REQUIRED, True),
    ],
)
def test_ssl_says_how_much_is_checked(options: dict[str, Any], verify: Any, hostname: bool) -> None:
    context = async_params(params(**options))["ssl"]
    assert (context.verify_mode, context.check_hostname) == (verify, hostname)


def test_ssl_can_be_off() -> None:
    assert "ssl" not in async_params(params(ssl_mode="DISABLED", ssl={"ca": "/nowhere"}))
    own = ssl.create_default_context()
    assert async_params(params(ssl=own))["ssl"] is own


OPTION_FILE = """
# comment
[mysqld]
port = 1
[client]
user = "ann # not a comment"
password = 'it''s'
port = 3310   # the usual
default-character-set=utf8mb4
ssl_ca = /etc/ca.pem
loose-socket = /tmp/\\ta.sock
skip-something
!include other.cnf
!includedir more
[shop]
database = shop
"""


@pytest.fixture
def option_file(tmp_path: Path) -> Path:
    path = tmp_path / "my.cnf"
    path.write_text(OPTION_FILE)
    (tmp_path / "other.cnf").write_text("[client-mariadb]\nhost=db.example\n")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.cnf").write_text("[client]\nconnect_timeout=7\n")
    (tmp_path / "more" / "b.txt").write_text("[client]\nport=9\n")
    return path


def test_option_files_are_read_with_what_they_include(option_file: Path) -> None:
    assert read_option_file(option_file) == {
        "user": "ann # not a comment",
        "password": "it''s",
        "port": 3310,
        "charset": "utf8mb4",
        "ca": "/etc/ca.pem",
        "unix_socket": "/tmp/\ta.sock",
        "host": "db.example",
        "connect_timeout": 7,
    }
    assert read_option_file(option_file, "shop")["database"] == "shop"
    assert read_option_file(option_file.parent / "absent.cnf") == {}


def test_settings_go_before_option_files(option_file: Path) -> None:
    found = async_params({"read_default_file": str(option_file), "port": 3311, "ssl_mode": "DISABLED"})
    assert (found["port"], found["host"]) == (3311, "db.example")


def who(wrapper: Any) -> tuple[Any, ...]:
    return wrapper.fetch_all("SELECT DATABASE(), @@session.character_set_client, @a")[0]  # type: ignore[no-any-return]


def test_both_drivers_connect_by_an_option_file(tmp_path: Path, call: Any) -> None:
    conf = connections.databases["default"]
    path = tmp_path / "my.cnf"
    path.write_text(
        f"[client]\nhost={conf['HOST']}\nport={conf['PORT']}\nuser={conf['USER']}\npassword={conf['PASSWORD']}\n"
        f"database={conf['NAME']}\n"
    )
    wrapper = configured(
        **dict.fromkeys(("NAME", "HOST", "PORT", "USER", "PASSWORD"), ""),
        OPTIONS={"read_default_file": str(path), "init_command": "SET @a = 5"},
    )
    assert call(lambda: who(wrapper)) == (conf["NAME"], "utf8mb4", 5)


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        ({}, "READ-COMMITTED"),
        ({"isolation_level": "Serializable"}, "SERIALIZABLE"),
        ({"isolation_level": None}, None),
    ],
)
def test_the_isolation_level_is_set_for_each_connection(
    level: dict[str, Any], shown: str | None, call: Any
) -> None:
    wrapper = configured(OPTIONS=level)
    name = "tx_isolation" if wrapper.mysql_is_mariadb else "transaction_isolation"
    found, usual = call(lambda: wrapper.fetch_all(f"SELECT @@session.{name}, @@global.{name}")[0])
    assert found == (shown or usual)


@pytest.fixture
def make_account() -> Iterator[Callable[[str], dict[str, str]]]:
    """``make_account(password)``: the settings of a new account, which the server authenticates as it does by default."""
    usual = connections["default"]
    made: list[str] = []

    def make(password: str) -> dict[str, str]:
        name = f"offbeat_{os.getpid()}_{len(made)}"
        usual.run(f"CREATE USER {name} IDENTIFIED BY %s", (password,))
        made.append(name)
        usual.run(f"GRANT ALL ON `{usual.settings_dict['NAME']}`.* TO {name}")
        return {"USER": name, "PASSWORD": password}

    yield make
    for name in made:
        usual.run(f"DROP USER {name}")


@pytest.mark.parametrize("password", ["", "geh eim'\\%ü€"])
def test_accounts_with_and_without_a_password_connect(make_account: Any, call: Any, password: str) -> None:
    wrapper = configured(**make_account(password))
    # MySQL exchanges a key the first time, and remembers the account from then on.
    for _ in range(2):
        (name,) = call(lambda: wrapper.fetch_all("SELECT CURRENT_USER()"))[0]
        assert name.partition("@")[0] == wrapper.settings_dict["USER"]
        wrapper.close()


def test_passwords_pass_through_encrypted_connections(make_account: Any, call: Any) -> None:
    account = make_account("geheim")
    wrapper = configured(**account, OPTIONS={"ssl_mode": "REQUIRED"})
    if wrapper.mysql_is_mariadb:
        pytest.skip("MariaDB has no certificate unless it is given one; MySQL makes one")
    assert call(lambda: wrapper.fetch_all("SHOW SESSION STATUS LIKE 'Ssl_cipher'"))[0][1]


def test_both_drivers_compare_text_alike(call: Any) -> None:
    wrapper = configured()
    sql = "SELECT @@collation_connection, @@character_set_results"
    assert call(lambda: wrapper.fetch_all(sql)) == connections["default"].fetch_all(sql)
    wrapper = configured(
        OPTIONS={"collation": "utf8mb4_bin", "sql_mode": "ANSI", "init_command": "SET @a = 5"}
    )
    found = call(
        lambda: wrapper.fetch_all("SELECT @@collation_connection, @@sql_mode LIKE '%%ANSI%%', @a")[0]
    )
    assert found == ("utf8mb4_bin", 1, 5)


def test_sql_mode_and_charset_reach_the_server(call: Any) -> None:
    wrapper = configured(OPTIONS={"sql_mode": "ANSI_QUOTES,STRICT_ALL_TABLES", "charset": "latin1"})
    mode, charset = call(
        lambda: wrapper.fetch_all("SELECT @@session.sql_mode, @@session.character_set_connection")[0]
    )
    assert set(mode.split(",")) == {"ANSI_QUOTES", "STRICT_ALL_TABLES"}
    assert charset == "latin1"


def test_a_server_that_is_not_there_is_an_operational_error(call: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        wrapper = configured(HOST="127.0.0.1", PORT=str(unused.getsockname()[1]))
        with pytest.raises(OperationalError) as caught:
            call(lambda: wrapper.fetch_all("SELECT 1"))
    assert caught.value.args[0] in {2002, 2003}


def test_a_wrong_password_is_an_operational_error_with_its_code(call: Any) -> None:
    wrapper = configured(USER="nobody_at_all", PASSWORD="wrong")
    with pytest.raises(OperationalError) as caught:
        call(lambda: wrapper.fetch_all("SELECT 1"))
    # MariaDB treats an account that does not exist like one of those that do, at random, and some have no password.
    assert caught.value.args[0] in (1045, 1698)


def test_names_of_hosts_are_looked_up(scratch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without a socket, which "localhost" means first: it may be that of another server.
    monkeypatch.setattr(options, "SOCKETS", ())
    monkeypatch.delenv("MYSQL_UNIX_PORT", raising=False)
    conf = {**scratch.settings_dict, "HOST": "localhost"}
    wrapper = configured(**conf)

    async def main() -> Any:
        return await spawn(wrapper.fetch_all, "SELECT 1")

    assert run(main()) == [(1,)]
