"""Set-up that every test shares."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
os.environ["OFFBEAT_SETTINGS_MODULE"] = "tests.settings"

import offbeat  # noqa: E402

offbeat.setup()

from offbeat.channels.testing import (  # noqa: E402
    ApplicationCommunicator,
    HttpCommunicator,
    WebsocketCommunicator,
)
from tests import databases, services  # noqa: E402

with suppress(ImportError):
    from hypothesis import settings

    # How long an example takes says more about the other work of the machine than about the code.
    # Continuous integration says the same of the same commit; elsewhere each run tries other examples.
    settings.register_profile("tests", deadline=None, derandomize=services.required())
    settings.load_profile("tests")

HERE = Path(__file__).parent
# Seconds that a test waits for what should come at once.
PATIENCE = 30
# What concerns every database, as folders and files; with --database SERVER nothing else runs. Tests in these that are
# about SQLite are marked `sqlite`. A folder with the name of a server holds what is about that server.
EVERY_DATABASE = (
    "contrib/sessions",
    "core/serializers",
    "core/test_database_cache.py",
    "db/test_cancellation.py",
    "db/test_concurrency.py",
    "db/test_cursors.py",
    "db/test_transactions.py",
    "faults",
    "forms/test_models.py",
    "management/test_fixtures.py",
    "management/test_inspectdb.py",
    "management/test_test_fixtures.py",
    "migrations",
    "models",
    "querysets",
    "security/test_column_aliases.py",
    "security/test_orm_cves.py",
    "test/test_testcases.py",
)


# Folders of what only one server has, beside those with its name.
OF_ONE_SERVER = {"postgres": "postgresql"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=("sqlite", *services.DATABASES),
        default="sqlite",
        help="where the test databases are; with a server, only tests run that concern every database",
    )


def pytest_configure(config: pytest.Config) -> None:
    name = config.getoption("database")
    if name == "sqlite":
        return
    server = services.DATABASES[name]
    if server.problem is None:
        databases.use_server(server)
    elif services.required():
        raise pytest.UsageError(server.problem)


def _concerned(path: Path, name: str) -> bool:
    """Whether a test file is run with a database."""
    parts = path.relative_to(HERE).parts
    own = {OF_ONE_SERVER.get(part, part) for part in parts} & services.DATABASES.keys()
    if own:
        return name in own
    return name == "sqlite" or any(
        parts[: len(folder)] == folder for folder in (tuple(entry.split("/")) for entry in EVERY_DATABASE)
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    name = config.getoption("database")
    chosen, others = [], []
    for item in items:
        wanted = _concerned(item.path, name) and (name == "sqlite" or not item.get_closest_marker("sqlite"))
        (chosen if wanted else others).append(item)
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = chosen
    problem = None if name == "sqlite" else services.DATABASES[name].problem
    if problem is not None:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=problem))


@pytest.fixture(scope="session", autouse=True)
def test_databases(request: pytest.FixtureRequest) -> Iterator[None]:
    """The databases of this process on the server, if the tests run on one."""
    name = request.config.getoption("database")
    if name == "sqlite":
        yield
        return
    with databases.on_server():
        yield


@pytest.fixture(scope="session", autouse=True)
def patient_communicators() -> None:
    """Let communicators wait longer than their documented second: a busy machine is no failure."""
    for method in (
        ApplicationCommunicator.wait,
        ApplicationCommunicator.receive_output,
        HttpCommunicator.get_response,
        WebsocketCommunicator.connect,
        WebsocketCommunicator.receive_from,
        WebsocketCommunicator.receive_json_from,
        WebsocketCommunicator.disconnect,
    ):
        defaults = method.__defaults__ or ()
        method.__defaults__ = (*defaults[:-1], PATIENCE)


@pytest.fixture(scope="session")
def redis_url() -> str:
    """A Redis server; tests use keys of their own."""
    if services.REDIS.problem is not None:
        services.lacking(services.REDIS.problem)
    return services.REDIS.url
