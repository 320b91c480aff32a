from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from offbeat.contrib.postgres.fields import (
    DateTimeRangeField,
    DecimalRangeField,
    IntegerRangeField,
    RangeBoundary,
)
from offbeat.contrib.postgres.validators import RangeMaxValueValidator, RangeMinValueValidator
from offbeat.core import serializers
from offbeat.core.exceptions import ValidationError
from offbeat.db.backends.postgresql.psycopg_any import Range
from offbeat.db.models import F, Func, Value
from offbeat.test import override_settings
from tests.contrib.postgres.conftest import names
from tests.contrib.postgres.models import Animal, Spans

UTC = datetime.UTC
NOON = datetime.datetime(2024, 1, 1, 12, tzinfo=UTC)
DAY = datetime.date(2024, 1, 1)


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        ("ints", (1, 5), Range(1, 5)),
        ("ints", Range(1, 5, "(]"), Range(2, 6)),
        ("ints", Range(empty=True), Range(empty=True)),
        ("ints", Range(None, None), Range(None, None, "()")),
        ("ints", None, None),
        ("bigs", [2**40, None], Range(2**40, None)),
        ("bigs", [1, 2], Range(1, 2)),
        ("decimals", (1, Decimal("2.5")), Range(Decimal(1), Decimal("2.5"), "[]")),
        ("decimals", Range(1, 2), Range(Decimal(1), Decimal(2))),
        ("moments", (NOON, None), Range(NOON, None)),
        ("moments", Range(datetime.datetime(2024, 1, 1, 12), None), Range(NOON, None)),
        ("moments", (DAY, None), Range(NOON.replace(hour=0), None)),
        ("days", (DAY, DAY.replace(day=3)), Range(DAY, DAY.replace(day=3))),
    ],
)
def test_values_come_back(call: Any, field: str, value: Any, stored: Any) -> None:
    def saved() -> Any:
        made = Spans.objects.create(**{field: value})
        return getattr(Spans.objects.get(pk=made.pk), field)

    assert call(saved) == stored


@override_settings(USE_TZ=False, TIME_ZONE="America/New_York")
def test_moments_without_time_zones() -> None:
    made = Spans.objects.create(moments=(datetime.datetime(2024, 1, 1), datetime.datetime(2024, 6, 1)))
    assert Spans.objects.get(pk=made.pk).moments == Range(
        datetime.datetime(2024, 1, 1), datetime.datetime(2024, 6, 1)
    )
    assert Spans.objects.filter(moments__contains=datetime.datetime(2024, 1, 1)).exists()
    assert not Spans.objects.filter(moments__contains=datetime.datetime(2023, 12, 31, 23, 59)).exists()


@pytest.fixture
def spans() -> dict[int, str]:
    ranges = {
        "low": (1, 5),
        "high": (5, 9),
        "open": (7, None),
        "all": (None, None),
        "empty": Range(empty=True),
    }
    return {Spans.objects.create(ints=value).pk: name for name, value in ranges.items()}


@pytest.mark.parametrize(
    ("lookup", "value", "found"),
    [
        ("ints", (1, 5), {"low"}),
        ("ints", Range(4, 8, "(]"), {"high"}),
        ("ints__contains", 4, {"low", "all"}),
        ("ints__contains", (7, 8), {"high", "open", "all"}),
        ("ints__contained_by", Range(0, 10), {"low", "high", "empty"}),
        ("ints__overlap", (4, 6), {"low", "high", "all"}),
        ("ints__fully_lt", (5, 6), {"low"}),
        ("ints__fully_gt", (3, 5), {"high", "open"}),
        ("ints__not_lt", (5, 6), {"high", "open"}),
        ("ints__not_gt", (3, 5), {"low"}),
        ("ints__adjacent_to", (9, 12), {"high"}),
        ("ints__startswith", 1, {"low"}),
        ("ints__startswith__gte", 5, {"high", "open"}),
        ("ints__endswith", 9, {"high"}),
        ("ints__isempty", True, {"empty"}),
        ("ints__lower_inc", False, {"all", "empty"}),
        ("ints__lower_inf", True, {"all"}),
        ("ints__upper_inc", True, set()),
        ("ints__upper_inf", True, {"open", "all"}),
        ("ints__in", [(1, 5), Range(5, 9)], {"low", "high"}),
        ("ints__gt", Range(5, 9), {"open"}),
    ],
)
def test_lookups(spans: Any, call: Any, lookup: str, value: Any, found: set[str]) -> None:
    for _ in range(2):
        rows = call(lambda: list(Spans.objects.filter(**{lookup: value})))
        assert {spans[row.pk] for row in rows} == found


