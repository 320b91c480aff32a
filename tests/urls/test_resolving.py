"""Resolving: converters, includes, order, namespaces, what was tried."""

from __future__ import annotations

import pickle
import uuid
from types import SimpleNamespace

import pytest

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.urls import (
    Resolver404,
    URLPattern,
    URLResolver,
    include,
    is_valid_path,
    path,
    re_path,
    register_converter,
    resolve,
)
from offbeat.urls.converters import REGISTERED_CONVERTERS
from offbeat.urls.patterns import RegexPattern


def view(request, *args, **kwargs):
    return None


def other(request, *args, **kwargs):
    return None


def conf(*patterns):
    return SimpleNamespace(urlpatterns=list(patterns))


def found(where, *patterns):
    return resolve(where, URLConf(patterns))


class URLConf:
    """A hashable holder of patterns."""

    def __init__(self, patterns):
        self.urlpatterns = list(patterns)


@pytest.mark.parametrize(
    ("route", "where", "kwargs"),
    [
        ("<int:n>/", "/42/", {"n": 42}),
        ("<str:s>/", "/a b/", {"s": "a b"}),
        ("<s>/", "/x/", {"s": "x"}),
        ("<slug:s>/", "/a-b_1/", {"s": "a-b_1"}),
        ("<path:p>", "/a/b/c", {"p": "a/b/c"}),
        ("<uuid:u>/", f"/{uuid.UUID(int=5)}/", {"u": uuid.UUID(int=5)}),
        ("<int:y>-<int:m>/", "/2020-12/", {"y": 2020, "m": 12}),
    ],
)
def test_a_converter_gives_a_value(route, where, kwargs):
    match = found(where, path(route, view))
    assert match.kwargs == match.captured_kwargs == kwargs
    assert match.func is view
    assert match.args == ()
    assert match.route == route


@pytest.mark.parametrize("where", ["/-1/", "/a/", "/1", "//", "/1/\n", "/1/x"])
def test_text_that_does_not_fit_a_converter_is_not_found(where):
    with pytest.raises(Resolver404):
        found(where, path("<int:n>/", view))


@pytest.mark.parametrize("pattern", [path("admin", view), re_path("^admin$", view), re_path("admin$", view)])
def test_a_newline_at_the_end_does_not_match(pattern):
    assert found("/admin", pattern).func is view
    with pytest.raises(Resolver404):
        found("/admin\n", pattern)


def test_the_first_pattern_wins_over_a_literal_one_behind_it():
    assert found("/about/", path("<slug:s>/", view), path("about/", other)).func is view
    assert found("/about/", path("about/", other), path("<slug:s>/", view)).func is other
    assert found("/about/", path("<int:n>/", view), path("about/", other)).func is other


def test_a_converter_that_refuses_lets_the_next_pattern_try():
    class Odd:
        regex = "[0-9]+"

        def to_python(self, value):
            if int(value) % 2 == 0:
                raise ValueError
            return int(value)

        def to_url(self, value):
            return str(value)

    register_converter(Odd, "odd")
    try:
        patterns = [path("<odd:n>/", view), path("2/", other), path("<int:n>/", other)]
        assert found("/3/", *patterns).func is view
        assert found("/2/", *patterns).kwargs == {}
        assert found("/4/", *patterns).kwargs == {"n": 4}
        with pytest.raises(ValueError, match="already registered"):
            register_converter(Odd, "odd")
    finally:
        del REGISTERED_CONVERTERS["odd"]


def test_groups_of_regular_expressions():
    assert found("/2020/5/", re_path(r"^(\d+)/(\d+)/$", view)).args == ("2020", "5")
    match = found("/2020/5/", re_path(r"^(\d+)/(?P<m>\d+)/$", view))
    assert (match.args, match.kwargs) == ((), {"m": "5"})
    assert found("/a/", re_path(r"^a/(?:(?P<n>\d+)/)?$", view)).kwargs == {}
    assert found("/a/1/", re_path(r"^a/(?:(?P<n>\d+)/)?$", view)).kwargs == {"n": "1"}
    assert found("/xyz", re_path("y", view)).func is view


def test_captured_and_extra_arguments_of_includes():
    inner = [path("<int:b>/", view, {"extra": 1}, name="leaf")]
    match = found("/7/8/", path("<int:a>/", include(inner), {"outer": 2}))
    assert match.kwargs == {"a": 7, "b": 8, "extra": 1, "outer": 2}
    assert match.captured_kwargs == {"a": 7, "b": 8}
    assert match.extra_kwargs == {"extra": 1, "outer": 2}
    assert match.route == "<int:a>/<int:b>/"
    collision = found("/7/8/", path("<int:a>/", include([path("<int:a>/", view)])))
    assert collision.kwargs == {"a": 8}


