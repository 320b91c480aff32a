"""Lookups, functions and writing, as the server at hand answers. Source: Django documentation, ref/models."""

from __future__ import annotations

import datetime
import uuid
import zoneinfo
from typing import Any

import pytest

from offbeat.core.exceptions import ValidationError
from offbeat.db import DatabaseError, NotSupportedError, connection, models, transaction
from offbeat.db.models import Avg, F, StringAgg, Sum, Value, Window, functions
from offbeat.db.models.fields.json import KT
from offbeat.utils import timezone
from tests.databases import empty_database
from tests.db.conftest import ALIAS
from tests.services import lacking

from .conftest import configured

MOMENT = datetime.datetime(2024, 3, 30, 23, 30, 15, 123456, tzinfo=datetime.UTC)


class Note(models.Model):
    name = models.CharField(max_length=40, unique=True)
    data = models.JSONField(null=True)
    token = models.UUIDField(null=True)
    at = models.DateTimeField(default=MOMENT)
    clock = models.TimeField(default=datetime.time(10, 20, 30, 400000))
    length = models.DurationField(default=datetime.timedelta(days=1, microseconds=5))
    blob = models.BinaryField(default=b"")
    rank = models.IntegerField(default=0)
    positive = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "mysql_tests"


@pytest.fixture(scope="module")
def database(test_databases: None) -> Any:
    with empty_database() as wrapper:
        with wrapper.schema_editor() as editor:
            editor.create_model(Note)
        yield wrapper


@pytest.fixture(autouse=True)
def notes(database: Any) -> None:
    Note.objects.all().delete()


def put(**values: Any) -> Note:
    return Note.objects.create(**{"name": f"n{Note.objects.count()}", **values})


def names(**conditions: Any) -> list[str]:
    return list(Note.objects.filter(**conditions).order_by("name").values_list("name", flat=True))


def test_values_come_back_as_they_went() -> None:
    values = {
        "data": {"a": [1, None, True, "ü'\\"], "b": {}},
        "token": uuid.UUID(int=7),
        "at": MOMENT,
        "clock": datetime.time(1, 2, 3, 4),
        "length": datetime.timedelta(days=-3, microseconds=7),
        "blob": bytes(range(256)),
        "rank": -5,
    }
    note = Note.objects.get(pk=put(**values).pk)
    assert {name: getattr(note, name) for name in values} == values
    assert type(note.blob) is bytes


def test_keys_come_with_the_objects_where_the_server_returns_them() -> None:
    made = Note.objects.bulk_create([Note(name="a"), Note(name="b")])
    if connection.features.can_return_rows_from_bulk_insert:
        assert [note.pk for note in made] == sorted(Note.objects.values_list("pk", flat=True))
    one = Note.objects.create(name="c", rank=Value(2) + 3)
    assert one.pk is not None


def test_rows_that_exist_are_updated_or_left_alone() -> None:
    put(name="a", rank=1)
    Note.objects.bulk_create([Note(name="a", rank=9), Note(name="b")], ignore_conflicts=True)
    assert Note.objects.get(name="a").rank == 1
    Note.objects.bulk_create(
        [Note(name="a", rank=7), Note(name="c", rank=3)], update_conflicts=True, update_fields=["rank"]
    )
    assert dict(Note.objects.values_list("name", "rank")) == {"a": 7, "b": 0, "c": 3}
    with pytest.raises(NotSupportedError, match="unique fields"):
        Note.objects.bulk_create(
            [Note(name="a")], update_conflicts=True, update_fields=["rank"], unique_fields=["name"]
        )


def test_json_that_is_no_column_has_keys_too() -> None:
    put(name="a", data={"x": {"y": "Hallo"}})
    for source in (F("data"), Value({"x": {"y": "Hallo"}}, models.JSONField())):
        notes = Note.objects.annotate(read=functions.Cast(source, models.JSONField()))
        assert [note.name for note in notes.filter(read__x__y__icontains="hal")] == ["a"]
        assert list(notes.values_list(KT("read__x__y"), flat=True)) == ["Hallo"]


