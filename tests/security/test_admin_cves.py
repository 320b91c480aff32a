"""Published weaknesses of admin pages, each with a test that it is not one here."""

from __future__ import annotations

import time

import pytest

from offbeat import forms
from offbeat.contrib.admin import utils, widgets
from offbeat.contrib.admin.sites import site
from offbeat.contrib.auth.models import User
from offbeat.contrib.staticfiles import finders
from offbeat.db import models
from offbeat.db.models.signals import post_save
from offbeat.test import Client
from tests.contrib.admin.conftest import book, client, installed, root, shelf, staff  # noqa: F401
from tests.contrib.admin.helpers import book_data
from tests.contrib.admin.shelf.models import Book, Chapter, Note

SCRIPT = "<script>alert(1)</script>"
JAVASCRIPT = "javascript:alert(1)"


@pytest.fixture
def options(monkeypatch, shelf):  # noqa: F811
    def replace(**values):
        for name, value in values.items():
            monkeypatch.setattr(type(site.get_model_admin(Book)), name, value, raising=False)

    return replace


@pytest.fixture
def change(book):  # noqa: F811
    return f"/admin/shelf/book/{book.pk}/change/"


def test_cve_2026_113733_hashes_of_other_user_models_are_masked_too():
    class Member(User):
        class Meta:
            app_label = "not_installed"

    hidden = "md5$salty$0123456789abcdef0123456789abcdef"
    for model in (User, Member):
        shown = utils.display_for_field(hidden, model._meta.get_field("password"), "-")
        assert "0123456789abcdef" not in shown


def test_cve_2026_15920_addresses_with_scripts_are_no_links(client, book, change, options):  # noqa: F811
    book.site = JAVASCRIPT
    book.save()
    options(readonly_fields=["site"])
    for url in ("/admin/shelf/book/", change):
        html = client.get(url).content.decode()
        assert JAVASCRIPT in html
        assert f'href="{JAVASCRIPT}' not in html


def test_cve_2026_4292_a_list_never_adds_objects(client, book):  # noqa: F811
    rows = {"form-TOTAL_FORMS": 2, "form-INITIAL_FORMS": 1, "form-0-id": book.pk, "form-0-kind": "n"}
    forged = {**rows, "form-1-title": "forged", "form-1-kind": "n", "form-1-author": book.author_id}
    assert client.post("/admin/shelf/book/", {**forged, "_save": ""}).status_code == 400
    assert Book.objects.count() == 1


def test_cve_2026_4277_generic_inlines_check_the_permission_to_add(staff, book, change):  # noqa: F811
    browser = staff("change_book", "view_book", "view_note", "change_note")
    prefix = "shelf-note-content_type-object_id"
    browser.post(
        change, book_data(book, **{f"{prefix}-TOTAL_FORMS": 1, f"{prefix}-0-text": "x", "_save": ""})
    )
    assert not Note.objects.exists()


def test_cve_2024_41991_a_huge_address_is_shown_in_no_time():
    widget = widgets.AdminURLFieldWidget()
    before = time.process_time()
    widget.get_context("site", "http://" + "ª" * 1_000_000, {})
    # Quadratic work would take minutes.
    assert time.process_time() - before < 5


def test_cve_2020_13596_the_limit_of_choices_is_encoded(shelf, monkeypatch):  # noqa: F811
    relation = Book._meta.get_field("author").remote_field
    monkeypatch.setattr(relation, "limit_choices_to", {"name": f'">{SCRIPT}'})
    url = widgets.ForeignKeyRawIdWidget(relation, site).get_context("author", None, {})["related_url"]
    assert "name=%22%3E%3Cscript" in url
    assert not {"<", '"'} & set(url)


def test_cve_2019_19118_inlines_of_a_viewed_object_are_not_saved(staff, book, change):  # noqa: F811
    saved = []

    def note(sender, **kwargs):
        saved.append(sender)

    post_save.connect(note, sender=Book)
    try:
        browser = staff("view_book", "add_chapter", "change_chapter", "view_chapter")
        data = book_data(book, **{"chapter_set-TOTAL_FORMS": 1, "chapter_set-0-title": "x", "_save": ""})
        assert browser.post(change, data).status_code == 403
    finally:
        post_save.disconnect(note, sender=Book)
    assert not saved
    assert not Chapter.objects.exists()
    formset = browser.get(change).context["inline_admin_formsets"][0]
    assert not (formset.has_add_permission or formset.has_change_permission or formset.has_delete_permission)


