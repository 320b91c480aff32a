"""The pages to add, change, view, delete, and the history."""

from __future__ import annotations

import pytest

from offbeat.contrib.admin.sites import site
from offbeat.db import connection
from tests.contrib.admin.helpers import book_data, messages_of
from tests.contrib.admin.shelf.models import Author, Book, Chapter, Footnote, Label, Note

ADD = "/admin/shelf/book/add/"


def change(book):
    return f"/admin/shelf/book/{book.pk}/change/"


def test_an_added_object_is_logged_and_linked(client, book, log):
    response = client.post(ADD, book_data(book, title="Persuasion", _save=""))
    made = Book.objects.get(title="Persuasion")
    assert response["Location"] == "/admin/shelf/book/"
    assert messages_of(response) == [
        f'The book “<a href="/admin/shelf/book/{made.pk}/change/">Persuasion</a>” was added successfully.'
    ]
    assert log.LogEntry.objects.get().get_change_message() == "Added."


@pytest.mark.parametrize(
    ("button", "where"),
    [("_save", "/admin/shelf/book/"), ("_continue", "{change}"), ("_addanother", ADD), ("_saveasnew", None)],
)
def test_each_button_leads_elsewhere(client, book, button, where):
    response = client.post(change(book), book_data(book, **{button: ""}))
    if where is None:
        copy = Book.objects.exclude(pk=book.pk).get()
        where = change(copy)
    assert response["Location"] == where.format(change=change(book))


def test_the_filters_of_the_list_survive(client, book):
    response = client.post(f"{change(book)}?_changelist_filters=q%3De%26o%3D1", book_data(book, _save=""))
    assert response["Location"] == "/admin/shelf/book/?q=e&o=1"
    response = client.post(f"{change(book)}?_changelist_filters=q%3De", book_data(book, _continue=""))
    assert response["Location"] == f"{change(book)}?_changelist_filters=q%3De"


def test_wrong_values_are_shown_with_their_errors(client, book, log):
    response = client.post(change(book), book_data(book, title=""))
    assert response.status_code == 200
    assert "This field is required." in str(response.context["errors"])
    assert not log.LogEntry.objects.exists()


def test_initial_values_come_from_the_url(client, book):
    labels = [Label.objects.create(name=name) for name in "ab"]
    url = f"{ADD}?title=Emma&labels={labels[0].pk},{labels[1].pk}"
    initial = client.get(url).context["adminform"].form.initial
    assert (initial["title"], initial["labels"]) == ("Emma", [str(label.pk) for label in labels])


def test_a_missing_object_leads_to_the_index(client):
    response = client.get("/admin/shelf/book/77/change/")
    assert response["Location"] == "/admin/"
    assert messages_of(response) == ["book with ID “77” doesn’t exist. Perhaps it was deleted?"]
    assert client.get("/admin/shelf/book/x/history/")["Location"] == "/admin/"
    assert client.get("/admin/shelf/book/77/")["Location"] == "/admin/shelf/book/77/change/"


def test_who_may_view_sees_text_and_cannot_post(staff, book):
    browser = staff("view_book")
    response = browser.get(change(book))
    assert response.context["title"] == "View book"
    assert list(response.context["adminform"].form.fields) == []
    assert browser.post(change(book), book_data(book)).status_code == 403
    assert staff().get(change(book)).status_code == 403
    assert staff("view_book").get(ADD).status_code == 403


def test_inlines_are_added_changed_and_deleted(client, book, log):
    kept, gone = (Chapter.objects.create(book=book, title=title) for title in ("one", "two"))
    data = book_data(
        book,
        **{
            "chapter_set-TOTAL_FORMS": 3,
            "chapter_set-INITIAL_FORMS": 2,
            "chapter_set-0-id": kept.pk,
            "chapter_set-0-book": book.pk,
            "chapter_set-0-title": "first",
            "chapter_set-1-id": gone.pk,
            "chapter_set-1-book": book.pk,
            "chapter_set-1-title": "two",
            "chapter_set-1-DELETE": "on",
            "chapter_set-2-title": "last",
            "shelf-note-content_type-object_id-TOTAL_FORMS": 1,
            "shelf-note-content_type-object_id-0-text": "well written",
            "_save": "",
        },
    )
    assert client.post(change(book), data).status_code == 302
    assert sorted(book.chapter_set.values_list("title", flat=True)) == ["first", "last"]
    assert book.notes.get().text == "well written"
    message = log.LogEntry.objects.get().get_change_message()
    assert "Added chapter “last”." in message
    assert "Deleted chapter “two”." in message
    assert "Changed Title for chapter “first”." in message


