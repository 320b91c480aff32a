"""Decorators that guard views (Django documentation: topics/auth/default). Each works on sync and async views."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from offbeat.concurrency import spawn, wait
from offbeat.concurrency.marks import iscoroutinefunction
from offbeat.conf import settings
from offbeat.contrib.auth.core import REDIRECT_FIELD_NAME
from offbeat.core.exceptions import PermissionDenied


def user_passes_test(
    test_func: Callable[[Any], Any], login_url: Any = None, redirect_field_name: str = REDIRECT_FIELD_NAME
) -> Callable[[Any], Any]:
    """Users for whom ``test_func(user)``, sync or async, is false are sent to the login page."""

    def passes(request: Any) -> bool:
        # A request that was made by hand for an async view may have no more than the coroutine function.
        user = request.user if hasattr(request, "user") else wait(request.auser())
        result = test_func(user)
        return bool(wait(result) if hasattr(result, "__await__") else result)

    def redirect(request: Any) -> Any:
        from offbeat.contrib.auth.views import redirect_to_login

        path = request.build_absolute_uri()
        from offbeat.shortcuts import resolve_url

        resolved = resolve_url(login_url or settings.LOGIN_URL)
        login, current = urlsplit(resolved), urlsplit(path)
        if login.scheme in ("", current.scheme) and login.netloc in ("", current.netloc):
            path = request.get_full_path()
        return redirect_to_login(path, resolved, redirect_field_name)

    def decorator(view_func: Any) -> Any:
        if iscoroutinefunction(view_func):

            async def wrapper(request: Any, *args: Any, **kwargs: Any) -> Any:
                if await spawn(passes, request):
                    return await view_func(request, *args, **kwargs)
                return redirect(request)
        else:

            def wrapper(request: Any, *args: Any, **kwargs: Any) -> Any:  # type: ignore[misc]
                return view_func(request, *args, **kwargs) if passes(request) else redirect(request)

        # LoginRequiredMiddleware sends to the same place.
        wrapper.login_url = login_url  # type: ignore[attr-defined]
        wrapper.redirect_field_name = redirect_field_name  # type: ignore[attr-defined]
        return wraps(view_func)(wrapper)

    return decorator


def login_required(
    function: Any = None, redirect_field_name: str = REDIRECT_FIELD_NAME, login_url: Any = None
) -> Any:
    """Only for users who are logged in; others are sent to the login page."""
    decorator = user_passes_test(lambda user: user.is_authenticated, login_url, redirect_field_name)
    return decorator(function) if function else decorator


def login_not_required(view_func: Any) -> Any:
    """Exempts a view from LoginRequiredMiddleware."""
    view_func.login_required = False
    return view_func


def permission_required(
    perm: Any, login_url: Any = None, raise_exception: bool = False
) -> Callable[[Any], Any]:
    """Only for users with a permission, or all of several; ``raise_exception``: 403 instead of the login page."""
    perms = (perm,) if isinstance(perm, str) else perm

    def check_perms(user: Any) -> bool:
        if user.has_perms(perms):
            return True
        if raise_exception:
            raise PermissionDenied
        return False

    return user_passes_test(check_perms, login_url=login_url)
