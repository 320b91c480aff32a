"""The HTML of widgets, and the values they find."""

from __future__ import annotations

import datetime

import pytest

from offbeat import forms
from offbeat.forms.widgets import MediaOrderConflictWarning
from offbeat.http import QueryDict
from offbeat.test import SimpleTestCase

assert_html = SimpleTestCase().assertHTMLEqual

CHOICES = [("", "-"), ("a", "A"), ("G", [("b", "<B>"), (3, "C")])]


@pytest.mark.parametrize(
    ("widget", "value", "expected"),
    [
        (forms.TextInput(), "<'\">", '<input type="text" name="n" value="&lt;&#x27;&quot;&gt;">'),
        (
            forms.TextInput({"class": "x", "y": True, "z": False}),
            None,
            '<input type="text" name="n" class="x" y>',
        ),
        (forms.TextInput({"type": "range"}), 3, '<input type="range" name="n" value="3">'),
        (forms.PasswordInput(), "secret", '<input type="password" name="n">'),
        (forms.PasswordInput(render_value=True), "s", '<input type="password" name="n" value="s">'),
        (forms.FileInput(), "x", '<input type="file" name="n">'),
        (forms.Textarea(), "<", '<textarea name="n" cols="40" rows="10">\n&lt;</textarea>'),
        (forms.CheckboxInput(), True, '<input type="checkbox" name="n" checked>'),
        (forms.CheckboxInput(), "v", '<input type="checkbox" name="n" value="v" checked>'),
        (forms.CheckboxInput(), False, '<input type="checkbox" name="n">'),
        (forms.DateInput(), datetime.date(2024, 1, 2), '<input type="text" name="n" value="2024-01-02">'),
        (forms.TimeInput(format="%H"), datetime.time(3), '<input type="text" name="n" value="03">'),
        (
            forms.MultipleHiddenInput(),
            ["a", "b"],
            '<input type="hidden" name="n" value="a"><input type="hidden" name="n" value="b">',
        ),
        (
            forms.Select(choices=CHOICES),
            3,
            (
                '<select name="n"><option value="">-</option><option value="a">A</option><optgroup label="G">'
                '<option value="b">&lt;B&gt;</option><option value="3" selected>C</option></optgroup></select>'
            ),
        ),
        (
            forms.SelectMultiple(choices=[("a", "A"), ("b", "B")]),
            ["a", "b"],
            '<select name="n" multiple><option value="a" selected>A</option><option value="b" selected>B</option></select>',
        ),
        (
            forms.CheckboxSelectMultiple(choices=[("a", "A")]),
            ["a"],
            '<div><div><label><input type="checkbox" name="n" value="a" checked> A</label></div></div>',
        ),
        (
            forms.SplitDateTimeWidget(),
            datetime.datetime(2024, 1, 2, 3, 4),
            '<input type="text" name="n_0" value="2024-01-02"><input type="text" name="n_1" value="03:04:00">',
        ),
    ],
    ids=lambda x: type(x).__name__,
)
def test_html(widget, value, expected):
    assert_html(widget.render("n", value), expected)


def test_ids_of_options_are_different():
    html = forms.RadioSelect(choices=[("a", "A"), ("b", "B")]).render("n", "a", {"id": "i"})
    assert 'id="i_0"' in html
    assert 'for="i_1"' in html


def test_clearable_file_input():
    class File:
        url = 'x"y'

        def __str__(self):
            return "<f>"

    widget = forms.ClearableFileInput()
    html = widget.render("n", File())
    assert 'href="x&quot;y"' in html
    assert "&lt;f&gt;" in html
    assert 'name="n-clear"' in html
    assert widget.value_from_datadict({"n-clear": "on"}, {}, "n") is False


def test_values_from_data():
    data = QueryDict("a=1&a=2&c=false&d_year=2024&d_month=2&d_day=30")
    assert forms.TextInput().value_from_datadict(data, {}, "a") == "2"
    assert forms.SelectMultiple().value_from_datadict(data, {}, "a") == ["1", "2"]
    assert forms.CheckboxInput().value_from_datadict(data, {}, "c") is False
    assert forms.CheckboxInput().value_from_datadict(data, {}, "missing") is False
    assert forms.SelectDateWidget().value_from_datadict(data, {}, "d") == "2024-2-30"
    assert forms.TextInput().value_omitted_from_data(data, {}, "missing")
    assert not forms.CheckboxInput().value_omitted_from_data(data, {}, "missing")


@pytest.mark.parametrize("part", ["x", "9" * 30, "-1", "", "0"])
def test_select_date_takes_any_input(part):
    class F(forms.Form):
        d = forms.DateField(widget=forms.SelectDateWidget(years=[2024]), required=False)

    form = F({"d_year": part, "d_month": "2", "d_day": "3"})
    form.is_valid()
    assert "<select" in str(form)


def test_a_required_select_needs_an_empty_choice():
    assert forms.Select(choices=[("", "-"), (1, "a")]).use_required_attribute(None)
    assert not forms.Select(choices=[(1, "a")]).use_required_attribute(None)


def test_media_are_merged_in_order():
    class A(forms.TextInput):
        class Media:
            js = ["a.js", "c.js"]
            css = {"all": ["a.css"]}

    class B(A):
        class Media:
            js = ["a.js", "b.js", "c.js"]

    assert [str(path) for path in B().media._js] == [str(forms.Script(f"{x}.js")) for x in "abc"]
    assert 'href="/static/a.css"' in str(B().media)
    assert str(B().media["js"]).count("script src") == 3
    with pytest.warns(MediaOrderConflictWarning):
        str(forms.Media(js=["a", "b"]) + forms.Media(js=["b", "a"]))
    assert 'nonce="x"' in forms.Media(js=["a"]).render(attrs={"nonce": "x"})
