"""Protection from forged requests."""

from __future__ import annotations

import inspect
from typing import Any

from offbeat.conf import settings
from offbeat.core.checks.messages import CheckMessage, Error, Warning
from offbeat.core.checks.registry import Tags, register
from offbeat.core.checks.security.helpers import has_middleware

_CSRF = "offbeat.middleware.csrf.CsrfViewMiddleware"

W003 = Warning(
    "You don't appear to be using the built-in cross-site request forgery protection via the middleware "
    "('offbeat.middleware.csrf.CsrfViewMiddleware' is not in your MIDDLEWARE). Enabling the middleware is the safest "
    "approach to ensure you don't leave any holes.",
    id="security.W003",
)
W016 = Warning(
    "You have 'offbeat.middleware.csrf.CsrfViewMiddleware' in your MIDDLEWARE, but you have not set CSRF_COOKIE_SECURE to "
    "True. Using a secure-only CSRF cookie makes it more difficult for network traffic sniffers to steal the CSRF token.",
    id="security.W016",
)


@register(Tags.security, deploy=True)
def check_csrf_middleware(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """security.W003."""
    return [] if has_middleware(_CSRF) else [W003]


@register(Tags.security, deploy=True)
def check_csrf_cookie_secure(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """security.W016."""
    fine = settings.CSRF_USE_SESSIONS or not has_middleware(_CSRF) or settings.CSRF_COOKIE_SECURE is True
    return [] if fine else [W016]


@register(Tags.security)
def check_csrf_failure_view(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """security.E101, security.E102."""
    from offbeat.middleware.csrf import _get_failure_view

    try:
        view = _get_failure_view()
    except ImportError:
        return [
            Error(
                f"The CSRF failure view '{settings.CSRF_FAILURE_VIEW}' could not be imported.",
                id="security.E102",
            )
        ]
    try:
        inspect.signature(view).bind(None, reason=None)
    except TypeError:
        return [
            Error(
                f"The CSRF failure view '{settings.CSRF_FAILURE_VIEW}' does not take the correct number of arguments.",
                id="security.E101",
            )
        ]
    return []
