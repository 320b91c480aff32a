"""Sites: who gets in, what the index lists, what URLs there are."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from offbeat.contrib import admin
from offbeat.contrib.admin.exceptions import AlreadyRegistered, NotRegistered
from offbeat.contrib.admin.sites import AdminSite, all_sites
from offbeat.contrib.auth.models import Group, User
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.db import models
from offbeat.test import Client
from offbeat.test.utils import override_settings

pytestmark = pytest.mark.usefixtures("shelf")


def test_strangers_are_sent_to_the_login_page():
    response = Client().get("/admin/auth/user/?q=x")
    assert response.status_code == 302
    assert response["Location"] == "/admin/login/?next=/admin/auth/user/%3Fq%3Dx"


def test_the_login_lets_staff_in_and_goes_where_they_wanted_to(root):
    browser = Client()
    response = browser.post(
        "/admin/login/?next=/admin/auth/",
        {"username": "root", "password": "open sesame", "next": "/admin/auth/"},
    )
    assert response["Location"] == "/admin/auth/"
    assert browser.get("/admin/login/?next=/admin/auth/")["Location"] == "/admin/auth/"
    assert browser.get("/admin/login/?next=//evil.example/")["Location"] == "/admin/"


def test_the_login_refuses_who_is_not_staff():
    User.objects.create_user("joe", password="x")
    response = Client().post("/admin/login/", {"username": "joe", "password": "x"})
    assert response.status_code == 200
    assert "for a staff account" in str(response.context["form"].errors)


def test_the_logout_wants_a_post(client):
    assert client.get("/admin/logout/").status_code == 405
    response = client.post("/admin/logout/")
    assert (response.status_code, response.context["has_permission"]) == (200, False)
    assert client.get("/admin/logout/")["Location"] == "/admin/"


def test_the_index_lists_what_the_user_may_see(client, staff):
    names = [app["name"] for app in client.get("/admin/").context["app_list"]]
    assert names == ["Authentication and Authorization", "Shelf"]
    assert staff().get("/admin/").context["app_list"] == []
    (app,) = staff("view_book").get("/admin/").context["app_list"]
    (entry,) = app["models"]
    assert entry["name"] == "Books"
    assert entry["view_only"]
    assert entry["add_url"] is None


def test_the_page_of_an_application_is_not_found_without_permissions(client, staff):
    assert client.get("/admin/shelf/").context["title"] == "Shelf administration"
    assert staff().get("/admin/shelf/").status_code == 404
    assert client.get("/admin/nothing/").status_code == 404


def test_a_missing_slash_is_added_for_known_pages_only(client):
    assert client.get("/admin/shelf/book?q=1")["Location"] == "/admin/shelf/book/?q=1"
    assert client.get("/admin/unknown").status_code == 404
    with override_settings(APPEND_SLASH=False):
        assert client.get("/admin/shelf/book").status_code == 404


def test_pages_are_not_cached(client):
    assert "no-store" in client.get("/admin/")["Cache-Control"]
    assert "Cache-Control" not in client.get("/admin/jsi18n/").headers


def test_users_change_their_own_password(client, root):
    data = {"old_password": "open sesame", "new_password1": "a-new-Word-9", "new_password2": "a-new-Word-9"}
    assert client.post("/admin/password_change/", data)["Location"] == "/admin/password_change/done/"
    assert client.get("/admin/password_change/done/").status_code == 200
    root.refresh_from_db()
    assert root.check_password("a-new-Word-9")


def test_models_are_registered_once():
    site = AdminSite()
    site.register([User, Group])
    assert site.is_registered(User)
    with pytest.raises(AlreadyRegistered, match="already registered in app 'auth'"):
        site.register(User)
    site.unregister(User)
    with pytest.raises(NotRegistered):
        site.unregister(User)
    with pytest.raises(NotRegistered):
        site.get_model_admin(User)


def test_options_of_register_replace_attributes():
    site = AdminSite()
    site.register(User, search_fields=["email"])
    assert site.get_model_admin(User).search_fields == ["email"]


def test_abstract_models_cannot_be_registered():
    class Base(models.Model):
        class Meta:
            abstract = True
            app_label = "shelf"

    with pytest.raises(ImproperlyConfigured, match="abstract"):
        AdminSite().register(Base)


def test_the_decorator_wants_models_a_site_and_a_model_admin():
    with pytest.raises(ValueError, match="At least one model"):
        admin.register()(admin.ModelAdmin)
    with pytest.raises(ValueError, match="site must subclass"):
        admin.register(User, site="admin")(admin.ModelAdmin)
    with pytest.raises(ValueError, match="must subclass ModelAdmin"):
        admin.register(User)(object)


def test_actions_of_a_site_can_be_added_and_disabled():
    site = AdminSite()

    def shout(modeladmin, request, queryset):
        pass

    site.add_action(shout)
    assert dict(site.actions)["shout"] is shout
    site.disable_action("shout")
    assert "shout" not in dict(site.actions)
    assert site.get_action("shout") is shout
    with pytest.raises(KeyError):
        site.disable_action("shout")


def test_sites_are_known_while_they_live():
    site = AdminSite("other")
    assert site in all_sites
    del site
    gc.collect()
    assert "other" not in {one.name for one in all_sites}


def test_the_staff_room_is_for_staff(client):
    User.objects.create_user("joe", password="x")
    joe = Client()
    joe.login(username="joe", password="x")
    assert client.get("/staff/").content == b"coffee"
    assert joe.get("/staff/")["Location"] == "/admin/login/?next=/staff/"


def test_naming_the_admin_does_not_load_its_pages():
    code = (
        "import sys, offbeat.contrib.admin\n"
        "print([n for n in sys.modules if n.startswith('offbeat.') and ('forms' in n or 'db' in n.split('.'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
