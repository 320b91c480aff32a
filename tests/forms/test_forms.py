"""Forms: binding, cleaning, rendering."""

from __future__ import annotations

import json

import pytest

from offbeat import forms
from offbeat.core.exceptions import NON_FIELD_ERRORS, ValidationError
from offbeat.core.files.uploadedfile import SimpleUploadedFile
from offbeat.forms.utils import ErrorDict, ErrorList
from offbeat.http import QueryDict
from offbeat.test import SimpleTestCase

assert_html = SimpleTestCase().assertHTMLEqual


class Contact(forms.Form):
    required_css_class = "req"
    error_css_class = "err"

    name = forms.CharField(max_length=5, help_text="<b>Who</b>")
    age = forms.IntegerField(required=False, min_value=1)
    hidden = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean_name(self):
        if self.cleaned_data["name"] == "evil":
            raise ValidationError("No %(what)s.", code="evil", params={"what": "evil"})
        return self.cleaned_data["name"].upper()

    def clean(self):
        if self.cleaned_data.get("age") == 13:
            raise ValidationError({"age": "Unlucky", NON_FIELD_ERRORS: ["Both"]})
        return super().clean()


def test_unbound_and_bound():
    assert not Contact().is_bound
    assert not Contact().is_valid()
    assert Contact().errors == {}
    form = Contact({"name": " ann ", "age": "3"})
    assert form.is_valid()
    assert form.cleaned_data == {"name": "ANN", "age": 3, "hidden": ""}


def test_errors_by_field_and_code():
    form = Contact({"name": "evil", "age": "0"})
    assert form.errors == {"name": ["No evil."], "age": ["Ensure this value is greater than or equal to 1."]}
    assert form.has_error("name", "evil")
    assert not form.has_error("name", "required")
    assert form.cleaned_data == {"hidden": ""}
    assert json.loads(form.errors.as_json())["name"] == [{"message": "No evil.", "code": "evil"}]
    form = Contact({"name": "ann", "age": "13"})
    assert form.non_field_errors() == ["Both"]
    assert form.errors["age"] == ["Unlucky"]


def test_add_error_refuses_unknown_fields():
    form = Contact({"name": "ann"})
    form.full_clean()
    with pytest.raises(ValueError, match="has no field named 'nothing'"):
        form.add_error("nothing", "x")
    with pytest.raises(TypeError):
        form.add_error("name", ValidationError({"age": "x"}))
    form.add_error("name", "late")
    assert "name" not in form.cleaned_data


def test_rendering():
    form = Contact({"name": "<toolong>", "hidden": "h"}, auto_id="id_%s")
    assert_html(
        form.as_p(),
        """
        <ul class="errorlist" id="id_name_error"><li>Ensure this value has at most 5 characters (it has 9).</li></ul>
        <p class="err req"><label for="id_name" class="req">Name:</label>
        <input type="text" name="name" value="&lt;toolong&gt;" maxlength="5" required aria-invalid="true"
         aria-describedby="id_name_helptext id_name_error" id="id_name">
        <span class="helptext" id="id_name_helptext"><b>Who</b></span></p>
        <p><label for="id_age">Age:</label><input type="number" name="age" min="1" id="id_age">
        <input type="hidden" name="hidden" value="h" id="id_hidden"></p>
        """,
    )
    for way in (form.as_table, form.as_ul, form.as_div, form.render, form.__html__):
        assert "&lt;toolong&gt;" in way()
        assert "<toolong>" not in way()
    assert str(form["name"].label_tag(label_suffix="?")) == '<label for="id_name" class="req">Name?</label>'


def test_rendering_with_jinja2_gives_the_same():
    pytest.importorskip("jinja2")
    from offbeat.forms.renderers import Jinja2

    values = {"name": "<x>", "age": "0"}
    assert_html(str(Contact(values, renderer=Jinja2())), str(Contact(values)))
    assert_html(Contact(values, renderer=Jinja2()).as_table(), Contact(values).as_table())


def test_prefix_initial_and_changes():
    form = Contact({"p-name": "ann", "p-age": "3"}, prefix="p", initial={"name": "ann", "age": lambda: 4})
    assert form.changed_data == ["age"]
    assert form["age"].initial == 4
    assert form["name"].html_name == "p-name"
    assert not Contact({"name": "x"}, initial={"name": "x"}).has_changed()


def test_inherited_fields_can_be_removed_and_ordered():
    class Child(Contact):
        age = None
        extra = forms.CharField()
        field_order = ["extra", "nothing", "name"]

    assert list(Child().fields) == ["extra", "name", "hidden"]
    assert "age" in Contact.base_fields


