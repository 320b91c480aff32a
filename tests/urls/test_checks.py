"""System checks of URLconfs."""

from __future__ import annotations

import pytest

from offbeat.core.checks.urls import check_resolver, get_warning_for_invalid_pattern
from offbeat.urls import URLResolver, include, path, re_path
from offbeat.urls.patterns import RegexPattern
from offbeat.views import View

from .test_resolving import view


@pytest.mark.parametrize(
    ("pattern", "ids"),
    [
        (path("ok/", view), []),
        (path("/a", view), ["urls.W002"]),
        (re_path("^a/$", include([path("x", view)])), ["urls.W001"]),
        (path("a/", view, name="a:b"), ["urls.W003"]),
        (path("^a/$", view), ["2_0.W001"]),
        (path("a/", View), ["urls.E009"]),
        ("a string", ["urls.E004"]),
    ],
)
def test_ids(pattern, ids):
    if isinstance(pattern, URLResolver):
        pattern.urlconf_name = []
        pattern.__dict__.pop("urlconf_module", None)
        pattern.__dict__.pop("url_patterns", None)
    root = URLResolver(RegexPattern("^/"), [pattern])
    assert [message.id for message in check_resolver(root)] == ids


def test_a_tuple_gets_a_hint():
    [message] = get_warning_for_invalid_pattern((1, 2))
    assert "instead of a tuple" in message.hint
