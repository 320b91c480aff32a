from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from offbeat.concurrency import run, spawn
from offbeat.db import connections
from offbeat.db.backends.mysql.server import Server
from tests.databases import abandon_pools
from tests.db.conftest import ALIAS, on_server


@pytest.fixture(params=["thread", "bridge"])
def call(request: pytest.FixtureRequest) -> Callable[[Callable[[], Any]], Any]:
    """Call a function in this thread, or in a bridge on a loop."""
    if request.param == "thread":
        return lambda fn: fn()

    def bridge(fn: Callable[[], Any]) -> Any:
        async def main() -> Any:
            return await spawn(fn)

        return run(main())

    return bridge


@pytest.fixture
def scratch() -> Iterator[Any]:
    """A wrapper of its own, with a table `item (id, name)`."""
    wrapper = on_server(pool_size=4, pool_timeout=2)
    wrapper.run("CREATE TABLE item (id integer AUTO_INCREMENT PRIMARY KEY, name varchar(20) UNIQUE)")
    try:
        yield wrapper
    finally:
        wrapper.close()
        abandon_pools(wrapper)
        connections["default"].run("DROP TABLE IF EXISTS item")


def configured(**changes: Any) -> Any:
    """A wrapper with other settings than those of the test database."""
    conf = {**connections.databases["default"], **changes}
    connections.databases[ALIAS] = conf
    connections[ALIAS] = type(connections["default"])(conf, ALIAS)
    return connections[ALIAS]


def pretended(version: str, **facts: Any) -> Any:
    """A wrapper whose server says that it is another one; it is never asked for more."""
    wrapper = configured()
    known = {
        "sql_mode": "STRICT_TRANS_TABLES",
        "default_storage_engine": "InnoDB",
        "sql_auto_is_null": False,
        "lower_case_table_names": 0,
        "has_zoneinfo_database": True,
    }
    wrapper._server = Server(version, **{**known, **facts})
    return wrapper