def test_what_is_protected_stays_and_says_why(client, book):
    chapter = Chapter.objects.create(book=book, title="one")
    Footnote.objects.create(chapter=chapter)
    data = book_data(
        book,
        **{
            "chapter_set-TOTAL_FORMS": 1,
            "chapter_set-INITIAL_FORMS": 1,
            "chapter_set-0-id": chapter.pk,
            "chapter_set-0-book": book.pk,
            "chapter_set-0-title": "one",
            "chapter_set-0-DELETE": "on",
        },
    )
    response = client.post(change(book), data)
    assert "Deleting chapter one would require deleting" in str(response.context["errors"])
    assert Chapter.objects.exists()


def test_a_failing_page_changes_nothing(client, book, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("no ink")

    monkeypatch.setattr(type(site.get_model_admin(Book)), "save_related", fail)
    with pytest.raises(RuntimeError):
        client.post(change(book), book_data(book, title="Other", _save=""))
    book.refresh_from_db()
    assert book.title == "Emma"


def test_reading_a_page_opens_no_transaction(client, book, monkeypatch):
    depths = []
    model_admin = type(site.get_model_admin(Book))
    usual = model_admin.get_form

    def get_form(self, request, *args, **kwargs):
        depths.append(len(connection.savepoint_ids))
        return usual(self, request, *args, **kwargs)

    monkeypatch.setattr(model_admin, "get_form", get_form)
    client.get(change(book))
    client.post(change(book), book_data(book))
    assert depths[0] < depths[-1]


def test_a_window_answers_its_opener(client, book):
    response = client.post("/admin/shelf/author/add/", {"name": "Leo", "_popup": "1", "_to_field": "id"})
    leo = Author.objects.get(name="Leo")
    assert response.context["popup_response_data"] == f'{{"value": "{leo.pk}", "obj": "Leo"}}'
    url = f"/admin/shelf/author/{book.author_id}/change/"
    response = client.post(url, {"name": "J. A.", "_popup": "1"})
    key = f'"{book.author_id}"'
    assert response.context["popup_response_data"] == (
        f'{{"action": "change", "value": {key}, "obj": "J. A.", "new_value": {key}}}'
    )


def test_deleting_lists_what_goes_with_it(client, book, log):
    Chapter.objects.create(book=book, title="one")
    url = f"/admin/shelf/book/{book.pk}/delete/"
    response = client.get(url)
    assert dict(response.context["model_count"]) == {"books": 1, "chapters": 1}
    assert client.post(url, {"post": "yes"})["Location"] == "/admin/shelf/book/"
    assert not Book.objects.exists()
    assert log.LogEntry.objects.get().is_deletion()


def test_deleting_wants_permission_for_all_that_goes(staff, book):
    Chapter.objects.create(book=book, title="one")
    browser = staff("view_book", "delete_book")
    url = f"/admin/shelf/book/{book.pk}/delete/"
    assert browser.get(url).context["perms_lacking"] == {"chapter"}
    assert browser.post(url, {"post": "yes"}).status_code == 403
    assert Book.objects.exists()


def test_the_history_tells_what_was_done(client, book):
    client.post(change(book), book_data(book, title="Emma II", _save=""))
    response = client.get(f"/admin/shelf/book/{book.pk}/history/")
    assert [entry.get_change_message() for entry in response.context["action_list"]] == ["Changed Title."]


def test_generic_inlines_want_the_permission_to_add(staff, book):
    browser = staff("view_book", "change_book", "view_note")
    prefix = "shelf-note-content_type-object_id"
    data = book_data(book, **{f"{prefix}-TOTAL_FORMS": 1, f"{prefix}-0-text": "forged", "_save": ""})
    browser.post(change(book), data)
    assert not Note.objects.exists()


def test_autocompletion_answers_with_pages(client, staff, book):
    Author.objects.bulk_create([Author(name=f"Janet {i}") for i in range(30)])
    url = "/admin/autocomplete/?app_label=shelf&model_name=book&field_name=author&term=jane"
    answer = client.get(url).json()
    assert (len(answer["results"]), answer["pagination"]) == (20, {"more": True})
    assert len(client.get(f"{url}&page=2").json()["results"]) == 11
    assert staff("change_book").get(url).status_code == 403
    assert (
        client.get("/admin/autocomplete/?app_label=shelf&model_name=book&field_name=title").status_code == 403
    )
    assert (
        client.get("/admin/autocomplete/?app_label=shelf&model_name=book&field_name=labels").status_code
        == 404
    )


@pytest.mark.parametrize("field", ["author", "editor", "labels"])
def test_keys_that_are_none_are_errors_of_the_form(client, book, field):
    response = client.post(change(book), book_data(book, **{field: "x"}))
    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors
