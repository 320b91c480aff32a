"""Lists: columns, order, search, pages, editing."""

from __future__ import annotations

import datetime

import pytest

from offbeat.contrib import admin
from offbeat.contrib.admin.sites import site
from tests.contrib.admin.helpers import messages_of
from tests.contrib.admin.shelf.models import Author, Book, Label

LIST = "/admin/shelf/book/"


@pytest.fixture
def books(shelf):
    jane, leo = Author.objects.create(name="Jane"), Author.objects.create(name="Leo")
    return [
        Book.objects.create(title="Emma", author=jane, published=datetime.date(1815, 12, 23), printed=True),
        Book.objects.create(title="War and Peace", author=leo, kind="a"),
        Book.objects.create(title="Anna", author=leo, published=datetime.date(1878, 1, 1)),
    ]


def titles(response):
    return [book.title for book in response.context["cl"].result_list]


def test_the_newest_come_first_without_another_order(client, books):
    assert titles(client.get(LIST)) == ["Anna", "War and Peace", "Emma"]


def test_columns_sort_by_what_they_say(client, books):
    assert titles(client.get(f"{LIST}?o=1")) == ["Anna", "Emma", "War and Peace"]
    assert titles(client.get(f"{LIST}?o=-2.1")) == ["Anna", "War and Peace", "Emma"]
    # The method's column names the field that it sorts by.
    assert titles(client.get(f"{LIST}?o=-7")) == ["War and Peace", "Emma", "Anna"]
    assert titles(client.get(f"{LIST}?o=99.x.-")) == ["Anna", "War and Peace", "Emma"]


def test_a_search_finds_every_word_in_some_field(client, books):
    assert titles(client.get(f"{LIST}?q=leo+peace")) == ["War and Peace"]
    assert titles(client.get(f'{LIST}?q="and+peace"')) == ["War and Peace"]
    assert titles(client.get(f"{LIST}?q=jane+peace")) == []


def test_a_search_across_many_finds_each_object_once(client, books):
    for name in ("red", "bright red"):
        books[0].labels.add(Label.objects.create(name=name))
    assert titles(client.get(f"{LIST}?q=red")) == ["Emma"]


def test_exact_search_takes_values_that_fit_only(shelf, books, monkeypatch, client):
    monkeypatch.setattr(type(site.get_model_admin(Book)), "search_fields", ["id__exact", "printed__exact"])
    assert titles(client.get(f"{LIST}?q=emma")) == []
    assert titles(client.get(f"{LIST}?q={books[1].pk}")) == ["War and Peace"]
    assert titles(client.get(f"{LIST}?q=TRUE")) == ["Emma"]


def test_a_null_character_is_no_error_of_the_server(client, books):
    assert client.get(f"{LIST}?q=%00").status_code == 200


def test_filters_can_be_combined(client, books):
    assert titles(client.get(f"{LIST}?author__id__exact={books[1].author_id}&kind__exact=a")) == [
        "War and Peace"
    ]


def test_a_filter_that_means_nothing_leads_to_the_list(client, books):
    assert client.get(f"{LIST}?nothing=1")["Location"] == f"{LIST}?e=1"
    assert client.get(f"{LIST}?e=1").status_code == 200


def test_dates_lead_from_years_to_days(client, books):
    response = client.get(f"{LIST}?published__year=1815&published__month=12")
    assert titles(response) == ["Emma"]
    assert client.get(f"{LIST}?published__year=1815&published__month=13")["Location"] == f"{LIST}?e=1"
    assert client.get(f"{LIST}?published__year=9999")["Location"] == f"{LIST}?e=1"


def test_pages_hold_so_many_and_no_others_are_there(client, books, monkeypatch):
    monkeypatch.setattr(type(site.get_model_admin(Book)), "list_per_page", 2)
    assert titles(client.get(f"{LIST}?p=2")) == ["Emma"]
    assert client.get(f"{LIST}?p=7")["Location"] == f"{LIST}?e=1"
    assert len(titles(client.get(f"{LIST}?all="))) == 3


def test_the_authors_come_with_the_books(client, books):
    assert "author" in client.get(LIST).context["cl"].queryset.query.select_related


def test_an_empty_list_select_related_joins_nothing(client, books, monkeypatch):
    monkeypatch.setattr(type(site.get_model_admin(Book)), "list_select_related", ())
    assert client.get(LIST).context["cl"].queryset.query.select_related is False


def test_rows_are_edited_and_logged(client, books):
    data = {
        "form-TOTAL_FORMS": 1,
        "form-INITIAL_FORMS": 1,
        "form-0-id": books[0].pk,
        "form-0-kind": "a",
        "_save": "Save",
    }
    response = client.post(LIST, data)
    assert messages_of(response) == ["1 book was changed successfully."]
    books[0].refresh_from_db()
    assert books[0].kind == "a"


def test_a_wrong_row_is_shown_again(client, books):
    data = {
        "form-TOTAL_FORMS": 1,
        "form-INITIAL_FORMS": 1,
        "form-0-id": books[0].pk,
        "form-0-kind": "x",
        "_save": "Save",
    }
    response = client.post(LIST, data)
    assert response.status_code == 200
    assert response.context["cl"].formset.errors[0]


def test_rows_that_may_not_be_changed_cannot_be_edited(client, books, monkeypatch):
    def may_change(self, request, obj=None):
        return obj is None or obj.title != "Emma"

    monkeypatch.setattr(type(site.get_model_admin(Book)), "has_change_permission", may_change)
    forms = client.get(f"{LIST}?o=1").context["cl"].formset.forms
    assert ["kind" in form.fields for form in forms] == [True, False, True]


def test_who_may_view_sees_no_inputs(staff, books):
    browser = staff("view_book")
    response = browser.get(LIST)
    assert response.context["cl"].formset is None
    assert response.context["cl"].title == "Select book to view"
    assert browser.post(LIST, {"_save": "Save"}).status_code == 403
    assert staff().get(LIST).status_code == 403


def test_in_a_window_rows_are_choices(client, books):
    html = client.get("/admin/shelf/author/?_popup=1&_to_field=id").content.decode()
    assert f'data-popup-opener="{books[0].author_id}"' in html


def test_a_query_string_keeps_what_it_does_not_name(client, books):
    cl = client.get(f"{LIST}?printed__exact=1&q=e&p=1").context["cl"]
    assert cl.get_query_string({"o": "1"}, ["printed"]) == "?o=1&q=e"
    assert cl.get_query_string({"q": None}) == "?printed__exact=1"
    assert cl.get_query_string(remove=["print"]) == "?printed__exact=1&q=e"


def test_true_for_all_relations_is_deprecated():
    from offbeat.utils.deprecation import RemovedInDjango70Warning

    with pytest.warns(RemovedInDjango70Warning, match="list_select_related"):
        type("OldAdmin", (admin.ModelAdmin,), {"list_select_related": True})
