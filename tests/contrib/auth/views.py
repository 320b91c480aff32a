"""A small site behind the authentication middleware."""

from __future__ import annotations

import threading

from offbeat.concurrency import inline
from offbeat.contrib.auth import views
from offbeat.contrib.auth.decorators import (
    login_not_required,
    login_required,
    permission_required,
    user_passes_test,
)
from offbeat.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin, UserPassesTestMixin
from offbeat.http import HttpResponse, JsonResponse
from offbeat.urls import path
from offbeat.utils.decorators import method_decorator
from offbeat.views import View


def describe(request):
    return JsonResponse(
        {"id": request.user.id, "name": request.user.username, "thread": threading.get_ident()}
    )


@inline
def who(request):
    return describe(request)


async def async_who(request):
    return describe(request)


async def async_auser(request):
    user = await request.auser()
    return JsonResponse({"id": user.id, "name": user.username, "thread": threading.get_ident()})


async def may_change(user):
    return await user.ahas_perm("auth.change_user")


@login_not_required
def public(request):
    return HttpResponse("public")


@login_required(redirect_field_name="back", login_url="/special/")
def elsewhere(request):
    return HttpResponse("ok")


class Page(View):
    def get(self, request):
        return HttpResponse("ok")


class AsyncPage(View):
    async def get(self, request):
        return HttpResponse("ok")


class Both(LoginRequiredMixin, PermissionRequiredMixin):
    permission_required = "auth.change_user"


class Tested(UserPassesTestMixin):
    def test_func(self):
        return self.request.user.username == "ann"


class Mine(LoginRequiredMixin, Page):
    pass


class AsyncMine(LoginRequiredMixin, AsyncPage):
    pass


class Stacked(Both, Page):
    pass


class AsyncStacked(Both, AsyncPage):
    pass


class OnlyAnn(Tested, Page):
    pass


class AsyncOnlyAnn(Tested, AsyncPage):
    pass


class Named(View):
    @method_decorator(login_required)
    def get(self, request):
        return HttpResponse("ok")


urlpatterns = [
    path("who/", who),
    path("async/who/", async_who),
    path("async/auser/", async_auser),
    path("public/", public),
    path("login-required/", login_required(who)),
    path("async/login-required/", login_required(async_who)),
    path("elsewhere/", elsewhere),
    path("permission/", permission_required("auth.change_user")(who)),
    path("async/permission/", permission_required("auth.change_user")(async_who)),
    path("forbidden/", permission_required("auth.change_user", raise_exception=True)(who)),
    path("async/forbidden/", permission_required("auth.change_user", raise_exception=True)(async_who)),
    path("test/", user_passes_test(lambda user: user.username == "ann")(who)),
    path("async/test/", user_passes_test(may_change)(async_who)),
    path("mixin/", Mine.as_view()),
    path("async/mixin/", AsyncMine.as_view()),
    path("stacked/", Stacked.as_view()),
    path("async/stacked/", AsyncStacked.as_view()),
    path("only-ann/", OnlyAnn.as_view()),
    path("async/only-ann/", AsyncOnlyAnn.as_view()),
    path("named/", Named.as_view()),
    path("accounts/login/", views.LoginView.as_view(), name="login"),
    path("accounts/login/again/", views.LoginView.as_view(redirect_authenticated_user=True)),
    path("accounts/logout/", views.LogoutView.as_view(), name="logout"),
    path("logout-then-login/", views.logout_then_login),
    path("accounts/password_change/", views.PasswordChangeView.as_view(), name="password_change"),
    path(
        "accounts/password_change/done/", views.PasswordChangeDoneView.as_view(), name="password_change_done"
    ),
    path("accounts/password_reset/", views.PasswordResetView.as_view(), name="password_reset"),
    path("accounts/password_reset/done/", views.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path(
        "accounts/reset/<uidb64>/<token>/",
        views.PasswordResetConfirmView.as_view(),
        name="password_reset_confirm",
    ),
    path("accounts/reset/done/", views.PasswordResetCompleteView.as_view(), name="password_reset_complete"),
    path("profile/", who, name="profile"),
]
