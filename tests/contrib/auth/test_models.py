"""Users and their managers."""

from __future__ import annotations

import pytest

from offbeat.contrib.auth.models import User, UserManager
from offbeat.contrib.auth.validators import ASCIIUsernameValidator, UnicodeUsernameValidator
from offbeat.core import mail
from offbeat.core.exceptions import ValidationError
from offbeat.db import IntegrityError

pytestmark = pytest.mark.usefixtures("accounts", "quick_hashes", "environment")


def test_creating_users():
    ann = User.objects.create_user("ann", " Ann@EXAMPLE.Com ", "pw")
    assert ann.email == "Ann@example.com"
    assert (ann.is_active, ann.is_staff, ann.is_superuser) == (True, False, False)
    assert (ann.is_authenticated, ann.is_anonymous) == (True, False)
    assert ann.check_password("pw")
    assert not User.objects.create_user("bob").has_usable_password()
    root = User.objects.create_superuser("root", password="pw")
    assert (root.is_staff, root.is_superuser) == (True, True)
    with pytest.raises(ValueError, match="username must be set"):
        User.objects.create_user("")
    for flag in ("is_staff", "is_superuser"):
        with pytest.raises(ValueError, match=f"Superuser must have {flag}=True."):
            User.objects.create_superuser("x", **{flag: False})
    with pytest.raises(IntegrityError):
        User.objects.create_user("ann")


async def test_creating_users_asynchronously():
    ann = await User.objects.acreate_user("ann", "a@b.c", "pw")
    assert await ann.acheck_password("pw")
    assert (await User.objects.acreate_superuser("root")).is_superuser
    assert await User.objects.aget_by_natural_key("ann") == ann


@pytest.mark.parametrize(
    ("address", "normal"),
    [("A@B.Com", "A@b.com"), ("", ""), (None, ""), ("no at", "no at"), ('"a@B"@C.org', '"a@B"@c.org')],
)
def test_addresses_keep_their_case_before_the_at(address, normal):
    assert UserManager.normalize_email(address) == normal


def test_cleaning_normalizes():
    user = User(username="ｊｏｅ", email="a@B.Com")
    user.clean()
    assert (user.username, user.email) == ("joe", "a@b.com")


def test_names_and_mail():
    user = User(first_name="Ann", last_name="Lee", email="ann@example.com", username="ann")
    assert (user.get_full_name(), user.get_short_name(), str(user)) == ("Ann Lee", "Ann", "ann")
    assert User(first_name="Ann").get_full_name() == "Ann"
    user.email_user("Hello", "there", "from@example.com")
    (message,) = mail.outbox
    assert (message.subject, message.to, message.from_email) == (
        "Hello",
        ["ann@example.com"],
        "from@example.com",
    )


@pytest.mark.parametrize("name", ["joe", "joe.b@c+d-e_f", "René", "ZażółćGęśląJaźń", "أحمد"])
def test_usernames(name):
    UnicodeUsernameValidator()(name)


@pytest.mark.parametrize(
    "name", ["o'connell", "two words", "zero\u200bwidth", "non\u00a0break", "en\u2013dash", "x\n"]
)
def test_what_is_no_username(name):
    for validator in (UnicodeUsernameValidator(), ASCIIUsernameValidator()):
        with pytest.raises(ValidationError):
            validator(name)


def test_ascii_names_only():
    ASCIIUsernameValidator()("joe")
    with pytest.raises(ValidationError):
        ASCIIUsernameValidator()("René")