def test_lookups_do_not_mix_up_values(spans: Any) -> None:
    counts = [Spans.objects.filter(ints__contains=number).count() for number in (0, 4, 8)]
    assert counts == [1, 2, 3]
    assert Spans.objects.filter(ints__contains=F("id") * 0 + 4).count() == 2


def test_moments_and_days() -> None:
    Spans.objects.create(moments=(NOON, NOON.replace(day=2)), days=(DAY, DAY.replace(day=3)), decimals=(1, 2))
    for lookup, value in {
        "moments__contains": NOON,
        "moments__startswith": NOON,
        "moments__startswith__year": 2024,
        "moments__endswith__date": DAY.replace(day=2),
        "moments__overlap": Range(NOON.replace(day=2, hour=11), None),
        "days__contains": DAY,
        "decimals__contains": 2,
        "decimals__startswith": Decimal(1),
    }.items():
        assert Spans.objects.filter(**{lookup: value}).exists(), lookup
    assert not Spans.objects.filter(days__contains=DAY.replace(day=3)).exists()
    assert Spans.objects.filter(moments__contains=DAY.replace(day=2)).exists()


@pytest.mark.parametrize(
    ("lookup", "inside", "outside"),
    [
        ("legs__contained_by", Range(4, 5), Range(5, 6)),
        ("id__contained_by", Range(0, None), Range(None, 0)),
        ("weight__contained_by", Range(1, 2), Range(2, 3)),
        ("price__contained_by", Range(Decimal("2.5"), None), (0, 1)),
        ("born__contained_by", (DAY, None), Range(None, DAY)),
        ("found__contained_by", Range(NOON, None), Range(None, datetime.datetime(2024, 1, 1))),
        ("found__date__contained_by", (DAY, None), Range(None, DAY)),
    ],
)
def test_plain_values_in_ranges(lookup: str, inside: Any, outside: Any) -> None:
    Animal.objects.create(name="Ada", weight=1.5, price="2.50", born=DAY, found=NOON)
    assert names(Animal.objects.filter(**{lookup: inside})) == ["Ada"]
    assert names(Animal.objects.filter(**{lookup: outside})) == []


def test_plain_values_in_ranges_of_columns() -> None:
    Spans.objects.create(ints=(1, 5), bigs=(2, 3))
    row = Spans.objects.annotate(four=Value(4)).filter(
        four__contained_by=F("ints"), ints__contains=F("bigs__startswith")
    )
    assert row.exists()


def test_ranges_of_functions() -> None:
    Animal.objects.create(name="Ada", born=DAY, found=NOON)
    days = Func(
        F("born"), Value(DAY.replace(day=9)), RangeBoundary(inclusive_upper=True), function="daterange"
    )
    days.output_field = Spans._meta.get_field("days")
    assert Animal.objects.annotate(days=days).get().days == Range(DAY, DAY.replace(day=10))
    assert Animal.objects.annotate(days=days).filter(days__contains=DAY.replace(day=9)).exists()


def test_bulk_changes(call: Any) -> None:
    def change() -> Any:
        one, two = Spans.objects.bulk_create([Spans(ints=(1, 2)), Spans(ints=None)])
        one.ints, two.ints = None, Range(3, 4)
        Spans.objects.bulk_update([one, two], ["ints"])
        return list(Spans.objects.order_by("pk").values_list("ints", flat=True))

    assert call(change) == [None, Range(3, 4)]


def test_serializers() -> None:
    Spans.objects.create(ints=(1, 5), decimals=(1, None), moments=(NOON, None), days=Range(empty=True))
    for name in ("json", "xml"):
        (item,) = serializers.deserialize(name, serializers.serialize(name, Spans.objects.all()))
        span = item.object
        assert (span.ints, span.bigs, span.days) == (Range(1, 5), None, Range(empty=True))
        assert (span.decimals, span.moments) == (Range(Decimal(1), None), Range(NOON, None))


def test_options() -> None:
    with pytest.raises(TypeError, match="Cannot use 'default_bounds' with IntegerRangeField"):
        IntegerRangeField(default_bounds="[]")
    with pytest.raises(ValueError, match="default_bounds must be one of"):
        DecimalRangeField(default_bounds="[[")
    assert DateTimeRangeField(default_bounds="()").deconstruct()[3] == {"default_bounds": "()"}
    assert DateTimeRangeField().deconstruct()[3] == {}


def test_validators() -> None:
    RangeMaxValueValidator(5)(Range(0, 5))
    RangeMinValueValidator(5)(Range(5, 7))
    for validator, value in (
        (RangeMaxValueValidator(5), Range(0, 6)),
        (RangeMaxValueValidator(5), Range(0, None)),
        (RangeMinValueValidator(lambda: 5), Range(4, 6)),
        (RangeMinValueValidator(5), Range(None, 6)),
    ):
        with pytest.raises(ValidationError, match="bound of the range is not"):
            validator(value)
