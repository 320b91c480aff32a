"""Published weaknesses of authentication, each with the request that showed it."""

from __future__ import annotations

import logging
import time

import pytest

from offbeat.contrib.auth import authenticate, hashers
from offbeat.contrib.auth.forms import AuthenticationForm, PasswordResetForm, UsernameField
from offbeat.contrib.auth.handlers import modwsgi
from offbeat.contrib.auth.models import User
from offbeat.contrib.auth.password_validation import UserAttributeSimilarityValidator
from offbeat.core import mail
from offbeat.core.exceptions import ValidationError
from offbeat.test import AsyncClient, Client
from offbeat.test.utils import modify_settings, override_settings
from offbeat.utils.http import base36_to_int
from tests.contrib.auth.conftest import accounts, ann, database, environment, quick_hashes, site  # noqa: F401


@pytest.fixture
def work(monkeypatch):
    """How many passwords were hashed, which is what takes the time."""
    done = []
    encode = hashers.MD5PasswordHasher.encode

    def counted(self, password, salt):
        done.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", counted)
    return done


def kinds_of_users():
    User.objects.create(username="inactive", is_active=False, password=hashers.make_password("x"))
    User.objects.create(username="unusable", password=hashers.make_password(None))
    User.objects.create(username="broken", password="nonsense")
    return ["ann", "inactive", "unusable", "broken", "nobody"]


def test_cve_2024_39329_a_login_costs_the_same_whoever_it_is_for(ann, work):  # noqa: F811
    for name in kinds_of_users():
        work.clear()
        assert authenticate(username=name, password="wrong") is None
        assert len(work) == 1, name


def test_cve_2025_13473_a_check_for_apache_costs_the_same_whoever_it_is_for(ann, work):  # noqa: F811
    for name in kinds_of_users():
        work.clear()
        assert not modwsgi.check_password({}, name, "wrong")
        assert len(work) == 1, name
    assert modwsgi.check_password({}, "ann", "correct horse") is True
    assert modwsgi.check_password({}, "inactive", "x") is None


def test_cve_2016_2513_an_older_work_factor_costs_the_same(monkeypatch):
    class Cheap(hashers.PBKDF2PasswordHasher):
        iterations = 30

    rounds = []
    derive = hashers.pbkdf2

    def counted(password, salt, iterations, **kwargs):
        rounds.append(iterations)
        return derive(password, salt, iterations, **kwargs)

    monkeypatch.setattr(hashers, "pbkdf2", counted)
    monkeypatch.setattr(hashers, "get_hashers", lambda: [Cheap()])
    monkeypatch.setattr(hashers, "get_hashers_by_algorithm", lambda: {"pbkdf2_sha256": Cheap()})
    old = Cheap().encode("x", "s" * 22, 3)
    totals = []
    for encoded in (old, Cheap().encode("x", "s" * 22), "!unusable"):
        rounds.clear()
        assert not hashers.check_password("wrong", encoded)
        totals.append(sum(rounds))
    assert totals == [30, 30, 30]


@pytest.mark.usefixtures("site")
def test_cve_2024_45231_a_mail_that_cannot_be_sent_tells_nothing(ann, caplog):  # noqa: F811
    broken = {"default": {"BACKEND": "tests.security.test_auth_cves.BrokenMail"}}
    with override_settings(MAILERS=broken), caplog.at_level(logging.ERROR):
        answers = [
            Client().post("/accounts/password_reset/", {"email": address})
            for address in ("ann@example.com", "nobody@example.com")
        ]
    assert answers[0].status_code == answers[1].status_code == 302
    assert answers[0].content == answers[1].content
    assert dict(answers[0].items()) == dict(answers[1].items())
    assert "Failed to send password reset email" in caplog.text


class BrokenMail:
    """No mail leaves here."""

    def __init__(self, *args, **kwargs):
        pass

    def send_messages(self, messages):
        raise OSError("the mail server is down")


