"""Decorators for the CSRF protection of one view."""

from __future__ import annotations

from typing import Any

from offbeat.middleware.csrf import CsrfViewMiddleware, get_token
from offbeat.utils.decorators import decorator_from_middleware
from offbeat.views.decorators._wrap import around

__all__ = ["csrf_exempt", "csrf_protect", "ensure_csrf_cookie", "requires_csrf_token"]

csrf_protect = decorator_from_middleware(CsrfViewMiddleware)
csrf_protect.__name__ = "csrf_protect"
csrf_protect.__doc__ = "Check the CSRF token of this view, where the middleware is not used."


class _TokenAlways(CsrfViewMiddleware):
    """Lets every request through; the csrf_token tag works."""

    def _reject(self, request: Any, reason: str) -> Any:
        return None


requires_csrf_token = decorator_from_middleware(_TokenAlways)
requires_csrf_token.__name__ = "requires_csrf_token"
requires_csrf_token.__doc__ = "Make the csrf_token tag work in this view, without a check."


class _CookieAlways(_TokenAlways):
    """As above, and the cookie is sent even when no template asks for the token."""

    def process_view(self, request: Any, callback: Any, callback_args: Any, callback_kwargs: Any) -> Any:
        response = super().process_view(request, callback, callback_args, callback_kwargs)
        get_token(request)
        return response


ensure_csrf_cookie = decorator_from_middleware(_CookieAlways)
ensure_csrf_cookie.__name__ = "ensure_csrf_cookie"
ensure_csrf_cookie.__doc__ = "Send the CSRF cookie whether or not the page has a form."


def csrf_exempt(view_func: Any) -> Any:
    """Do not check this view."""
    wrapper = around(view_func)
    wrapper.csrf_exempt = True
    return wrapper
