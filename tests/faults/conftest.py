"""Databases for fault tests: of their own, on the server of the run, or on one that may be killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from offbeat.db import connections
from tests.databases import abandon_pools
from tests.db.conftest import ALIAS

from .bank import Bank
from .proxy import Proxy
from .servers import OwnMariaDB, OwnMySQL, OwnPostgreSQL, OwnServer

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """There is no server to lose where the tests run on SQLite."""
    if config.getoption("database") == "sqlite":
        items[:] = [
            item for item in items if HERE not in item.path.parents or item.path.name == "test_proxy.py"
        ]


@pytest.fixture
def configured() -> Iterator[Callable[..., Any]]:
    """``configured(NAME="x", pool_size=2)``: a wrapper; settings in capitals, options in small letters."""
    made: list[Any] = []

    def make(**changes: Any) -> Any:
        usual = connections["default"]
        conf = dict(connections.databases["default"])
        conf |= {key: value for key, value in changes.items() if key.isupper()}
        options = {key: value for key, value in changes.items() if not key.isupper()}
        conf["OPTIONS"] = {**conf.get("OPTIONS", {}), **options}
        connections.databases[ALIAS] = conf
        wrapper = connections[ALIAS] = type(usual)(conf, ALIAS)
        made.append(wrapper)
        return wrapper

    yield make
    for wrapper in made:
        wrapper.close()
        abandon_pools(wrapper)
    connections._wrappers.pop(ALIAS, None)
    connections.databases.pop(ALIAS, None)


@pytest.fixture
def own_database() -> Iterator[str]:
    """The name of a database on the server of the run."""
    usual = connections["default"]
    name = f"{usual.settings_dict['NAME']}_bank"
    usual.run(f"CREATE DATABASE {name}")
    yield name
    # What a failed test has left must not hinder the next.
    usual.run(f"DROP DATABASE {name}" + (" WITH (FORCE)" if usual.vendor == "postgresql" else ""))


@pytest.fixture
def make_bank(own_database: str, configured: Callable[..., Any]) -> Callable[..., Bank]:
    """A bank in a database of its own; arguments are options."""

    def make(**changes: Any) -> Bank:
        bank = Bank(configured(NAME=own_database, **{"pool_size": 5, **changes}))
        bank.open()
        return bank

    return make


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy before the server of the run."""
    conf = connections["default"].settings_dict
    with Proxy(conf["HOST"], int(conf["PORT"])) as proxy:
        yield proxy


@pytest.fixture
def own_server(request: pytest.FixtureRequest) -> Iterator[OwnServer]:
    """A server that may be killed."""
    kind: type[OwnServer] = OwnPostgreSQL
    if request.config.getoption("database") == "mysql":
        kind = OwnMariaDB if connections["default"].mysql_is_mariadb else OwnMySQL
    if not kind.possible():
        pytest.skip("there is no server of this kind to start")
    server = kind()
    try:
        server.start()
        yield server
    finally:
        server.remove()
