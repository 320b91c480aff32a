"""System checks of options."""

from __future__ import annotations

import pytest

from offbeat import forms
from offbeat.contrib import admin
from offbeat.contrib.admin.checks import check_dependencies
from offbeat.contrib.admin.sites import AdminSite
from offbeat.contrib.contenttypes.admin import GenericTabularInline
from offbeat.test.utils import override_settings
from tests.contrib.admin.shelf.models import Author, Book, Chapter, Label, Note

pytestmark = pytest.mark.usefixtures("installed")


class Chapters(admin.TabularInline):
    model = Chapter


class Modelless(admin.TabularInline):
    pass


def needs_permission(modeladmin, request, queryset):
    pass


needs_permission.allowed_permissions = ["paint"]

WRONG = [
    ("E001", {"raw_id_fields": "author"}),
    ("E002", {"raw_id_fields": ["nothing"]}),
    ("E003", {"raw_id_fields": ["title"]}),
    ("E004", {"fields": "title"}),
    ("E005", {"fields": ["title"], "fieldsets": [(None, {"fields": ["title"]})]}),
    ("E006", {"fields": ["title", "title"]}),
    ("E007", {"fieldsets": "title"}),
    ("E008", {"fieldsets": ["title"]}),
    ("E009", {"fieldsets": [(None, {}, 1)]}),
    ("E010", {"fieldsets": [(None, ["title"])]}),
    ("E011", {"fieldsets": [(None, {})]}),
    ("E012", {"fieldsets": [(None, {"fields": ["title"]}), (None, {"fields": ["title"]})]}),
    ("E014", {"exclude": "title"}),
    ("E015", {"exclude": ["title", "title"]}),
    ("E016", {"form": forms.Form}),
    ("E017", {"filter_vertical": "labels"}),
    ("E018", {"filter_horizontal": "labels"}),
    ("E019", {"filter_vertical": ["nothing"]}),
    ("E020", {"filter_horizontal": ["title"]}),
    ("E021", {"radio_fields": ["kind"]}),
    ("E022", {"radio_fields": {"nothing": admin.VERTICAL}}),
    ("E023", {"radio_fields": {"title": admin.VERTICAL}}),
    ("E024", {"radio_fields": {"kind": 3}}),
    ("E025", {"view_on_site": "yes"}),
    ("E026", {"prepopulated_fields": ["title"]}),
    ("E027", {"prepopulated_fields": {"nothing": ["title"]}}),
    ("E028", {"prepopulated_fields": {"author": ["title"]}}),
    ("E029", {"prepopulated_fields": {"site": "title"}}),
    ("E030", {"prepopulated_fields": {"site": ["nothing"]}}),
    ("E031", {"ordering": "title"}),
    ("E032", {"ordering": ["?", "title"]}),
    ("E033", {"ordering": ["-nothing"]}),
    ("E034", {"readonly_fields": "title"}),
    ("E035", {"readonly_fields": ["nothing"]}),
    ("E036", {"autocomplete_fields": "author"}),
    ("E037", {"autocomplete_fields": ["nothing"]}),
    ("E038", {"autocomplete_fields": ["title"]}),
    ("E039", {"autocomplete_fields": ["author"]}),
    ("E040", {"autocomplete_fields": ["labels"]}),
    ("E041", {"delete_confirmation_max_display": -1}),
    ("E101", {"save_as": 1}),
    ("E102", {"save_on_top": 1}),
    ("E103", {"inlines": Chapters}),
    ("E104", {"inlines": [object]}),
    ("E105", {"inlines": [Modelless]}),
    ("E107", {"list_display": "title"}),
    ("E108", {"list_display": ["nothing"]}),
    ("E109", {"list_display": ["labels"]}),
    ("E109", {"list_display": ["chapter_set"]}),
    ("E110", {"list_display_links": "title"}),
    ("E111", {"list_display_links": ["title"]}),
    ("E112", {"list_filter": "printed"}),
    ("E113", {"list_filter": [object]}),
    ("E114", {"list_filter": [admin.BooleanFieldListFilter]}),
    ("E115", {"list_filter": [("printed", admin.SimpleListFilter)]}),
    ("E116", {"list_filter": ["nothing"]}),
    ("E117", {"list_select_related": 1.5}),
    ("E118", {"list_per_page": "x"}),
    ("E119", {"list_max_show_all": "x"}),
    ("E120", {"list_editable": "kind"}),
    ("E121", {"list_editable": ["nothing"]}),
    ("E122", {"list_editable": ["kind"]}),
    ("E123", {"list_display": ["kind"], "list_display_links": ["kind"], "list_editable": ["kind"]}),
    ("E124", {"list_display": ["kind"], "list_editable": ["kind"]}),
    ("E125", {"list_display": ["title", "id"], "list_editable": ["id"]}),
    ("E126", {"search_fields": "title"}),
    ("E127", {"date_hierarchy": "nothing"}),
    ("E128", {"date_hierarchy": "title"}),
    ("E129", {"actions": [needs_permission]}),
]


