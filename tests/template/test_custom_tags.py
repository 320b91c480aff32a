"""Tags and filters that others write."""

from __future__ import annotations

import pytest

from offbeat.template import Context, Library, Node, Template, TemplateSyntaxError
from offbeat.template.defaulttags import IfNode, URLNode
from offbeat.utils.safestring import mark_safe
from tests.template.helpers import engine, render


def test_a_called_node_sees_the_variables_of_loops():
    assert (
        render("{% for x in 'ab' %}{% wrap %}{{ x }}{{ forloop.counter }}{% endwrap %}{% endfor %}")
        == "[a1][b2]"
    )


def test_a_called_node_may_change_variables():
    assert render("{% for x in 'ab' %}{% set x 'new' %}{{ x }}{% endfor %}") == "newnew"
    assert (
        render("{% set y 3 %}{{ y }}{% with z=y %}{% set y 4 %}{{ y }}{{ z }}{% endwith %}{{ y }}") == "3433"
    )


def test_what_a_node_sets_in_a_loop_is_gone_behind_it():
    assert render("{% for x in 'ab' %}{% set y x %}{% endfor %}[{{ y }}]") == "[]"


def test_simple_tag_escapes_its_result():
    assert render("{% join_args a 'b' sep='<' %}", {"a": 1}) == "1&lt;b"


def test_simple_tag_may_be_kept_in_a_variable():
    assert render("{% for x in 'ab' %}{% join_args x x as y %}{{ y }} {% endfor %}") == "a-a b-b "


def test_names_of_arguments_may_be_words_of_python():
    library = Library()

    @library.simple_tag
    def attributes(**kwargs):
        return "".join(f"{name}:{value};" for name, value in kwargs.items())

    made = engine()
    made.template_builtins.append(library)
    source = "{% attributes class='a' for=x if=None %}"
    assert Template(source, engine=made).render(Context({"x": "b"})) == "class:a;for:b;if:None;"


def test_simple_tag_with_context_may_write_into_it():
    assert render("{% for x in 'ab' %}{% remember x %}{{ remembered }}{% endfor %}") == "AaBb"


def test_simple_block_tag_gets_the_rendered_content():
    assert render("{% for x in 'a' %}{% shout times=2 %}{{ x }}b{% endshout %}{% endfor %}") == "ABAB"


def test_inclusion_tag_renders_its_template():
    made = engine({"included.html": "({{ value }}{{ x }})"})
    template = Template("{% load extra %}{% for x in 'ab' %}{% included x %}{% endfor %}", engine=made)
    assert template.render(Context()) == "(a)(b)"


@pytest.mark.parametrize(
    "source",
    [
        "{% join_args nothing=1 %}",
        "{% remember %}",
        "{% remember 1 2 %}",
        "{% remember name=1 name=2 %}",
        "{% shout %}",
    ],
)
def test_wrong_arguments_are_syntax_errors(source):
    with pytest.raises(TemplateSyntaxError):
        render(source)


def test_a_subclass_with_its_own_render_is_called():
    class Loud(IfNode):
        def render(self, context):
            return super().render(context).upper()

    library = Library()

    @library.tag
    def loudif(parser, token):
        condition = parser.compile_filter(token.split_contents()[1])
        nodelist = parser.parse(("endloudif",))
        parser.delete_first_token()
        from offbeat.template.defaulttags import TemplateLiteral

        return Loud([(TemplateLiteral(condition, ""), nodelist)])

    made = engine()
    made.template_builtins.append(library)
    template = Template("{% for x in 'ab' %}{% loudif x %}{{ x }}{% endloudif %}{% endfor %}", engine=made)
    assert template.render(Context()) == "AB"


def test_nodes_can_be_found_by_type():
    template = Template("{% if a %}{% for x in y %}{% url 'z' %}{% endfor %}{% endif %}", engine=engine())
    (node,) = template.nodelist.get_nodes_by_type(URLNode)
    assert isinstance(node, Node)
    assert node.token.contents == "url 'z'"
    assert node.origin is template.origin


def test_filter_flags():
    library = Library()

    @library.filter(is_safe=True)
    def bracket(value):
        return f"<{value}>"

    @library.filter(needs_autoescape=True)
    def state(value, autoescape=True):
        return mark_safe(f"<{autoescape}>")

    made = engine()
    made.template_builtins.append(library)
    source = "{{ a|bracket }}{{ b|bracket }}{{ a|state }}{% autoescape off %}{{ a|state }}{% endautoescape %}"
    template = Template(source, engine=made)
    assert template.render(Context({"a": "x", "b": mark_safe("y")})) == "&lt;x&gt;<y><True><False>"
