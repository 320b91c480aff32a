"""Fields: declaration, conversion, validation, deconstruction, checks, choices."""

from __future__ import annotations

import datetime
import decimal
import pickle
import uuid
from typing import Any

import pytest

from offbeat.core.exceptions import ValidationError
from offbeat.db import connection, models
from offbeat.db.models.fields.json import KT
from tests.models.models import Colour, Level, Person, Place, Stock


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        (models.BooleanField(), "t", True),
        (models.CharField(), 3, "3"),
        (models.DateField(), "2024-02-03", datetime.date(2024, 2, 3)),
        (models.DateField(), datetime.datetime(2024, 2, 3, 4), datetime.date(2024, 2, 3)),
        (models.DateTimeField(), "2024-02-03 04:05", datetime.datetime(2024, 2, 3, 4, 5)),
        (models.DecimalField(max_digits=5, decimal_places=2), "1.50", decimal.Decimal("1.50")),
        (models.DurationField(), "1 02:00:00", datetime.timedelta(days=1, hours=2)),
        (models.FloatField(), "1.5", 1.5),
        (models.GenericIPAddressField(), "2001:0DB8::1", "2001:db8::1"),
        (models.IntegerField(), "7", 7),
        (models.TimeField(), "04:05", datetime.time(4, 5)),
        (models.UUIDField(), "0" * 32, uuid.UUID(int=0)),
    ],
)
def test_values_are_converted_to_the_python_type(field: Any, value: Any, expected: Any) -> None:
    assert field.to_python(value) == expected
    if not isinstance(field, models.BooleanField):
        assert field.to_python(None) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (models.BooleanField(), "maybe"),
        (models.DateField(), "2024-02-30"),
        (models.DateTimeField(), "soon"),
        (models.DecimalField(max_digits=5, decimal_places=2), "NaN"),
        (models.DurationField(), "long"),
        (models.FloatField(), "x"),
        (models.IntegerField(), "x"),
        (models.TimeField(), "25:00"),
        (models.UUIDField(), "x"),
        (models.BinaryField(), "!"),
    ],
)
def test_impossible_values_are_validation_errors(field: Any, value: Any) -> None:
    with pytest.raises(ValidationError):
        field.to_python(value)


def test_deconstruct_gives_an_equal_field() -> None:
    field = models.CharField("Label", max_length=5, null=True, choices=Colour, db_collation="nocase")
    field.set_attributes_from_name("f")
    name, path, args, kwargs = field.deconstruct()
    assert (name, path, args) == ("f", "offbeat.db.models.CharField", [])
    assert kwargs == {
        "verbose_name": "Label",
        "max_length": 5,
        "null": True,
        "choices": [(None, "none"), ("r", "Rot"), ("b", "Blue")],
        "db_collation": "nocase",
    }
    assert field.clone().deconstruct()[3] == kwargs


def test_relations_deconstruct_to_labels() -> None:
    _, path, _, kwargs = Person._meta.get_field("home").deconstruct()
    assert path == "offbeat.db.models.ForeignKey"
    assert kwargs == {
        "on_delete": models.CASCADE,
        "related_name": "inhabitants",
        "to": "models_tests.place",
    }


def test_fields_are_pickled_as_references() -> None:
    field = Place._meta.get_field("name")
    assert pickle.loads(pickle.dumps(field)) is field


def test_the_order_of_declaration_is_the_order_of_fields() -> None:
    assert [field.name for field in Place._meta.fields] == ["id", "name", "colour"]
    assert sorted([models.CharField(), models.IntegerField()])[0].creation_counter < 10**9


def test_auto_fields_count_as_auto_field() -> None:
    assert isinstance(models.BigAutoField(), models.AutoField)
    assert issubclass(models.SmallAutoField, models.AutoField)
    assert not isinstance(models.IntegerField(), models.AutoField)


def test_enumerations() -> None:
    assert Colour.choices == [(None, "none"), ("r", "Rot"), ("b", "Blue")]
    assert Colour.values == [None, "r", "b"]
    assert Colour.names == ["__empty__", "RED", "BLUE"]
    assert (str(Colour.RED), Colour.RED.label, Colour("b")) == ("r", "Rot", Colour.BLUE)
    assert Level.HIGH > Level.LOW
    assert f"{Level.HIGH}" == "2"


def test_choices_may_be_mappings_groups_and_callables() -> None:
    assert models.CharField(choices={"a": "A", "g": {"b": "B"}}).flatchoices == [("a", "A"), ("b", "B")]
    field = models.CharField(choices=lambda: [("x", "X")])
    assert list(field.choices) == [("x", "X")]
    assert callable(field.deconstruct()[3]["choices"])


def test_full_clean_collects_all_errors() -> None:
    with pytest.raises(ValidationError) as error:
        Place(name="x" * 31, colour="?").full_clean()
    assert set(error.value.message_dict) == {"name", "colour"}


