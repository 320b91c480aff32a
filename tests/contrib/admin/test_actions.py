"""Actions on lists and forms."""

from __future__ import annotations

import pytest

from offbeat.contrib import admin
from offbeat.contrib.admin.sites import site
from offbeat.utils.deprecation import RemovedInDjango2028Warning
from tests.contrib.admin.helpers import book_data, messages_of
from tests.contrib.admin.shelf.models import Book, Chapter, Footnote

LIST = "/admin/shelf/book/"


def test_an_action_runs_on_the_selected(client, book):
    other = Book.objects.create(title="Anna", author=book.author)
    response = client.post(
        f"{LIST}?q=a", {"action": "print_books", "_selected_action": [book.pk], "index": 0}
    )
    assert response["Location"] == f"{LIST}?q=a"
    assert messages_of(response) == ["Printed."]
    assert list(Book.objects.filter(printed=True)) == [book]
    client.post(
        LIST, {"action": "print_books", "_selected_action": [book.pk], "select_across": 1, "index": 0}
    )
    other.refresh_from_db()
    assert other.printed


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"index": 0, "action": "print_books"}, "Items must be selected"),
        ({"index": 0, "action": "", "_selected_action": "1"}, "No action selected."),
        ({"index": 0, "action": "unknown", "_selected_action": "1"}, "No action selected."),
        ({"index": "x", "action": "unknown", "_selected_action": "1"}, "No action selected."),
    ],
)
def test_what_is_missing_is_said(client, book, data, message):
    (said,) = messages_of(client.post(LIST, data))
    assert said.startswith(message)


def test_the_button_below_runs_the_action_below(client, book):
    data = {"action": ["", "print_books"], "_selected_action": [book.pk], "index": 1}
    assert messages_of(client.post(LIST, data)) == ["Printed."]


def test_deleting_asks_first(client, book):
    data = {"action": "delete_selected", "_selected_action": [book.pk]}
    response = client.post(LIST, data)
    assert response.context["title"] == "Delete multiple objects"
    assert Book.objects.exists()
    assert messages_of(client.post(LIST, {**data, "post": "yes"})) == ["Successfully deleted 1 book."]
    assert not Book.objects.exists()


def test_deleting_keeps_what_is_protected(client, book):
    Footnote.objects.create(chapter=Chapter.objects.create(book=book, title="one"))
    data = {"action": "delete_selected", "_selected_action": [book.pk], "post": "yes"}
    response = client.post(LIST, data)
    assert response.context["title"] == "Cannot delete book"
    assert response.context["protected"] == ["Footnote: footnote 1"]
    assert Book.objects.exists()


def test_actions_want_their_permissions(staff, book):
    browser = staff("view_book")
    choices = dict(browser.get(LIST).context["action_form"].fields["action"].choices)
    assert list(choices) == ["", "print_books"]
    assert choices["print_books"] == "Print these books"


def test_a_form_offers_actions_for_its_object(client, book):
    url = f"/admin/shelf/book/{book.pk}/change/"
    form = client.get(url).context["action_form"]
    assert dict(form.fields["action"].choices)["print_books"] == "Print this book"
    data = {"CHANGE_FORM-action": "print_books", "_selected_action": book.pk, "index": 0}
    assert client.post(url, data)["Location"] == url
    book.refresh_from_db()
    assert book.printed
    assert client.get("/admin/shelf/book/add/").context["action_form"] is None


def test_a_form_acts_on_its_own_object_only(client, book):
    url = f"/admin/shelf/book/{book.pk}/change/"
    data = {"CHANGE_FORM-action": "print_books", "_selected_action": book.pk + 1, "index": 0}
    assert client.post(url, data).status_code == 400
    assert client.post(url, {**data, "_selected_action": []}).status_code == 400


def test_saving_is_no_action(client, book):
    url = f"/admin/shelf/book/{book.pk}/change/"
    chosen = {"CHANGE_FORM-action": "", "_selected_action": book.pk}
    for button in ("_save", "_continue", "_own_button"):
        client.post(url, book_data(book, title=f"Emma{button}", **chosen, **{button: ""}))
        book.refresh_from_db()
        assert book.title == f"Emma{button}"


def test_former_overrides_still_work(rf_request):
    def shout(modeladmin, request, queryset):
        pass

    class OldAdmin(admin.ModelAdmin):
        def get_actions(self, request):
            return {**super().get_actions(request), "shout": (shout, "shout", "Shout")}

    old = OldAdmin(Book, site)
    with pytest.warns(RemovedInDjango2028Warning, match="action_location"):
        choices = dict(old.get_action_choices(rf_request))
    assert choices["shout"] == "Shout"


def test_an_action_can_be_unpacked_with_a_warning():
    action = site.get_model_admin(Book).get_action("delete_selected")
    with pytest.warns(RemovedInDjango2028Warning):
        func, name, description = action
    assert (func, name, description) == (action.func, action.name, action.description)


@pytest.fixture
def rf_request(client):
    return client.get(LIST).wsgi_request
