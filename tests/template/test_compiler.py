"""The generated code, and what debuggers see of it."""

from __future__ import annotations

import gc
import linecache
import traceback
import weakref

import pytest

from offbeat.template import Context, Origin, Template
from tests.template.helpers import engine, render


def compiled(source: str, **options) -> Template:
    return Template(source, engine=engine(**options))


def test_a_loop_over_plain_output_does_not_touch_the_context():
    code = compiled(
        "{% for x in items %}<td>{{ x.name }}</td>{{ forloop.counter }}{% endfor %}"
    ).python_source
    assert "push" not in code
    assert "enumerate(" in code
    compile(code, "x", "exec")


def test_the_loop_counter_costs_nothing_where_it_is_not_used():
    assert "enumerate" not in compiled("{% for x in items %}{{ x }}{% endfor %}").python_source


def test_a_traceback_points_into_the_template():
    template = compiled("line one\n  {{ ok }}\n  {% if ok %}{{ x.boom }}{% endif %}\n")

    class Boom:
        @property
        def boom(self):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        template.render(Context({"x": Boom(), "ok": 1}))
    frames = [
        frame
        for frame in traceback.extract_tb(caught.tb)
        if "template" in frame.filename and ".py" not in frame.filename
    ]
    assert [(frame.lineno, frame.line) for frame in frames] == [(3, "{% if ok %}{{ x.boom }}{% endif %}")]
    assert frames[0].colno == 13
    assert frames[0].end_colno == 25


def test_a_traceback_names_the_template_file(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("a\nb{% for x in xs %}{{ x.boom }}{% endfor %}")

    class Boom:
        @property
        def boom(self):
            raise ZeroDivisionError

    template = Template(path.read_text(), origin=Origin(str(path), "page.html"), engine=engine())
    with pytest.raises(ZeroDivisionError) as caught:
        template.render(Context({"xs": [Boom()]}))
    assert (str(path), 2) in [(frame.filename, frame.lineno) for frame in traceback.extract_tb(caught.tb)]


@pytest.mark.parametrize(
    ("source", "during"),
    [
        ("a\n{% for x in xs %}{{ x.boom }}{% endfor %}", "{{ x.boom }}"),
        ("a\n{% with y=xs.0 %}\n {{ y.boom|upper }}{% endwith %}", "{{ y.boom|upper }}"),
        (
            "{% load extra %}\n{% for x in xs %}{% wrap %}é{{ x.boom }}{% endwrap %}{% endfor %}",
            "{{ x.boom }}",
        ),
        ("{% if xs.0.boom %}\n{% endif %}", "{% if xs.0.boom %}"),
    ],
)
def test_debug_information_names_the_tag(source, during):
    class Boom:
        @property
        def boom(self):
            raise ZeroDivisionError("no")

    template = compiled(source, debug=True)
    with pytest.raises(ZeroDivisionError) as caught:
        template.render(Context({"xs": [Boom()]}))
    info = caught.value.template_debug  # type: ignore[attr-defined]
    assert info["during"] == during
    assert info["message"] == "no"
    assert source[info["start"] : info["end"]] == during
    assert info["line"] == source[: info["start"]].count("\n") + 1


def test_no_debug_information_without_debug():
    with pytest.raises(ZeroDivisionError) as caught:
        compiled("{{ f }}").render(Context({"f": lambda: 1 / 0}))
    assert not hasattr(caught.value, "template_debug")


def test_syntax_errors_carry_their_place():
    with pytest.raises(Exception) as caught:
        compiled("one\n{% if x %}\n{% nothing %}{% endif %}", debug=True)
    assert caught.value.template_debug["line"] == 3  # type: ignore[attr-defined]
    assert caught.value.template_debug["during"] == "{% nothing %}"  # type: ignore[attr-defined]


def test_a_template_that_is_gone_leaves_no_lines_behind():
    template = compiled("{{ x }}")
    template.render(Context())
    name = template.unit.filename
    assert name in linecache.cache
    gone = weakref.ref(template)
    del template
    gc.collect()
    assert gone() is None
    assert name not in linecache.cache


def test_the_switch_prints_the_code(monkeypatch, capsys):
    monkeypatch.setenv("OFFBEAT_TEMPLATE_CODE", "1")
    render("hello {{ name }}", {"name": "x"})
    assert "def render(context):" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["\"'\\", "{{'{{'}}", "{a}", "\n\t\r", "é☃\U0001f600", '"""', "%s %(x)s", "\\n"]
)
def test_literal_text_comes_out_as_it_is(text):
    source = "{% verbatim %}" + text + "{% endverbatim %}{{ x }}" if "{{" in text else text + "{{ x }}"
    assert render(source, {"x": 1}) == text + "1"
    assert render("{{ x|default:y }}", {"y": text}, autoescape=False) == text


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1e-5", "9" * 5000, "12345678901234567890"])
def test_numbers_of_any_size_are_constants(number):
    expected = (
        ""
        if len(number) > 4000
        else {"1e999": "inf", "-1e999": "-inf", "1e-5": "0.00001"}.get(number, number)
    )
    assert render("{{ " + number + " }}") == expected
    assert render("{% if x == " + number + " %}y{% endif %}", {"x": 1}) == ""


def test_a_variable_is_called_each_time_it_is_used():
    calls = iter(range(10))
    assert (
        render("{{ n }}{{ n }}{% for x in 'ab' %}{{ n }}{% endfor %}", {"n": lambda: next(calls)}) == "0123"
    )


def test_a_node_list_that_changes_is_compiled_anew():
    template = compiled("a{{ x }}")
    assert template.render(Context({"x": 1})) == "a1"
    template.nodelist.append(template.nodelist[0])
    assert template.render(Context({"x": 1})) == "a1a"
    template.nodelist[0] = template.nodelist[1]
    assert template.render(Context({"x": 1})) == "11a"
