"""Finding templates: loaders, engines, backends, responses."""

from __future__ import annotations

import pickle

import pytest

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.template import (
    Context,
    Engine,
    RequestContext,
    Template,
    TemplateDoesNotExist,
    TemplateSyntaxError,
)
from offbeat.template.backends.django import DjangoTemplates
from offbeat.template.backends.dummy import TemplateStrings
from offbeat.template.loader import get_template, render_to_string, select_template
from offbeat.template.response import ContentNotRenderedError, SimpleTemplateResponse, TemplateResponse
from offbeat.template.utils import EngineHandler
from offbeat.test import RequestFactory
from tests.template.helpers import engine


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "a.html").write_text("a {{ x }}", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret")
    return tmp_path


def test_filesystem_loader(directory):
    made = Engine(dirs=[directory / "pages"])
    assert made.get_template("a.html").render(Context({"x": 1})) == "a 1"
    assert made.get_template("a.html") is made.get_template("a.html")
    with pytest.raises(TemplateDoesNotExist) as caught:
        made.get_template("b.html")
    assert caught.value.tried[0][0].name.endswith("b.html")


@pytest.mark.parametrize(
    "name", ["../secret.txt", "x/../../secret.txt", "/etc/passwd", "..", "./../secret.txt"]
)
def test_a_name_does_not_lead_out_of_the_directories(directory, name):
    with pytest.raises(TemplateDoesNotExist):
        Engine(dirs=[directory / "pages"]).get_template(name)


@pytest.mark.parametrize("name", [None, 3, "", "#", "#x"])
def test_what_is_no_name_does_not_exist(name):
    with pytest.raises(TemplateDoesNotExist):
        engine({"a": "b"}).get_template(name)


def test_misses_are_remembered_only_so_often():
    made = engine()
    (loader,) = made.template_loaders
    for i in range(2100):
        with pytest.raises(TemplateDoesNotExist):
            made.get_template(f"name {i}")
    assert len(loader.get_template_cache) == 2000
    loader.reset()
    assert not loader.get_template_cache


def test_select_template_takes_the_first_that_exists():
    made = engine({"b": "B"})
    assert made.select_template(["a", "b"]).name == "b"
    with pytest.raises(TemplateDoesNotExist, match="a, c"):
        made.select_template(["a", "c"])
    with pytest.raises(TypeError, match="got a string"):
        select_template("a")


def test_errors_name_the_chain():
    with pytest.raises(TemplateDoesNotExist) as caught:
        get_template("no such template")
    assert [type(e) for e in caught.value.chain] == [TemplateDoesNotExist]


def test_engines_understand_paths_of_django():
    handler = EngineHandler(
        [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "context_processors": ["django.template.context_processors.request"],
                    "loaders": [("django.template.loaders.locmem.Loader", {"x": "{{ request.path }}"})],
                },
            }
        ]
    )
    template = handler["django"].get_template("x")
    assert template.render({}, RequestFactory().get("/path/")) == "/path/"


def test_engine_names_must_differ():
    conf = {"BACKEND": "offbeat.template.backends.django.DjangoTemplates"}
    with pytest.raises(ImproperlyConfigured, match="aren't unique"):
        EngineHandler([conf, conf])["django"]


def test_unknown_options_are_refused():
    with pytest.raises(ImproperlyConfigured, match="Unknown parameters: X"):
        DjangoTemplates({"NAME": "n", "DIRS": [], "APP_DIRS": False, "OPTIONS": {}, "X": 1})


def test_dummy_backend_escapes(directory):
    backend = TemplateStrings({"NAME": "n", "DIRS": [directory], "APP_DIRS": False, "OPTIONS": {}})
    assert backend.from_string("Hi $name").render({"name": "<b>"}) == "Hi &lt;b&gt;"


def test_jinja2_backend(directory):
    jinja2 = pytest.importorskip("offbeat.template.backends.jinja2")
    backend = jinja2.Jinja2({"NAME": "n", "DIRS": [directory / "pages"], "APP_DIRS": False, "OPTIONS": {}})
    assert backend.get_template("a.html").render({"x": "<"}) == "a &lt;"
    with pytest.raises(TemplateDoesNotExist):
        backend.get_template("b.html")
    (directory / "pages" / "bad.html").write_text("one\n{% if %}")
    with pytest.raises(TemplateSyntaxError) as caught:
        backend.get_template("bad.html")
    assert caught.value.template_debug["line"] == 2  # type: ignore[attr-defined]


def test_context_processors_run_once_and_the_view_wins():
    calls = []

    def processor(request):
        calls.append(request)
        return {"a": "processor", "b": "processor"}

    template = Template("{{ a }} {{ b }}", engine=engine())
    context = RequestContext(RequestFactory().get("/"), {"a": "view"}, [processor])
    context["b"] = "view"
    assert template.render(context) == "processor view"
    assert len(calls) == 1


def test_context_must_be_a_dict():
    with pytest.raises(TypeError, match="context must be a dict rather than Context"):
        render_to_string("x", Context()) if False else DjangoTemplates(
            {"NAME": "n", "DIRS": [], "APP_DIRS": False, "OPTIONS": {}}
        ).from_string("x").render(Context())  # type: ignore[arg-type]


def response(**kwargs):
    template = DjangoTemplates({"NAME": "n", "DIRS": [], "APP_DIRS": False, "OPTIONS": {}}).from_string(
        "{{ x }}"
    )
    return TemplateResponse(RequestFactory().get("/"), template, {"x": 1}, **kwargs)


def test_template_response_is_rendered_late():
    made = response(status=201, content_type="text/plain")
    with pytest.raises(ContentNotRenderedError):
        _ = made.content
    with pytest.raises(ContentNotRenderedError):
        list(made)
    with pytest.raises(ContentNotRenderedError):
        pickle.dumps(made)
    made.context_data["x"] = 2
    assert made.render() is made
    assert (made.status_code, made.content, made["Content-Type"]) == (201, b"2", "text/plain")
    made.context_data["x"] = 3
    assert made.render().content == b"2"
    again = pickle.loads(pickle.dumps(made))
    assert again.content == b"2"
    assert not hasattr(again, "template_name")


def test_post_render_callbacks_may_replace_the_response():
    made, other = response(), SimpleTemplateResponse("x")
    seen = []
    made.add_post_render_callback(seen.append)
    made.add_post_render_callback(lambda r: other)
    assert made.render() is other
    assert seen == [made]
    made.add_post_render_callback(seen.append)
    assert seen == [made, made]


async def test_templates_render_on_the_event_loop():
    template = Template("{% for x in items %}{{ x }}{% endfor %}", engine=engine())
    assert template.render(Context({"items": [1, 2]})) == "12"


def test_the_backend_has_a_name_of_this_package_too() -> None:
    from offbeat.template.backends import django, offbeat

    assert offbeat.DjangoTemplates is django.DjangoTemplates
