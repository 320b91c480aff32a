"""The functions a URLconf is written with: ``path``, ``re_path`` and ``include``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.urls.patterns import LocalePrefixPattern, RegexPattern, RoutePattern
from offbeat.urls.resolvers import URLPattern, URLResolver

__all__ = ["include", "path", "re_path"]


def include(arg: Any, namespace: str | None = None) -> tuple[Any, str | None, str | None]:
    """Return what ``path()`` needs to put a whole URLconf below a prefix.

    ``arg`` is a module, its dotted name, a list of patterns, or a pair (patterns, application namespace).
    ImproperlyConfigured when an instance namespace comes without an application namespace.
    """
    app_name: str | None = None
    if isinstance(arg, tuple):
        try:
            urlconf_module, app_name = arg
        except ValueError:
            if namespace:
                raise ImproperlyConfigured(
                    "Cannot override the namespace for a dynamic module that provides a namespace."
                ) from None
            raise ImproperlyConfigured(
                f"Passing a {len(arg)}-tuple to include() is not supported. Pass a 2-tuple containing the list of "
                "patterns and app_name, and provide the namespace argument to include() instead."
            ) from None
    else:
        urlconf_module = arg
    if isinstance(urlconf_module, str):
        urlconf_module = import_module(urlconf_module)
    patterns = getattr(urlconf_module, "urlpatterns", urlconf_module)
    app_name = getattr(urlconf_module, "app_name", app_name)
    if namespace and not app_name:
        raise ImproperlyConfigured(
            "Specifying a namespace in include() without providing an app_name is not supported. Set the app_name "
            "attribute in the included module, or pass a 2-tuple containing the list of patterns and app_name "
            "instead."
        )
    namespace = namespace or app_name
    if isinstance(patterns, (list, tuple)):
        for pattern in patterns:
            if isinstance(getattr(pattern, "pattern", None), LocalePrefixPattern):
                raise ImproperlyConfigured("Using i18n_patterns in an included URLconf is not allowed.")
    return urlconf_module, app_name, namespace


def _path(
    route: Any,
    view: Any,
    kwargs: dict[str, Any] | None = None,
    name: str | None = None,
    Pattern: Any = None,
) -> URLPattern | URLResolver:
    if kwargs is not None and not isinstance(kwargs, dict):
        raise TypeError(f"kwargs argument must be a dict, but got {kwargs.__class__.__name__}.")
    if isinstance(view, (list, tuple)):
        pattern = Pattern(route, is_endpoint=False)
        urlconf_module, app_name, namespace = view
        return URLResolver(pattern, urlconf_module, kwargs, app_name=app_name, namespace=namespace)
    if callable(view):
        return URLPattern(Pattern(route, name=name, is_endpoint=True), view, kwargs, name)
    from offbeat.views import View

    if isinstance(view, View):
        class_name = view.__class__.__name__
        raise TypeError(f"view must be a callable, pass {class_name}.as_view(), not {class_name}().")
    raise TypeError("view must be a callable or a list/tuple in the case of include().")


def path(
    route: Any, view: Any, kwargs: dict[str, Any] | None = None, name: str | None = None
) -> URLPattern | URLResolver:
    """Return a URLconf element for a route with ``<converter:name>`` parts and a view or ``include()``."""
    return _path(route, view, kwargs, name, RoutePattern)


def re_path(
    route: Any, view: Any, kwargs: dict[str, Any] | None = None, name: str | None = None
) -> URLPattern | URLResolver:
    """Return a URLconf element for a regular expression and a view or ``include()``."""
    return _path(route, view, kwargs, name, RegexPattern)
