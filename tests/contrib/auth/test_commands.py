"""createsuperuser, changepassword, and what migrate does for permissions."""

from __future__ import annotations

import builtins
import io
from types import SimpleNamespace

import pytest

from offbeat.apps import apps
from offbeat.contrib.auth.management import create_permissions, get_default_username
from offbeat.contrib.auth.management.commands import changepassword, createsuperuser
from offbeat.contrib.auth.management.renaming import rename_permissions
from offbeat.contrib.auth.models import Permission, User
from offbeat.contrib.contenttypes.models import ContentType
from offbeat.core.management import CommandError, call_command
from offbeat.db import migrations

pytestmark = pytest.mark.usefixtures("accounts", "quick_hashes")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def answers(monkeypatch):
    """Answers to prompts, and what was asked."""
    given = SimpleNamespace(lines=[], passwords=[], asked=[])

    def ask(prompt=""):
        given.asked.append(prompt)
        return given.lines.pop(0)

    def ask_password(prompt="Password: "):
        return given.passwords.pop(0)

    monkeypatch.setattr(builtins, "input", ask)
    for module in (createsuperuser, changepassword):
        monkeypatch.setattr(module.getpass, "getpass", ask_password)
    return given


def run(name, *arguments, **options):
    out, err = io.StringIO(), io.StringIO()
    call_command(name, *arguments, stdout=out, stderr=err, **options)
    return out.getvalue().strip(), err.getvalue().strip()


def test_a_superuser_without_questions(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "from outside")
    out, _ = run("createsuperuser", username="root", email="r@example.com", interactive=False)
    assert out == "Superuser created successfully."
    root = User.objects.get()
    assert root.is_superuser
    assert root.check_password("from outside")


def test_everything_from_the_environment(monkeypatch):
    monkeypatch.setenv("OFFBEAT_SUPERUSER_USERNAME", "root")
    monkeypatch.setenv("OFFBEAT_SUPERUSER_EMAIL", "r@example.com")
    run("createsuperuser", interactive=False, verbosity=0)
    root = User.objects.get()
    assert (root.username, root.email) == ("root", "r@example.com")
    assert not root.has_usable_password()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "You must use --username with --noinput."),
        ({"username": "root"}, "You must use --email with --noinput."),
        ({"username": "", "email": ""}, "Username cannot be blank."),
        ({"username": "root", "email": "no address"}, "Enter a valid email address."),
        ({"username": "not allowed!", "email": ""}, "Enter a valid username."),
        ({"username": "taken", "email": ""}, "Error: That username is already taken."),
    ],
)
def test_what_is_missing_or_wrong(options, message):
    User.objects.create(username="taken")
    with pytest.raises(CommandError, match=message):
        run("createsuperuser", interactive=False, **options)
    assert User.objects.count() == 1


def test_questions_are_asked_again_until_the_answers_are_right(answers):
    User.objects.create(username="taken")
    answers.lines = ["taken", "not allowed!", "root", "no address", "r@example.com", "n", "y"]
    answers.passwords = ["one", "other", " ", " ", "12345", "12345", "12345", "12345"]
    with pytest.MonkeyPatch.context() as patch:
        from offbeat.contrib.auth import password_validation as validation

        strict = [validation.NumericPasswordValidator()]
        patch.setattr(validation, "get_default_password_validators", lambda: strict)
        out, err = run("createsuperuser", interactive=True, stdin=Terminal())
    assert out == "Superuser created successfully."
    for complaint in (
        "Error: That username is already taken.",
        "Error: Enter a valid username.",
        "Error: Enter a valid email address.",
        "Error: Your passwords didn't match.",
        "Error: Blank passwords aren't allowed.",
        "This password is entirely numeric.",
    ):
        assert complaint in err
    assert answers.asked[0].startswith("Username")
    assert "Email address: " in answers.asked
    assert User.objects.get(username="root").check_password("12345")


def test_nobody_is_there_to_be_asked():
    out, _ = run("createsuperuser", interactive=True, stdin=io.StringIO())
    assert "Superuser creation skipped due to not running in a TTY" in out
    assert not User.objects.exists()


