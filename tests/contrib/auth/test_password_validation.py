"""Validators of new passwords."""

from __future__ import annotations

import pytest

from offbeat.contrib.auth import password_validation as validation
from offbeat.contrib.auth.models import User
from offbeat.core.exceptions import ImproperlyConfigured, ValidationError

PATH = "offbeat.contrib.auth.password_validation."
ALL = [
    {"NAME": PATH + "UserAttributeSimilarityValidator"},
    {"NAME": PATH + "MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": PATH + "CommonPasswordValidator"},
    {"NAME": PATH + "NumericPasswordValidator"},
]


def complaints(password, user=None):
    try:
        validation.validate_password(password, user, validation.get_password_validators(ALL))
    except ValidationError as error:
        return {each.code for each in error.error_list}
    return set()


def test_all_complaints_come_at_once():
    assert complaints("12345") == {
        "password_too_short",
        "password_too_common",
        "password_entirely_numeric",
    }
    assert complaints("correct horse battery") == set()


@pytest.mark.parametrize(
    "password", ["annabella.smith", "Annabella-Smith", "smithannabella", "annabella1smith"]
)
def test_passwords_that_are_ones_own_data(password):
    user = User(username="x", first_name="Annabella Smith", email="annabella.smith@example.com")
    assert "password_too_similar" in complaints(password, user)
    assert complaints("correct horse battery", user) == set()


def test_similarity_names_the_field_and_has_a_limit():
    check = validation.UserAttributeSimilarityValidator(["first_name"], max_similarity=1)
    user = User(first_name="annabella")
    check.validate("annabella1", user)
    with pytest.raises(ValidationError, match="too similar to the first name"):
        check.validate("annabella", user)
    check.validate("annabella", None)
    with pytest.raises(ValueError, match=r"at least 0.1"):
        validation.UserAttributeSimilarityValidator(max_similarity=0.05)


@pytest.mark.parametrize("password", ["password", "PASSWORD", " password "])
def test_common_passwords(password):
    with pytest.raises(ValidationError, match="too common"):
        validation.CommonPasswordValidator().validate(password)


def test_a_list_of_ones_own(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("from-my-list\n")
    check = validation.CommonPasswordValidator(password_list_path=path)
    check.validate("password")
    with pytest.raises(ValidationError):
        check.validate("from-my-list")


def test_help_is_escaped():
    class Odd:
        def get_help_text(self):
            return "A & B"

    html = str(validation.password_validators_help_text_html([Odd()]))
    assert html == "<ul><li>A &amp; B</li></ul>"
    assert str(validation.password_validators_help_text_html([])) == ""
    assert len(validation.password_validators_help_texts(validation.get_password_validators(ALL))) == 4


def test_validators_hear_of_new_passwords(accounts, monkeypatch):
    heard = []

    class History:
        def validate(self, password, user=None):
            pass

        def password_changed(self, password, user=None):
            heard.append((password, user.pk))

    monkeypatch.setattr(validation, "get_default_password_validators", lambda: [History()])
    user = User.objects.create_user("ann")
    user.set_password("new")
    assert heard == []
    user.save()
    user.save()
    assert heard == [("new", user.pk)]


def test_a_validator_has_to_exist():
    with pytest.raises(ImproperlyConfigured, match="could not be imported"):
        validation.get_password_validators([{"NAME": "no.such.Validator"}])
