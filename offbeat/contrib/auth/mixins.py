"""Mixins that guard class-based views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from offbeat.concurrency import spawn, wait
from offbeat.conf import settings
from offbeat.contrib.auth.core import REDIRECT_FIELD_NAME
from offbeat.core.exceptions import ImproperlyConfigured, PermissionDenied


class AccessMixin:
    """What the other mixins share: where to send whom."""

    login_url: Any = None
    permission_denied_message: Any = ""
    raise_exception = False
    redirect_field_name: str | None = REDIRECT_FIELD_NAME
    request: Any

    def get_login_url(self) -> str:
        """``login_url`` or ``LOGIN_URL``; ImproperlyConfigured without either."""
        login_url = self.login_url or settings.LOGIN_URL
        if not login_url:
            name = type(self).__name__
            raise ImproperlyConfigured(
                f"{name} is missing the login_url attribute. Define {name}.login_url, settings.LOGIN_URL, or override "
                f"{name}.get_login_url()."
            )
        return str(login_url)

    def get_permission_denied_message(self) -> Any:
        """The text of the PermissionDenied."""
        return self.permission_denied_message

    def get_redirect_field_name(self) -> str | None:
        """The name of the parameter that brings the user back."""
        return self.redirect_field_name

    def handle_no_permission(self) -> Any:
        """PermissionDenied for who is logged in, a redirect for who is not."""
        if self.raise_exception or self.request.user.is_authenticated:
            raise PermissionDenied(self.get_permission_denied_message())
        from offbeat.contrib.auth.views import redirect_to_login

        path = self.request.build_absolute_uri()
        from offbeat.shortcuts import resolve_url

        login_url = resolve_url(self.get_login_url())
        login, current = urlsplit(login_url), urlsplit(path)
        if login.scheme in ("", current.scheme) and login.netloc in ("", current.netloc):
            path = self.request.get_full_path()
        return redirect_to_login(path, login_url, self.get_redirect_field_name())


def _guarded(
    view: Any,
    allowed: Callable[[], Any],
    proceed: Callable[..., Any],
    request: Any,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """The rest of the view's ``dispatch()``, for who is allowed."""
    if getattr(view, "view_is_async", False):
        return _async_guarded(view, allowed, proceed, request, *args, **kwargs)
    if not _answer(allowed):
        return view.handle_no_permission()
    return proceed(request, *args, **kwargs)


async def _async_guarded(
    view: Any,
    allowed: Callable[[], Any],
    proceed: Callable[..., Any],
    request: Any,
    *args: Any,
    **kwargs: Any,
) -> Any:
    if not await spawn(_answer, allowed):
        return await spawn(view.handle_no_permission)
    response = proceed(request, *args, **kwargs)
    return await response if hasattr(response, "__await__") else response


def _answer(allowed: Callable[[], Any]) -> bool:
    result = allowed()
    return bool(wait(result) if hasattr(result, "__await__") else result)


class LoginRequiredMixin(AccessMixin):
    """Only for users who are logged in."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """The view, for users who are logged in."""
        proceed = super().dispatch  # type: ignore[misc]
        return _guarded(self, lambda: request.user.is_authenticated, proceed, request, *args, **kwargs)


class PermissionRequiredMixin(AccessMixin):
    """Only for users with the permissions in ``permission_required``."""

    permission_required: Any = None

    def get_permission_required(self) -> Any:
        """The permissions as a sequence; ImproperlyConfigured when there are none."""
        if self.permission_required is None:
            name = type(self).__name__
            raise ImproperlyConfigured(
                f"{name} is missing the permission_required attribute. Define {name}.permission_required, or override "
                f"{name}.get_permission_required()."
            )
        return (
            (self.permission_required,)
            if isinstance(self.permission_required, str)
            else self.permission_required
        )

    def has_permission(self) -> bool:
        """Whether the user has them all."""
        return bool(self.request.user.has_perms(self.get_permission_required()))

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """The view, for users with the permissions."""
        proceed = super().dispatch  # type: ignore[misc]
        return _guarded(self, self.has_permission, proceed, request, *args, **kwargs)


class UserPassesTestMixin(AccessMixin):
    """Only for users for whom ``test_func()`` is true."""

    def test_func(self) -> Any:
        """Define it in the view."""
        raise NotImplementedError(
            f"{type(self).__name__} is missing the implementation of the test_func() method."
        )

    def get_test_func(self) -> Any:
        """The function to call."""
        return self.test_func

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """The view, for users who pass the test."""
        proceed = super().dispatch  # type: ignore[misc]
        return _guarded(self, self.get_test_func(), proceed, request, *args, **kwargs)