def found(options, base=admin.ModelAdmin, model=Book):
    site = AdminSite()
    site.register(Label)
    return [error.id for error in type("SomeAdmin", (base,), options)(model, site).check()]


@pytest.mark.parametrize(("identifier", "options"), WRONG)
def test_wrong_options_are_found(identifier, options):
    assert found(options) == [f"admin.{identifier}"]


def test_right_options_pass():
    options = {
        "list_display": ["title", "author__name", "kind"],
        "list_editable": ["kind"],
        "list_filter": ["printed", ("author", admin.RelatedOnlyFieldListFilter), "author__name"],
        "ordering": ["author__name", "-title"],
        "date_hierarchy": "published",
        "readonly_fields": ["id", lambda obj: 1],
        "inlines": [Chapters],
    }
    assert found(options) == []


@pytest.mark.parametrize(
    ("identifier", "options"),
    [
        ("E201", {"exclude": ["book"]}),
        ("E202", {"model": Label}),
        ("E202", {"fk_name": "title"}),
        ("E203", {"extra": "x"}),
        ("E204", {"max_num": "x"}),
        ("E205", {"min_num": "x"}),
        ("E206", {"formset": object}),
    ],
)
def test_wrong_inlines_are_found(identifier, options):
    assert found({"model": Chapter, **options}, base=admin.TabularInline) == [f"admin.{identifier}"]


def test_an_inline_says_which_key_it_means():
    assert found({"model": Book}, admin.TabularInline, Author) == ["admin.E202"]
    assert found({"model": Book, "fk_name": "editor"}, admin.TabularInline, Author) == []


@pytest.mark.parametrize(
    ("identifier", "options"),
    [
        ("E301", {"model": Chapter}),
        ("E302", {"model": Note, "ct_field": "nothing"}),
        ("E303", {"model": Note, "ct_fk_field": "nothing"}),
        ("E304", {"model": Note, "ct_fk_field": "id"}),
    ],
)
def test_wrong_generic_inlines_are_found(identifier, options):
    assert found(options, base=GenericTabularInline) == [f"admin.{identifier}"]


def test_names_of_actions_are_unique():
    actions = [lambda modeladmin, request, queryset: None for _ in range(2)]
    for action in actions:
        action.__name__ = "act"
    assert found({"actions": actions}) == ["admin.E130"]


def test_the_project_around_is_checked():
    assert check_dependencies() == []
    with override_settings(MIDDLEWARE=[]):
        assert [error.id for error in check_dependencies()] == ["admin.E408", "admin.E409", "admin.E410"]
    with override_settings(TEMPLATES=[]):
        assert [error.id for error in check_dependencies()] == ["admin.E403"]
    plain = {"BACKEND": "offbeat.template.backends.django.DjangoTemplates", "OPTIONS": {}}
    with override_settings(TEMPLATES=[plain]):
        assert [error.id for error in check_dependencies()] == ["admin.E402", "admin.E404", "admin.W411"]
