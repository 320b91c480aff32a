"""What each field takes, gives and refuses."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offbeat import forms
from offbeat.core.exceptions import ValidationError

GOOD = [
    (forms.CharField(), " a ", "a"),
    (forms.CharField(strip=False), " a ", " a "),
    (forms.CharField(required=False, empty_value=None), "", None),
    (forms.IntegerField(), "1.0", 1),
    (forms.IntegerField(step_size=3, min_value=1), "7", 7),
    (forms.FloatField(), "1e2", 100.0),
    (forms.DecimalField(max_digits=4, decimal_places=2), "12.34", Decimal("12.34")),
    (forms.DateField(), "2024-02-29", datetime.date(2024, 2, 29)),
    (forms.DateField(), datetime.datetime(2024, 2, 29, 3), datetime.date(2024, 2, 29)),
    (forms.DateField(input_formats=["%d/%m/%y"]), "29/02/24", datetime.date(2024, 2, 29)),
    (forms.TimeField(), "03:04", datetime.time(3, 4)),
    (forms.DateTimeField(), "2024-02-29 03:04", datetime.datetime(2024, 2, 29, 3, 4, tzinfo=datetime.UTC)),
    (
        forms.DateTimeField(),
        "2024-02-29T03:04:05+01:00",
        datetime.datetime(2024, 2, 29, 2, 4, 5, tzinfo=datetime.UTC),
    ),
    (forms.DurationField(), "1 00:00:05", datetime.timedelta(days=1, seconds=5)),
    (forms.EmailField(), " a@example.com ", "a@example.com"),
    (forms.URLField(), "example.com/x", "https://example.com/x"),
    (forms.URLField(assume_scheme="http"), "example.com", "http://example.com"),
    (forms.SlugField(allow_unicode=True), "ü-1", "ü-1"),
    (forms.UUIDField(), "12345678123456781234567812345678", uuid.UUID("12345678123456781234567812345678")),
    (forms.GenericIPAddressField(), " 2001:0::1 ", "2001::1"),
    (forms.RegexField(r"^\d+$"), "12", "12"),
    (forms.BooleanField(required=False), "False", False),
    (forms.NullBooleanField(), "x", None),
    (forms.ChoiceField(choices=[("g", [(1, "a")])]), "1", "1"),
    (forms.TypedChoiceField(choices=[(1, "a")], coerce=int), "1", 1),
    (forms.MultipleChoiceField(choices=[(1, "a")]), [1], ["1"]),
    (forms.ComboField(fields=[forms.CharField(max_length=20), forms.EmailField()]), "a@b.co", "a@b.co"),
    (
        forms.SplitDateTimeField(),
        ["2024-02-29", "03:04"],
        datetime.datetime(2024, 2, 29, 3, 4, tzinfo=datetime.UTC),
    ),
    (forms.JSONField(), '{"a": [1]}', {"a": [1]}),
]


@pytest.mark.parametrize(("field", "value", "expected"), GOOD, ids=lambda x: type(x).__name__)
def test_good_values(field, value, expected):
    assert field.clean(value) == expected
    assert not field.has_changed(field.clean(value), value) or isinstance(
        field, forms.SplitDateTimeField | forms.NullBooleanField
    )


BAD = [
    (forms.CharField(), "", "required"),
    (forms.CharField(), "a\x00", "null_characters_not_allowed"),
    (forms.CharField(min_length=2), "a", "min_length"),
    (forms.IntegerField(), "1.5", "invalid"),
    (forms.IntegerField(), "1" * 5000, "invalid"),
    (forms.IntegerField(max_value=1), "2", "max_value"),
    (forms.IntegerField(step_size=3), "4", "step_size"),
    (forms.FloatField(), "nan", "invalid"),
    (forms.FloatField(), "1e999", "invalid"),
    (forms.DecimalField(), "Infinity", "invalid"),
    (forms.DecimalField(max_digits=3), "1e5", "max_digits"),
    (forms.DecimalField(decimal_places=1), "0.12", "max_decimal_places"),
    (forms.DateField(), "2024-02-30", "invalid"),
    (forms.TimeField(), "25:00", "invalid"),
    (forms.DateTimeField(), "2024-02-30T00:00", "invalid"),
    (forms.DurationField(), "x", "invalid"),
    (forms.EmailField(), "a@", "invalid"),
    (forms.EmailField(), "a" * 400 + "@b.co", "max_length"),
    (forms.URLField(), "http://[a", "invalid"),
    (forms.URLField(), "javascript:alert(1)", "invalid"),
    (forms.SlugField(), "ü", "invalid"),
    (forms.UUIDField(), "x", "invalid"),
    (forms.GenericIPAddressField(protocol="IPv4"), "::1", "invalid"),
    (forms.BooleanField(), "", "required"),
    (forms.ChoiceField(choices=[(1, "a")]), "2", "invalid_choice"),
    (forms.MultipleChoiceField(choices=[(1, "a")]), "1", "invalid_list"),
    (forms.SplitDateTimeField(), "x", "invalid"),
    (forms.SplitDateTimeField(required=False), ["2024-01-01", ""], "invalid_time"),
    (forms.JSONField(), "{", "invalid"),
    (forms.JSONField(), "[" * 100_000, "invalid"),
    (forms.FileField(), None, "required"),
]


@pytest.mark.parametrize(("field", "value", "code"), BAD, ids=lambda x: type(x).__name__)
def test_bad_values(field, value, code):
    with pytest.raises(ValidationError) as caught:
        field.clean(value)
    assert code in [error.code for error in caught.value.error_list]


@given(st.one_of(st.text(), st.lists(st.text()), st.none()))
def test_no_field_fails_on_text_in_another_way(value):
    for field, _value, _code in BAD:
        if isinstance(value, list) and not isinstance(
            field, forms.MultiValueField | forms.MultipleChoiceField
        ):
            continue
        try:
            field.clean(value)
        except ValidationError:
            pass


def test_own_messages_and_validators():
    def never(value):
        raise ValidationError("no", code="never")

    field = forms.CharField(validators=[never], error_messages={"never": "NEVER", "required": "!"})
    with pytest.raises(ValidationError, match="NEVER"):
        field.clean("x")
    with pytest.raises(ValidationError, match="!"):
        field.clean("")


def test_json_keeps_what_cannot_be_read():
    class F(forms.Form):
        j = forms.JSONField()

    assert "{&quot;a&quot;: 1}" in str(F({"j": '{"a": 1}'})["j"])
    assert "{oops" in str(F({"j": "{oops"})["j"])
    assert forms.JSONField().has_changed({"a": True}, '{"a": 1}')


def test_file_path_field(tmp_path):
    (tmp_path / "b.py").touch()
    (tmp_path / "a.txt").touch()
    (tmp_path / "sub").mkdir()
    field = forms.FilePathField(tmp_path, match=r"\.py$")
    assert field.clean(str(tmp_path / "b.py"))
    with pytest.raises(ValidationError):
        field.clean(str(tmp_path / "a.txt"))
    assert len(forms.FilePathField(tmp_path, allow_folders=True, recursive=True).choices) == 3
