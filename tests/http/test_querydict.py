"""QueryDict: parsing, immutability, encoding."""

from __future__ import annotations

import copy
import pickle
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offbeat.conf import settings
from offbeat.core.exceptions import TooManyFieldsSent
from offbeat.http import QueryDict


def test_several_values_to_a_key():
    query = QueryDict("a=1&b=&a=2&c")
    assert query["a"] == "2"
    assert query.getlist("a") == ["1", "2"]
    assert query["b"] == query["c"] == ""
    assert query.dict() == {"a": "2", "b": "", "c": ""}
    assert query.urlencode() == "a=1&a=2&b=&c="


@pytest.mark.parametrize(
    "change",
    [
        lambda q: q.__setitem__("a", 1),
        lambda q: q.__delitem__("a"),
        lambda q: q.setlist("a", []),
        lambda q: q.appendlist("a", 1),
        lambda q: q.update({"a": 1}),
        lambda q: q.pop("a"),
        lambda q: q.popitem(),
        lambda q: q.clear(),
        lambda q: q.setdefault("a", 1),
        lambda q: q.setlistdefault("a"),
    ],
)
def test_an_immutable_one_refuses_changes(change):
    with pytest.raises(AttributeError, match="immutable"):
        change(QueryDict("a=1"))


def test_a_copy_is_mutable_and_deep():
    query = QueryDict("a=1")
    for twin in (query.copy(), copy.deepcopy(query), copy.copy(query)):
        twin["a"] = b"\xc3\xa9"
        assert twin["a"] == "é"
    assert query["a"] == "1"
    assert pickle.loads(pickle.dumps(query)) == query


def test_fromkeys():
    query = QueryDict.fromkeys(["a", "a", "b"], value="x")
    assert query.getlist("a") == ["x", "x"]
    with pytest.raises(AttributeError):
        query["a"] = 1


def test_encodings():
    assert QueryDict("a=%E9", encoding="latin-1")["a"] == "é"
    assert QueryDict("a=%E9", encoding="latin-1").urlencode() == "a=%E9"
    assert QueryDict(b"a=\xff")["a"] == "ÿ"
    assert QueryDict("next=/a&b/", mutable=True).urlencode(safe="/") == "next=/a&b/="


def test_too_many_fields(monkeypatch):
    monkeypatch.setattr(settings, "DATA_UPLOAD_MAX_NUMBER_FIELDS", 2)
    QueryDict("a=1&b=2")
    with pytest.raises(TooManyFieldsSent):
        QueryDict("a=1&b=2&c=3")


@given(st.text(alphabet="abc=&;+%0aé \x00", max_size=40))
def test_parses_as_the_standard_library_does(text):
    expected: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        expected.setdefault(name, []).append(value)
    assert dict(QueryDict(text).lists()) == expected


@given(st.binary(max_size=60))
def test_any_bytes_parse(raw):
    QueryDict(raw)


@given(st.dictionaries(st.text(max_size=5), st.lists(st.text(max_size=5), min_size=1), max_size=5))
def test_urlencode_goes_round(data):
    query = QueryDict(mutable=True)
    for key, values in data.items():
        query.setlist(key, values)
    assert dict(QueryDict(query.urlencode()).lists()) == data
