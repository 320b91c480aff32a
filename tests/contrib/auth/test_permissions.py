"""Permissions of users, groups, superusers and anonymous users."""

from __future__ import annotations

import pytest

from offbeat.contrib.auth.backends import BaseBackend, ModelBackend
from offbeat.contrib.auth.context_processors import PermWrapper
from offbeat.contrib.auth.models import AnonymousUser, Group, Permission, User
from offbeat.core.exceptions import PermissionDenied
from offbeat.db import connection
from offbeat.template import engines
from offbeat.test.utils import CaptureQueriesContext, override_settings

MODEL_BACKEND = "offbeat.contrib.auth.backends.ModelBackend"
HERE = "tests.contrib.auth.test_permissions."


class OwnObjects(BaseBackend):
    """Grants permissions on single objects only."""

    def get_user_permissions(self, user_obj, obj=None):
        return {"notes.own"} if obj == "mine" else set()

    def get_group_permissions(self, user_obj, obj=None):
        return {"notes.share"} if obj == "mine" else set()


class Forbidding(BaseBackend):
    def has_perm(self, user_obj, perm, obj=None):
        raise PermissionDenied

    def has_module_perms(self, user_obj, app_label):
        raise PermissionDenied


@pytest.fixture
def staff(ann):
    """Ann may add users; her group may change them."""
    ann.user_permissions.add(Permission.objects.get(codename="add_user"))
    group = Group.objects.create(name="staff")
    group.permissions.add(Permission.objects.get(codename="change_user"))
    ann.groups.add(group)
    return group


def again(user):
    return User.objects.get(pk=user.pk)


def test_permissions_come_from_the_user_and_from_groups(ann, staff):
    user = again(ann)
    assert user.get_user_permissions() == {"auth.add_user"}
    assert user.get_group_permissions() == {"auth.change_user"}
    assert user.get_all_permissions() == {"auth.add_user", "auth.change_user"}
    assert user.has_perm("auth.add_user")
    assert user.has_perm("auth.change_user")
    assert not user.has_perm("auth.delete_user")
    assert user.has_perms(["auth.add_user", "auth.change_user"])
    assert not user.has_perms(["auth.add_user", "auth.delete_user"])
    assert user.has_module_perms("auth")
    assert not user.has_module_perms("sessions")
    assert not user.has_perm("auth.add_user", obj=ann)


async def test_the_same_asked_asynchronously(ann, staff):
    user = await User.objects.aget(pk=ann.pk)
    assert await user.aget_user_permissions() == {"auth.add_user"}
    assert await user.aget_group_permissions() == {"auth.change_user"}
    assert await user.aget_all_permissions() == {"auth.add_user", "auth.change_user"}
    assert await user.ahas_perm("auth.change_user")
    assert not await user.ahas_perms(["auth.change_user", "auth.view_user"])
    assert await user.ahas_module_perms("auth")


def test_permissions_are_read_once(ann, staff):
    user = again(ann)
    user.has_perm("auth.x")
    with CaptureQueriesContext(connection) as captured:
        user.has_perm("auth.add_user")
        user.get_all_permissions()
        user.has_module_perms("auth")
    assert len(captured) == 0


def test_superusers_may_do_everything_while_they_are_active(accounts, quick_hashes):
    root = User.objects.create_superuser("root", password="x")
    assert root.has_perm("anything.at_all")
    assert root.has_module_perms("anything")
    assert len(root.get_all_permissions()) == Permission.objects.count()
    root.is_active = False
    root.save()
    root = again(root)
    assert not root.has_perm("auth.add_user")
    assert not root.has_module_perms("auth")
    assert root.get_all_permissions() == set()


def test_a_list_of_permissions_is_not_text(ann):
    for wrong in ("auth.add_user", object()):
        with pytest.raises(ValueError, match="perm_list must be an iterable"):
            ann.has_perms(wrong)


def test_backends_add_up_and_any_may_forbid(ann, staff):
    with override_settings(AUTHENTICATION_BACKENDS=[HERE + "OwnObjects", MODEL_BACKEND]):
        user = again(ann)
        assert user.has_perm("notes.own", "mine")
        assert user.get_group_permissions("mine") == {"notes.share"}
        assert user.get_all_permissions("mine") == {"notes.own", "notes.share"}
        assert user.has_perm("auth.add_user")
    with override_settings(AUTHENTICATION_BACKENDS=[HERE + "Forbidding", MODEL_BACKEND]):
        user = again(ann)
        assert not user.has_perm("auth.add_user")
        assert not user.has_module_perms("auth")


