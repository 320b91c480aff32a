from __future__ import annotations

import warnings
from typing import Any

import pytest

from offbeat.contrib.postgres import aggregates
from offbeat.contrib.postgres.aggregates import (
    ArrayAgg,
    BoolAnd,
    BoolOr,
    Corr,
    CovarPop,
    JSONBAgg,
    RegrAvgX,
    RegrAvgY,
    RegrCount,
    RegrIntercept,
    RegrR2,
    RegrSlope,
    RegrSXX,
    RegrSXY,
    RegrSYY,
)
from offbeat.contrib.postgres.functions import RandomUUID, TransactionNow
from offbeat.db import transaction
from offbeat.db.models import Case, F, Q, Value, When, Window
from offbeat.utils.deprecation import RemovedInDjango2028Warning
from tests.contrib.postgres.models import Animal


@pytest.fixture(autouse=True)
def animals(tables: None) -> None:
    for name, legs, weight in (("Ada", 4, 1.0), ("Bo", 4, 2.0), ("Cy", 2, 4.0)):
        Animal.objects.create(name=name, legs=legs, weight=weight, tags=[name], price=legs)


HEAVY = Case(When(weight__gt=1.5, then=True), default=False)


@pytest.mark.parametrize(
    ("aggregate", "value", "empty"),
    [
        (ArrayAgg("name", order_by="-name"), ["Cy", "Bo", "Ada"], None),
        (ArrayAgg("legs", distinct=True, order_by="legs"), [2, 4], None),
        (ArrayAgg("name", filter=Q(legs=4), order_by=["name"]), ["Ada", "Bo"], None),
        (ArrayAgg("name", filter=Q(legs=9), default=Value([])), [], []),
        (ArrayAgg("name", filter=Q(legs=9), default=["x"]), ["x"], ["x"]),
        (ArrayAgg("tags__0", order_by="name"), ["Ada", "Bo", "Cy"], None),
        (ArrayAgg("tags", order_by="name"), [["Ada"], ["Bo"], ["Cy"]], None),
        (JSONBAgg("name", order_by="name"), ["Ada", "Bo", "Cy"], None),
        (JSONBAgg("legs", distinct=True, default=Value([])), [2, 4], []),
        (BoolAnd(HEAVY), False, None),
        (BoolOr(HEAVY), True, None),
        (BoolOr(Q(legs__gt=9), default=False), False, False),
        (Corr("legs", "weight"), pytest.approx(-0.9449111825230682), None),
        (CovarPop("legs", "weight"), pytest.approx(-1.111111111), None),
        (CovarPop("legs", "weight", sample=True), pytest.approx(-1.666666667), None),
        (RegrAvgX("legs", "weight"), pytest.approx(7 / 3), None),
        (RegrAvgY("legs", "weight"), pytest.approx(10 / 3), None),
        (RegrCount("legs", "weight"), 3, 0),
        (RegrIntercept("legs", "weight"), pytest.approx(5.0), None),
        (RegrR2("legs", "weight"), pytest.approx(0.892857142), None),
        (RegrSlope("legs", "weight"), pytest.approx(-0.714285714), None),
        (RegrSXX("legs", "weight"), pytest.approx(14 / 3), None),
        (RegrSXY("legs", "weight"), pytest.approx(-10 / 3), None),
        (RegrSYY("legs", "weight"), pytest.approx(8 / 3), None),
        (Corr("legs", "weight", filter=Q(legs=9), default=7), 7.0, 7.0),
    ],
)
def test_aggregates(call: Any, aggregate: Any, value: Any, empty: Any) -> None:
    assert call(lambda: Animal.objects.aggregate(v=aggregate)) == {"v": value}
    assert call(lambda: Animal.objects.none().aggregate(v=aggregate)) == {"v": empty}
    Animal.objects.all().delete()
    assert Animal.objects.aggregate(v=aggregate) == {"v": empty}


def test_groups_and_lookups_of_arrays() -> None:
    rows = Animal.objects.values("legs").annotate(all=ArrayAgg("name", order_by="name")).order_by("legs")
    assert [(row["legs"], row["all"]) for row in rows] == [(2, ["Cy"]), (4, ["Ada", "Bo"])]
    assert [row["legs"] for row in rows.filter(all__contains=["Bo"])] == [4]
    assert [row["legs"] for row in rows.filter(all__0="Cy")] == [2]
    assert [row["legs"] for row in rows.filter(all__len=2)] == [4]


def test_windows() -> None:
    rows = Animal.objects.annotate(same=Window(ArrayAgg("name"), partition_by=F("legs"))).order_by("name")
    assert [sorted(row.same) for row in rows] == [["Ada", "Bo"], ["Ada", "Bo"], ["Cy"]]


@pytest.mark.parametrize(("name", "value"), [("BitAnd", 0), ("BitOr", 6), ("BitXor", 2)])
def test_bits_have_moved(name: str, value: int) -> None:
    with pytest.warns(
        RemovedInDjango2028Warning, match=f"Use offbeat.db.models.aggregates.{name} instead"
    ) as caught:
        aggregate = getattr(aggregates, name)("legs")
    assert caught[0].filename == __file__
    assert Animal.objects.aggregate(v=aggregate) == {"v": value}


def test_joined_texts_have_moved() -> None:
    with pytest.warns(RemovedInDjango2028Warning, match="StringAgg function is deprecated") as caught:
        joined = aggregates.StringAgg("name", Value("; "), order_by="name")
    assert caught[0].filename == __file__
    assert Animal.objects.aggregate(v=joined) == {"v": "Ada; Bo; Cy"}
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        joined = aggregates.StringAgg("name", "'", order_by="name")
    assert ["field reference" in str(warning.message) for warning in found] == [True, False]
    assert Animal.objects.aggregate(v=joined) == {"v": "Ada'Bo'Cy"}


def test_pairs_need_both() -> None:
    with pytest.raises(ValueError, match="Both y and x must be provided"):
        Corr("legs", None)
    with pytest.raises(TypeError, match=r"Complex (aggregates|expressions) require an alias"):
        Animal.objects.aggregate(Corr("legs", "weight"))


def test_functions(call: Any) -> None:
    def values() -> Any:
        with transaction.atomic():
            Animal.objects.update(found=TransactionNow())
            Animal.objects.filter(name="Cy").update(found=TransactionNow())
        ids = Animal.objects.annotate(key=RandomUUID()).values_list("key", flat=True)
        return len(set(Animal.objects.values_list("found", flat=True))), len(set(ids))

    assert call(values) == (1, 3)
