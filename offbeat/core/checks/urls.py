"""Checks of the URL configuration."""

from __future__ import annotations

import inspect
from collections import Counter
from typing import Any

from offbeat.conf import settings
from offbeat.core.checks.messages import Error, Warning
from offbeat.core.checks.registry import Tags, register
from offbeat.core.exceptions import ViewDoesNotExist

__all__ = [
    "check_custom_error_handlers",
    "check_resolver",
    "check_url_config",
    "check_url_namespaces_unique",
    "check_url_settings",
    "get_warning_for_invalid_pattern",
]


@register(Tags.urls)
def check_url_config(app_configs: Any, **kwargs: Any) -> list[Any]:
    """Check every pattern of the root URLconf."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    from offbeat.urls import get_resolver

    return check_resolver(get_resolver())


def check_resolver(resolver: Any) -> list[Any]:
    """Return the messages of a resolver or pattern; an error for anything else."""
    check = getattr(resolver, "check", None)
    if check is not None:
        return check()  # type: ignore[no-any-return]
    if not hasattr(resolver, "resolve"):
        return get_warning_for_invalid_pattern(resolver)
    return []


@register(Tags.urls)
def check_url_namespaces_unique(app_configs: Any, **kwargs: Any) -> list[Any]:
    """Warn about namespaces that occur more than once."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    from offbeat.urls import get_resolver

    counts = Counter(_all_namespaces(get_resolver()))
    return [
        Warning(
            f"URL namespace '{namespace}' isn't unique. You may not be able to reverse all URLs in this namespace",
            id="urls.W005",
        )
        for namespace, count in counts.items()
        if count > 1
    ]


def _all_namespaces(resolver: Any, parents: tuple[str, ...] = ()) -> list[str]:
    names = []
    for pattern in getattr(resolver, "url_patterns", ()):
        namespace = getattr(pattern, "namespace", None)
        below = parents if namespace is None else (*parents, namespace)
        if namespace is not None:
            names.append(":".join(below))
        names.extend(_all_namespaces(pattern, below))
    return names


def get_warning_for_invalid_pattern(pattern: Any) -> list[Any]:
    """Return the error for something in ``urlpatterns`` that is no pattern."""
    if isinstance(pattern, str):
        hint = (
            f"Try removing the string '{pattern}'. The list of urlpatterns should not have a prefix string as the "
            "first element."
        )
    elif isinstance(pattern, tuple):
        hint = "Try using path() instead of a tuple."
    else:
        hint = None
    return [
        Error(
            f"Your URL pattern {pattern!r} is invalid. Ensure that urlpatterns is a list of path() and/or "
            "re_path() instances.",
            hint=hint,
            id="urls.E004",
        )
    ]


@register(Tags.urls)
def check_url_settings(app_configs: Any, **kwargs: Any) -> list[Any]:
    """Check that the URLs of static and media files end with a slash."""
    return [
        E006(name)
        for name in ("STATIC_URL", "MEDIA_URL")
        if (value := getattr(settings, name)) and not value.endswith("/")
    ]


def E006(name: str) -> Error:
    """Return the error for a setting without a slash at its end."""
    return Error(f"The {name} setting must end with a slash.", id="urls.E006")


@register(Tags.urls)
def check_custom_error_handlers(app_configs: Any, **kwargs: Any) -> list[Any]:
    """Check that the URLconf's error handlers can be imported and called."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    from offbeat.urls import get_resolver

    resolver = get_resolver()
    errors = []
    # The handler for 500 takes the request alone, the others also the exception.
    for status_code, parameters in ((400, 2), (403, 2), (404, 2), (500, 1)):
        try:
            handler = resolver.resolve_error_handler(status_code)
        except (ImportError, ViewDoesNotExist) as error:
            path = getattr(resolver.urlconf_module, f"handler{status_code}")
            errors.append(
                Error(
                    f"The custom handler{status_code} view '{path}' could not be imported.",
                    hint=str(error),
                    id="urls.E008",
                )
            )
            continue
        args = [None] * parameters
        try:
            inspect.signature(handler).bind(*args)
        except TypeError:
            names = "request, exception" if parameters == 2 else "request"
            errors.append(
                Error(
                    f"The custom handler{status_code} view '{handler.__module__}.{handler.__qualname__}' does not "
                    f"take the correct number of arguments ({names}).",
                    id="urls.E007",
                )
            )
    return errors