def test_who_has_a_permission(ann, staff):
    bob = User.objects.create_user("bob")
    bob.groups.add(staff)
    root = User.objects.create_superuser("root")
    gone = User.objects.create_user("gone", is_active=False)
    gone.groups.add(staff)
    find = User.objects.with_perm
    assert set(find("auth.change_user")) == {ann, bob, root}
    assert set(find("auth.change_user", include_superusers=False)) == {ann, bob}
    assert set(find("auth.change_user", is_active=False)) == {gone}
    assert set(find("auth.change_user", is_active=None)) == {ann, bob, root, gone}
    assert set(find(Permission.objects.get(codename="add_user"), include_superusers=False)) == {ann}
    assert set(find("auth.change_user", backend=MODEL_BACKEND)) == {ann, bob, root}
    assert set(find("auth.change_user", obj=ann)) == set()
    with override_settings(AUTHENTICATION_BACKENDS=[HERE + "OwnObjects"]):
        assert set(find("auth.change_user")) == set()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"perm": "nodot"}, ValueError),
        ({"perm": "too.many.dots"}, ValueError),
        ({"perm": 3}, TypeError),
        ({"perm": "a.b", "backend": ModelBackend}, TypeError),
        ({"perm": "a.b", "backend": "no.such.Backend"}, ImportError),
    ],
)
def test_wrong_questions(accounts, arguments, error):
    with pytest.raises(error):
        User.objects.with_perm(**arguments)


def test_several_backends_leave_it_open_who_is_asked(accounts):
    with override_settings(AUTHENTICATION_BACKENDS=[MODEL_BACKEND, HERE + "OwnObjects"]):
        with pytest.raises(ValueError, match="multiple authentication backends"):
            User.objects.with_perm("auth.add_user")


def test_anonymous_users(accounts):
    nobody = AnonymousUser()
    assert nobody.is_anonymous
    assert not nobody.is_authenticated
    assert (nobody.pk, nobody.id, nobody.username, nobody.get_username()) == (None, None, "", "")
    assert not (nobody.is_staff or nobody.is_active or nobody.is_superuser)
    assert nobody == AnonymousUser()
    assert nobody != User()
    assert hash(nobody) == hash(AnonymousUser())
    assert list(nobody.groups.all()) == list(nobody.user_permissions.all()) == []
    assert nobody.get_all_permissions() == nobody.get_user_permissions() == set()
    assert not nobody.has_perm("auth.add_user")
    assert not nobody.has_module_perms("auth")
    assert str(nobody) == "AnonymousUser"
    for act in (nobody.save, nobody.delete):
        with pytest.raises(NotImplementedError):
            act()
    for act in (nobody.set_password, nobody.check_password):
        with pytest.raises(NotImplementedError):
            act("x")
    with pytest.raises(TypeError):
        int(nobody)


def test_permissions_in_templates(ann, staff):
    template = engines["django"].from_string(
        "{{ perms.auth.add_user }} {{ perms.auth.view_user }} {% if perms.auth %}some{% endif %}"
        "{% if perms.sessions %}some{% endif %} {% if 'auth.change_user' in perms %}in{% endif %}"
    )
    assert template.render({"perms": PermWrapper(again(ann))}) == "True False some in"
    with pytest.raises(TypeError):
        iter(PermWrapper(ann))
    with pytest.raises(TypeError):
        iter(PermWrapper(ann)["auth"])


def test_permissions_and_groups_by_natural_key(accounts):
    permission = Permission.objects.get_by_natural_key("add_user", "auth", "user")
    assert permission.natural_key() == ("add_user", "auth", "user")
    assert permission.user_perm_str == "auth.add_user"
    assert str(permission).endswith("Can add user")
    group = Group.objects.create(name="staff")
    assert Group.objects.get_by_natural_key(*group.natural_key()) == group
    user = User.objects.create_user("ann")
    assert User.objects.get_by_natural_key(*user.natural_key()) == user
