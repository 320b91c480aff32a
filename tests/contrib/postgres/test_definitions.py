"""PostgreSQL's types, functions and lookups in definitions of tables: defaults, checks, conditions, generated columns."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from offbeat.contrib.postgres.fields import ArrayField, DateTimeRangeField, HStoreField, IntegerRangeField
from offbeat.contrib.postgres.functions import RandomUUID, TransactionNow
from offbeat.contrib.postgres.indexes import GinIndex, GistIndex
from offbeat.contrib.postgres.operations import CreateCollation, RemoveCollation
from offbeat.contrib.postgres.search import SearchVector, SearchVectorField
from offbeat.core.exceptions import ValidationError
from offbeat.db import IntegrityError, connection, models, transaction
from offbeat.db.backends.postgresql.psycopg_any import Range
from offbeat.db.models import CheckConstraint, F, Q
from tests.contrib.postgres.models import Shelter

MOMENT = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
COLLATION = ("without_case", "und-u-ks-level2")


class Cage(Shelter):
    key = models.UUIDField(db_default=RandomUUID())
    made = models.DateTimeField(db_default=TransactionNow())
    tags = ArrayField(models.CharField(max_length=10), db_default=["a,b", "it's"])
    facts = HStoreField(db_default={"size": 'very "big"', "note": None})
    span = IntegerRangeField(db_default=Range(1, 5))
    open = DateTimeRangeField(null=True)
    name = models.CharField(max_length=20, db_collation=COLLATION[0], unique=True)
    names = ArrayField(models.CharField(max_length=10, db_collation=COLLATION[0]), default=list)
    search = models.GeneratedField(
        expression=SearchVector("story", config="english"), output_field=SearchVectorField(), db_persist=True
    )
    first = models.GeneratedField(
        expression=F("span__startswith"), output_field=models.IntegerField(), db_persist=True
    )
    story = models.TextField(default="")

    class Meta(Shelter.Meta):
        abstract = False
        constraints = [
            CheckConstraint(condition=Q(tags__len__lte=3), name="few_tags"),
            CheckConstraint(condition=Q(span__contained_by=Range(0, 10)), name="small_span"),
            CheckConstraint(condition=~Q(facts__contains={"size": 'too "big"'}), name="not_too_big"),
            CheckConstraint(condition=Q(open__startswith__gte=MOMENT), name="not_before"),
            CheckConstraint(condition=Q(tags__0="a,b") | Q(tags__overlap=["x%y", "z"]), name="first_tag"),
        ]
        indexes = [
            GinIndex(fields=["tags"], name="cage_tags", condition=Q(facts__has_keys=["size", "x"])),
            GistIndex(fields=["span"], name="cage_span", condition=Q(tags__contains=["a,b"])),
            GinIndex(fields=["search"], name="cage_search"),
        ]


@pytest.fixture(autouse=True)
def cages(tables: None) -> Iterator[None]:
    with connection.schema_editor() as editor:
        CreateCollation(*COLLATION, provider="icu", deterministic=False).create_collation(editor)
        editor.create_model(Cage)
    yield
    with connection.schema_editor() as editor:
        editor.delete_model(Cage)
        RemoveCollation(*COLLATION).remove_collation(editor)


def test_defaults_of_the_database(call: Any) -> None:
    cage = call(lambda: Cage.objects.create(name="One"))
    assert isinstance(cage.key, uuid.UUID)
    assert isinstance(cage.made, datetime.datetime)
    assert (cage.tags, cage.span) == (["a,b", "it's"], Range(1, 5))
    assert cage.facts == {"size": 'very "big"', "note": None}


def test_generated_columns(call: Any) -> None:
    def found() -> Any:
        Cage.objects.create(name="One", story="Old cats sleep")
        Cage.objects.create(name="Two", story="A dog")
        return [(cage.name, cage.first) for cage in Cage.objects.filter(search="cat")]

    assert call(found) == [("One", 1)]


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"tags": ["a,b", "b", "c", "d"]}, "few_tags"),
        ({"span": (5, 20)}, "small_span"),
        ({"facts": {"size": 'too "big"'}}, "not_too_big"),
        ({"open": (MOMENT.replace(year=2000), None)}, "not_before"),
        ({"tags": ["x"]}, "first_tag"),
    ],
)
def test_checks_by_the_database_and_before(values: Any, name: str) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Cage.objects.create(name="One", **values)
    cage = Cage(name="One", story="x", **values)
    with pytest.raises(ValidationError, match=name):
        cage.full_clean(exclude=["key", "made", "search", "first", "names"])


def test_what_fulfils_the_checks() -> None:
    Cage.objects.create(name="One", tags=["x%y"], span=(0, 10), facts={}, open=(MOMENT, None))
    Cage(name="Two", tags=["x%y"], span=Range(0, 10), open=Range(MOMENT, None), story="x").full_clean(
        exclude=["key", "made", "facts", "search", "first", "names"]
    )


def test_collations_without_case() -> None:
    Cage.objects.create(name="One", names=["Ada"])
    assert Cage.objects.filter(name="ONE", names__contains=["ADA"]).exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        Cage.objects.create(name="oNE")
    with pytest.raises(ValidationError):
        Cage(name="oNE").validate_unique()