class Filled(models.Model):
    data = models.JSONField(null=True)

    class Meta:
        app_label = "mysql_tests"
        constraints = [
            models.CheckConstraint(condition=~models.Q(data=models.JSONNull()), name="not_json_null"),
            models.CheckConstraint(condition=~models.Q(data={"a": [1]}), name="not_this"),
        ]


def test_constraints_of_json_are_validated() -> None:
    Filled(data={"a": [2]}).validate_constraints()
    for value, name in ((models.JSONNull(), "not_json_null"), ({"a": [1]}, "not_this")):
        with pytest.raises(ValidationError, match=name):
            Filled(data=value).validate_constraints()


def test_times_without_a_fraction_are_found() -> None:
    put(name="a", at=MOMENT.replace(microsecond=0), clock=datetime.time(1, 2, 3))
    assert names(clock=datetime.time(1, 2, 3)) == ["a"]
    assert names(at__time=MOMENT.time().replace(microsecond=0)) == ["a"]
    assert names(at__time=MOMENT.time()) == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM mysql_tests_note WHERE TIME(at) = %s", [datetime.time(23, 30, 15)])
        assert [row[0] for row in cursor.fetchall()] == ["a"]


def test_updates_follow_an_order_that_has_a_direction_of_its_own() -> None:
    for number in (1, 2):
        put(name=f"n{number}")
    notes = Note.objects.annotate(falling=F("name").desc(), rising=F("name").asc())
    shifted = functions.Concat(
        Value("n"), functions.Cast(functions.Right("name", 1), models.IntegerField()) + 1
    )
    assert notes.order_by("falling").update(name=shifted) == 2
    assert notes.order_by("-rising").update(name=shifted) == 2
    assert names() == ["n3", "n4"]


def test_json_lookups() -> None:
    put(name="a", data={"x": 1, "list": [1, {"k": "v"}], "text": "Hallo", "none": None, "yes": True})
    put(name="b", data={"x": "1", "text": "hallo"})
    put(name="c", data=["x", 2])
    # A scalar counts as its own first element, too.
    put(name="d", data="x")
    put(name="e")
    for conditions, wanted in (
        # MariaDB compares what stands under a key as text.
        ({"data__x": 1}, "ab" if connection.mysql_is_mariadb else "a"),
        ({"data__x": "1"}, "ab" if connection.mysql_is_mariadb else "b"),
        ({"data__x__gt": 0}, "ab"),
        ({"data__x__in": [1, 7]}, "ab" if connection.mysql_is_mariadb else "a"),
        ({"data__list__1__k": "v"}, "a"),
        ({"data__text__startswith": "H"}, "a"),
        ({"data__text__iexact": "HALLO"}, "ab"),
        ({"data__text__regex": "^h"}, "b"),
        ({"data__none": None}, "a"),
        ({"data__none__isnull": True}, "bcde"),
        ({"data__yes": True}, "a"),
        ({"data__has_key": "x"}, "ab"),
        ({"data__has_keys": ["x", "list"]}, "a"),
        ({"data__has_any_keys": ["list", "text"]}, "ab"),
        ({"data__contains": {"x": 1}}, "a"),
        ({"data__contained_by": ["x", 2, 3]}, "cd"),
        ({"data": ["x", 2]}, "c"),
        ({"data": "x"}, "d"),
        ({"data__in": ["x", ["x", 2]]}, "cd"),
        ({"data__in": [F("data")]}, "abcd"),
        ({"data__0": "x"}, "cd"),
        ({"data__isnull": True}, "e"),
        ({"data__icontains": "HALLO"}, "ab"),
    ):
        assert "".join(names(**conditions)) == wanted, conditions
    found = Note.objects.annotate(text=KT("data__text")).values_list("text", flat=True)
    assert list(found.filter(name__in="ab").order_by("name")) == ["Hallo", "hallo"]
    with pytest.raises(NotSupportedError, match="negative JSON array indices"):
        Note.objects.filter(**{"data__-1": 2}).exists()