def test_cve_2023_46695_a_long_name_is_not_normalized():
    started = time.thread_time()
    with pytest.raises(ValidationError):
        UsernameField(max_length=150).clean("½" * 1_000_000)
    assert time.thread_time() - started < 0.5


@pytest.mark.usefixtures("site", "accounts")
@pytest.mark.parametrize("url", ["/accounts/login/", "/accounts/logout/"])
def test_cve_2025_27556_a_long_address_to_go_on_to_is_refused_at_once(url):
    started = time.thread_time()
    response = Client().post(url, {"next": "½" * 1_000_000})
    assert response.status_code == 200
    assert time.thread_time() - started < 1


def test_cve_2021_45115_a_long_password_is_not_compared_in_full():
    started = time.thread_time()
    user = User(username="ann", first_name="Ann", email="ann@example.com")
    UserAttributeSimilarityValidator().validate("a" * 1_000_000, user)
    assert time.thread_time() - started < 0.5


@pytest.mark.usefixtures("environment")
def test_cve_2019_19844_a_look_alike_address_gets_no_mail(accounts, quick_hashes):  # noqa: F811
    User.objects.create_user("mike", "mike@example.org", "x")
    for address in ("mıke@example.org", "mike@exampłe.org", "mi\u0307ke@example.org"):
        form = PasswordResetForm({"email": address})
        if form.is_valid():
            form.save(domain_override="example.com")
    assert mail.outbox == []


def test_cve_2018_6188_a_wrong_password_tells_nothing_of_the_account(ann):  # noqa: F811
    kinds_of_users()
    errors = [
        AuthenticationForm(None, {"username": name, "password": "wrong"}).errors.as_json()
        for name in ("inactive", "nobody", "ann")
    ]
    assert len(set(errors)) == 1


@pytest.mark.usefixtures("site")
def test_cve_2014_0482_another_remote_user_ends_the_session(accounts):  # noqa: F811
    with (
        override_settings(AUTHENTICATION_BACKENDS=["offbeat.contrib.auth.backends.RemoteUserBackend"]),
        modify_settings(MIDDLEWARE={"append": "offbeat.contrib.auth.middleware.RemoteUserMiddleware"}),
    ):
        client = Client()
        client.get("/who/", REMOTE_USER="a")
        session = client.session
        session["secret"] = "a's"
        session.save()
        assert client.get("/who/", REMOTE_USER="b").json()["name"] == "b"
        assert "secret" not in client.session


def test_cve_2013_1443_a_huge_password_takes_no_longer():
    password = "x" * 1_000_000
    with override_settings(PASSWORD_HASHERS=["offbeat.contrib.auth.hashers.PBKDF2PasswordHasher"]):
        hasher = hashers.get_hasher()
        started = time.thread_time()
        encoded = hasher.encode(password, "s" * 22, 1000)
        assert hasher.verify(password, encoded)
    assert time.thread_time() - started < 0.5


@pytest.mark.usefixtures("site", "accounts")
def test_cve_2010_4535_a_huge_number_in_a_link():
    with pytest.raises(ValueError, match="Base36 input too large"):
        base36_to_int("z" * 10_000)
    started = time.thread_time()
    response = Client().get(f"/accounts/reset/{'9' * 10_000}/{'z' * 10_000}-x/")
    assert b"unsuccessful" in response.content
    assert time.thread_time() - started < 1


@pytest.mark.usefixtures("site")
async def test_cve_2007_0405_one_users_object_is_not_anothers(ann):  # noqa: F811
    bob = await User.objects.acreate_user("bob")
    clients = AsyncClient(), AsyncClient()
    for client, user in zip(clients, (ann, bob), strict=True):
        await client.aforce_login(user)
    names = [(await client.get("/async/who/")).json()["name"] for client in (*clients, *clients)]
    assert names == ["ann", "bob", "ann", "bob"]
