"""What the template language does."""

from __future__ import annotations

import pytest

from offbeat.template import Context, TemplateSyntaxError, VariableDoesNotExist
from tests.template.helpers import engine, render


class Person:
    def __init__(self, name: str) -> None:
        self.name = name

    def shout(self) -> str:
        return self.name.upper()

    def delete(self) -> str:
        raise AssertionError("must not be called")

    delete.alters_data = True  # type: ignore[attr-defined]

    def greet(self, whom: str) -> str:
        return f"Hello {whom}"

    @property
    def broken(self) -> str:
        raise AttributeError("inside")


class Silent(Exception):
    silent_variable_failure = True


class Raises:
    @property
    def silent(self) -> str:
        raise Silent

    @property
    def loud(self) -> str:
        raise ZeroDivisionError


CASES = [
    ("{{ name }}", {"name": "<b>'\"&"}, "&lt;b&gt;&#x27;&quot;&amp;"),
    ("{{ name|safe }}", {"name": "<b>"}, "<b>"),
    ("{{ missing }}", {}, ""),
    ("{{ missing.attribute }}", {}, ""),
    ("{{ a.b.c }}", {"a": {"b": {"c": 3}}}, "3"),
    ("{{ a.1 }}", {"a": ["x", "y"]}, "y"),
    ("{{ a.5 }}", {"a": ["x", "y"]}, ""),
    ("{{ a.0.1 }}", {"a": [("x", "y")]}, "y"),
    ("{{ p.name }} {{ p.shout }}", {"p": Person("ann")}, "ann ANN"),
    ("{{ p.delete }}|{{ p.greet }}", {"p": Person("ann")}, "|"),
    ("{{ f }}", {"f": lambda: "called"}, "called"),
    ("{{ f.x }}", {"f": lambda: {"x": 1}}, "1"),
    ("{{ cls }}", {"cls": dict}, "{}"),
    ("{{ r.silent }}", {"r": Raises()}, ""),
    ("{{ 'text' }}{{ 3 }}{{ 2.5 }}", {}, "text32.5"),
    ("{{ True }}{{ False }}{{ None }}", {}, "TrueFalseNone"),
    ("{{ x|default:'none' }}", {}, "none"),
    ("{{ x|default:y }}", {"y": "z"}, "z"),
    ("{{ x|upper|lower }}", {"x": "Ab"}, "ab"),
    ("{% if a %}1{% elif b %}2{% else %}3{% endif %}", {"b": 1}, "2"),
    ("{% if a or b and c %}y{% else %}n{% endif %}", {"b": 1, "c": 0}, "n"),
    ("{% if not a and b == 2 %}y{% endif %}", {"b": 2}, "y"),
    ("{% if 2 in items %}y{% endif %}{% if 5 not in items %}n{% endif %}", {"items": [1, 2]}, "yn"),
    ("{% if a is None %}none{% endif %}{% if b is not None %}some{% endif %}", {"b": 1}, "nonesome"),
    ("{% if a > 'x' %}y{% else %}n{% endif %}", {"a": 1}, "n"),
    ("{% if missing.a.b == 1 %}y{% else %}n{% endif %}", {}, "n"),
    (
        "{% for x in items %}{{ x }}{% if not forloop.last %},{% endif %}{% endfor %}",
        {"items": [1, 2, 3]},
        "1,2,3",
    ),
    ("{% for x in items reversed %}{{ x }}{% endfor %}", {"items": [1, 2, 3]}, "321"),
    ("{% for x in items %}{{ x }}{% empty %}none{% endfor %}", {"items": []}, "none"),
    ("{% for x in missing %}{{ x }}{% empty %}none{% endfor %}", {}, "none"),
    ("{% for k, v in d.items %}{{ k }}={{ v }};{% endfor %}", {"d": {"a": 1, "b": 2}}, "a=1;b=2;"),
    (
        (
            "{% for x in items %}{{ forloop.counter }}{{ forloop.counter0 }}{{ forloop.revcounter }}"
            "{{ forloop.revcounter0 }}{{ forloop.first }}{{ forloop.length }} {% endfor %}"
        ),
        {"items": "ab"},
        "1021True2 2110False2 ",
    ),
    (
        (
            "{% for a in items %}{% for b in items %}{{ forloop.parentloop.counter }}{{ forloop.counter }} "
            "{% endfor %}{% endfor %}"
        ),
        {"items": "ab"},
        "11 12 21 22 ",
    ),
    ("{% for a in x %}{{ forloop.parentloop }}{% endfor %}", {"x": "a"}, "{}"),
    ("{% with a=1 b=x %}{{ a }}{{ b }}{% endwith %}{{ a }}", {"x": 2}, "12"),
    ("{% with x as a %}{{ a }}{% endwith %}", {"x": 2}, "2"),
    (
        "{% autoescape off %}{{ x }}{% autoescape on %}{{ x }}{% endautoescape %}{% endautoescape %}",
        {"x": "<"},
        "<&lt;",
    ),
    ("{% filter upper %}a{{ x }}{% endfilter %}", {"x": "b"}, "AB"),
    ("{% spaceless %} <a> <b> x </b> </a> {% endspaceless %}", {}, "<a><b> x </b></a>"),
    ("{% verbatim %}{{ x }}{% if %}{% endverbatim %}", {}, "{{ x }}{% if %}"),
    ("{% comment %}{{ x }}{% endcomment %}{# x #}a", {}, "a"),
    ("{% for x in 'abc' %}{% cycle 'r' 's' %}{% endfor %}", {}, "rsr"),
    ("{% for x in 'abc' %}{% cycle 'r' 's' as c %}{{ c }}{% endfor %}", {}, "rrssrr"),
    (
        "{% for x in 'ab' %}{% for y in 'abc' %}{% cycle 'r' 's' %}{% endfor %}{% resetcycle %}{% endfor %}",
        {},
        "rsrrsr",
    ),
    ("{% for x in 'aab' %}{% ifchanged %}{{ x }}{% endifchanged %}{% endfor %}", {}, "ab"),
    ("{% for x in 'aab' %}{% ifchanged x %}+{% else %}-{% endifchanged %}{% endfor %}", {}, "+-+"),
    ("{% firstof a b 'c' %}", {"b": "<"}, "&lt;"),
    (
        "{% regroup items by k as groups %}{% for g in groups %}{{ g.grouper }}:{{ g.list|length }} {% endfor %}",
        {"items": [{"k": 1}, {"k": 1}, {"k": 2}]},
        "1:2 2:1 ",
    ),
    ("{% widthratio 50 100 200 %}", {}, "100"),
    ("{% templatetag openblock %}{% templatetag closevariable %}", {}, "{%}}"),
    ("{% partialdef p %}<{{ x }}>{% endpartialdef %}{% partial p %}{% partial p %}", {"x": 1}, "<1><1>"),
    ("{{ x|add:2 }} {{ x|divisibleby:2 }}", {"x": 4}, "6 True"),
    ("{{ n }} {{ f }}", {"n": 1234567, "f": 1.5}, "1234567 1.5"),
]


