"""Filters of lists."""

from __future__ import annotations

import pytest

from offbeat.contrib import admin
from offbeat.contrib.admin.sites import site
from offbeat.core.exceptions import ImproperlyConfigured
from tests.contrib.admin.shelf.models import Book, Label

LIST = "/admin/shelf/book/"


def choices(client, title, query="", filters=None, monkeypatch=None):
    if filters is not None:
        monkeypatch.setattr(type(site.get_model_admin(Book)), "list_filter", filters)
    cl = client.get(f"{LIST}{query}").context["cl"]
    spec = next(spec for spec in cl.filter_specs if spec.title == title)
    return [(str(one["display"]), one["query_string"], bool(one["selected"])) for one in spec.choices(cl)]


class Length(admin.SimpleListFilter):
    title = "length"
    parameter_name = "length"

    def lookups(self, request, model_admin):
        return [("short", "Short"), ("long", "Long")]

    def queryset(self, request, queryset):
        if self.value() == "short":
            return queryset.filter(title__regex="^.{,4}$")
        return queryset.exclude(title__regex="^.{,4}$") if self.value() else None


def test_yes_and_no(client, book):
    assert choices(client, "printed", "?printed__exact=1") == [
        ("All", "?", False),
        ("Yes", "?printed__exact=1", True),
        ("No", "?printed__exact=0", False),
    ]


def test_choices_of_the_field(client, book):
    assert choices(client, "kind")[1:] == [
        ("Atlas", "?kind__exact=a", False),
        ("Novel", "?kind__exact=n", False),
    ]


def test_related_objects_and_none(client, book):
    label = Label.objects.create(name="red")
    assert choices(client, "labels", f"?labels__id__exact={label.pk}") == [
        ("All", "?", False),
        ("red", f"?labels__id__exact={label.pk}", True),
        ("-", "?labels__isnull=True", False),
    ]


def test_dates(client, book):
    names = [name for name, _query, _selected in choices(client, "published")]
    assert names == ["Any date", "Today", "Past 7 days", "This month", "This year", "No date", "Has date"]
    chosen = next(query for name, query, _ in choices(client, "published") if name == "This year")
    assert [name for name, _, selected in choices(client, "published", chosen) if selected] == ["This year"]


def test_a_filter_of_ones_own(client, book, monkeypatch):
    found = choices(client, "length", "?length=short", [Length], monkeypatch)
    assert [one[0] for one in found if one[2]] == ["Short"]
    assert list(client.get(f"{LIST}?length=long").context["cl"].result_list) == []


def test_facets_count_what_each_choice_leaves(client, book, monkeypatch):
    found = choices(client, "length", "?_facets=True", [Length, "printed", "author"], monkeypatch)
    assert [one[0] for one in found] == ["All", "Short (1)", "Long (0)"]
    assert [one[0] for one in choices(client, "printed", "?_facets=True")] == ["All", "Yes (0)", "No (1)"]


def test_all_values_and_empty_ones(client, book, monkeypatch):
    filters = [("title", admin.AllValuesFieldListFilter), ("site", admin.EmptyFieldListFilter)]
    assert choices(client, "title", "", filters, monkeypatch) == [
        ("All", "?", True),
        ("Emma", "?title=Emma", False),
    ]
    assert client.get(f"{LIST}?site__isempty=1").context["cl"].result_count == 1
    assert client.get(f"{LIST}?site__isempty=0").context["cl"].result_count == 0
    assert client.get(f"{LIST}?site__isempty=x")["Location"] == f"{LIST}?e=1"


def test_only_the_related_ones_that_there_are(client, book, monkeypatch):
    filters = [("editor", admin.RelatedOnlyFieldListFilter)]
    monkeypatch.setattr(type(site.get_model_admin(Book)), "list_filter", filters)
    assert client.get(LIST).context["cl"].filter_specs == []


def test_a_filter_says_what_it_lacks():
    class Nameless(admin.SimpleListFilter):
        parameter_name = "x"

    class Parameterless(admin.SimpleListFilter):
        title = "x"

    with pytest.raises(ImproperlyConfigured, match="title"):
        Nameless(None, {}, Book, None)
    with pytest.raises(ImproperlyConfigured, match="parameter_name"):
        Parameterless(None, {}, Book, None)


def test_classes_can_be_registered_for_fields(monkeypatch):
    class Special(admin.BooleanFieldListFilter):
        pass

    monkeypatch.setattr(
        admin.FieldListFilter, "_field_list_filters", [*admin.FieldListFilter._field_list_filters]
    )
    monkeypatch.setattr(admin.FieldListFilter, "_take_priority_index", 0)
    admin.FieldListFilter.register(lambda field: field.name == "printed", Special, take_priority=True)
    field = Book._meta.get_field("printed")
    made = admin.FieldListFilter.create(field, None, {}, Book, None, field_path="printed")
    assert type(made) is Special
