"""Model forms and formsets."""

from __future__ import annotations

import pytest

from offbeat import forms
from offbeat.core.exceptions import FieldError, ImproperlyConfigured
from offbeat.db import connection
from offbeat.forms.models import inlineformset_factory, model_to_dict, modelform_factory, modelformset_factory
from offbeat.test.utils import CaptureQueriesContext
from tests.forms.models import Article, Code, Writer


class ArticleForm(forms.ModelForm):
    class Meta:
        model = Article
        fields = ["slug", "title", "writer", "others", "state"]
        labels = {"slug": "Name"}
        error_messages = {"title": {"required": "No title!"}}


def data(writer, /, **values):
    return {"slug": "a", "title": "T", "writer": str(writer.pk), "state": "p", **values}


def test_the_fields_come_from_the_model():
    form = ArticleForm()
    assert list(form.fields) == ["slug", "title", "writer", "others", "state"]
    assert form.fields["slug"].label == "Name"
    assert form.fields["slug"].max_length == 20
    assert isinstance(form.fields["state"], forms.TypedChoiceField)
    assert not form.fields["others"].required


def test_saving_a_new_instance(writers):
    form = ArticleForm(data(writers[0], others=[writers[0].pk, writers[1].pk]))
    assert form.is_valid(), form.errors
    article = form.save()
    assert Article.objects.get() == article
    assert (article.title, article.writer, article.state) == ("T", writers[0], "p")
    assert set(article.others.all()) == set(writers)


def test_saving_later(writers):
    form = ArticleForm(data(writers[0], others=[writers[1].pk]))
    article = form.save(commit=False)
    assert article.pk is None
    article.save()
    form.save_m2m()
    assert list(article.others.all()) == [writers[1]]


def test_changing_an_instance(writers):
    article = Article.objects.create(slug="a", title="old", writer=writers[0])
    form = ArticleForm(data(writers[1], title="new"), instance=article)
    assert form.changed_data == ["title", "writer", "state"]
    form.save()
    article.refresh_from_db()
    assert (article.title, article.writer) == ("new", writers[1])
    assert model_to_dict(article, ["slug", "writer"]) == {"slug": "a", "writer": writers[1].pk}


def test_an_omitted_value_keeps_the_default(writers):
    values = data(writers[0])
    del values["state"]
    form = modelform_factory(Article, fields=["slug", "title", "writer", "state"])
    form.base_fields["state"].required = False
    assert form(values).save().state == "d"


def test_uniqueness_and_constraints_are_checked(writers):
    Article.objects.create(slug="a", title="T", writer=writers[0])
    form = ArticleForm(data(writers[0]))
    assert not form.is_valid()
    assert form.has_error("slug", "unique")
    assert "__all__" in form.errors
    with pytest.raises(ValueError, match="could not be created because the data didn't validate"):
        form.save()


def test_own_error_messages():
    assert ArticleForm({"title": ""}).errors["title"] == ["No title!"]


def test_what_is_not_allowed():
    with pytest.raises(ImproperlyConfigured, match="prohibited"):
        type("F", (forms.ModelForm,), {"Meta": type("Meta", (), {"model": Article})})
    with pytest.raises(FieldError, match="Unknown field"):
        modelform_factory(Article, fields=["nothing"])
    with pytest.raises(FieldError, match="non-editable"):
        modelform_factory(Article, fields=["secret"])
    with pytest.raises(TypeError, match="cannot be a string"):
        modelform_factory(Article, fields="slug")
    assert "secret" not in modelform_factory(Article, fields="__all__").base_fields


@pytest.mark.parametrize("value", ["x", "0", "99999999999999999999999", "1\x00", "-1", "1.5"])
def test_a_choice_that_is_no_row(writers, value):
    form = ArticleForm(data(writers[0], writer=value))
    assert not form.is_valid()
    assert "writer" in form.errors
    form = ArticleForm(data(writers[0], others=[value]))
    assert not form.is_valid()


def test_choices_are_read_anew_each_time(writers):
    form = ArticleForm()
    assert [str(label) for value, label in form.fields["writer"].choices][1:] == ["ann", "bob"]
    Writer.objects.create(name="cid")
    assert "cid" in str(form["writer"])
    assert "cid" in str(ArticleForm()["writer"])


def management(total, initial, prefix="form"):
    return {f"{prefix}-TOTAL_FORMS": str(total), f"{prefix}-INITIAL_FORMS": str(initial)}


def test_a_formset_changes_adds_and_deletes(writers):
    formset_class = modelformset_factory(Writer, fields=["name"], can_delete=True, extra=1)
    values = management(3, 2) | {
        "form-0-id": str(writers[0].pk),
        "form-0-name": "anna",
        "form-1-id": str(writers[1].pk),
        "form-1-name": "bob",
        "form-1-DELETE": "on",
        "form-2-name": "cid",
    }
    formset = formset_class(values)
    assert formset.is_valid(), formset.errors
    formset.save()
    assert sorted(Writer.objects.values_list("name", flat=True)) == ["anna", "cid"]
    assert [len(x) for x in (formset.changed_objects, formset.new_objects, formset.deleted_objects)] == [
        1,
        1,
        1,
    ]


