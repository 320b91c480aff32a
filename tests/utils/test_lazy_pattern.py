"""Regular expressions that are compiled at the first use."""

from __future__ import annotations

import copy
import re

import pytest

from offbeat.utils.lazy_pattern import lazy_pattern


def test_it_matches_as_the_compiled_expression_does():
    pattern = lazy_pattern(r"(\d+)-(?P<name>[a-z]+)", re.IGNORECASE)
    assert pattern.fullmatch("12-Ab")["name"] == "Ab"
    assert pattern.sub("x", "1-a 2-b") == "x x"
    assert [match[1] for match in pattern.finditer("1-a 2-b")] == ["1", "2"]
    assert pattern.groups == 2
    assert pattern.flags & re.IGNORECASE
    assert lazy_pattern(b"a+").match(b"aab")[0] == b"aa"


def test_it_is_not_compiled_before_it_is_used():
    broken = lazy_pattern("(")
    with pytest.raises(re.error):
        broken.match("a")


def test_it_passes_for_a_pattern():
    pattern = lazy_pattern("a+")
    assert isinstance(pattern, re.Pattern)
    assert re.sub(pattern, "b", "caac") == "cbc"
    assert re.compile(pattern).match("aa")
    assert copy.deepcopy(pattern).match("aa")
    with pytest.raises(AttributeError):
        pattern.color  # type: ignore[attr-defined]
