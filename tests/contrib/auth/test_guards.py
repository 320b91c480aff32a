"""Decorators and mixins, over sync and async views."""

from __future__ import annotations

from inspect import iscoroutinefunction

import pytest

from offbeat.contrib.auth.decorators import login_required, user_passes_test
from offbeat.contrib.auth.mixins import (
    LoginRequiredMixin,
    PermissionRequiredMixin,
    UserPassesTestMixin,
)
from offbeat.contrib.auth.models import Permission, User
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.test import AsyncClient, Client, RequestFactory
from offbeat.test.utils import override_settings

from . import views

pytestmark = pytest.mark.usefixtures("site")
SIDES = ["/", "/async/"]


async def get(url, user=None):
    """The response of a client that speaks the side's protocol."""
    client = AsyncClient()
    if user is not None:
        await client.aforce_login(user)
    return await client.get(url)


def may_change(user):
    user.user_permissions.add(Permission.objects.get(codename="change_user"))
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("url", ["login-required/", "mixin/", "permission/", "stacked/"])
async def test_strangers_are_sent_to_the_login_page(accounts, side, url):
    response = await get(side + url)
    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={side}{url}"


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("url", ["login-required/", "mixin/"])
async def test_users_get_in(ann, side, url):
    assert (await get(side + url, ann)).status_code == 200


@pytest.mark.parametrize("side", SIDES)
async def test_a_decorator_sends_users_without_permission_to_the_login_page(ann, side):
    assert (await get(f"{side}permission/", ann)).status_code == 302


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("url", ["forbidden/", "stacked/"])
async def test_users_without_permission_are_refused(ann, side, url):
    assert (await get(side + url, ann)).status_code == 403


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("url", ["permission/", "forbidden/", "stacked/", "test/", "only-ann/"])
async def test_users_with_permission_get_in(ann, side, url):
    from offbeat.concurrency import spawn

    user = await spawn(may_change, ann)
    assert (await get(side + url, user)).status_code == 200


@pytest.mark.parametrize("side", SIDES)
async def test_a_test_that_fails(ann, side):
    bob = await User.objects.acreate_user("bob")
    assert (await get(f"{side}test/", bob)).status_code == 302
    assert (await get(f"{side}only-ann/", bob)).status_code == 403
    assert (await get(f"{side}only-ann/")).status_code == 302


def test_under_wsgi_too(ann):
    client = Client()
    for url in ("/login-required/", "/async/login-required/", "/mixin/", "/async/mixin/", "/named/"):
        assert client.get(url).status_code == 302, url
    client.force_login(ann)
    for url in ("/login-required/", "/async/login-required/", "/mixin/", "/async/mixin/", "/named/"):
        assert client.get(url).status_code == 200, url


def test_decorated_views_keep_their_kind():
    assert iscoroutinefunction(login_required(views.async_who))
    assert not iscoroutinefunction(login_required(views.who))
    assert iscoroutinefunction(user_passes_test(views.may_change)(views.async_who))
    assert login_required(views.who).__name__ == "who"


def test_a_login_page_on_another_host_gets_the_whole_address():
    with override_settings(LOGIN_URL="https://login.example.com/in/"):
        response = Client().get("/login-required/")
    assert response["Location"] == "https://login.example.com/in/?next=http%3A//testserver/login-required/"


def test_mixins_have_to_be_complete():
    request = RequestFactory().get("/")

    def view(mixin):
        made = type("Made", (mixin, views.Page), {})()
        made.setup(request)
        return made

    with pytest.raises(ImproperlyConfigured, match="permission_required"):
        view(PermissionRequiredMixin).get_permission_required()
    with pytest.raises(NotImplementedError, match="test_func"):
        view(UserPassesTestMixin).test_func()
    with override_settings(LOGIN_URL=None):
        with pytest.raises(ImproperlyConfigured, match="login_url"):
            view(LoginRequiredMixin).get_login_url()


def test_a_mixin_may_refuse_everybody(ann):
    class Refusing(views.Tested, views.Page):
        raise_exception = True
        permission_denied_message = "for Ann only"

    request = RequestFactory().get("/")
    request.user = User(username="bob")
    with pytest.raises(Exception, match="for Ann only"):
        Refusing.as_view()(request)
