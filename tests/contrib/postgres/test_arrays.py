from __future__ import annotations

import datetime
import decimal
import json
import pickle
import uuid
from typing import Any

import pytest

from offbeat.contrib.postgres.expressions import ArraySubquery
from offbeat.contrib.postgres.fields import ArrayField
from offbeat.core import serializers
from offbeat.core.exceptions import FieldError, ValidationError
from offbeat.db import models
from offbeat.db.models import Count, F, OuterRef, Value
from offbeat.db.models.fields.json import JSONNull
from tests.contrib.postgres.conftest import names
from tests.contrib.postgres.models import Animal, Notes


@pytest.fixture
def animals() -> list[Animal]:
    return [
        Animal.objects.create(name="Ada", tags=["calm", "old"], scores=[1, 2, 3], grid=[[1, 2], [3, 4]]),
        Animal.objects.create(name="Bo", tags=["old"], scores=[2], grid=[[5, 6]]),
        Animal.objects.create(name="Cy", tags=[], scores=None),
        Animal.objects.create(name="Di", tags=["a,b", 'say "hi"', "{}", "\\"], scores=[]),
    ]


def test_values_come_back(call: Any) -> None:
    def values() -> list[Any]:
        made = Notes.objects.create(
            documents=[{"a": [1, None]}, "x", JSONNull(), None],
            pages=[[{"a": 1}, 2], [None, "b"]],
            keys=[uuid.UUID(int=1)],
            addresses=["10.0.0.1", "::1"],
            prices=[decimal.Decimal("1.50"), None],
            maps=[{"a": "1", "b": None}, {}],
            stays=[(datetime.date(2024, 1, 1), datetime.date(2024, 1, 5)), None],
        )
        note = Notes.objects.get(pk=made.pk)
        return [
            note.documents,
            note.pages,
            note.keys,
            note.addresses,
            note.prices,
            note.maps,
            note.stays[0].upper,
        ]

    assert call(values) == [
        [{"a": [1, None]}, "x", None, None],
        [[{"a": 1}, 2], [None, "b"]],
        [uuid.UUID(int=1)],
        ["10.0.0.1", "::1"],
        [decimal.Decimal("1.50"), None],
        [{"a": "1", "b": None}, {}],
        datetime.date(2024, 1, 5),
    ]


def test_json_null_in_an_array_is_not_null() -> None:
    Notes.objects.create(documents=[JSONNull()])
    Notes.objects.create(documents=[None])
    assert Notes.objects.filter(documents=[None]).count() == 1
    assert Notes.objects.filter(documents=[JSONNull()]).count() == 1


@pytest.mark.parametrize(
    ("lookup", "value", "found"),
    [
        ("tags", ["calm", "old"], ["Ada"]),
        ("tags", [], ["Cy"]),
        ("tags__exact", ("old",), ["Bo"]),
        ("tags", ["a,b", 'say "hi"', "{}", "\\"], ["Di"]),
        ("tags__contains", ["old"], ["Ada", "Bo"]),
        ("tags__contains", [], ["Ada", "Bo", "Cy", "Di"]),
        ("tags__contained_by", ["old", "young"], ["Bo", "Cy"]),
        ("tags__overlap", ["calm", "young"], ["Ada"]),
        ("tags__len", 2, ["Ada"]),
        ("tags__len__lt", 1, ["Cy"]),
        ("scores__len", 0, ["Di"]),
        ("tags__0", "old", ["Bo"]),
        ("tags__0__startswith", "ca", ["Ada"]),
        ("tags__1__in", ["old"], ["Ada"]),
        ("scores__0_2", [1, 2], ["Ada"]),
        ("scores__0_2__contains", [2], ["Ada", "Bo"]),
        ("scores__0_1__overlap", [1], ["Ada"]),
        ("grid__1__0", 3, ["Ada"]),
        ("grid", [[5, 6]], ["Bo"]),
        ("scores__gt", [1, 2, 3], ["Bo"]),
        ("scores__lte", [1, 2, 3], ["Ada", "Di"]),
        ("scores__in", [[2], [7]], ["Bo"]),
        ("scores__range", [[1], [2]], ["Ada", "Bo"]),
        ("scores__gte", [F("legs") - 2], ["Bo"]),
        ("grid__in", [[[5, 6]]], ["Bo"]),
        ("scores__isnull", True, ["Cy"]),
        ("scores__contains", [F("legs") - 2], ["Ada", "Bo"]),
        ("tags__contains", [F("name"), "x"], []),
        ("tags__icontains", "OLD", ["Ada", "Bo"]),
    ],
)
def test_lookups(animals: Any, call: Any, lookup: str, value: Any, found: list[str]) -> None:
    # Twice, as what has run once is remembered.
    for _ in range(2):
        assert call(lambda: names(Animal.objects.filter(**{lookup: value}))) == found


