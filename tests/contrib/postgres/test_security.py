"""What has once been a hole."""

from __future__ import annotations

from typing import Any

import pytest

from offbeat.contrib.postgres.aggregates import StringAgg
from offbeat.contrib.postgres.fields import ArrayField, HStoreField, IntegerRangeField
from offbeat.contrib.postgres.search import SearchHeadline, SearchVector
from offbeat.core.exceptions import ValidationError
from offbeat.db import DatabaseError, models, transaction
from offbeat.db.models import F, Value
from tests.contrib.postgres.models import Animal

TRICKS = (
    "'",
    "' OR 1 = 1 OR 'a' = '",
    "\\' OR 1=1 --",
    "a') = 'x' OR 1 = 1 OR ('d",
    "%s",
    "%(a)s",
    "$1",
    '"',
    "a;--",
)


@pytest.fixture(autouse=True)
def animal(tables: None) -> None:
    Animal.objects.create(name="Ada", facts={"fur": "red"}, tags=["x"], story="a cat")


@pytest.mark.parametrize("trick", TRICKS)
def test_cve_2019_14234_keys_are_values(trick: str) -> None:
    assert Animal.objects.filter(**{f"facts__{trick}": "x"}).count() == 0
    assert Animal.objects.filter(facts__has_key=trick).count() == 0
    assert Animal.objects.filter(facts__has_any_keys=[trick]).count() == 0
    assert Animal.objects.filter(facts__contains={trick: trick}).count() == 0
    assert Animal.objects.order_by(f"facts__{trick}").count() == 1
    assert len(Animal.objects.order_by(f"facts__{trick}")) == 1
    Animal.objects.update(facts={trick: trick}, tags=[trick[:10]])
    assert Animal.objects.get(facts__contains={trick: trick}, tags=[trick[:10]]).facts == {trick: trick}


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_cve_2020_7471_delimiters_are_values(trick: str) -> None:
    Animal.objects.create(name="Bo")
    joined = Animal.objects.aggregate(v=StringAgg("name", trick, order_by="name"))["v"]
    assert joined == f"Ada{trick}Bo"


@pytest.mark.parametrize("trick", TRICKS)
def test_names_and_options_of_searches_are_values(trick: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Animal.objects.annotate(search=SearchVector("story", config=trick)).filter(search="cat").exists()
    row = Animal.objects.annotate(
        h=SearchHeadline("story", "cat", start_sel=trick, stop_sel=Value("]").value)
    ).get()
    assert row.h == f"a {trick}cat]"
    assert not Animal.objects.annotate(v=F("tags__0")).filter(v=trick).exists()


@pytest.mark.parametrize(
    ("field", "values"),
    [
        (ArrayField(models.IntegerField()), ["x", "{}", "5", 5, {"a": 1}, "[1"]),
        (HStoreField(), ["x", "[]", "5", 5, ["a"]]),
        (
            IntegerRangeField(),
            ["x", "[]", "5", 5, [1], (1, 2, 3), '{"a": 1}', '{"bounds": "x"}', '{"lower": "a"}'],
        ),
    ],
)
def test_what_is_no_value_is_refused(field: Any, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(ValidationError):
            field.clean(value, None)