def test_json_is_built() -> None:
    put(name="a", data={"k": 1})
    built = functions.JSONObject(name="name", data="data", nothing=Value(None, models.IntegerField()))
    assert Note.objects.values_list(built, flat=True)[0] == {"name": "a", "data": {"k": 1}, "nothing": None}
    assert Note.objects.values_list(functions.JSONArray("name", Value(2)), flat=True)[0] == ["a", 2]


def test_case_matters_where_it_should() -> None:
    for name in ("Zoë", "zoë!", "100%", "a_b", "back\\slash", "it's"):
        put(name=name)
    assert names(name__startswith="Zo") == ["Zoë"]
    assert names(name__istartswith="ZO") == ["Zoë", "zoë!"]
    assert names(name__contains="%") == ["100%"]
    assert names(name__contains="_") == ["a_b"]
    assert names(name__endswith="\\slash") == ["back\\slash"]
    assert names(name__regex="^z") == ["zoë!"]
    assert names(name__iregex="^z") == ["Zoë", "zoë!"]
    assert names(name__contains=functions.Concat(Value("it"), Value("'"))) == ["it's"]
    assert names(name=functions.Collate(Value("ZOË"), "utf8mb4_general_ci")) == ["Zoë"]


def test_moments_are_cut_in_time_zones() -> None:
    put()
    if not connection.features.has_zoneinfo_database:
        lacking(f"{connection.display_name}: the tables of time zones are empty")
    tokyo = zoneinfo.ZoneInfo("Asia/Tokyo")
    with timezone.override(tokyo):
        row = Note.objects.values_list(
            "at__date",
            "at__hour",
            functions.TruncMonth("at"),
            functions.TruncWeek("at"),
            functions.TruncQuarter("at"),
            functions.TruncHour("at"),
            functions.TruncTime("at"),
        )[0]
        assert row == (
            datetime.date(2024, 3, 31),
            8,
            datetime.datetime(2024, 3, 1, tzinfo=tokyo),
            datetime.datetime(2024, 3, 25, tzinfo=tokyo),
            datetime.datetime(2024, 1, 1, tzinfo=tokyo),
            datetime.datetime(2024, 3, 31, 8, tzinfo=tokyo),
            datetime.time(8, 30, 15, 123456),
        )
        assert names(at__date=datetime.date(2024, 3, 31)) == ["n0"]


def test_parts_of_moments_by_offsets_need_no_tables() -> None:
    put()
    east = datetime.timezone(datetime.timedelta(hours=5, minutes=45))
    extract = [
        functions.Extract("at", part, tzinfo=east) for part in ("hour", "minute", "week_day", "iso_week_day")
    ]
    assert Note.objects.values_list(*extract)[0] == (5, 15, 1, 7)
    parts = [functions.Extract("at", part, tzinfo=datetime.UTC) for part in ("iso_year", "week", "quarter")]
    assert Note.objects.values_list(*parts)[0] == (2024, 13, 1)


def test_a_database_in_another_time_zone_holds_that_zones_moments(database: Any) -> None:
    tokyo = configured(NAME=database.settings_dict["NAME"], TIME_ZONE="Asia/Tokyo")
    Note.objects.using(ALIAS).create(name="east", at=MOMENT)
    ((stored,),) = tokyo.fetch_all("SELECT at FROM mysql_tests_note")
    assert stored == datetime.datetime(2024, 3, 31, 8, 30, 15, 123456)
    assert Note.objects.using(ALIAS).get(at=MOMENT).at == MOMENT
    # The one that reads it as UTC is nine hours off.
    assert Note.objects.get().at - MOMENT == datetime.timedelta(hours=9)


