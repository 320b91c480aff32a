"""Content negotiation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offbeat.http.accept import MediaType, parse_accept

from .helpers import StreamRequest


@pytest.mark.parametrize(
    ("one", "other", "result"),
    [
        ("text/html", "text/html", True),
        ("text/*", "text/html", True),
        ("*/*", "text/html", True),
        ("text/html", "text/plain", False),
        ("text/html;v=1", "text/html", True),
        ("text/html", "text/html;v=1", False),
        ("text/html;v=1", "text/html;v=1;w=2", False),
        ("text/html;q=0.8", "text/html;q=0.3", True),
        ("*", "text/html", False),
        ("text", "text", False),
    ],
)
def test_matching(one, other, result):
    assert MediaType(one).match(other) is result


def test_order_and_preference():
    request = StreamRequest(HTTP_ACCEPT="text/*;q=0.5, text/html, */*;q=0.1, a/b;q=0, text/plain;v=1;q=0.5")
    assert [str(media) for media in request.accepted_types] == [
        "text/html",
        "text/plain; v=1; q=0.5",
        "text/*; q=0.5",
        "*/*; q=0.1",
    ]
    assert str(request.accepted_types_by_precedence[0]) == "text/plain; v=1; q=0.5"
    assert request.get_preferred_type(["application/json", "text/html"]) == "text/html"
    assert request.get_preferred_type([]) is None
    assert request.accepts("image/png")


def test_a_range_that_cannot_be_parsed_accepts_nothing():
    request = StreamRequest(HTTP_ACCEPT="text/html; x*=BOGUS''a, text/plain; y=" + "z" * 20_000 + ", a/b")
    assert [str(media) for media in request.accepted_types] == ["a/b"]


def test_without_the_header_everything_is_accepted_and_with_an_empty_one_nothing():
    assert StreamRequest().accepts("a/b")
    assert not StreamRequest(HTTP_ACCEPT="").accepts("a/b")
    assert StreamRequest(HTTP_ACCEPT="").get_preferred_type(["a/b"]) is None


@given(st.text(alphabet='ab/*;,="\\q.01 ', max_size=60))
def test_any_header_parses(text):
    for media in parse_accept(text):
        assert 0 < media.quality <= 1
        assert 0 <= media.specificity <= 3
        media.match(MediaType("a/b"))
