from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from offbeat import forms
from offbeat.contrib.postgres.forms import (
    DateRangeField,
    DateTimeRangeField,
    DecimalRangeField,
    HiddenRangeWidget,
    HStoreField,
    IntegerRangeField,
    RangeWidget,
    SimpleArrayField,
    SplitArrayField,
    SplitArrayWidget,
)
from offbeat.core.exceptions import ValidationError
from offbeat.db.backends.postgresql.psycopg_any import Range
from offbeat.http import QueryDict
from tests.contrib.postgres.models import Animal, Spans


def errors(field: Any, value: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        field.clean(value)
    return caught.value.messages


class TestArraysInOneInput:
    def test_items_are_converted(self) -> None:
        assert SimpleArrayField(forms.IntegerField()).clean("1, 2,3") == [1, 2, 3]
        assert SimpleArrayField(forms.CharField(), delimiter="|").clean("a,b|c") == ["a,b", "c"]
        assert SimpleArrayField(forms.CharField(), required=False).clean("") == []
        nested = SimpleArrayField(SimpleArrayField(forms.IntegerField()), delimiter="|")
        assert nested.clean("1,2|3") == [[1, 2], [3]]
        assert nested.prepare_value([[1, 2], [3]]) == "1,2|3"

    def test_errors_name_the_items(self) -> None:
        assert errors(SimpleArrayField(forms.IntegerField()), "1,a,b%s") == [
            "Item 2 in the array did not validate: Enter a whole number.",
            "Item 3 in the array did not validate: Enter a whole number.",
        ]
        assert errors(SimpleArrayField(forms.CharField(max_length=2)), "abc,a") == [
            "Item 1 in the array did not validate: Ensure this value has at most 2 characters (it has 3)."
        ]
        assert errors(SimpleArrayField(forms.CharField()), "a,,b") == [
            "Item 2 in the array did not validate: This field is required."
        ]
        assert errors(SimpleArrayField(forms.CharField(), max_length=2), "a,b,c") == [
            "List contains 3 items, it should contain no more than 2."
        ]
        assert errors(SimpleArrayField(forms.CharField(), min_length=2), "a") == [
            "List contains 1 item, it should contain no fewer than 2."
        ]
        assert errors(SimpleArrayField(forms.CharField()), "") == ["This field is required."]

    def test_changes(self) -> None:
        field = SimpleArrayField(forms.IntegerField())
        changed = [field.has_changed([1, 2], data) for data in ("1, 2", "2,1", "x", None)]
        assert changed == [False, True, True, True]
        assert not field.has_changed(None, "")


class TestArraysInManyInputs:
    def test_items_are_converted(self) -> None:
        field = SplitArrayField(forms.IntegerField(required=False), size=3)
        assert field.clean(["1", "", "3"]) == [1, None, 3]
        assert field.clean(["1"]) == [1, None, None]
        assert errors(field, ["", "", ""]) == ["This field is required."]

    def test_items_that_are_left_out(self) -> None:
        field = SplitArrayField(
            forms.IntegerField(required=False), size=4, remove_trailing_nulls=True, required=False
        )
        assert field.clean(["1", "", "3", ""]) == [1, None, 3]
        assert field.clean(["", "", "", ""]) == []
        # A wrong item is not an empty one.
        assert errors(field, ["1", "x", "", ""]) == [
            "Item 2 in the array did not validate: Enter a whole number."
        ]
        assert not field.has_changed([1], ["1", "", "", ""])
        assert field.has_changed([1], ["1", "2", "", ""])

    def test_the_widget(self) -> None:
        class Form(forms.Form):
            numbers = SplitArrayField(forms.IntegerField(), size=2)

        html = str(Form({"numbers_0": "1", "numbers_1": "x"})["numbers"])
        assert html.count("<input") == 2
        assert 'name="numbers_1" value="x"' in html
        assert 'id="id_numbers_0"' in html
        widget = SplitArrayWidget(forms.TextInput(), size=2)
        assert widget.value_from_datadict({"a_1": "x"}, {}, "a") == [None, "x"]
        assert widget.value_omitted_from_data({}, {}, "a")
        assert not widget.value_omitted_from_data({"a_1": ""}, {}, "a")
        assert 'value="3"' in widget.render("a", [1, 2, 3])


class TestHStore:
    def test_json(self) -> None:
        field = HStoreField(required=False)
        assert field.clean('{"a": 1, "b": null}') == {"a": "1", "b": None}
        assert field.clean("") == {}
        assert field.clean({"a": 1}) == {"a": "1"}
        assert errors(field, "{") == ["Could not load JSON data."]
        assert errors(field, "[1]") == ["Input must be a JSON dictionary."]
        assert errors(HStoreField(), "") == ["This field is required."]
        assert field.prepare_value({"a": "é"}) == '{"a": "é"}'

    def test_changes(self) -> None:
        field = HStoreField()
        assert not field.has_changed({"a": "1"}, '{ "a": "1" }')
        assert not field.has_changed(None, "")
        assert field.has_changed({"a": "1"}, '{"a": "2"}')
        assert field.has_changed({"a": "1"}, "{")


class TestRanges:
    @pytest.mark.parametrize(
        ("field", "data", "value"),
        [
            (IntegerRangeField, ["1", "2"], Range(1, 2)),
            (IntegerRangeField, ["", "2"], Range(None, 2)),
            (IntegerRangeField, ["", ""], None),
            (DecimalRangeField, ["1.5", "2"], Range(Decimal("1.5"), Decimal(2))),
            (DateRangeField, ["2024-01-01", ""], Range(datetime.date(2024, 1, 1), None)),
            (
                DateTimeRangeField,
                ["2024-01-01 12:00", ""],
                Range(datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC), None),
            ),
        ],
    )
    def test_two_values(self, field: Any, data: Any, value: Any) -> None:
        assert field().clean(data) == value

    @pytest.mark.parametrize(
        ("field", "data", "message"),
        [
            (IntegerRangeField(), ["2", "1"], "The start of the range must not exceed the end of the range."),
            (IntegerRangeField(), ["x", "1"], "Enter a whole number."),
            (IntegerRangeField(), "1", "Enter two whole numbers."),
            (DecimalRangeField(), "1", "Enter two numbers."),
            (DateRangeField(), "1", "Enter two valid dates."),
            (DateTimeRangeField(), "1", "Enter two valid date/times."),
            (IntegerRangeField(required=True), ["", ""], "This field is required."),
        ],
    )
    def test_errors(self, field: Any, data: Any, message: str) -> None:
        assert errors(field, data) == [message]

    def test_widgets(self) -> None:
        html = IntegerRangeField().widget.render("a", Range(1, 2))
        assert 'name="a_0" value="1"' in html
        assert 'name="a_1" value="2"' in html
        assert RangeWidget(forms.TextInput()).decompress(None) == (None, None)
        assert HiddenRangeWidget().render("a", None).count('type="hidden"') == 2


