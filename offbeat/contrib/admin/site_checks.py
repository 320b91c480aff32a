"""System checks of the project around the admin."""

from __future__ import annotations

from typing import Any

from offbeat.apps import apps
from offbeat.conf import settings
from offbeat.core import checks
from offbeat.template import engines
from offbeat.template.backends.django import DjangoTemplates
from offbeat.utils.module_loading import import_string

__all__ = ["check_admin_app", "check_dependencies"]

_REQUEST_PROCESSOR = "offbeat.template.context_processors.request"
_AUTH_PROCESSOR = "offbeat.contrib.auth.context_processors.auth"
_MESSAGES_PROCESSOR = "offbeat.contrib.messages.context_processors.messages"
_SESSIONS = "offbeat.contrib.sessions.middleware.SessionMiddleware"
_AUTHENTICATION = "offbeat.contrib.auth.middleware.AuthenticationMiddleware"
_MESSAGES = "offbeat.contrib.messages.middleware.MessageMiddleware"


def check_admin_app(app_configs: Any = None, **kwargs: Any) -> list[Any]:
    """The errors of all sites."""
    from offbeat.contrib.admin.sites import all_sites

    errors: list[Any] = []
    for site in all_sites:
        errors.extend(site.check(app_configs))
    return errors


def _named(paths: Any, wanted: str) -> bool:
    """Whether one of the dotted paths names a class or function, or a subclass of it."""
    base = import_string(wanted)
    for path in paths:
        try:
            found = import_string(path)
        except ImportError:
            continue
        if found is base or (isinstance(found, type) and isinstance(base, type) and issubclass(found, base)):
            return True
    return False


def _needed(what: str, where: str, id: str, hint: str | None = None) -> Any:
    return checks.Error(
        f"'{what}' must be in {where} in order to use the admin application.", hint=hint, id=id
    )


def check_dependencies(**kwargs: Any) -> list[Any]:
    """The applications, context processors and middleware that the admin needs."""
    if not apps.is_installed("offbeat.contrib.admin"):
        return []
    errors = [
        _needed(name, "INSTALLED_APPS", id)
        for name, id in (
            ("offbeat.contrib.contenttypes", "admin.E401"),
            ("offbeat.contrib.auth", "admin.E405"),
            ("offbeat.contrib.messages", "admin.E406"),
        )
        if not apps.is_installed(name)
    ]
    errors += _check_templates()
    middleware = settings.MIDDLEWARE
    if not _named(middleware, _AUTHENTICATION):
        errors.append(_needed(_AUTHENTICATION, "MIDDLEWARE", "admin.E408"))
    if not _named(middleware, _MESSAGES):
        errors.append(_needed(_MESSAGES, "MIDDLEWARE", "admin.E409"))
    if not _named(middleware, _SESSIONS):
        hint = f"Insert '{_SESSIONS}' before '{_AUTHENTICATION}'."
        errors.append(_needed(_SESSIONS, "MIDDLEWARE", "admin.E410", hint))
    return errors


def _check_templates() -> list[Any]:
    engine = next((one for one in engines.all() if isinstance(one, DjangoTemplates)), None)
    if engine is None:
        message = (
            "A 'offbeat.template.backends.django.DjangoTemplates' instance must be configured in TEMPLATES in order to "
            "use the admin application."
        )
        return [checks.Error(message, id="admin.E403")]
    errors: list[Any] = []
    processors = engine.engine.context_processors
    if not _named(processors, _AUTH_PROCESSOR) and _named(
        settings.AUTHENTICATION_BACKENDS, "offbeat.contrib.auth.backends.ModelBackend"
    ):
        message = (
            f"'{_AUTH_PROCESSOR}' must be enabled in DjangoTemplates (TEMPLATES) if using the default auth backend in "
            "order to use the admin application."
        )
        errors.append(checks.Error(message, id="admin.E402"))
    if not _named(processors, _MESSAGES_PROCESSOR):
        message = (
            f"'{_MESSAGES_PROCESSOR}' must be enabled in DjangoTemplates (TEMPLATES) in order to use the admin "
            "application."
        )
        errors.append(checks.Error(message, id="admin.E404"))
    if _has_sidebar() and not _named(processors, _REQUEST_PROCESSOR):
        message = (
            f"'{_REQUEST_PROCESSOR}' must be enabled in DjangoTemplates (TEMPLATES) in order to use the admin navigation "
            "sidebar."
        )
        errors.append(checks.Warning(message, id="admin.W411"))
    return errors


def _has_sidebar() -> bool:
    from offbeat.contrib.admin.sites import all_sites

    return any(site.enable_nav_sidebar for site in all_sites)
