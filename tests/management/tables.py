"""Tables of the library once for each process; rows anew for each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from offbeat.db import connection, transaction
from tests.management.models import Author, Book, Novel, Secret, Tag

MODELS: list[Any] = [Author, Tag, Book, Secret, Novel]


@pytest.fixture(scope="session")
def library_tables() -> Iterator[None]:
    present = connection.introspection.table_names()
    missing = [model for model in MODELS if model._meta.db_table not in present]
    with connection.schema_editor() as editor:
        for model in missing:
            editor.create_model(model)
    yield
    with connection.schema_editor() as editor:
        for model in reversed(missing):
            editor.delete_model(model)


@pytest.fixture
def library(library_tables: None) -> Iterator[None]:
    """The tables, in a transaction that is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
