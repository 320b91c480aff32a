"""Logging in and out, changing and resetting passwords, through the client."""

from __future__ import annotations

import re

import pytest

from offbeat.conf import settings
from offbeat.contrib.auth import SESSION_KEY
from offbeat.contrib.auth.models import User
from offbeat.contrib.auth.views import redirect_to_login
from offbeat.core import mail
from offbeat.test import AsyncClient, Client
from offbeat.test.utils import override_settings

pytestmark = pytest.mark.usefixtures("site", "ann")
CREDENTIALS = {"username": "ann", "password": "correct horse"}


def log_in(client, url="/accounts/login/", **more):
    return client.post(url, {**CREDENTIALS, **more})


def is_in(client):
    return client.get("/who/").json()["name"] == "ann"


def test_the_form_logs_in_and_goes_on():
    client = Client()
    page = client.get("/accounts/login/?next=/who/")
    assert b"next=/who/" in page.content
    assert b"site=testserver" in page.content
    assert "no-store" in page["Cache-Control"]
    response = log_in(client, next="/who/?x=1")
    assert (response.status_code, response["Location"]) == (302, "/who/?x=1")
    assert is_in(client)
    assert log_in(Client())["Location"] == settings.LOGIN_REDIRECT_URL


async def test_the_form_logs_in_under_asgi():
    client = AsyncClient()
    with override_settings(SYNC_VIEWS="inline"):
        response = await client.post("/accounts/login/", CREDENTIALS)
    assert response.status_code == 302
    assert (await client.get("/async/who/")).json()["name"] == "ann"


def test_wrong_credentials_are_told_without_saying_what_is_wrong():
    client = Client()
    pages = [
        client.post("/accounts/login/", {"username": name, "password": "wrong"}).content
        for name in ("ann", "nobody")
    ]
    assert pages[0] == pages[1]
    assert b"Please enter a correct username and password." in pages[0]
    assert SESSION_KEY not in client.session


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example.com/",
        "//evil.example.com",
        "///evil.example.com",
        "/\\evil.example.com",
        "javascript:alert(1)",
        "http:///evil.example.com",
        "ftp://testserver/",
        " //evil.example.com",
        "\x00//evil.example.com",
    ],
)
def test_logging_in_leads_to_no_other_place(address):
    assert log_in(Client(), next=address)["Location"] == settings.LOGIN_REDIRECT_URL
    client = Client()
    log_in(client)
    response = client.post("/accounts/logout/", {"next": address})
    assert response.status_code == 200


def test_a_secure_page_leads_to_no_insecure_one():
    response = Client().post("/accounts/login/", {**CREDENTIALS, "next": "http://testserver/x"}, secure=True)
    assert response["Location"] == settings.LOGIN_REDIRECT_URL


def test_a_login_changes_the_session_key():
    client = Client()
    session = client.session
    session["x"] = 1
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    log_in(client)
    assert client.session.session_key != session.session_key
    assert client.session["x"] == 1


def test_forms_need_a_csrf_token():
    client = Client(enforce_csrf_checks=True)
    assert log_in(client).status_code == 403
    assert client.post("/accounts/password_reset/", {"email": "ann@example.com"}).status_code == 403


def test_who_is_in_may_be_sent_on():
    client = Client()
    assert client.get("/accounts/login/again/").status_code == 200
    log_in(client)
    assert client.get("/accounts/login/again/?next=/who/")["Location"] == "/who/"
    with override_settings(LOGIN_REDIRECT_URL="/accounts/login/again/"):
        with pytest.raises(ValueError, match="Redirection loop"):
            client.get("/accounts/login/again/")


def test_logging_out_takes_a_post():
    client = Client()
    log_in(client)
    assert client.get("/accounts/logout/").status_code == 405
    assert is_in(client)
    response = client.post("/accounts/logout/")
    assert response.content == b"Logged out"
    assert not is_in(client)
    log_in(client)
    assert client.post("/accounts/logout/?next=/who/")["Location"] == "/who/"
    with override_settings(LOGOUT_REDIRECT_URL="profile"):
        assert client.post("/accounts/logout/")["Location"] == "/profile/"
    assert client.post("/logout-then-login/")["Location"] == "/accounts/login/"