@pytest.mark.parametrize(("source", "values", "expected"), CASES)
def test_output(source, values, expected):
    assert render(source, values) == expected


@pytest.mark.parametrize(("source", "values", "expected"), CASES)
def test_output_is_the_same_where_every_variable_has_to_be_in_the_context(source, values, expected):
    """A node that is only called may look at anything: locals must not be used around it."""
    opened = source.replace("{% endfor %}", "{% opaque %}{% endfor %}").replace(
        "{% endwith %}", "{% opaque %}{% endwith %}"
    )
    assert render("{% opaque %}" + opened, values) == expected


@pytest.mark.parametrize(("source", "values", "expected"), CASES)
def test_output_is_the_same_deep_inside_of_other_blocks(source, values, expected):
    depth = 12
    source = "{% for _a in one %}" * depth + source + "{% endfor %}" * depth
    if "parentloop }}" in source or "forloop.parentloop" in source:
        pytest.skip("the loops around are seen")
    assert render(source.replace("_a", "outer"), {"one": "1", **values}) == expected


@pytest.mark.parametrize(
    "source",
    [
        "{% if %}x{% endif %}",
        "{% if a b %}x{% endif %}",
        "{% if a and %}x{% endif %}",
        "{% for x %}{% endfor %}",
        "{% for x in y",
        "{% for x in y %}",
        "{{ }}",
        "{% %}",
        "{% nothing %}",
        "{{ x|nothing }}",
        "{{ x|upper:1 }}",
        "{{ x|default }}",
        "{{ x y }}",
        "{{ _x }}",
        "{{ x._y }}",
        "{% block a %}{% endblock %}{% block a %}{% endblock %}",
        "{% cycle %}",
        "{% cycle a %}",
        "{% with %}{% endwith %}",
        "{% include %}",
        "{% load nothing %}",
        "{% autoescape maybe %}{% endautoescape %}",
        "{% partialdef %}{% endpartialdef %}",
        "x{% now %}",
    ],
)
def test_bad_source_is_a_syntax_error(source):
    if source == "{% for x in y":
        assert render(source) == source
        return
    with pytest.raises(TemplateSyntaxError):
        render(source)


