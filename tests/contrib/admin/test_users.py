"""Users and groups."""

from __future__ import annotations

import pytest

from offbeat.contrib.auth.models import User
from offbeat.test.utils import override_settings
from tests.contrib.admin.helpers import messages_of

ADD = "/admin/auth/user/add/"
NEW = {"username": "ann", "usable_password": "true", "password1": "a-new-Word-9", "password2": "a-new-Word-9"}


def test_a_user_is_made_with_name_and_password_first(client):
    response = client.post(ADD, NEW)
    ann = User.objects.get(username="ann")
    assert ann.check_password("a-new-Word-9")
    assert response["Location"] == f"/admin/auth/user/{ann.pk}/change/"
    assert client.post(ADD, {**NEW, "username": "bob", "_addanother": ""})["Location"] == ADD


def test_a_user_may_have_no_password(client):
    client.post(ADD, {"username": "ann", "usable_password": "false"})
    assert not User.objects.get(username="ann").has_usable_password()


def test_who_may_add_but_not_change_users_may_not_add(staff):
    browser = staff("add_user")
    assert browser.get(ADD).status_code == 403
    with override_settings(DEBUG=True):
        assert browser.get(ADD).status_code == 404


def test_passwords_are_set_and_switched_off(client):
    ann = User.objects.create_user("ann", password="x")
    url = f"/admin/auth/user/{ann.pk}/password/"
    assert client.get(url).context["title"] == "Change password: ann"
    wrong = client.post(url, {"password1": "a-new-Word-9", "password2": "other"})
    assert "didn’t match" in str(wrong.context["form"].errors)
    response = client.post(url, {"password1": "a-new-Word-9", "password2": "a-new-Word-9"})
    assert messages_of(response) == ["Password changed successfully."]
    ann.refresh_from_db()
    assert ann.check_password("a-new-Word-9")
    client.post(url, {"usable_password": "false"})
    ann.refresh_from_db()
    assert not ann.has_usable_password()


def test_ones_own_password_does_not_log_out(client, root):
    data = {"password1": "a-new-Word-9", "password2": "a-new-Word-9"}
    client.post(f"/admin/auth/user/{root.pk}/password/", data)
    assert client.get("/admin/").status_code == 200


def test_passwords_want_the_permission_to_change(staff, root):
    browser = staff("view_user")
    url = f"/admin/auth/user/{root.pk}/password/"
    assert browser.get(url).status_code == 403
    assert browser.post(url, NEW).status_code == 403


def test_a_missing_user_is_not_found(client):
    assert client.get("/admin/auth/user/77/password/").status_code == 404


@pytest.mark.parametrize(
    "query", ["password__startswith=a", "password=x", "groups__user__password__startswith=a"]
)
def test_hashes_cannot_be_searched(client, query):
    assert client.get(f"/admin/auth/user/?{query}").status_code == 400
