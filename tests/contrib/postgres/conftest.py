"""The application installed, its extensions in the database, and tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from offbeat.concurrency import run, spawn
from offbeat.contrib.postgres import operations
from offbeat.db import connection
from offbeat.test import modify_settings
from tests.contrib.postgres.models import MODELS
from tests.databases import abandon_pools

EXTENSIONS = (
    operations.BloomExtension,
    operations.BtreeGinExtension,
    operations.BtreeGistExtension,
    operations.CITextExtension,
    operations.HStoreExtension,
    operations.TrigramExtension,
    operations.UnaccentExtension,
)


@pytest.fixture(scope="package")
def installed() -> Iterator[None]:
    with modify_settings(INSTALLED_APPS={"append": ["offbeat.contrib.postgres", "tests.contrib.postgres"]}):
        yield


@pytest.fixture(scope="package", autouse=True)
def tables(test_databases: None, installed: None) -> Iterator[None]:
    with connection.schema_editor() as editor:
        for extension in EXTENSIONS:
            extension().database_forwards("shelter", editor, None, None)
        for model in MODELS:
            editor.create_model(model)
    yield
    with connection.schema_editor() as editor:
        for model in reversed(MODELS):
            editor.delete_model(model)
    connection.close()
    abandon_pools(connection)


@pytest.fixture(autouse=True)
def no_rows_left(tables: None) -> Iterator[None]:
    yield
    for model in reversed(MODELS):
        model.objects.all().delete()


@pytest.fixture(params=["thread", "bridge"])
def call(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Calls a plain function, either directly or in a bridge on a loop, with the driver for that."""
    if request.param == "thread":
        return lambda fn, *args: fn(*args)

    def in_bridge(fn: Any, *args: Any) -> Any:
        async def main() -> Any:
            return await spawn(fn, *args)

        return run(main())

    return in_bridge


def names(queryset: Any) -> list[str]:
    return sorted(animal.name for animal in queryset)