def test_a_loop_inside_of_one_that_others_may_look_into():
    source = "{% for x in 'ab' %}{% opaque %}{% for y in x %}{{ x }}{{ y }}{{ forloop.parentloop.counter }} {% endfor %}{% endfor %}"
    assert render(source) == "aa1 bb2 "
    source = "{% firstof 'f' as x %}{% for x in 'ab' %}{{ x }}{% with y=x %}{{ y }}{% endwith %}{% endfor %}{{ x }}"
    assert render(source) == "aabbf"


def test_an_error_in_a_property_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        render("{{ r.loud }}", {"r": Raises()})
    with pytest.raises(AttributeError, match="inside"):
        render("{{ p.broken }}", {"p": Person("x")})


def test_a_missing_filter_argument_is_an_error():
    with pytest.raises(VariableDoesNotExist):
        render("{{ x|default:missing }}", {"x": ""})


def test_string_if_invalid_stands_for_the_variable_and_skips_filters():
    assert render("{{ a }} {{ a.b|upper }}", string_if_invalid="?") == "? ?"
    assert render("{{ a.b|default:'x' }}", string_if_invalid="[%s]") == "[a.b]"


def test_unpacking_the_wrong_number_of_values_is_an_error():
    with pytest.raises(ValueError, match="Need 2 values to unpack in for loop; got 3"):
        render("{% for a, b in x %}{% endfor %}", {"x": [(1, 2, 3)]})


def test_inheritance_with_super_and_three_generations():
    templates = {
        "base": "<{% block a %}base{% endblock %}|{% block b %}b{% endblock %}>",
        "middle": "{% extends 'base' %}{% block a %}middle {{ block.super }}{% endblock %}",
        "leaf": "{% extends 'middle' %}{% block a %}leaf {{ block.super }}{% endblock %}{% block b %}{{ x }}{% endblock %}",
    }
    made = engine(templates)
    for _ in range(2):
        assert made.render_to_string("leaf", {"x": "<"}) == "<leaf middle base|&lt;>"
    assert made.render_to_string("base") == "<base|b>"


def test_block_in_a_loop_sees_the_loop():
    templates = {
        "base": "{% for x in 'ab' %}{% block item %}{% endblock %}{% endfor %}",
        "leaf": "{% extends 'base' %}{% block item %}{{ x }}{{ forloop.counter }}{% endblock %}",
    }
    assert engine(templates).render_to_string("leaf") == "a1b2"


def test_include_sees_the_loop_and_with_only_nothing_else():
    templates = {
        "part": "{{ x }}{{ y }}{{ forloop.last }} ",
        "main": "{% for x in 'ab' %}{% include 'part' with y=1 %}{% endfor %}{% include 'part' with y=2 only %}",
    }
    assert engine(templates).render_to_string("main") == "a1False b1True 2 "


def test_include_of_a_relative_name():
    templates = {"a/main": "{% include './part' %}{% include '../top' %}", "a/part": "p", "top": "t"}
    assert engine(templates).render_to_string("a/main") == "pt"


def test_a_part_can_be_rendered_by_its_name():
    made = engine({"page": "a{% partialdef row %}[{{ x }}]{% endpartialdef %}b"})
    assert made.get_template("page#row").render(Context({"x": 1})) == "[1]"
    assert made.render_to_string("page") == "ab"


def test_deeply_nested_conditions_compile():
    source = "{% if a %}" * 30 + "x" + "{% endif %}" * 30
    assert render(source, {"a": 1}) == "x"
    chain = " or ".join(f"a == {i}" for i in range(60))
    assert render("{% if " + chain + " %}y{% endif %}", {"a": 59}) == "y"
    elifs = "{% if a == 0 %}0" + "".join(f"{{% elif a == {i} %}}{i}" for i in range(1, 120)) + "{% endif %}"
    assert render(elifs, {"a": 99}) == "99"
