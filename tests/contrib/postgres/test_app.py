"""What the application registers, on connections of both colours."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from offbeat.concurrency import run, spawn
from offbeat.contrib.postgres.fields import ArrayField, CITextField, HStoreField, JSONField
from offbeat.contrib.postgres.signals import get_citext_oids, get_hstore_oids, register_type_handlers
from offbeat.core.exceptions import FieldError
from offbeat.core.management import call_command
from offbeat.db import connection, models
from offbeat.db.models.indexes import IndexExpression
from offbeat.test import modify_settings
from tests.contrib.postgres.models import Animal


def test_types_of_extensions_on_both_colours(call: Any) -> None:
    def fetch() -> Any:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 'a=>1'::hstore, ARRAY['a=>1'::hstore], 'Ä'::citext, ARRAY['Ä'::citext], %s",
                [{"b": "2"}],
            )
            return cursor.fetchone()

    assert call(fetch) == ({"a": "1"}, [{"a": "1"}], "Ä", ["Ä"], {"b": "2"})


def test_many_connections_at_once() -> None:
    async def main() -> list[Any]:
        await Animal.objects.acreate(name="Ada", facts={"a": "1"}, tags=["x"])

        async def one() -> Any:
            animal = await Animal.objects.filter(facts__a="1", tags__contains=["x"]).aget()
            return animal.facts

        return await asyncio.gather(*[one() for _ in range(8)])

    assert run(main()) == [{"a": "1"}] * 8


def test_types_are_asked_for_once() -> None:
    get_hstore_oids.cache_clear()
    (oid,), (array,) = get_hstore_oids("default")
    assert oid != array
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'hstore'::regtype::oid, 'citext'::regtype::oid")
        assert cursor.fetchone() == (oid, get_citext_oids("default")[0][0])
    register_type_handlers(connection)


def test_without_a_connection_of_its_own_nothing_is_registered() -> None:
    async def main() -> None:
        await spawn(register_type_handlers, connection)

    before = [dict(types) for types in psycopg.adapters._dumpers.values()]
    run(main())
    assert [dict(types) for types in psycopg.adapters._dumpers.values()] == before


def test_other_databases_are_left_alone() -> None:
    class Other:
        vendor = "sqlite"

    register_type_handlers(Other())


def test_lookups_are_there_while_it_is_installed() -> None:
    assert "unaccent" in models.CharField.get_lookups()
    with modify_settings(INSTALLED_APPS={"remove": "offbeat.contrib.postgres"}):
        assert "unaccent" not in models.CharField.get_lookups()
        assert [cls.__name__ for cls in IndexExpression.wrapper_classes] == ["OrderBy", "Collate"]
        with pytest.raises(FieldError):
            Animal.objects.filter(name__unaccent="x")
        field = HStoreField(name="x")
        field.model = Animal
        assert "postgres.E005" in [message.id for message in field.check()]
    assert "unaccent" in models.CharField.get_lookups()
    assert [cls.__name__ for cls in IndexExpression.wrapper_classes] == ["OrderBy", "OpClass", "Collate"]


def test_fields_of_the_past() -> None:
    for field, id_ in ((CITextField(), "fields.E907"), (JSONField(), "fields.E904")):
        field.set_attributes_from_name("field")
        field.model = Animal
        assert id_ in [message.id for message in field.check()]


def test_inspectdb_knows_the_fields(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("inspectdb", "shelter_spans", "shelter_animal")
    text = capsys.readouterr().out
    assert "ints = offbeat.contrib.postgres.fields.IntegerRangeField(" in text
    assert "moments = offbeat.contrib.postgres.fields.DateTimeRangeField(" in text
    assert "facts = offbeat.contrib.postgres.fields.HStoreField(" in text


def test_the_whole_is_checked() -> None:
    assert [message.id for message in Animal.check(databases=["default"])] == []
    assert ArrayField(models.IntegerField()).db_type(connection) == "integer[]"