def test_lookups_do_not_mix_up_values(animals: Any) -> None:
    found = [names(Animal.objects.filter(scores__contains=[n])) for n in (1, 2, 9)]
    assert found == [["Ada"], ["Ada", "Bo"], []]
    assert names(Animal.objects.filter(scores__0=2)) == ["Bo"]
    assert names(Animal.objects.filter(scores__0=1)) == ["Ada"]


def test_queries_on_the_right_hand_side(animals: Any) -> None:
    old = Animal.objects.filter(name="Bo")
    assert names(Animal.objects.filter(tags__overlap=old.values_list("tags"))) == ["Ada", "Bo"]
    assert names(Animal.objects.filter(scores__in=old.values("scores"))) == ["Bo"]
    assert names(Animal.objects.filter(tags__contains=old.values("tags")[:1])) == ["Ada", "Bo"]


def test_an_index_must_be_a_number(animals: Any) -> None:
    with pytest.raises(FieldError):
        Animal.objects.filter(tags__first="old")
    with pytest.raises(FieldError):
        Animal.objects.filter(tags__0_x="old")
    with pytest.raises(FieldError):
        Animal.objects.filter(**{"tags__²": "old"})


def test_slices_of_expressions(animals: Any) -> None:
    ada = Animal.objects.annotate(part=F("scores")[1:3], rest=F("scores")[1:], one=F("scores")[0]).get(
        name="Ada"
    )
    assert (ada.part, ada.rest, ada.one) == ([2, 3], [2, 3], [1])


def test_items_in_values_and_orders(animals: Any) -> None:
    rows = Animal.objects.filter(scores__len__gt=0).order_by("-scores__0").values_list("name", "scores__0")
    assert list(rows) == [("Bo", 2), ("Ada", 1)]
    counted = (
        Animal.objects.filter(scores__len__gt=0)
        .values("scores__0")
        .annotate(n=Count("pk"))
        .order_by("scores__0")
    )
    assert [(row["scores__0"], row["n"]) for row in counted] == [(1, 1), (2, 1)]


def test_updates_and_bulk_changes(animals: Any, call: Any) -> None:
    def change() -> list[Any]:
        Animal.objects.filter(name="Cy").update(tags=["new"], scores=None)
        two = list(Animal.objects.filter(name__in=["Ada", "Bo"]).order_by("name"))
        two[0].scores, two[1].scores = None, []
        Animal.objects.bulk_update(two, ["scores"])
        Animal.objects.bulk_create(
            [Animal(name="Ed", tags=["x"], scores=[9]), Animal(name="Fe", scores=None)]
        )
        return list(Animal.objects.order_by("name").values_list("tags", "scores"))

    assert call(change) == [
        (["calm", "old"], None),
        (["old"], []),
        (["new"], None),
        (["a,b", 'say "hi"', "{}", "\\"], []),
        (["x"], [9]),
        ([], None),
    ]


def test_saving_again_and_again(animals: Any, call: Any) -> None:
    def change() -> list[Any]:
        found = []
        for scores, facts in ((None, {"a": "1"}), ([1], {}), (None, {"b": None}), ([], {"c": "3"})):
            bo = Animal.objects.get(name="Bo")
            bo.scores, bo.facts = scores, facts
            bo.save()
            Animal.objects.filter(pk=bo.pk).update(scores=scores, name="Bo")
            bo.refresh_from_db()
            found.append((bo.tags, bo.scores, bo.facts))
        return found

    assert call(change) == [
        (["old"], None, {"a": "1"}),
        (["old"], [1], {}),
        (["old"], None, {"b": None}),
        (["old"], [], {"c": "3"}),
    ]


def test_subqueries_as_arrays(animals: Any, call: Any) -> None:
    same = Animal.objects.filter(legs=OuterRef("legs")).order_by("-name").values("name")
    queryset = Animal.objects.annotate(others=ArraySubquery(same)).filter(name="Ada")
    assert call(lambda: queryset.get().others) == ["Di", "Cy", "Bo", "Ada"]
    assert names(Animal.objects.annotate(o=ArraySubquery(same)).filter(o__contains=["Cy"], name="Bo")) == [
        "Bo"
    ]
    none = Animal.objects.filter(legs=99).values("name")
    assert Animal.objects.annotate(others=ArraySubquery(none)).first().others == []


def test_values_as_expressions(animals: Any) -> None:
    field = ArrayField(models.IntegerField())
    row = Animal.objects.annotate(v=Value([1, 2], output_field=field)).filter(scores__contained_by=F("v"))
    assert names(row) == ["Bo", "Di"]


def test_queries_and_instances_are_pickled(animals: Any) -> None:
    queryset = Animal.objects.filter(scores__0=1)
    again = Animal.objects.all()
    again.query = pickle.loads(pickle.dumps(queryset.query))
    assert names(again) == ["Ada"]
    assert pickle.loads(pickle.dumps(animals[0])).tags == ["calm", "old"]


