"""Tokens of password resets."""

from __future__ import annotations

import datetime

import pytest

from offbeat.contrib.auth.models import User
from offbeat.contrib.auth.tokens import PasswordResetTokenGenerator
from offbeat.test.utils import override_settings


class At(PasswordResetTokenGenerator):
    def __init__(self, now=datetime.datetime(2026, 1, 2, 3, 4, 5)):
        super().__init__()
        self.now = now

    def _now(self):
        return self.now


@pytest.fixture
def user():
    return User(pk=7, username="ann", password="pbkdf2_sha256$1$salt$hash", email="ann@example.com")


def test_tokens_in_peoples_mail_stay_valid(user):
    # Made by Django 6.1.3.
    assert At().make_token(user) == "d1rcit-b8d4da9533976199ab24fbc1831d1bbc"
    user.last_login = datetime.datetime(2025, 5, 6, 7, 8, 9, 123456, tzinfo=datetime.UTC)
    assert At().make_token(user) == "d1rcit-7da49ac6531e0f25b4bf4a898df19e90"


def test_a_token_lasts_as_long_as_the_setting_says(user):
    token = At().make_token(user)
    limit = datetime.timedelta(seconds=60)
    with override_settings(PASSWORD_RESET_TIMEOUT=60):
        assert At(At().now + limit).check_token(user, token)
        assert not At(At().now + limit + datetime.timedelta(seconds=1)).check_token(user, token)


@pytest.mark.parametrize("name", ["password", "email", "pk"])
def test_what_a_reset_changes_ends_a_token(user, name):
    token = At().make_token(user)
    assert At().check_token(user, token)
    setattr(user, name, 8 if name == "pk" else "another")
    assert not At().check_token(user, token)


def test_a_login_ends_a_token(user):
    token = At().make_token(user)
    user.last_login = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    assert not At().check_token(user, token)


@pytest.mark.parametrize("token", ["", None, "x", "-", "x-y", "a-b-c", "!-x", "d1rcit-", "é-é"])
def test_what_is_no_token(user, token):
    assert not At().check_token(user, token)


def test_nobody_has_no_token(user):
    assert not At().check_token(None, At().make_token(user))


def test_keys_of_ones_own_and_retired_keys(user):
    maker = At()
    with override_settings(SECRET_KEY="old"):
        token = maker.make_token(user)
    assert not maker.check_token(user, token)
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["old"]):
        assert maker.check_token(user, token)
    own = At()
    own.secret = "own"
    assert own.make_token(user) != token
    assert own.check_token(user, own.make_token(user))