def test_an_interrupted_dialogue_makes_nothing(answers, monkeypatch):
    def interrupted(prompt=""):
        raise KeyboardInterrupt

    monkeypatch.setattr(builtins, "input", interrupted)
    with pytest.raises(SystemExit):
        run("createsuperuser", interactive=True, stdin=Terminal())
    assert not User.objects.exists()


def test_the_proposed_name_is_the_systems(monkeypatch):
    from offbeat.contrib.auth import management

    monkeypatch.setattr(management, "get_system_username", lambda: "Élan Vital")
    assert get_default_username() == "elanvital"
    User.objects.create(username="elanvital")
    assert get_default_username() == ""
    assert get_default_username(check_db=False) == "elanvital"


def test_changing_a_password(answers):
    User.objects.create_user("ann", password="old")
    answers.passwords = ["one", "other", "new", "new"]
    out, _ = run("changepassword", "ann")
    assert "Passwords do not match" in out
    assert "Password changed successfully for user 'ann'" in out
    assert User.objects.get().check_password("new")


def test_changing_a_password_gives_up(answers):
    User.objects.create_user("ann", password="old")
    answers.passwords = ["a", "b"] * 3
    with pytest.raises(CommandError, match="after 3 attempts"):
        run("changepassword", "ann")
    with pytest.raises(CommandError, match="user 'nobody' does not exist"):
        run("changepassword", "nobody")
    answers.passwords = [""]
    with pytest.raises(CommandError, match="aborted"):
        run("changepassword", "ann")


def test_migrate_has_made_the_permissions_of_all_models():
    found = {
        (each.content_type.app_label, each.codename): each.name
        for each in Permission.objects.select_related("content_type")
    }
    for action in ("add", "change", "delete", "view"):
        assert found["auth", f"{action}_user"] == f"Can {action} user"
        assert found["contenttypes", f"{action}_contenttype"] == f"Can {action} content type"
        assert found["sessions", f"{action}_session"] == f"Can {action} session"


def test_missing_permissions_are_made_and_known_ones_left(capsys):
    config = apps.get_app_config("auth")
    Permission.objects.filter(codename="add_user").delete()
    before = Permission.objects.count()
    create_permissions(config, verbosity=2)
    assert "Adding permission" in capsys.readouterr().out
    create_permissions(config, verbosity=0)
    assert Permission.objects.count() == before + 1


@pytest.fixture
def renamed():
    """A plan that renamed a model, and the permissions it had."""
    kind = ContentType.objects.create(app_label="auth", model="newname")
    for action in ("add", "change"):
        Permission.objects.create(
            content_type=kind, codename=f"{action}_oldname", name=f"Can {action} old name"
        )
    migration = migrations.Migration("0002_rename", "auth")
    migration.operations = [
        migrations.RenameModel("OldName", "Between"),
        migrations.RenameModel("Between", "NewName"),
    ]
    yield kind, [(migration, False)]
    Permission.objects.filter(content_type=kind).delete()
    kind.delete()
    ContentType.objects.clear_cache()


def test_permissions_follow_a_renamed_model(renamed):
    kind, plan = renamed
    output = io.StringIO()
    rename_permissions(apps.get_app_config("auth"), plan=plan, stdout=output)
    names = Permission.objects.filter(content_type=kind)
    assert {(each.codename, each.name) for each in names} == {
        ("add_newname", "Can add NewName"),
        ("change_newname", "Can change NewName"),
    }
    assert "auth.add_oldname → add_newname" in output.getvalue()
    rename_permissions(apps.get_app_config("auth"), plan=[(plan[0][0], True)], verbosity=0)
    assert names.filter(codename="add_oldname").exists()


def test_a_clash_of_permissions_changes_nothing(renamed):
    kind, plan = renamed
    Permission.objects.create(content_type=kind, codename="change_newname", name="x")
    output = io.StringIO()
    with pytest.raises(RuntimeError, match="resolve the conflict manually"):
        rename_permissions(apps.get_app_config("auth"), plan=plan, stdout=output)
    assert "Failed to rename permission" in output.getvalue()
    codenames = set(Permission.objects.filter(content_type=kind).values_list("codename", flat=True))
    assert codenames == {"add_oldname", "change_oldname", "change_newname"}