def test_redirects_to_the_login_page():
    assert redirect_to_login("/a b/?c=d&e")["Location"] == "/accounts/login/?next=/a%20b/%3Fc%3Dd%26e"
    assert redirect_to_login("/x", "/in/?a=1", None)["Location"] == "/in/?a=1"


def test_changing_the_password_keeps_this_session_only():
    here, there = Client(), Client()
    for client in (here, there):
        log_in(client)
    url = "/accounts/password_change/"
    new = {"new_password1": "battery staple", "new_password2": "battery staple"}
    wrong = here.post(url, {"old_password": "wrong", **new})
    assert b"Your old password was entered incorrectly" in wrong.content
    other = here.post(url, {"old_password": "correct horse", **new, "new_password2": "other"})
    assert "The two password fields didn’t match." in other.content.decode()
    response = here.post(url, {"old_password": "correct horse", **new})
    assert response["Location"] == "/accounts/password_change/done/"
    assert here.get(response["Location"]).content == b"Password change successful"
    assert is_in(here)
    assert not is_in(there)
    assert Client().get(url)["Location"] == f"/accounts/login/?next={url}"


def reset_link(client, email="ann@example.com"):
    mail.outbox.clear()
    response = client.post("/accounts/password_reset/", {"email": email})
    assert response["Location"] == "/accounts/password_reset/done/"
    (message,) = mail.outbox
    assert message.to == ["ann@example.com"]
    return re.search(r"http://testserver(/\S+)", message.body)[1]


def test_resetting_a_password_from_beginning_to_end():
    client = Client()
    assert client.get("/accounts/password_reset/").status_code == 200
    link = reset_link(client)
    assert mail.outbox[0].subject == "Password reset on testserver"
    assert client.get("/accounts/password_reset/done/").content == b"Password reset sent"

    response = client.get(link)
    token = link.rstrip("/").rpartition("/")[2]
    assert response.status_code == 302
    assert token not in response["Location"]
    form = response["Location"]
    page = client.get(form)
    assert page.content.decode().startswith("Enter new password True")
    assert "no-store" in page["Cache-Control"]

    different = client.post(form, {"new_password1": "battery staple", "new_password2": "battery"})
    assert "didn’t match" in different.content.decode()
    response = client.post(form, {"new_password1": "battery staple", "new_password2": "battery staple"})
    assert response["Location"] == "/accounts/reset/done/"
    assert client.get(response["Location"]).content == b"Password reset complete /accounts/login/"
    assert User.objects.get().check_password("battery staple")
    assert SESSION_KEY not in client.session

    assert b"Password reset unsuccessful False" in client.get(link).content
    assert b"Password reset unsuccessful False" in client.get(form).content


def test_a_link_is_worth_nothing_in_another_browser_once_it_was_followed_here():
    link = reset_link(Client())
    form = Client().get(link)["Location"]
    assert b"unsuccessful" in Client().get(form).content


@pytest.mark.parametrize(
    "link",
    [
        "/accounts/reset/xx/token-x/",
        "/accounts/reset/MQ/set-password/",
        "/accounts/reset/" + "9" * 200 + "/x-y/",
        "/accounts/reset/____/-/",
        "/accounts/reset/MQ/1-2-3/",
    ],
)
def test_links_that_nobody_sent(link):
    response = Client().get(link)
    assert response.status_code == 200
    assert b"Password reset unsuccessful" in response.content
    response = Client().post(link, {"new_password1": "battery staple", "new_password2": "battery staple"})
    assert b"Password reset unsuccessful" in response.content
    assert User.objects.get().check_password("correct horse")


def test_a_login_makes_a_link_worthless():
    link = reset_link(Client())
    log_in(Client())
    assert b"unsuccessful" in Client().get(link).content


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "!"}, {"email": "else@example.com"}])
def test_mails_go_to_active_users_with_a_password_only(change):
    User.objects.update(**change)
    mail.outbox.clear()
    response = Client().post("/accounts/password_reset/", {"email": "ann@example.com"})
    assert response["Location"] == "/accounts/password_reset/done/"
    assert mail.outbox == []


def test_a_wrong_address_is_told():
    assert b"valid email address" in Client().post("/accounts/password_reset/", {"email": "x"}).content
