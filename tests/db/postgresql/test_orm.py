"""What the ORM does with PostgreSQL only."""

from __future__ import annotations

import asyncio
import datetime
import json
from collections.abc import Iterator
from typing import Any

import pytest

from offbeat.concurrency import run, spawn
from offbeat.db import OperationalError, connection, models
from offbeat.db.models import F, Value
from offbeat.db.models.functions import ExtractSecond, Now, TruncMonth
from offbeat.db.transaction import TransactionManagementError, atomic
from offbeat.test.utils import isolate_apps


@pytest.fixture(scope="module")
def classes() -> Iterator[tuple[Any, Any]]:
    with isolate_apps("tests.sqlmodels"):

        class Shelf(models.Model):
            name = models.CharField(max_length=20)

            class Meta:
                app_label = "sql_tests"

        class Item(models.Model):
            shelf = models.ForeignKey(Shelf, models.CASCADE, related_name="items")
            name = models.CharField(max_length=20)
            data = models.JSONField(default=dict)
            address = models.GenericIPAddressField(null=True)
            took = models.DurationField(default=datetime.timedelta(seconds=90))
            at = models.DateTimeField(
                default=datetime.datetime(2024, 5, 6, 7, 8, 9, 500000, tzinfo=datetime.UTC)
            )

            class Meta:
                app_label = "sql_tests"

    with connection.schema_editor() as editor:
        editor.create_model(Shelf)
        editor.create_model(Item)
    yield Shelf, Item
    with connection.schema_editor() as editor:
        editor.delete_model(Item)
        editor.delete_model(Shelf)


@pytest.fixture
def items(classes: Any) -> Iterator[Any]:
    """Four items on two shelves."""
    shelf, item = classes
    one, two = shelf.objects.bulk_create([shelf(name="one"), shelf(name="two")])
    assert one.pk and two.pk == one.pk + 1
    item.objects.bulk_create(
        [
            item(shelf=(one, two)[number % 2], name=f"i{number}", data={"n": [number], "k": {"x": number}})
            for number in range(4)
        ]
    )
    yield item
    shelf.objects.all().delete()


def test_bulk_create_returns_keys_and_updates_conflicts(items: Any, call: Any) -> None:
    shelf = items._meta.get_field("shelf").related_model

    def body() -> None:
        made = shelf.objects.bulk_create([shelf(name=str(number)) for number in range(300)], batch_size=100)
        assert len({one.pk for one in made}) == 300
        again = [shelf(pk=one.pk, name="changed") for one in made[:3]]
        shelf.objects.bulk_create(again, update_conflicts=True, unique_fields=["id"], update_fields=["name"])
        shelf.objects.bulk_create(again, ignore_conflicts=True)
        assert shelf.objects.filter(name="changed").count() == 3

    call(body)


def test_distinct_on_fields(items: Any, call: Any) -> None:
    query = (
        items.objects.order_by("shelf__name", "-name").distinct("shelf__name").values_list("name", flat=True)
    )
    assert call(lambda: list(query)) == ["i2", "i3"]


@pytest.mark.parametrize("format", ["text", "json", "yaml", "xml"])
def test_explain(items: Any, format: str) -> None:
    plan = items.objects.filter(name="x").explain(format=format, analyze=True, costs=False)
    assert "sql_tests_item" in plan and "cost=" not in plan
    if format == "json":
        assert json.loads(plan)[0]["Plan"]["Node Type"] == "Seq Scan"


def test_explain_refuses_what_it_does_not_know(items: Any) -> None:
    with pytest.raises(ValueError, match="Unknown options: sideways"):
        items.objects.explain(sideways=True)
    with pytest.raises(ValueError, match="DOODLE is not a recognized format"):
        items.objects.explain(format="doodle")


def locks(query: Any) -> str:
    return str(query.query).partition(" FOR ")[2]


def test_kinds_of_locks(items: Any) -> None:
    with atomic():
        query = items.objects.select_related("shelf")
        for lock, expected in (
            ({}, "UPDATE"),
            ({"nowait": True}, "UPDATE NOWAIT"),
            ({"skip_locked": True}, "UPDATE SKIP LOCKED"),
            ({"no_key": True}, "NO KEY UPDATE"),
            ({"of": ("self",)}, 'UPDATE OF "sql_tests_item"'),
            ({"of": ("self", "shelf")}, 'UPDATE OF "sql_tests_item", "sql_tests_shelf"'),
        ):
            locked = query.select_for_update(**lock)
            assert locks(locked) == expected
            assert len(locked) == 4
        assert len(items.objects.select_for_update(of=("self",)).values("name")) == 4
        assert items.objects.select_for_update(of=("self", "shelf")).exists()
    with pytest.raises(TransactionManagementError, match="select_for_update cannot be used outside"):
        list(items.objects.select_for_update())
    with pytest.raises(ValueError, match="nowait option cannot be used with skip_locked"):
        items.objects.select_for_update(nowait=True, skip_locked=True)


def test_locked_rows_are_refused_or_skipped_by_others(items: Any) -> None:
    async def main() -> None:
        held = asyncio.Event()
        release = asyncio.Event()

        async def holder() -> None:
            async with atomic():
                await items.objects.select_for_update().aget(name="i0")
                held.set()
                await release.wait()

        task = asyncio.create_task(holder())
        await held.wait()
        async with atomic():
            with pytest.raises(OperationalError) as caught:
                async with atomic():
                    await items.objects.select_for_update(nowait=True).aget(name="i0")
            assert caught.value.sqlstate == "55P03"
            free = [
                one.name async for one in items.objects.select_for_update(skip_locked=True).order_by("name")
            ]
        release.set()
        await task
        assert free == ["i1", "i2", "i3"]

    run(main())


