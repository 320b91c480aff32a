"""The session cookie."""

from __future__ import annotations

from typing import Any

from offbeat.conf import settings
from offbeat.core.checks.messages import CheckMessage, Warning
from offbeat.core.checks.registry import Tags, register
from offbeat.core.checks.security.helpers import has_app, has_middleware

_APP = "offbeat.contrib.sessions"
_MIDDLEWARE = "offbeat.contrib.sessions.middleware.SessionMiddleware"
_IN_APPS = "You have 'offbeat.contrib.sessions' in your INSTALLED_APPS, but you have not set {0} to True."
_IN_MIDDLEWARE = "You have 'offbeat.contrib.sessions.middleware.SessionMiddleware' in your MIDDLEWARE, but you have not set {0} to True."
_BOTH = "{0} is not set to True."
_SECURE = " Using a secure-only session cookie makes it more difficult for network traffic sniffers to hijack user sessions."
_HTTP_ONLY = " Using an HttpOnly session cookie makes it more difficult for cross-site scripting attacks to hijack user sessions."


def _warning(text: str, setting: str, number: int) -> Warning:
    reason = _SECURE if setting == "SESSION_COOKIE_SECURE" else _HTTP_ONLY
    return Warning(text.format(setting) + reason, id=f"security.W{number:03}")


W010 = _warning(_IN_APPS, "SESSION_COOKIE_SECURE", 10)
W011 = _warning(_IN_MIDDLEWARE, "SESSION_COOKIE_SECURE", 11)
W012 = _warning(_BOTH, "SESSION_COOKIE_SECURE", 12)
W013 = _warning(_IN_APPS, "SESSION_COOKIE_HTTPONLY", 13)
W014 = _warning(_IN_MIDDLEWARE, "SESSION_COOKIE_HTTPONLY", 14)
W015 = _warning(_BOTH, "SESSION_COOKIE_HTTPONLY", 15)


def _check(value: Any, in_apps: Warning, in_middleware: Warning, both: Warning) -> list[CheckMessage]:
    if value is True:
        return []
    app, middleware = has_app(_APP), has_middleware(_MIDDLEWARE)
    if app and middleware:
        return [both]
    return [in_apps] if app else [in_middleware] if middleware else []


@register(Tags.security, deploy=True)
def check_session_cookie_secure(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """security.W010, W011, W012."""
    return _check(settings.SESSION_COOKIE_SECURE, W010, W011, W012)


@register(Tags.security, deploy=True)
def check_session_cookie_httponly(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """security.W013, W014, W015."""
    return _check(settings.SESSION_COOKIE_HTTPONLY, W013, W014, W015)
