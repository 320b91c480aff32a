"""``request.user`` in sync and async views, LoginRequiredMiddleware and RemoteUserMiddleware."""

from __future__ import annotations

import asyncio
import threading

import pytest

from offbeat.contrib.auth.middleware import (
    AuthenticationMiddleware,
    LoginRequiredMiddleware,
    PersistentRemoteUserMiddleware,
    RemoteUserMiddleware,
)
from offbeat.contrib.auth.models import User
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.http import HttpRequest, HttpResponse
from offbeat.test import AsyncClient, Client
from offbeat.test.utils import modify_settings, override_settings

pytestmark = pytest.mark.usefixtures("site")
PATH = "offbeat.contrib.auth.middleware."


def test_the_user_of_the_session(ann):
    client = Client()
    assert client.get("/who/").json()["id"] is None
    client.force_login(ann)
    assert client.get("/who/").json()["name"] == "ann"
    client.logout()
    assert client.get("/who/").json()["id"] is None


async def logged_in(user):
    client = AsyncClient()
    await client.aforce_login(user)
    return client


@pytest.mark.parametrize("url", ["/async/who/", "/async/auser/"])
async def test_an_async_view_reads_its_user_on_the_loop(ann, url, threads):
    client = await logged_in(ann)
    answer = (await client.get(url)).json()
    assert answer == {"id": ann.pk, "name": "ann", "thread": threading.get_ident()}
    assert threads == []


async def test_an_anonymous_user_in_an_async_view(accounts, threads):
    assert (await AsyncClient().get("/async/who/")).json()["id"] is None
    assert threads == []


async def test_interleaved_requests_see_their_own_users(ann):
    bob = await User.objects.acreate_user("bob")
    clients = [await logged_in(user) for user in (ann, bob)] * 10
    answers = await asyncio.gather(*(client.get("/async/who/") for client in clients))
    assert [answer.json()["name"] for answer in answers] == ["ann", "bob"] * 10


def test_users_need_sessions():
    with pytest.raises(ImproperlyConfigured, match="requires session middleware"):
        AuthenticationMiddleware(lambda request: HttpResponse())(HttpRequest())


@pytest.fixture
def closed():
    with modify_settings(MIDDLEWARE={"append": PATH + "LoginRequiredMiddleware"}):
        yield


def test_all_views_need_a_login_but_those_that_say_so(ann, closed):
    client = Client()
    response = client.get("/who/?a=1")
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/who/%3Fa%3D1")
    assert client.get("/public/").content == b"public"
    assert client.get("/accounts/login/").status_code == 200
    assert client.get("/elsewhere/")["Location"] == "/special/?back=/elsewhere/"
    assert client.get("/no/such/page/").status_code == 404
    client.force_login(ann)
    assert client.get("/who/").status_code == 200


async def test_all_async_views_need_a_login(ann, closed):
    assert (await AsyncClient().get("/async/who/"))["Location"] == "/accounts/login/?next=/async/who/"
    client = await logged_in(ann)
    assert (await client.get("/async/who/")).json()["name"] == "ann"


def test_there_has_to_be_a_place_to_log_in():
    with override_settings(LOGIN_URL=None):
        with pytest.raises(ImproperlyConfigured, match="No login URL to redirect to"):
            LoginRequiredMiddleware(lambda request: None).get_login_url(lambda request: None)


@pytest.fixture
def remote():
    with override_settings(AUTHENTICATION_BACKENDS=["offbeat.contrib.auth.backends.RemoteUserBackend"]):
        with modify_settings(MIDDLEWARE={"append": PATH + "RemoteUserMiddleware"}):
            yield


def test_the_web_server_names_the_user(accounts, remote):
    client = Client()
    assert client.get("/who/", REMOTE_USER="ann").json()["name"] == "ann"
    ann = User.objects.get()
    assert not ann.has_usable_password() or ann.password == ""
    assert client.get("/who/", REMOTE_USER="ann").json()["id"] == ann.pk
    assert client.get("/who/", REMOTE_USER="bob").json()["name"] == "bob"
    assert client.get("/who/").json()["id"] is None
    assert User.objects.count() == 2


async def test_an_asgi_server_names_the_user_in_a_header(accounts, remote, threads):
    client = AsyncClient()
    assert (await client.get("/async/who/", headers={"Remote-User": "ann"})).json()["name"] == "ann"
    assert (await client.get("/async/who/", headers={"Remote-User": "bob"})).json()["name"] == "bob"
    assert (await client.get("/async/who/")).json()["id"] is None
    assert threads == []


def test_a_client_of_a_wsgi_server_cannot_name_itself(accounts, remote):
    assert Client().get("/who/", headers={"Remote-User": "ann"}).json()["id"] is None


def test_no_user_is_made_when_the_backend_does_not_want_to(accounts, remote, monkeypatch):
    from offbeat.contrib.auth.backends import RemoteUserBackend

    monkeypatch.setattr(RemoteUserBackend, "create_unknown_user", False)
    assert Client().get("/who/", REMOTE_USER="ann").json()["id"] is None
    assert not User.objects.exists()


def test_an_inactive_remote_user_stays_out(accounts, remote):
    User.objects.create(username="ann", is_active=False)
    assert Client().get("/who/", REMOTE_USER="ann").json()["id"] is None


def test_the_persistent_kind_needs_the_name_once(accounts, remote):
    with modify_settings(
        MIDDLEWARE={
            "remove": PATH + "RemoteUserMiddleware",
            "append": PATH + "PersistentRemoteUserMiddleware",
        }
    ):
        client = Client()
        client.get("/who/", REMOTE_USER="ann")
        assert client.get("/who/").json()["name"] == "ann"


def test_the_name_may_be_cleaned_and_the_user_completed(accounts, remote):
    with override_settings(AUTHENTICATION_BACKENDS=["tests.contrib.auth.test_middleware.Kerberos"]):
        client = Client()
        for _ in range(2):
            assert client.get("/who/", REMOTE_USER="ann@EXAMPLE.COM").json()["name"] == "ann"
    assert User.objects.get().email == "ann@example.com"


@pytest.mark.parametrize("kind", [RemoteUserMiddleware, PersistentRemoteUserMiddleware])
def test_remote_users_need_users(kind):
    with pytest.raises(ImproperlyConfigured, match="requires the authentication middleware"):
        kind(lambda request: HttpResponse())(HttpRequest())


from offbeat.contrib.auth.backends import RemoteUserBackend  # noqa: E402


class Kerberos(RemoteUserBackend):
    def clean_username(self, username):
        return username.partition("@")[0]

    def configure_user(self, request, user, created=True):
        if created:
            user.email = request.META["REMOTE_USER"].lower()
            user.save()
        return user