def test_a_forged_key_does_not_reach_rows_outside_of_the_queryset(writers):
    """CVE-2026-87975, with a key that the database makes."""
    formset_class = modelformset_factory(Writer, fields=["name"], can_delete=True, extra=0)
    for extra in ({}, {"form-0-DELETE": "on"}):
        values = management(1, 1) | {"form-0-id": str(writers[1].pk), "form-0-name": "evil"} | extra
        formset = formset_class(values, queryset=Writer.objects.filter(name="ann"))
        if formset.is_valid():
            formset.save()
        assert sorted(Writer.objects.values_list("name", flat=True)) == ["ann", "bob"]


@pytest.mark.parametrize("extra", [{}, {"form-0-DELETE": "on"}])
@pytest.mark.parametrize("key", ["b", "new"])
def test_a_forged_key_that_the_user_sets_does_not_either(writers, key, extra):
    """CVE-2026-87975, with a key that is a field of the form."""
    Code.objects.create(code="a", text="1")
    Code.objects.create(code="b", text="2")
    formset_class = modelformset_factory(
        Code, fields=["code", "text"], can_delete=True, extra=0, edit_only=True
    )
    values = management(1, 1) | {"form-0-code": key, "form-0-text": "evil"} | extra
    formset = formset_class(values, queryset=Code.objects.filter(code="a"))
    if formset.is_valid():
        formset.save()
    assert list(Code.objects.order_by("code").values_list("code", "text")) == [("a", "1"), ("b", "2")]
    if not extra:
        assert not formset.is_valid()


def test_edit_only_creates_nothing(writers):
    formset_class = modelformset_factory(Writer, fields=["name"], extra=1, edit_only=True)
    values = management(3, 2) | {
        "form-0-id": str(writers[0].pk),
        "form-0-name": "a",
        "form-1-id": str(writers[1].pk),
        "form-1-name": "b",
        "form-2-name": "new",
    }
    formset = formset_class(values)
    assert formset.is_valid()
    formset.save()
    assert sorted(Writer.objects.values_list("name", flat=True)) == ["a", "b"]


def test_values_repeated_within_the_formset(writers):
    formset_class = modelformset_factory(Article, fields=["slug", "title", "writer"], extra=2)
    values = management(2, 0)
    for i in range(2):
        values |= {
            f"form-{i}-slug": "same",
            f"form-{i}-title": str(i),
            f"form-{i}-writer": str(writers[0].pk),
        }
    formset = formset_class(values)
    assert not formset.is_valid()
    assert formset.non_form_errors() == ["Please correct the duplicate data for slug."]


def test_inline_formset(writers):
    formset_class = inlineformset_factory(Writer, Article, fields=["slug", "title"], extra=1)
    prefix = formset_class.get_default_prefix()
    assert prefix == "article_set"
    values = management(1, 0, prefix) | {f"{prefix}-0-slug": "x", f"{prefix}-0-title": "y"}
    formset = formset_class(values, instance=writers[0])
    assert formset.is_valid(), formset.errors
    (article,) = formset.save()
    assert article.writer == writers[0]
    other = formset_class(
        management(1, 1, prefix)
        | {
            f"{prefix}-0-id": str(article.pk),
            f"{prefix}-0-writer": str(writers[1].pk),
            f"{prefix}-0-slug": "z",
            f"{prefix}-0-title": "z",
        },
        instance=writers[1],
    )
    assert not other.is_valid()
    article.refresh_from_db()
    assert article.slug == "x"


def test_inline_formset_needs_one_foreign_key():
    with pytest.raises(ValueError, match="has no ForeignKey"):
        inlineformset_factory(Code, Writer, fields=["name"])


async def test_forms_work_on_the_event_loop(writers):
    from offbeat.concurrency import spawn

    form = ArticleForm(data(writers[0]))
    assert await spawn(form.is_valid)
    article = await spawn(form.save)
    assert await Article.objects.aget() == article


def test_cve_2015_0222_posted_values_are_looked_up_in_one_query(writers):
    field = forms.ModelMultipleChoiceField(Writer.objects.all(), show_hidden_initial=True)
    posted = [str(writer.pk) for writer in writers]
    with CaptureQueriesContext(connection) as queries:
        assert not field.has_changed(posted * 500, posted * 500)
    assert len(queries) <= 1
    with CaptureQueriesContext(connection) as queries:
        assert len(field.clean(posted * 500)) == 2
    assert len(queries) <= 2