def test_unique_values_are_checked(town: Any) -> None:
    with pytest.raises(ValidationError) as error:
        Person(name="Ann", home=town["house"]).full_clean()
    assert error.value.message_dict["name"] == ["Person with this Name already exists."]
    assert error.value.error_dict["name"][0].code == "unique"
    town["ann"].full_clean()


def test_a_foreign_key_to_nowhere_is_invalid(town: Any) -> None:
    with pytest.raises(ValidationError) as error:
        Person(name="New", home_id=12345).full_clean()
    assert error.value.error_dict["home"][0].code == "invalid"


def test_unique_for_month(no_rows: None) -> None:
    day = datetime.date(2024, 5, 1)
    Stock.objects.create(code="a", day=day, slug="s")
    with pytest.raises(ValidationError, match="must be unique for Day month"):
        Stock(code="b", day=day.replace(day=9), slug="s").validate_unique()
    Stock(code="b", day=day.replace(month=6), slug="s").validate_unique()


def test_constraints_are_validated_in_python(no_rows: None) -> None:
    with pytest.raises(ValidationError) as error:
        Stock(code="a", amount=-1).validate_constraints()
    assert error.value.error_dict["__all__"][0].code == "negative"
    Stock.objects.create(code="Code", amount=1, price=1)
    with pytest.raises(ValidationError, match="code_unique_in_any_case"):
        Stock(code="CODE", amount=5).validate_constraints()
    with pytest.raises(ValidationError) as error:
        Stock(code="other", amount=1, price=1).validate_constraints()
    assert error.value.error_dict["__all__"][0].code == "unique_together"
    Stock(code="CODE", amount=-1).validate_constraints(exclude={"code", "amount"})


def test_json_values_and_keys(no_rows: None) -> None:
    Stock.objects.create(code="a", extra={"a": [1, {"b": "c"}], "n": None}, amount=1)
    Stock.objects.create(code="b", extra=None, amount=2)
    Stock.objects.create(code="c", extra=models.JSONNull(), amount=3)

    def codes(**kwargs: Any) -> list[str]:
        return list(Stock.objects.filter(**kwargs).order_by("code").values_list("code", flat=True))

    assert Stock.objects.get(code="a").extra == {"a": [1, {"b": "c"}], "n": None}
    assert codes(extra__a__1__b="c") == ["a"]
    assert codes(extra__a__0__gte=1) == ["a"]
    assert codes(extra__has_key="n") == ["a"]
    assert codes(extra__has_any_keys=["x", "n"]) == ["a"]
    assert codes(extra__isnull=True) == ["b"]
    assert codes(extra=models.JSONNull()) == ["c"]
    assert codes(extra__n__isnull=True) == ["b", "c"]
    found = Stock.objects.annotate(key=KT("extra__a__1__b")).get(code="a")
    assert found.key == "c"  # type: ignore[attr-defined]


def test_generated_and_database_defaults_make_sql() -> None:
    field = Stock._meta.get_field("total")
    assert field.generated
    amount, price = map(connection.ops.quote_name, ("amount", "price"))
    assert field.generated_sql(connection)[0] == f"({amount} * {price})"
    with pytest.raises(ValueError, match="GeneratedField cannot be editable"):
        models.GeneratedField(
            expression=models.F("a"), output_field=models.IntegerField(), db_persist=True, editable=True
        )


@pytest.mark.parametrize(
    ("field", "id"),
    [
        (models.CharField(max_length=-1), "fields.E121"),
        (models.CharField(max_length=1, choices=[("ab", "x")]), "fields.E009"),
        (models.CharField(max_length=1, choices="ab"), "fields.E004"),
        (models.IntegerField(max_length=3), "fields.W122"),
        (models.DecimalField(max_digits=1, decimal_places=2), "fields.E134"),
        (models.DateField(auto_now=True, default=None), "fields.E160"),
        (models.JSONField(default={}), "fields.E010"),
        (models.BinaryField(default="x"), "fields.E170"),
        (models.GenericIPAddressField(blank=True), "fields.E150"),
        (models.FilePathField(allow_files=False), "fields.E140"),
        (models.FileField(upload_to="/x"), "fields.E202"),
        (models.AutoField(), "fields.E100"),
    ],
)
def test_system_checks_name_mistakes(field: Any, id: str) -> None:
    field.set_attributes_from_name("field")
    field.model = Place
    assert id in [message.id for message in field.check()]


def test_model_checks_find_nothing_wrong_here() -> None:
    for model in (Place, Person, Stock):
        messages = model.check(databases=["default"])
        if not connection.features.supports_expression_indexes:
            messages = [message for message in messages if message.id != "models.W044"]
        assert messages == []


def test_custom_fields_convert_both_ways(no_rows: None) -> None:
    class Reversed(models.CharField[str, str]):
        def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
            return value and value[::-1]

        def get_prep_value(self, value: Any) -> Any:
            return value and value[::-1]

    field = Reversed(max_length=3)
    assert field.get_db_converters(connection)[0]("abc", None, connection) == "cba"
    assert not field.takes_as_is(str)
    assert models.CharField().takes_as_is(str)
