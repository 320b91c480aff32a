from __future__ import annotations

import pytest

from offbeat.test import RequestFactory
from offbeat.views.generic import RedirectView, View


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/bar/", "/bar/?a=1"),
        ("/bar/?b=2", "/bar/?b=2&a=1"),
        ("/bar/#part", "/bar/?a=1#part"),
        ("/bar/?b=2#part?", "/bar/?b=2&a=1#part?"),
    ],
)
def test_the_query_string_is_added_to_that_of_the_target(target: str, expected: str) -> None:
    view = RedirectView.as_view(url=target, query_string=True)
    assert view(RequestFactory().get("/foo/?a=1"))["Location"] == expected


def test_views_are_made_from_the_class_only() -> None:
    with pytest.raises(AttributeError, match="only on the class, not on instances"):
        View().as_view()
