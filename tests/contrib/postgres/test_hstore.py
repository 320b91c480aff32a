from __future__ import annotations

from typing import Any

import pytest

from offbeat.contrib.postgres.fields import HStoreField
from offbeat.contrib.postgres.validators import KeysValidator
from offbeat.core import serializers
from offbeat.core.exceptions import ValidationError
from offbeat.db.models import F, Value
from tests.contrib.postgres.conftest import names
from tests.contrib.postgres.models import Animal


@pytest.fixture
def animals() -> None:
    Animal.objects.create(name="Ada", facts={"fur": "red", "eats": "fish", "note": None})
    Animal.objects.create(name="Bo", facts={"fur": "grey"})
    Animal.objects.create(name="Cy", facts={})
    Animal.objects.create(name="Di", facts={'a "quote"': "it's => \\ 100%", "keys": "x"})


def test_values_come_back(animals: None, call: Any) -> None:
    assert call(lambda: [animal.facts for animal in Animal.objects.order_by("name")]) == [
        {"fur": "red", "eats": "fish", "note": None},
        {"fur": "grey"},
        {},
        {'a "quote"': "it's => \\ 100%", "keys": "x"},
    ]


def test_values_become_text(call: Any) -> None:
    def stored() -> Any:
        return Animal.objects.get(pk=Animal.objects.create(name="Ed", facts={1: 2, "a": True}).pk).facts

    assert call(stored) == {"1": "2", "a": "True"}


@pytest.mark.parametrize(
    ("lookup", "value", "found"),
    [
        ("facts", {"fur": "grey"}, ["Bo"]),
        ("facts", {}, ["Cy"]),
        ("facts__fur", "red", ["Ada"]),
        ("facts__fur__startswith", "gr", ["Bo"]),
        ("facts__fur__isnull", True, ["Cy", "Di"]),
        ("facts__note__isnull", True, ["Ada", "Bo", "Cy", "Di"]),
        ("facts__fur__in", ["red", "grey"], ["Ada", "Bo"]),
        ('facts__a "quote"', "it's => \\ 100%", ["Di"]),
        ("facts__contains", {"fur": "red"}, ["Ada"]),
        ("facts__contains", {"note": None}, ["Ada"]),
        ("facts__contained_by", {"fur": "grey", "x": "y"}, ["Bo", "Cy"]),
        ("facts__has_key", "fur", ["Ada", "Bo"]),
        ("facts__has_keys", ["fur", "eats"], ["Ada"]),
        ("facts__has_any_keys", ["eats", "keys"], ["Ada", "Di"]),
        ("facts__keys", ["fur"], ["Bo"]),
        ("facts__keys__overlap", ["eats", "keys"], ["Ada", "Di"]),
        ("facts__values__contains", ["grey"], ["Bo"]),
        ("facts__keys__len", 0, ["Cy"]),
    ],
)
def test_lookups(animals: None, call: Any, lookup: str, value: Any, found: list[str]) -> None:
    for _ in range(2):
        assert call(lambda: names(Animal.objects.filter(**{lookup: value}))) == found


def test_lookups_do_not_mix_up_keys_and_values(animals: None) -> None:
    assert [names(Animal.objects.filter(facts__has_key=key)) for key in ("eats", "keys")] == [["Ada"], ["Di"]]
    assert [names(Animal.objects.filter(facts__fur=value)) for value in ("red", "grey")] == [["Ada"], ["Bo"]]


def test_keys_as_expressions(animals: None) -> None:
    rows = Animal.objects.annotate(fur=F("facts__fur")).order_by("name").values_list("fur", flat=True)
    assert list(rows) == ["red", "grey", None, None]
    assert names(Animal.objects.filter(facts__has_key=Value("eats"))) == ["Ada"]


def test_updates(animals: None, call: Any) -> None:
    def change() -> Any:
        Animal.objects.filter(name="Bo").update(facts={"fur": None})
        one = Animal.objects.get(name="Cy")
        one.facts = {"x": "y"}
        Animal.objects.bulk_update([one], ["facts"])
        return list(
            Animal.objects.filter(name__in=["Bo", "Cy"]).order_by("name").values_list("facts", flat=True)
        )

    assert call(change) == [{"fur": None}, {"x": "y"}]


def test_serializers(animals: None) -> None:
    text = serializers.serialize("xml", Animal.objects.order_by("name"))
    facts = [item.object.facts for item in serializers.deserialize("xml", text)]
    assert facts[0] == {"fur": "red", "eats": "fish", "note": None}
    assert facts[3] == {'a "quote"': "it's => \\ 100%", "keys": "x"}


def test_validation() -> None:
    field = HStoreField()
    field.clean({"a": "b", "c": None}, None)
    with pytest.raises(ValidationError, match="The value of “a” is not a string or null"):
        field.clean({"a": 1}, None)


def test_keys_validator() -> None:
    KeysValidator(["a"])({"a": 1, "b": 2})
    with pytest.raises(ValidationError, match="Some keys were missing: b, c"):
        KeysValidator(["a", "c", "b"])({"a": 1})
    with pytest.raises(ValidationError, match="Unknown: x"):
        KeysValidator(["a"], strict=True, messages={"extra_keys": "Unknown: %(keys)s"})({"a": 1, "x": 2})
    assert KeysValidator(["a"]) == KeysValidator(["a"]) != KeysValidator(["a"], strict=True)
