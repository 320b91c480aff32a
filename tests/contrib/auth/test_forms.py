"""The forms of authentication."""

from __future__ import annotations

import pytest

from offbeat.contrib.auth import forms
from offbeat.contrib.auth.models import User
from offbeat.contrib.auth.templatetags.auth import render_password_as_hash
from offbeat.core.exceptions import ValidationError

pytestmark = pytest.mark.usefixtures("accounts", "quick_hashes")
NEW = {"username": "ann", "password1": "correct horse", "password2": "correct horse"}


def test_creating_a_user():
    form = forms.UserCreationForm(NEW)
    assert form.is_valid(), form.errors
    user = form.save()
    assert user.pk
    assert user.check_password("correct horse")


def test_a_user_may_be_saved_later():
    form = forms.BaseUserCreationForm(NEW)
    user = form.save(commit=False)
    assert user.pk is None
    assert user.check_password("correct horse")


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"password2": "other"}, "password2", "password_mismatch"),
        ({"password2": ""}, "password2", "required"),
        ({"password1": ""}, "password1", "required"),
        ({"username": "not allowed!"}, "username", "invalid"),
        ({"username": "x" * 151}, "username", "max_length"),
        ({"username": ""}, "username", "required"),
    ],
)
def test_what_is_wrong_with_a_new_user(change, field, code):
    form = forms.UserCreationForm({**NEW, **change})
    assert not form.is_valid()
    assert form.has_error(field, code)


def test_names_that_differ_in_case_only_are_taken():
    User.objects.create_user("ANN")
    form = forms.UserCreationForm(NEW)
    assert form.errors["username"] == ["A user with that username already exists."]
    assert forms.BaseUserCreationForm(NEW).is_valid()


def test_names_are_normalized():
    assert forms.UserCreationForm({**NEW, "username": "ｊｏｅ"}).save().username == "joe"
    form = forms.UserCreationForm({**NEW, "username": "ﾊﾛ"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["username"] == "ハロ"


def test_passwords_keep_their_spaces():
    spaced = {"username": "ann", "password1": " two  words ", "password2": " two  words "}
    user = forms.UserCreationForm(spaced).save()
    assert user.check_password(" two  words ")
    assert forms.AuthenticationForm(None, {"username": "ann", "password": " two  words "}).is_valid()


def test_logging_in():
    ann = User.objects.create_user("ann", password="pw")
    form = forms.AuthenticationForm(None, {"username": "ann", "password": "pw"})
    assert form.is_valid()
    assert form.get_user() == ann
    wrong = forms.AuthenticationForm(None, {"username": "ann", "password": "no"})
    assert wrong.has_error("__all__", "invalid_login")
    assert wrong.get_user() is None
    assert form.fields["username"].widget.attrs["maxlength"] == 150
    assert form.fields["username"].label == "Username"


def test_a_form_may_refuse_a_user():
    User.objects.create_user("ann", password="pw")

    class Picky(forms.AuthenticationForm):
        def confirm_login_allowed(self, user):
            raise ValidationError("Not you.", code="picky")

    assert Picky(None, {"username": "ann", "password": "pw"}).has_error("__all__", "picky")


def test_setting_and_changing_a_password():
    ann = User.objects.create_user("ann", password="old")
    new = {"new_password1": "correct horse", "new_password2": "correct horse"}
    form = forms.SetPasswordForm(ann, new)
    assert form.is_valid()
    form.save()
    assert User.objects.get().check_password("correct horse")
    form = forms.PasswordChangeForm(ann, {"old_password": "old", **new})
    assert form.has_error("old_password", "password_incorrect")
    assert list(form.fields) == ["old_password", "new_password1", "new_password2"]
    assert forms.PasswordChangeForm(ann, {"old_password": "correct horse", **new}).is_valid()


def test_an_administrator_may_take_the_password_away():
    ann = User.objects.create_user("ann", password="old")
    form = forms.AdminPasswordChangeForm(ann, {"usable_password": "false"})
    assert form.is_valid(), form.errors
    form.save()
    assert not User.objects.get().has_usable_password()
    ann = User.objects.get()
    form = forms.AdminPasswordChangeForm(ann, {"password1": "correct horse", "password2": "correct horse"})
    assert form.is_valid(), form.errors
    assert form.changed_data == ["password"]
    form.save()
    assert User.objects.get().check_password("correct horse")
    assert not forms.AdminPasswordChangeForm(ann, {"usable_password": "true"}).is_valid()
    created = forms.AdminUserCreationForm({"username": "bob", "usable_password": "false"})
    assert created.is_valid(), created.errors
    assert not created.save().has_usable_password()


def test_changing_a_user_leaves_the_password_alone():
    ann = User.objects.create_user("ann", password="pw")
    form = forms.UserChangeForm(instance=ann)
    html = str(form["password"])
    assert "md5" in html
    assert ann.password not in html
    data = {
        **{k: v for k, v in form.initial.items() if v is not None},
        "password": "hacked",
        "username": "anna",
        "date_joined": "2026-01-01 00:00:00",
        "groups": [],
        "user_permissions": [],
        "last_login": "",
    }
    changed = forms.UserChangeForm(data, instance=ann)
    assert changed.is_valid(), changed.errors
    changed.save()
    ann = User.objects.get()
    assert ann.username == "anna"
    assert ann.check_password("pw")


def test_what_is_shown_of_a_password():
    assert "No password set." in render_password_as_hash("")
    assert "No password set." in render_password_as_hash("!abc")
    assert "unknown hashing algorithm" in render_password_as_hash("nope$1$2")
    shown = render_password_as_hash("md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3")
    assert "<strong>algorithm</strong>: <bdi>md5</bdi>" in shown
    assert "3f86d0***" in shown