def test_serializers(animals: Any) -> None:
    for name in ("json", "xml", "jsonl"):
        text = serializers.serialize(name, Animal.objects.filter(name__in=["Di", "Cy"]).order_by("name"))
        cy, di = [item.object for item in serializers.deserialize(name, text)]
        assert (cy.tags, cy.scores) == ([], None)
        assert (di.tags, di.scores) == (["a,b", 'say "hi"', "{}", "\\"], [])
    assert json.loads(Animal._meta.get_field("grid").value_to_string(animals[0])) == [
        '["1", "2"]',
        '["3", "4"]',
    ]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "tags",
            ["a" * 11],
            "Item 1 in the array did not validate: Ensure this value has at most 10 characters (it has 11).",
        ),
        ("grid", [[1], [2, 3]], "Nested arrays must have the same length."),
        (
            "grid",
            [[1, 2, 3]],
            "Item 1 in the array did not validate: List contains 3 items, it should contain no more than 2.",
        ),
        ("scores", [1, None], "Item 2 in the array did not validate: This field cannot be null."),
        ("scores", ["x%s"], "Item 1 in the array did not validate: “x%s” value must be an integer."),
    ],
)
def test_validation(name: str, value: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Animal._meta.get_field(name).clean(value, Animal())
    assert caught.value.messages == [message]


def test_errors_keep_their_parameters() -> None:
    with pytest.raises(ValidationError) as caught:
        Animal._meta.get_field("tags").clean(["a", "b" * 11], Animal())
    (error,) = caught.value.error_list
    assert (error.code, error.params["nth"], error.params["limit_value"]) == ("item_invalid", 2, 10)


def test_checks() -> None:
    def found(field: Any) -> list[str]:
        field.set_attributes_from_name("field")
        field.model = Animal
        return [message.id for message in field.check()]

    assert found(ArrayField(models.CharField(max_length=3))) == []
    assert found(ArrayField(models.CharField(max_length=-1))) == ["postgres.E001"]
    assert found(ArrayField(models.IntegerField(max_length=3))) == ["postgres.W004"]
    assert found(ArrayField(models.ForeignKey(Animal, models.CASCADE))) == ["postgres.E002"]
    assert found(ArrayField(models.IntegerField(), default=[])) == ["fields.E010"]


def test_deconstruction() -> None:
    field = ArrayField(ArrayField(models.CharField(max_length=3), size=2))
    _, path, args, kwargs = field.deconstruct()
    assert path == "offbeat.contrib.postgres.fields.ArrayField"
    again = ArrayField(*args, **kwargs)
    assert again.base_field.size == 2
    assert again.base_field.base_field.max_length == 3
    assert again.base_field is not field.base_field


def test_collations_of_items(tables: None) -> None:
    from offbeat.db import connection

    field = ArrayField(models.CharField(max_length=3, db_collation="C"))
    assert field.db_parameters(connection)["collation"] == "C"
    assert field.db_type(connection) == "varchar(3)[]"


def test_lists_of_one_length_share_a_compiled_query(animals: Any) -> None:
    for value, found in (
        ("calm", ["Ada"]),
        ("old", ["Ada", "Bo"]),
        ("x'", []),
        ("a,b", ["Di"]),
        ("old", ["Ada", "Bo"]),
    ):
        assert names(Animal.objects.filter(tags__contains=[value])) == found
        assert names(Animal.objects.filter(tags__overlap=(value, "zz"))) == found
    for value, found in (([1, 2, 3], ["Ada"]), ([2], ["Bo"]), ([3, 2, 1], []), ([], ["Di"]), ([2, 2], [])):
        assert names(Animal.objects.filter(scores=value)) == found


def test_items_are_converted_by_the_base_field() -> None:
    key = uuid.UUID(int=5)
    Notes.objects.create(keys=[key], prices=[decimal.Decimal("1.5")])
    for _ in range(2):
        assert Notes.objects.filter(keys__contains=[str(key)]).exists()
        assert Notes.objects.filter(keys=[key]).exists()
        assert Notes.objects.filter(prices__overlap=["1.50"]).exists()
        assert Notes.objects.filter(prices__overlap=[1, 1.5]).exists()
        with pytest.raises(ValidationError):
            Notes.objects.filter(keys__contains=["x"]).exists()


def test_fields_that_convert_lists_themselves() -> None:
    class Sorted(ArrayField):
        def get_prep_value(self, value: Any) -> Any:
            return sorted(value)

    field = Sorted(models.IntegerField())
    assert not field.converts_items
    queryset = Animal.objects.annotate(list=Value([1, 2], output_field=field))
    Animal.objects.create(name="Ada")
    for _ in range(2):
        assert queryset.filter(list=[2, 1]).exists()
        assert not queryset.filter(list=[2, 2]).exists()