def test_model_forms() -> None:
    class AnimalForm(forms.ModelForm):
        class Meta:
            model = Animal
            fields = ["name", "tags", "scores", "facts"]

    class SpansForm(forms.ModelForm):
        class Meta:
            model = Spans
            fields = ["ints", "decimals", "days"]

    form = AnimalForm(QueryDict("name=Ada&tags=a,b&scores=1,2&facts={}", encoding="utf-8"))
    assert isinstance(form.fields["tags"], SimpleArrayField)
    assert form.errors == {"facts": ["This field is required."]}
    form = AnimalForm({"name": "Ada", "tags": "a,b", "scores": "1,2", "facts": '{"a": "b"}'})
    saved = Animal.objects.get(pk=form.save().pk)
    assert (saved.tags, saved.scores, saved.facts) == (["a", "b"], [1, 2], {"a": "b"})
    assert 'value="a,b"' in str(AnimalForm(instance=saved)["tags"])
    spans = SpansForm({"ints_0": "1", "ints_1": "3", "decimals_0": "1", "decimals_1": "2"}).save()
    again = Spans.objects.get(pk=spans.pk)
    assert (again.ints, again.decimals, again.days) == (
        Range(1, 3),
        Range(Decimal(1), Decimal(2), "[]"),
        None,
    )