def test_json_is_looked_into(items: Any) -> None:
    for criteria, expected in (
        ({"data__contains": {"n": [1]}}, ["i1"]),
        ({"data__k__x": 2}, ["i2"]),
        ({"data__n__0__gte": 2}, ["i2", "i3"]),
        ({"data__contained_by": {"n": [1, 2], "k": {"x": 2}}}, ["i2"]),
        ({"data__has_keys": ["n", "k"], "data__k__has_key": "x", "data__k__x__lt": 1}, ["i0"]),
        ({"data__k__x__in": [0, 3]}, ["i0", "i3"]),
        ({"data__absent__isnull": True, "name": "i1"}, ["i1"]),
    ):
        found = list(items.objects.filter(**criteria).order_by("name").values_list("name", flat=True))
        assert found == expected, criteria
    assert items.objects.order_by("name").values_list("data__k", flat=True)[1] == {"x": 1}


def test_native_types(items: Any) -> None:
    items.objects.filter(name="i0").update(address="10.1.2.3", took=F("took") * 2)
    found = items.objects.get(address__startswith="10.1.")
    assert (found.address, found.took) == ("10.1.2.3", datetime.timedelta(seconds=180))
    assert items.objects.filter(took__gt=datetime.timedelta(seconds=100)).count() == 1
    later = items.objects.annotate(end=F("at") + F("took")).get(name="i1")
    assert later.end == later.at + datetime.timedelta(seconds=90)
    assert items.objects.annotate(age=Now() - F("at")).filter(age__gt=datetime.timedelta(0)).count() == 4
    assert items.objects.annotate(s=ExtractSecond("at")).values_list("s", flat=True)[0] == 9
    months = items.objects.annotate(m=TruncMonth("at")).values("m").annotate(n=models.Count("*")).order_by()
    assert list(months) == [{"m": datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC), "n": 4}]


def test_iterator_reads_in_pieces_in_both_colours(items: Any, call: Any) -> None:
    def body() -> None:
        names = items.objects.order_by("name").values_list("name", flat=True)
        assert list(names.iterator(chunk_size=3)) == ["i0", "i1", "i2", "i3"]
        found = [one.name for one in items.objects.order_by("-name").iterator(chunk_size=1)]
        assert found == ["i3", "i2", "i1", "i0"]

    call(body)


async def test_asynchronous_iterator(items: Any) -> None:
    assert [one.name async for one in items.objects.order_by("name").aiterator(chunk_size=2)][-1] == "i3"


def test_hot_shapes_are_prepared_and_stay_right(items: Any, call: Any) -> None:
    def body() -> None:
        for turn in range(30):
            number = turn % 4
            assert items.objects.get(name=f"i{number}").data["k"] == {"x": number}
            assert items.objects.filter(name__in=["i0", f"i{number}"]).count() == (1 if number == 0 else 2)
            assert (
                items.objects.filter(data__k__x=number).values_list("name", flat=True).first() == f"i{number}"
            )
            label = items.objects.annotate(
                label=models.functions.Concat("name", Value("-"), Value(str(turn)))
            )
            assert label.get(name="i1").label == f"i1-{turn}"

    call(body)


def test_expressions_in_a_group_keep_their_parameters(items: Any, call: Any) -> None:
    def body() -> None:
        for _ in range(9):
            query = items.objects.annotate(x=models.functions.Concat("name", Value("!"))).values("x")
            rows = query.annotate(n=models.Count("id")).order_by("x")
            assert rows[0] == {"x": "i0!", "n": 1}

    call(body)


def test_long_lists_of_numbers_are_one_parameter(items: Any) -> None:
    keys = list(items.objects.order_by("name").values_list("pk", flat=True))
    many = [*keys[:2], *range(10**9, 10**9 + 20_000)]
    query = items.objects.filter(pk__in=many).order_by("name")
    assert str(query.query).count("UNNEST") == 1
    assert [one.name for one in query] == ["i0", "i1"]
    assert items.objects.exclude(pk__in=many).count() == 2
    assert items.objects.filter(pk__in=[*many, 2**70]).count() == 2
    assert items.objects.filter(name__in=["i3", *map(str, range(20_000))]).count() == 1


def test_an_order_of_nulls(items: Any) -> None:
    items.objects.filter(name="i2").update(address="10.0.0.1")
    ordered = items.objects.order_by(F("address").asc(nulls_first=True), "name").values_list(
        "name", flat=True
    )
    assert list(ordered) == ["i0", "i1", "i3", "i2"]
    ordered = items.objects.order_by(F("address").desc(nulls_last=True), "name").values_list(
        "name", flat=True
    )
    assert list(ordered) == ["i2", "i0", "i1", "i3"]


async def test_a_loop_of_requests_in_transactions(items: Any) -> None:
    async def request(number: int) -> None:
        async with atomic():
            found = await items.objects.select_for_update().aget(name=f"i{number % 4}")
            await items.objects.filter(pk=found.pk).aupdate(took=F("took") + datetime.timedelta(seconds=1))

    await asyncio.gather(*[request(number) for number in range(60)])
    total = await spawn(lambda: items.objects.aggregate(t=models.Sum("took"))["t"])
    assert total == datetime.timedelta(seconds=4 * 90 + 60)
