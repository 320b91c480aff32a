"""HTML and text helpers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offbeat.utils import html
from offbeat.utils.functional import lazystr
from offbeat.utils.safestring import SafeString, mark_safe
from offbeat.utils.text import (
    Truncator,
    compress_sequence,
    compress_string,
    get_valid_filename,
    slugify,
    smart_split,
    unescape_string_literal,
    wrap,
)


@given(st.text())
def test_escaping_is_what_the_standard_library_says(text):
    from html import escape as reference

    assert html.escape(text) == reference(text).replace("&#x27;", "&#x27;")
    assert type(html.escape(text)) is SafeString


def test_conditional_escape_asks_the_value():
    class Html:
        def __html__(self):
            return "<i>"

    assert html.conditional_escape("<") == "&lt;"
    assert html.conditional_escape(mark_safe("<")) == "<"
    assert html.conditional_escape(Html()) == "<i>"
    assert html.conditional_escape(lazystr("<")) == "&lt;"
    assert html.escape(mark_safe("<")) == "&lt;"
    assert str(html.escape(lazystr("<"))) == "&lt;"


def test_format_html():
    assert html.format_html("<b>{}</b>{x}", "<", x=mark_safe("<i>")) == "<b>&lt;</b><i>"
    with pytest.raises(TypeError):
        html.format_html("<b>")
    assert html.format_html_join(", ", "{}={}", [("a", "<"), ("b", 2)]) == "a=&lt;, b=2"
    assert html.format_html_join("", "{x}", [{"x": "&"}]) == "&amp;"


def test_json_script_cannot_leave_its_element():
    script = html.json_script({"x": "</script><!--&"}, "id<")
    assert script.count("</script>") == 1
    assert "<!--" not in script
    assert 'id="id&lt;"' in script


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("www.example.com", '<a href="https://www.example.com">www.example.com</a>'),
        ("(http://a.com)", '(<a href="http://a.com">http://a.com</a>)'),
        ("http://a.com/x).", '<a href="http://a.com/x">http://a.com/x</a>).'),
        ("http://a.com/(x)", '<a href="http://a.com/(x)">http://a.com/(x)</a>'),
        ("me@a.com, you", '<a href="mailto:me@a.com">me@a.com</a>, you'),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("a.b", "a.b"),
        ('http://a.com/"onclick=', '<a href="http://a.com/">http://a.com/</a>&quot;onclick='),
    ],
)
def test_urlize(text, expected, monkeypatch):
    from offbeat.conf import settings

    monkeypatch.setattr(settings, "URLIZE_ASSUME_HTTPS", True)
    assert html.urlize(text, autoescape=True) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<b>x</b>", "x"),
        ("a<p onclick=\"alert('<test>')\">b</p>c", "abc"),
        ("<scr<script>ipt>x", "ipt>x"),
        ("1 < 2 > 1", "1 < 2 > 1"),
        ("&lt;b&gt;", "&lt;b&gt;"),
    ],
)
def test_strip_tags(text, expected):
    assert html.strip_tags(text) == expected


def test_truncating_html_keeps_it_well_formed():
    assert Truncator("<p>one <b>two three</b></p>").words(2, html=True) == "<p>one <b>two…</b></p>"
    assert Truncator("<p>abc<br>def</p>").chars(5, html=True) == "<p>abc<br>d…</p>"
    assert Truncator('<a title=">">abcdef').chars(3, html=True) == '<a title=">">ab…</a>'
    assert Truncator("a&lt;b&eacute;cd").chars(5, html=True) == "a&lt;bé…"


def test_truncating_text():
    assert Truncator("The quick brown fox").chars(10) == "The quick…"
    assert Truncator("The quick brown fox").words(2, "...") == "The quick..."
    assert Truncator("oo\u0308o").chars(3) == "oöo"
    assert Truncator("abc").chars(0) == ""


@given(st.text(alphabet="ab \n"), st.integers(min_value=1, max_value=10))
def test_wrapped_lines_keep_every_word_in_order(text, width):
    wrapped = wrap(text, width)
    assert wrapped.split() == text.split()
    assert all(len(line) <= width or " " not in line.strip() for line in wrapped.split("\n"))


def test_smart_split_keeps_quotes():
    assert list(smart_split('a "b c" d=\'e f\'|g:"h i" j"k')) == ["a", '"b c"', "d='e f'|g:\"h i\"", 'j"k']
    assert unescape_string_literal(r'"a\"b\\c"') == 'a"b\\c'
    with pytest.raises(ValueError, match="Not a string literal"):
        unescape_string_literal("abc")


def test_slugify():
    assert slugify(" Jack & Jill -- up_the Hill! ") == "jack-jill-up_the-hill"
    assert slugify("Ünïcode") == "unicode"
    assert slugify("Ünïcode", allow_unicode=True) == "ünïcode"


@pytest.mark.parametrize("name", ["", ".", "..", "/", "???"])
def test_a_file_name_of_nothing_is_refused(name):
    from offbeat.core.exceptions import SuspiciousFileOperation

    with pytest.raises(SuspiciousFileOperation):
        get_valid_filename(name)


def test_compressed_bytes_come_back():
    import gzip

    data = b"x" * 5000
    assert gzip.decompress(compress_string(data)) == data
    padded = {len(compress_string(data, max_random_bytes=50)) for _ in range(40)}
    assert len(padded) > 1
    assert gzip.decompress(compress_string(data, max_random_bytes=50)) == data
    assert gzip.decompress(b"".join(compress_sequence([b"a", b"", b"b"]))) == b"ab"


@pytest.mark.parametrize(
    ("word", "is_link"),
    [
        ("x.com", True),
        ("x.com/", True),
        ("1.org/a_b", True),
        ("ü.net", True),
        ("a.b-c.edu", True),
        ("a_b.com", False),
        ("-x.com", False),
        ("x-.com", False),
        ("x.community", False),
        ("x.com:80", False),
        ("x.co", False),
    ],
)
def test_domains_without_a_scheme_are_links(word, is_link, monkeypatch):
    from offbeat.conf import settings

    monkeypatch.setattr(settings, "URLIZE_ASSUME_HTTPS", True)
    link = f'<a href="https://{word.replace("ü", "%C3%BC")}">{word}</a>'
    assert html.urlize(f"see {word} now") == (f"see {link} now" if is_link else f"see {word} now")
