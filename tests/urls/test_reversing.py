"""Reversing: names, callables, namespaces, quoting."""

from __future__ import annotations

import pytest

from offbeat.http import QueryDict
from offbeat.urls import (
    NoReverseMatch,
    clear_script_prefix,
    get_urlconf,
    include,
    path,
    re_path,
    reverse,
    reverse_lazy,
    set_script_prefix,
    set_urlconf,
)

from .test_resolving import URLConf, other, view


def back(name, *patterns, **kwargs):
    return reverse(name, URLConf(patterns), **kwargs)


def test_by_name_and_by_callable():
    pattern = path("items/<int:pk>/", view, name="item")
    assert back("item", pattern, args=[3]) == "/items/3/"
    assert back(view, pattern, kwargs={"pk": 3}) == "/items/3/"


def test_the_last_of_equal_names_wins_unless_its_arguments_do_not_fit():
    patterns = [path("a/", view, name="n"), path("b/", view, name="n"), path("c/<int:x>/", view, name="n")]
    assert back("n", *patterns) == "/b/"
    assert back("n", *patterns, args=[1]) == "/c/1/"


def test_optional_groups_are_left_out_or_filled():
    pattern = re_path(r"^a/(?:page-(?P<n>\d+)/)?$", view, name="n")
    assert back("n", pattern) == "/a/"
    assert back("n", pattern, kwargs={"n": 2}) == "/a/page-2/"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("é", "/s/%C3%A9/"),
        ("a b", "/s/a%20b/"),
        ("a%b", "/s/a%25b/"),
        ("a:b@c", "/s/a:b@c/"),
        ("?#", "/s/%3F%23/"),
    ],
)
def test_values_are_quoted(value, expected):
    assert back("s", path("s/<s>/", view, name="s"), args=[value]) == expected


def test_a_value_that_would_not_resolve_is_refused():
    pattern = path("s/<slug:s>/", view, name="s")
    with pytest.raises(NoReverseMatch, match=r"1 pattern\(s\) tried"):
        back("s", pattern, args=["not a slug"])


def test_two_slashes_at_the_start_are_defused():
    assert back("p", path("<path:p>", view, name="p"), args=["/evil.com"]) == "/%2Fevil.com"


def test_a_dotted_name_imports_nothing():
    with pytest.raises(NoReverseMatch, match="not a valid view function or pattern name"):
        back("os.system", path("a/", view, name="a"))


def test_arguments_by_name_and_position_do_not_mix():
    with pytest.raises(ValueError, match="Don't mix"):
        back("a", path("<x>/<y>/", view, name="a"), args=[1], kwargs={"y": 2})


def test_extra_arguments_count_when_they_are_given():
    pattern = path("a/<x>/", view, {"kind": "k"}, name="a")
    assert back("a", pattern, kwargs={"x": 1}) == "/a/1/"
    assert back("a", pattern, kwargs={"x": 1, "kind": "k"}) == "/a/1/"
    with pytest.raises(NoReverseMatch):
        back("a", pattern, kwargs={"x": 1, "kind": "other"})


def test_namespaces_with_default_and_current_instance():
    app = ([path("x/", view, name="x")], "app")
    urlconf = URLConf(
        [path("one/", include(app, namespace="one")), path("two/", include(app, namespace="two"))]
    )
    assert reverse("one:x", urlconf) == "/one/x/"
    assert reverse("app:x", urlconf) == "/two/x/"
    assert reverse("app:x", urlconf, current_app="one") == "/one/x/"
    with_default = URLConf([path("d/", include(app)), path("two/", include(app, namespace="two"))])
    assert reverse("app:x", with_default) == "/d/x/"


def test_nested_namespaces_with_parameters():
    leaf = ([path("<int:b>/", view, name="leaf")], "inner")
    outer = ([path("in/", include(leaf))], "outer")
    urlconf = URLConf([path("<int:a>/", include(outer))])
    assert reverse("outer:inner:leaf", urlconf, kwargs={"a": 1, "b": 2}) == "/1/in/2/"
    assert reverse("outer:inner:leaf", urlconf, args=[1, 2]) == "/1/in/2/"


def test_unknown_namespaces_are_named():
    app = ([path("x/", view, name="x")], "app")
    with pytest.raises(NoReverseMatch, match=r"'no' is not a registered namespace$"):
        back("no:x", path("a/", include(app)))
    with pytest.raises(NoReverseMatch, match="'no' is not a registered namespace inside 'app'"):
        back("app:no:x", path("a/", include(app)))


def test_query_and_fragment():
    pattern = path("a/", view, name="a")
    assert back("a", pattern, query={"x": [1, 2]}, fragment="top") == "/a/?x=1&x=2#top"
    assert back("a", pattern, query=QueryDict("b=1")) == "/a/?b=1"
    assert back("a", pattern, query={}) == "/a/"
    with pytest.raises(TypeError):
        back("a", pattern, query=[1])


def test_script_prefix_and_urlconf_belong_to_the_context():
    urlconf = URLConf([path("a/", view, name="a")])
    set_script_prefix("/pre")
    set_urlconf(urlconf)
    try:
        assert get_urlconf() is urlconf
        assert reverse("a") == "/pre/a/"
    finally:
        clear_script_prefix()
        set_urlconf(None)


def test_a_lazy_reverse_waits_until_it_is_read():
    lazy = reverse_lazy("later", "tests.urls.late_urls")
    assert str(lazy) == "/later/"


def test_positional_groups_are_counted_through_includes():
    inner = [re_path(r"^(\w+)/$", other, name="leaf")]
    assert back("leaf", re_path(r"^(\d+)/", include(inner)), args=[1, "a"]) == "/1/a/"
