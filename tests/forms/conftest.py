"""Tables once for each process; rows anew for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from offbeat.db import connection
from tests.forms.models import Article, Code, Writer

MODELS = [Writer, Article, Code]


@pytest.fixture(scope="session")
def form_tables() -> Iterator[None]:
    with connection.schema_editor() as editor:
        for model in MODELS:
            editor.create_model(model)
    yield
    with connection.schema_editor() as editor:
        for model in reversed(MODELS):
            editor.delete_model(model)


@pytest.fixture
def writers(form_tables: None) -> Iterator[list[Writer]]:
    yield [Writer.objects.create(name=name) for name in ("ann", "bob")]
    for model in reversed(MODELS):
        model.objects.all().delete()