def test_positional_groups_add_up_unless_there_are_names():
    inner = [re_path(r"^(\d+)/$", view)]
    assert found("/1/2/", re_path(r"^(\d+)/", include(inner))).args == ("1", "2")
    match = found("/1/2/", re_path(r"^(?P<a>\d+)/", include(inner)))
    assert (match.args, match.kwargs) == (("2",), {"a": "1"})


def test_an_include_does_not_give_back_what_it_took():
    inner = [path("b/", view)]
    with pytest.raises(Resolver404):
        found("/a/b/", path("<path:p>/", include(inner)))


def test_namespaces_and_names():
    inner = ([path("x/", view, name="x")], "app")
    match = found("/i/x/", path("i/", include(inner, namespace="inst")))
    assert match.app_names == ["app"]
    assert match.namespaces == ["inst"]
    assert (match.app_name, match.namespace, match.view_name) == ("app", "inst", "inst:x")
    assert match[:3] if False else tuple(match[i] for i in range(3)) == (view, (), {})


def test_each_match_has_arguments_of_its_own():
    urlconf = URLConf([path("<int:n>/", view), path("x/", view)])
    first = resolve("/1/", urlconf)
    first.kwargs["n"] = 99
    assert resolve("/1/", urlconf).kwargs == {"n": 1}
    resolve("/x/", urlconf).kwargs["more"] = 1
    assert resolve("/x/", urlconf).kwargs == {}


def test_what_was_tried_is_told():
    a, b = path("a/", view), path("b/", view)
    c = path("c/", include([path("d/", view, name="d")]))
    with pytest.raises(Resolver404) as caught:
        found("/c/x/", a, c, b)
    failure = caught.value.args[0]
    assert failure["path"] == "c/x/"
    assert failure["tried"] == [[a], [c, c.url_patterns[0]], [b]]
    assert found("/b/", a, c, b).tried == [[a], [c]]


def test_a_pattern_class_of_somebody_else_takes_part_in_order():
    class Upper:
        name = None
        converters = {}

        def match(self, where):
            return ("", (), {"text": where}) if where.isupper() else None

        def check(self):
            return []

        def __str__(self):
            return "UPPER"

    patterns = [URLPattern(Upper(), view), path("ABOUT", other), path("low", other)]
    assert found("/ABOUT", *patterns).kwargs == {"text": "ABOUT"}
    assert found("/low", *patterns).func is other


def test_a_resolver_that_overrides_resolve_is_asked():
    class Special(URLResolver):
        def resolve(self, where):
            match = super().resolve(where)
            match.kwargs["special"] = True
            return match

    special = Special(RegexPattern(r"^s/"), [path("<int:n>/", view)])
    match = found("/p/s/3/", path("p/", include([special])))
    assert match.kwargs == {"n": 3, "special": True}
    assert match.route == "p/s/<int:n>/"


def test_a_urlconf_may_include_itself():
    patterns = [path("leaf/", view)]
    patterns.append(path("again/", include(patterns)))
    assert resolve("/again/again/leaf/", URLConf(patterns)).func is view


def test_many_routes_below_one_prefix_keep_their_order():
    patterns = [path(f"api/<int:n>/r{i}/", view, {"i": i}) for i in range(60)]
    patterns.insert(0, path("api/<int:n>/<str:rest>/", other, name="first"))
    assert found("/api/1/r7/", *patterns).url_name == "first"
    assert found("/api/1/r7/", *patterns[1:]).kwargs == {"n": 1, "i": 7}


@pytest.mark.parametrize(
    ("route", "message"),
    [
        ("<int:a b>/", "whitespace"),
        ("<int:1a>/", "valid Python identifier"),
        ("<a>/<a>/", "more than once"),
        ("<nope:a>/", "invalid converter 'nope'"),
    ],
)
def test_a_wrong_route_is_refused_at_once(route, message):
    with pytest.raises(ImproperlyConfigured, match=message):
        path(route, view)


def test_path_wants_a_view():
    from offbeat.views import View

    with pytest.raises(TypeError, match="callable or a list/tuple"):
        path("a/", "view")
    with pytest.raises(TypeError, match=r"pass View\.as_view\(\), not View\(\)"):
        path("a/", View())
    with pytest.raises(TypeError, match="kwargs argument must be a dict"):
        path("a/", view, "name")


def test_include_without_app_name_takes_no_namespace():
    with pytest.raises(ImproperlyConfigured, match="without providing an app_name"):
        include([path("a/", view)], namespace="x")


def test_a_urlconf_without_patterns_is_refused():
    with pytest.raises(ImproperlyConfigured, match="does not appear to have any patterns"):
        resolve("/", object())


def test_is_valid_path_gives_the_match_or_false():
    urlconf = URLConf([path("a/", view)])
    assert is_valid_path("/a/", urlconf).func is view
    assert is_valid_path("/b/", urlconf) is False


def test_a_match_cannot_be_pickled():
    with pytest.raises(pickle.PicklingError, match="Cannot pickle ResolverMatch"):
        pickle.dumps(found("/a/", path("a/", view)))
