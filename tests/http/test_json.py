"""JsonResponse says the same with orjson and without it."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from offbeat.http import HttpResponse, JsonResponse, QueryDict, jsontext
from offbeat.test import override_settings
from offbeat.utils.functional import lazystr
from offbeat.utils.safestring import mark_safe

pytest.importorskip("orjson")
Point = collections.namedtuple("Point", "x y")


class Size(enum.IntEnum):
    SMALL = 1


class Colour(enum.StrEnum):
    RED = "red"


class Length(float):
    pass


DATA: list[Any] = [
    {},
    {"text": "naïve ✓ \u2028", "empty": "", "quote": '"\\/'},
    {"numbers": [0, -1, 1.5, 1e300, 10**30, True, None]},
    {2: "int", None: "none", True: "true", 1.5: "float"},
    {"tuple": (1, (2, 3)), "named": Point(1, 2)},
    {"date": datetime.date(2026, 1, 2), "time": datetime.time(1, 2, 3, 4)},
    {"moment": datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.UTC)},
    {"naive": datetime.datetime(2026, 1, 2, 3, 4, 5), "span": datetime.timedelta(days=1, seconds=2)},
    {"uuid": uuid.UUID(int=7), "decimal": decimal.Decimal("1.10"), "lazy": lazystr("later")},
    {"safe": mark_safe("<b>"), "enums": [Size.SMALL, Colour.RED], "length": Length(2.5)},
    {"query": QueryDict("a=1&a=2"), "ordered": collections.OrderedDict(b=1, a=2)},
    {"lone surrogate": "\ud800"},
]


@pytest.mark.parametrize("data", DATA, ids=[str(number) for number in range(len(DATA))])
def test_both_write_the_same_data(data: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with override_settings(USE_ORJSON=False):
        usual = JsonResponse(data)
    monkeypatch.setattr(jsontext, "LONG", -1)
    assert json.loads(JsonResponse(data).content) == json.loads(usual.content)


def test_long_json_is_written_without_spaces_unless_the_setting_forbids_it() -> None:
    data = {"a": [1] * 3000}
    assert JsonResponse(data).content.startswith(b'{"a":[1,1,')
    with override_settings(USE_ORJSON=False):
        assert JsonResponse(data).content.startswith(b'{"a": [1, 1,')


def test_short_json_is_the_standard_library_s() -> None:
    assert JsonResponse({"a": [1, 2]}).content == b'{"a": [1, 2]}'


def test_parameters_and_other_encoders_are_the_standard_library_s() -> None:
    class Encoder(json.JSONEncoder):
        def default(self, o: Any) -> Any:
            return "other"

    assert JsonResponse({"b": 1, "a": "é"}, json_dumps_params={"sort_keys": True}).content == (
        b'{"a": "\\u00e9", "b": 1}'
    )
    assert JsonResponse({"a": object()}, encoder=Encoder).content == b'{"a": "other"}'


@dataclass
class Record:
    value: int


@pytest.mark.parametrize("value", [object(), Record(1), {1, 2}, b"bytes"])
def test_what_has_no_json_form_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError, match="is not JSON serializable"):
        JsonResponse({"value": value})


def test_a_circle_is_an_error_and_an_aware_time_too() -> None:
    circle: dict[str, Any] = {}
    circle["self"] = circle
    with pytest.raises(ValueError, match="ircular"):
        JsonResponse(circle)
    with pytest.raises(ValueError, match="timezone-aware"):
        JsonResponse({"time": datetime.time(1, tzinfo=datetime.UTC)})


def test_another_default_charset_gets_text_that_it_can_carry() -> None:
    with override_settings(DEFAULT_CHARSET="iso-8859-1"):
        response: HttpResponse = JsonResponse({"a": "é✓"})
        assert json.loads(response.text) == {"a": "é✓"}


@given(
    st.dictionaries(
        st.text(max_size=8) | st.integers() | st.none(),
        st.text(max_size=12) | st.integers() | st.none() | st.booleans() | st.floats(allow_nan=False),
        max_size=10,
    )
)
@example({"\ud800": '\x7f\u2028"\\/é✓', "n": 10**40, "none": None})
def test_a_short_text_is_that_of_the_standard_library(data: dict[Any, Any]) -> None:
    assert JsonResponse(data).content == json.dumps(data).encode()
