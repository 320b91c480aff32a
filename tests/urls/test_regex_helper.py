"""Turning regular expressions into format strings."""

from __future__ import annotations

import pytest

from offbeat.utils.regex_helper import normalize


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", [("", [])]),
        (r"\\\^\$\.\|\?\*\+\(\)\[", [("\\^$.|?*+()[", [])]),
        (r"(?:non-capturing)", [("non-capturing", [])]),
        (r"(?P<a>.*)-(?P<b>.*)", [("%(a)s-%(b)s", ["a", "b"])]),
        (r"(.*)-(.+)", [("%(_0)s-%(_1)s", ["_0", "_1"])]),
        (r"^a\dx{2}$", [("a0xx", [])]),
        (r"ab?c*", [("a", [])]),
        (r"(?:x(?P<n>\d))?y", [("y", []), ("x%(n)sy", ["n"])]),
        (r"a|b", [("", [])]),
        (r"100%", [("100%%", [])]),
    ],
)
def test_forms(pattern, expected):
    assert normalize(pattern) == expected


def test_a_negated_class_gives_a_character_outside_of_it():
    [(text, _)] = normalize(r"[^a-z]")
    assert len(text) == 1
    assert not text.islower()
