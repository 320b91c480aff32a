"""authenticate(), login(), logout() and get_user(), with their asynchronous faces."""

from __future__ import annotations

import pytest

from offbeat.contrib import auth
from offbeat.contrib.auth import signals
from offbeat.contrib.auth.backends import BaseBackend, ModelBackend
from offbeat.contrib.auth.hashers import MD5PasswordHasher, PBKDF2PasswordHasher
from offbeat.contrib.auth.models import AnonymousUser, User
from offbeat.contrib.sessions.backends.db import SessionStore
from offbeat.core.exceptions import ImproperlyConfigured, PermissionDenied
from offbeat.test.utils import override_settings

from .helpers import make_request

MODEL_BACKEND = "offbeat.contrib.auth.backends.ModelBackend"
HERE = "tests.contrib.auth.test_logging_in."


class Refusing(BaseBackend):
    """Says that nobody may enter."""

    def authenticate(self, request, **credentials):
        raise PermissionDenied


class ByToken(BaseBackend):
    """Takes a token only."""

    def authenticate(self, request, token):
        return User.objects.get() if token == "open sesame" else None

    def get_user(self, user_id):
        return User.objects.filter(pk=user_id).first()


@pytest.fixture
def heard():
    events = []

    def listen(signal, name):
        def receiver(sender, **kwargs):
            events.append((name, kwargs))

        signal.connect(receiver)
        return signal, receiver

    kept = [
        listen(signals.user_logged_in, "in"),
        listen(signals.user_logged_out, "out"),
        listen(signals.user_login_failed, "failed"),
    ]
    yield events
    for signal, receiver in kept:
        signal.disconnect(receiver)


def test_the_right_password_finds_the_user(ann):
    user = auth.authenticate(username="ann", password="correct horse")
    assert user == ann
    assert user.backend == MODEL_BACKEND


@pytest.mark.parametrize(
    "credentials",
    [
        {"username": "ann", "password": "wrong"},
        {"username": "nobody", "password": "correct horse"},
        {"username": "ann"},
        {"password": "correct horse"},
        {"username": "ann", "password": None},
        {"username": None, "password": "correct horse"},
        {"token": "what"},
    ],
)
def test_anything_else_finds_nobody_and_is_told_without_secrets(ann, heard, credentials):
    assert auth.authenticate(**credentials) is None
    ((name, details),) = heard
    assert name == "failed"
    assert set(details["credentials"]) == set(credentials)
    assert "correct horse" not in details["credentials"].values()
    assert "wrong" not in details["credentials"].values()


def test_an_inactive_user_is_let_in_by_the_other_backend_only(ann):
    ann.is_active = False
    ann.save()
    assert auth.authenticate(username="ann", password="correct horse") is None
    with override_settings(
        AUTHENTICATION_BACKENDS=["offbeat.contrib.auth.backends.AllowAllUsersModelBackend"]
    ):
        assert auth.authenticate(username="ann", password="correct horse") == ann


def test_a_backend_is_asked_only_when_it_takes_the_credentials(ann):
    with override_settings(AUTHENTICATION_BACKENDS=[HERE + "ByToken", MODEL_BACKEND]):
        assert auth.authenticate(username="ann", password="correct horse").backend == MODEL_BACKEND
        assert auth.authenticate(token="open sesame").backend == HERE + "ByToken"


def test_a_backend_may_end_the_search(ann, heard):
    with override_settings(AUTHENTICATION_BACKENDS=[HERE + "Refusing", MODEL_BACKEND]):
        assert auth.authenticate(username="ann", password="correct horse") is None
    assert [name for name, _ in heard] == ["failed"]


def test_there_has_to_be_a_backend(accounts):
    with override_settings(AUTHENTICATION_BACKENDS=[]):
        with pytest.raises(ImproperlyConfigured, match="No authentication backends"):
            auth.authenticate(username="x", password="y")


async def test_the_asynchronous_face_calls_what_a_subclass_overrides(ann):
    assert await auth.aauthenticate(username="ann", password="correct horse") == ann

    class Upper(ModelBackend):
        def get_user(self, user_id):
            return f"user {user_id}"

    assert await Upper().aget_user(3) == "user 3"


def test_logging_in_keeps_the_user_in_the_session(ann, heard):
    request = make_request()
    request.session["basket"] = [1]
    request.session.save()
    before = request.session.session_key
    auth.login(request, ann)
    assert request.user == ann
    assert request.session[auth.SESSION_KEY] == str(ann.pk)
    assert request.session[auth.BACKEND_SESSION_KEY] == MODEL_BACKEND
    assert request.session["basket"] == [1]
    assert request.session.session_key != before
    assert [name for name, _ in heard] == ["in"]
    assert auth.get_user(request) == ann
    ann.refresh_from_db()
    assert ann.last_login is not None


def test_another_user_gets_a_session_of_their_own(ann):
    bob = User.objects.create_user("bob", password="x")
    request = make_request()
    auth.login(request, ann)
    request.session["secret"] = "ann's"
    auth.login(request, bob)
    assert "secret" not in request.session
    assert auth.get_user(request) == bob


def test_logging_in_again_keeps_the_session_unless_the_password_changed(ann):
    request = make_request()
    auth.login(request, ann)
    request.session["basket"] = [1]
    auth.login(request, ann)
    assert request.session["basket"] == [1]
    ann.set_password("new")
    ann.save()
    auth.login(request, ann)
    assert "basket" not in request.session