@pytest.mark.parametrize("value", [JAVASCRIPT, "data:text/html,x", 'http://x/"onclick="'])
def test_cve_2019_12308_and_2013_4249_the_field_links_valid_addresses_only(shelf, value):  # noqa: F811
    context = widgets.AdminURLFieldWidget().get_context("site", value, {})
    assert (context["url_valid"], context["widget"]["href"]) == (False, "")
    assert "href" not in forms.Form().renderer.render("admin/widgets/url.html", context)


def test_cve_2019_11358_no_library_of_others_is_shipped(shelf):  # noqa: F811
    for name in ("vendor/jquery/jquery.js", "vendor/select2/select2.full.js"):
        assert finders.find(f"admin/js/{name}") is None


def test_cve_2018_16984_who_may_view_users_sees_no_hash(staff, root):  # noqa: F811
    html = staff("view_user").get(f"/admin/auth/user/{root.pk}/change/").content.decode()
    _algorithm, salt, digest = root.password.split("$")
    assert "<bdi>md5</bdi>" in html
    assert digest not in html
    assert salt not in html


def test_cve_2016_6186_a_windows_answer_is_escaped(client):  # noqa: F811
    name = "<img src=x onerror=alert(1)>"
    html = client.post("/admin/shelf/author/add/", {"name": name, "_popup": "1"}).content.decode()
    assert name not in html
    assert "&lt;img src=x" in html


def test_cve_2016_2048_a_copy_wants_the_permission_to_add(staff, book, change):  # noqa: F811
    browser = staff("change_book", "view_book")
    assert browser.post(change, book_data(book, _saveasnew="")).status_code == 403
    assert Book.objects.count() == 1


def test_cve_2015_2241_what_methods_return_is_escaped(client, book, change, options):  # noqa: F811
    book.title = SCRIPT
    book.save()
    options(
        shouted=lambda self, obj: obj.title, readonly_fields=["shouted"], list_display=["title", "shouted"]
    )
    for url in ("/admin/shelf/book/", change):
        html = client.get(url).content.decode()
        assert SCRIPT not in html
        assert "&lt;script&gt;" in html


@pytest.mark.parametrize("page", ["", "add/", "{pk}/change/", "{pk}/delete/"])
def test_cve_2014_0483_windows_refer_to_keys_only(client, book, page):  # noqa: F811
    url = f"/admin/shelf/book/{page.format(pk=book.pk)}"
    assert client.get(f"{url}?_popup=1&_to_field=title").status_code == 400
    assert client.get(f"{url}?_popup=1&_to_field=id").status_code == 200
    assert client.get("/admin/auth/user/?_popup=1&_to_field=password").status_code == 400


def test_cve_2013_0305_the_history_wants_permission(staff, book):  # noqa: F811
    url = f"/admin/shelf/book/{book.pk}/history/"
    assert staff().get(url).status_code == 403
    assert staff("view_book").get(url).status_code == 200


def test_cve_2011_0697_names_of_files_are_escaped():
    class File:
        url = "/media/x"

        def __str__(self):
            return f"{SCRIPT}.png"

    shown = utils.display_for_field(File(), models.FileField(), "-")
    assert SCRIPT not in shown
    assert "&lt;script&gt;" in shown


@pytest.mark.parametrize(
    "lookup",
    ["author__code__startswith", "author__book__title__contains", "chapter__title", "notes__text__regex"],
)
def test_cve_2010_4534_related_values_cannot_be_guessed(client, book, lookup):  # noqa: F811
    assert client.get(f"/admin/shelf/book/?{lookup}=a").status_code == 400


def test_cve_2008_3909_a_post_without_a_login_is_dropped(root, book):  # noqa: F811
    url = f"/admin/shelf/book/{book.pk}/delete/"
    browser = Client()
    response = browser.post(url, {"post": "yes"})
    assert response["Location"] == f"/admin/login/?next={url}"
    page = browser.get(response["Location"]).content.decode()
    assert 'name="post"' not in page
    browser.post(response["Location"], {"username": "root", "password": "open sesame"})
    assert Book.objects.exists()


def test_cve_2008_2302_the_address_is_escaped_in_the_login_page(shelf):  # noqa: F811
    browser = Client()
    response = browser.get('/admin/"><script>alert(1)</script>/')
    html = browser.get(response["Location"]).content.decode()
    assert SCRIPT not in html


def test_changes_want_the_token(root, book):  # noqa: F811
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(root)
    for url in (
        "/admin/shelf/book/",
        f"/admin/shelf/book/{book.pk}/delete/",
        "/admin/logout/",
        "/admin/login/",
    ):
        assert browser.post(url, {"post": "yes"}).status_code == 403
    assert Book.objects.exists()
