"""Decorators for views of one's own (Django documentation: ref/contrib/admin, "The staff_member_required decorator")."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offbeat.contrib.auth import REDIRECT_FIELD_NAME
from offbeat.contrib.auth.decorators import user_passes_test

__all__ = ["staff_member_required"]


def _is_active_staff(user: Any) -> bool:
    return bool(user.is_active and user.is_staff)


def staff_member_required(
    view_func: Callable[..., Any] | None = None,
    redirect_field_name: Any = REDIRECT_FIELD_NAME,
    login_url: Any = "admin:login",
) -> Any:
    """Let active members of the staff see a view; redirect others to ``login_url``.

    Usable with and without parameters.
    """
    decorator = user_passes_test(
        _is_active_staff, login_url=login_url, redirect_field_name=redirect_field_name
    )
    return decorator if view_func is None else decorator(view_func)