def test_the_backend_has_to_be_known(ann):
    with override_settings(AUTHENTICATION_BACKENDS=[MODEL_BACKEND, HERE + "ByToken"]):
        with pytest.raises(ValueError, match="multiple authentication backends"):
            auth.login(make_request(), ann)
        with pytest.raises(TypeError, match="dotted import path"):
            auth.login(make_request(), ann, backend=ModelBackend)
        request = make_request()
        auth.login(request, ann, backend=HERE + "ByToken")
        assert auth.get_user(request) == ann


def test_nobody_cannot_be_logged_in(accounts):
    with pytest.raises(AttributeError):
        auth.login(make_request(), None)


def test_logging_out_flushes_everything(ann, heard):
    request = make_request()
    auth.login(request, ann)
    request.session["secret"] = 1
    request.session.save()
    key = request.session.session_key
    auth.logout(request)
    assert isinstance(request.user, AnonymousUser)
    assert request.session.is_empty()
    assert not SessionStore().exists(key)
    assert [(name, details["user"]) for name, details in heard] == [("in", ann), ("out", ann)]
    auth.logout(make_request())
    assert heard[-1][1]["user"] is None


async def test_the_asynchronous_faces(ann):
    request = make_request()

    async def auser():
        return request.user

    request.auser = auser
    await auth.alogin(request, ann)
    assert await request.auser() == ann
    assert await auth.aget_user(request) == ann
    await auth.alogout(request)
    assert (await request.auser()).is_anonymous
    assert (await auth.aget_user(request)).is_anonymous


def test_a_changed_password_ends_other_sessions_and_keeps_this_one(ann):
    here, there = make_request(), make_request()
    for request in (here, there):
        auth.login(request, ann)
        request.session.save()
    here.user = ann
    ann.set_password("new")
    ann.save()
    before = here.session.session_key
    auth.update_session_auth_hash(here, ann)
    assert here.session.session_key != before
    assert auth.get_user(here) == ann
    assert auth.get_user(there).is_anonymous
    assert there.session.is_empty()


def test_a_session_signed_with_a_retired_key_moves_to_the_new_one(ann):
    with override_settings(SECRET_KEY="old key"):
        request = make_request()
        auth.login(request, ann)
        old = request.session[auth.HASH_SESSION_KEY]
    with override_settings(SECRET_KEY="new key", SECRET_KEY_FALLBACKS=["older", "old key"]):
        assert auth.get_user(request) == ann
        assert request.session[auth.HASH_SESSION_KEY] == ann.get_session_auth_hash() != old
    with override_settings(SECRET_KEY="old key"):
        request = make_request()
        auth.login(request, ann)
    with override_settings(SECRET_KEY="new key"):
        assert auth.get_user(request).is_anonymous


def test_the_session_hash_is_the_one_that_live_sessions_hold():
    user = User(pk=7, username="ann", password="pbkdf2_sha256$1$salt$hash")
    assert user.get_session_auth_hash() == "d8c030591f3de9a6061bb62c9cdf925cc08d983618a74a244a877015b9d5b8cb"


def test_a_backend_that_was_taken_out_of_the_settings_ends_its_sessions(ann):
    request = make_request()
    auth.login(request, ann)
    with override_settings(AUTHENTICATION_BACKENDS=[HERE + "ByToken"]):
        assert auth.get_user(request).is_anonymous
    assert auth.get_user(request) == ann


def test_sessions_of_deleted_and_deactivated_users(ann):
    request = make_request()
    auth.login(request, ann)
    ann.is_active = False
    ann.save()
    assert auth.get_user(request).is_anonymous
    ann.delete()
    assert auth.get_user(request).is_anonymous


class Cheap(PBKDF2PasswordHasher):
    iterations = 20


@pytest.fixture
def cheap_pbkdf2():
    with override_settings(
        PASSWORD_HASHERS=[HERE + "Cheap", "offbeat.contrib.auth.hashers.MD5PasswordHasher"]
    ):
        yield


@pytest.mark.parametrize(
    "old", [PBKDF2PasswordHasher().encode("pw", "s" * 22, 5), MD5PasswordHasher().encode("pw", "s" * 22)]
)
def test_logging_in_renews_an_outdated_hash(accounts, cheap_pbkdf2, old):
    user = User.objects.create(username="bob", password=old)
    assert auth.authenticate(username="bob", password="wrong") is None
    user.refresh_from_db()
    assert user.password == old
    assert auth.authenticate(username="bob", password="pw") == user
    user.refresh_from_db()
    assert user.password.startswith("pbkdf2_sha256$20$")
    assert user.check_password("pw")


async def test_logging_in_renews_an_outdated_hash_asynchronously(accounts, cheap_pbkdf2):
    user = await User.objects.acreate(username="bob", password=MD5PasswordHasher().encode("pw", "s" * 22))
    assert await auth.aauthenticate(username="bob", password="pw") == user
    await user.arefresh_from_db()
    assert user.password.startswith("pbkdf2_sha256$20$")
    assert await user.acheck_password("pw")
    assert not await user.acheck_password("wrong")


def test_the_user_model_has_to_be_named_properly():
    for wrong, message in (("user", "must be of the form"), ("auth.nobody", "has not been installed")):
        with override_settings(AUTH_USER_MODEL=wrong):
            with pytest.raises(ImproperlyConfigured, match=message):
                auth.get_user_model()
    assert auth.get_user_model() is User