def test_durations_are_added_and_measured() -> None:
    put()
    row = Note.objects.values_list(
        F("at") + F("length"),
        F("at") - MOMENT,
        F("clock") - datetime.time(10),
        F("clock") + datetime.timedelta(minutes=1),
        models.ExpressionWrapper(F("length") * 2, models.DurationField()),
    )[0]
    assert row == (
        MOMENT + datetime.timedelta(days=1, microseconds=5),
        datetime.timedelta(0),
        datetime.timedelta(minutes=20, seconds=30, microseconds=400000),
        datetime.time(10, 21, 30, 400000),
        datetime.timedelta(days=2, microseconds=10),
    )
    with pytest.raises(DatabaseError, match="Invalid arguments for operator"):
        list(
            Note.objects.annotate(
                wrong=models.ExpressionWrapper(F("at") * datetime.timedelta(1), models.DurationField())
            )
        )


def test_groups_and_windows() -> None:
    for rank, name in enumerate("abc"):
        put(name=name, rank=rank)
    assert Note.objects.aggregate(
        sum=Sum("rank"), mean=Avg("length"), all=StringAgg("name", Value("-"), order_by="-name")
    ) == {"sum": 3, "mean": datetime.timedelta(days=1, microseconds=5), "all": "c-b-a"}
    total = Window(Sum("rank"), order_by="rank")
    assert list(Note.objects.annotate(total=total).order_by("rank").values_list("total", flat=True)) == [
        0,
        1,
        3,
    ]
    assert [note.name for note in Note.objects.filter(name="a").union(Note.objects.filter(name="c"))] == [
        "a",
        "c",
    ]


def test_tables_are_changed_by_what_they_hold() -> None:
    for rank, name in enumerate("abc"):
        put(name=name, rank=rank)
    if connection.features.update_can_self_select:
        greatest = Note.objects.order_by("-rank").values("rank")[:1]
        assert Note.objects.filter(name="a").update(rank=models.Subquery(greatest)) == 1
        assert Note.objects.get(name="a").rank == 2
    assert Note.objects.filter(pk__in=Note.objects.filter(name="b").values("pk")).delete()[0] == 1
    # Without an order the first row would get the second one's name.
    Note.objects.filter(name="c").update(name="b")
    assert Note.objects.order_by("-name").update(name=functions.Chr(functions.Ord("name") + 1)) == 2
    assert names() == ["b", "c"]


def test_out_of_range_is_refused() -> None:
    note = put(rank=1)
    with pytest.raises(DatabaseError):
        Note.objects.filter(pk=note.pk).update(positive=F("positive") - 1)
    with pytest.raises(DatabaseError):
        put(name="x" * 41)


def test_locks() -> None:
    put(name="a")
    with transaction.atomic():
        assert [note.name for note in Note.objects.select_for_update(skip_locked=True)] == ["a"]
        assert [note.name for note in Note.objects.select_for_update(nowait=True)] == ["a"]
        if not connection.features.has_select_for_update_of:
            with pytest.raises(NotSupportedError, match="FOR UPDATE OF"):
                list(Note.objects.select_for_update(of=("self",)))


def test_plans_are_explained() -> None:
    assert "mysql_tests_note" in Note.objects.filter(rank=1).explain(format="json")
    usual = "SIMPLE" if connection.mysql_is_mariadb else "-> Filter"
    assert usual in Note.objects.filter(rank=1).explain()
    assert "SIMPLE" in Note.objects.filter(rank=1).explain(format="text")
    assert Note.objects.filter(rank=1).explain(analyze=True)
    assert Note.objects.filter(rank=1).explain(format="json", analyze=True)


def test_logged_queries_show_what_ran() -> None:
    from offbeat.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        names(name="it's \\", token=uuid.UUID(int=1))
    assert r"'it''s \\'" in captured[0]["sql"]
