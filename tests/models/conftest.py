"""Tables once for each process; rows anew for each test."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from offbeat.contrib.contenttypes.models import ContentType
from offbeat.db import connection
from tests.models.models import (
    Answer,
    Club,
    Diary,
    Liking,
    Note,
    Passport,
    Person,
    Place,
    Question,
    Restaurant,
    Seat,
    Stock,
)

MODELS: list[Any] = [
    ContentType,
    Note,
    Place,
    Restaurant,
    Person,
    Liking,
    Passport,
    Club,
    Question,
    Answer,
    Stock,
    Seat,
    Diary,
]


@pytest.fixture(scope="session")
def town_tables() -> Iterator[None]:
    missing = [
        model for model in MODELS if model._meta.db_table not in connection.introspection.table_names()
    ]
    with connection.schema_editor() as editor:
        for model in missing:
            editor.create_model(model)
    ContentType.objects.clear_cache()
    yield
    ContentType.objects.clear_cache()
    with connection.schema_editor() as editor:
        for model in reversed(missing):
            editor.delete_model(model)


@pytest.fixture
def town(town_tables: None) -> Iterator[dict[str, Any]]:
    """A house with Ann and Bob; Ann works in a restaurant."""
    house = Place.objects.create(name="House")
    inn = Restaurant.objects.create(name="Inn", stars=2)
    ann = Person.objects.create(name="Ann", home=house, work=inn)
    bob = Person.objects.create(name="Bob", home=house)
    yield {"house": house, "inn": inn, "ann": ann, "bob": bob}
    Passport.objects.all().delete()
    # Content types stay: other applications may refer to them.
    for model in reversed(MODELS[1:]):
        model._base_manager.all().delete()


@pytest.fixture
def no_rows(town_tables: None) -> Iterator[None]:
    yield
    Passport.objects.all().delete()
    # Content types stay: other applications may refer to them.
    for model in reversed(MODELS[1:]):
        model._base_manager.all().delete()


@pytest.fixture
def queries() -> Any:
    """`with queries(2):` fails unless that many queries run."""

    @contextlib.contextmanager
    def expecting(number: int) -> Iterator[None]:
        seen: list[str] = []

        def record(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            seen.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(record):
            yield
        assert len(seen) == number, "\n".join(seen)

    return expecting
