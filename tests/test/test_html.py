from __future__ import annotations

import pytest

from offbeat.test.html import HTMLParseError, parse_html


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("<p>a  b\n c</p>", "<p> a b c </p>"),
        ("<div> <p>x</p> </div>", "<div><p>x</p></div>"),
        ('<a href="x" id=y>', "<a id='y' href='x'>"),
        ('<p class="b a">', '<p class=" a\tb ">'),
        ("<input checked>", '<input checked="checked">'),
        ("<br>", "<br/>"),
        ("&#39;&amp;", "'&"),
        ("<p>x", "<p>x</p>"),
        ("a<!-- b -->c", "ac"),
        ("<p><b>a</b>&nbsp;<i>b</i></p>", "<p><b>a</b><i>b</i></p>"),
    ],
)
def test_equal(first, second):
    assert parse_html(first) == parse_html(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("<p>a</p>", "<p>b</p>"),
        ("<p>a b</p>", "<p>a&nbsp;b</p>"),
        ("<b>x</b>", "<i>x</i>"),
        ('<a href="x">', '<a href="y">'),
        ("<input value>", '<input value="value">'),
        ("<p>&lt;b&gt;</p>", "<p><b></p>"),
    ],
)
def test_different(first, second):
    assert parse_html(first) != parse_html(second)
    assert str(parse_html(first)) != str(parse_html(second))


@pytest.mark.parametrize(
    ("haystack", "needle", "count"),
    [
        ("<p>x</p><p>x</p>", "<p>x</p>", 2),
        ("<div><p>x</p></div>", "<p>x</p>", 1),
        ("<p>x y</p>", "<p>x</p>", 0),
        ("<p>x</p><p>y</p>", "<p>x</p><p>y</p>", 1),
        ("<i></i><b></b><b></b><b></b><b></b>", "<b></b><b></b>", 2),
        ("<p>foo foo</p>foo", "foo", 3),
        ("<p class=foo></p>", "foo", 0),
    ],
)
def test_counting(haystack, needle, count):
    assert parse_html(haystack).count(parse_html(needle)) == count


def test_stray_end_tags_are_errors():
    with pytest.raises(HTMLParseError, match="Unexpected end tag `p`"):
        parse_html("</p>")


def test_scripts_are_text():
    assert parse_html("<script><p>a</p></script>").children == ["<p>a</p>"]