def test_fields_of_an_instance_are_its_own():
    form = Contact()
    form.fields["name"].required = False
    form.fields["name"].widget.attrs["x"] = "y"
    assert Contact().fields["name"].required
    assert "x" not in Contact().fields["name"].widget.attrs
    del form.fields["age"]
    with pytest.raises(KeyError, match="Choices are"):
        form["age"]


def test_disabled_fields_ignore_what_was_sent():
    class F(forms.Form):
        a = forms.CharField(disabled=True, initial="kept")

    form = F({"a": "changed"})
    assert form.is_valid()
    assert form.cleaned_data == {"a": "kept"}
    assert not form.has_changed()


def test_files():
    class F(forms.Form):
        f = forms.FileField(max_length=5)

    assert F().is_multipart()
    assert F({}, {"f": SimpleUploadedFile("a", b"x")}).is_valid()
    for name, content in (("toolong", b"x"), ("a", b"")):
        assert not F({}, {"f": SimpleUploadedFile(name, content)}).is_valid()
    assert F({}, {"f": "text"}).errors["f"][0].startswith("No file was submitted. Check")


def test_multiple_values_come_from_the_query():
    class F(forms.Form):
        c = forms.MultipleChoiceField(choices=[(1, "a"), (2, "b")])
        t = forms.TypedMultipleChoiceField(choices=[(1, "a"), (2, "b")], coerce=int)

    form = F(QueryDict("c=1&c=2&t=2"))
    assert form.is_valid()
    assert form.cleaned_data == {"c": ["1", "2"], "t": [2]}


def test_radio_buttons_one_by_one():
    class F(forms.Form):
        c = forms.ChoiceField(choices=[("a", "A"), ("b", "<B>")], widget=forms.RadioSelect)

    first, second = F({"c": "b"})["c"]
    assert first.choice_label == "A"
    assert_html(second.tag(), '<input type="radio" name="c" value="b" id="id_c_1" required checked>')
    assert "<fieldset>" in str(F())


def test_error_lists_render_and_copy():
    errors = ErrorList(["a", ValidationError("%(x)s", params={"x": "<b>"})], error_class="nonfield")
    assert list(errors) == ["a", "<b>"]
    assert str(errors) == '<ul class="errorlist nonfield"><li>a</li><li>&lt;b&gt;</li></ul>'
    assert errors.as_text() == "* a\n* &lt;b&gt;"
    assert errors.copy().error_class == "errorlist nonfield"
    assert str(ErrorDict({"f": errors})).startswith('<ul class="errorlist"><li>f<ul')


class Item(forms.Form):
    name = forms.CharField()


def formset(values=None, **options):
    return forms.formset_factory(Item, **options)(values)


def test_formset():
    values = {"form-TOTAL_FORMS": "3", "form-INITIAL_FORMS": "0", "form-0-name": "a", "form-1-name": "b"}
    made = formset(values, extra=3)
    assert made.is_valid()
    assert [form.cleaned_data for form in made] == [{"name": "a"}, {"name": "b"}, {}]
    assert len(formset(extra=2)) == 2
    assert "form-__prefix__-name" in str(formset().empty_form)


def test_formset_order_and_deletion():
    values = {
        "form-TOTAL_FORMS": "3",
        "form-INITIAL_FORMS": "0",
        "form-0-name": "a",
        "form-0-ORDER": "2",
        "form-1-name": "b",
        "form-1-ORDER": "1",
        "form-2-name": "",
        "form-2-DELETE": "on",
    }
    made = formset(values, can_order=True, can_delete=True)
    assert made.is_valid()
    assert [form.cleaned_data["name"] for form in made.ordered_forms] == ["b", "a"]
    assert made.deleted_forms == [made.forms[2]]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"form-TOTAL_FORMS": "x", "form-INITIAL_FORMS": "0"},
        {"form-TOTAL_FORMS": "-1", "form-INITIAL_FORMS": "1"},
        {"form-TOTAL_FORMS": "1"},
        {"form-TOTAL_FORMS": "9" * 5000, "form-INITIAL_FORMS": "0"},
    ],
)
def test_a_formset_survives_any_management_data(values):
    made = forms.formset_factory(Item)(values | {"x": "y"})
    made.is_valid()
    str(made)
    assert made.total_error_count() >= 0


def test_formset_limits():
    values = {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0", "form-0-name": "a", "form-1-name": "b"}
    assert not formset(values, max_num=1, validate_max=True).is_valid()
    assert not formset(values, min_num=3, validate_min=True).is_valid()
    assert formset(values, max_num=2, validate_max=True, min_num=2, validate_min=True).is_valid()
