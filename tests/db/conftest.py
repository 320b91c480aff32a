from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offbeat.db import connections
from offbeat.db.pool import _pools

ALIAS = "scratch"


def make_wrapper(name: str, **options: Any) -> Any:
    conf = {"ENGINE": "offbeat.db.backends.sqlite3", "NAME": name, "OPTIONS": options}
    connections.databases[ALIAS] = conf
    connections.configure_settings(connections.databases)
    connections[ALIAS] = connections.create_connection(ALIAS)
    return connections[ALIAS]


@pytest.fixture(autouse=True)
def no_scratch_left() -> Iterator[None]:
    yield
    wrapper = connections._wrappers.pop(ALIAS, None)
    connections.databases.pop(ALIAS, None)
    if wrapper is not None:
        wrapper.close()
        for pools in list(_pools.values()):
            pool = pools.pop(wrapper, None)
            if pool is not None:
                pool.abandon()


@pytest.fixture(params=["memory", "file", "file in threads"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A wrapper with a table `item (id, name)`; the alias is "scratch"."""
    name = ":memory:" if request.param == "memory" else str(tmp_path / "test.sqlite3")
    wrapper = make_wrapper(name, **_options(request.param))
    wrapper.run("CREATE TABLE item (id integer PRIMARY KEY, name varchar(20) UNIQUE)")
    return wrapper


def _options(param: str) -> dict[str, Any]:
    return {"inline_budget": 0} if param == "file in threads" else {}


@pytest.fixture(params=["file", "file in threads"])
def file_db(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    wrapper = make_wrapper(str(tmp_path / "test.sqlite3"), **_options(request.param))
    wrapper.run("CREATE TABLE item (id integer PRIMARY KEY, name varchar(20) UNIQUE)")
    return wrapper


def add(db: Any, name: str) -> None:
    db.run("INSERT INTO item (name) VALUES (?)", (name,))


def names(db: Any) -> list[str]:
    return [row[0] for row in db.fetch_all("SELECT name FROM item ORDER BY id")]
