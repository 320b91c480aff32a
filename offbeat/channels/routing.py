"""Routing of connections by protocol, URL and channel name."""

from __future__ import annotations

from typing import Any

from offbeat.conf import settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.urls.exceptions import Resolver404
from offbeat.urls.resolvers import URLResolver
from offbeat.utils.module_loading import import_string


def get_default_application() -> Any:
    """The application that ``ASGI_APPLICATION`` names; ImproperlyConfigured."""
    path = settings.ASGI_APPLICATION
    if not path:
        raise ImproperlyConfigured("Cannot import ASGI_APPLICATION: it is not set")
    try:
        return import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(f"Cannot import ASGI_APPLICATION {path!r}: {error}") from error


class ProtocolTypeRouter:
    """Chooses an application by the type of the scope: ``http``, ``websocket``, ``lifespan`` …"""

    def __init__(self, application_mapping: dict[str, Any]) -> None:
        self.application_mapping = application_mapping

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Call the application; ValueError for a protocol without one."""
        application = self.application_mapping.get(scope["type"])
        if application is None and scope["type"] == "lifespan":
            # What serves HTTP knows what to do at start and end.
            application = self.application_mapping.get("http")
        if application is None:
            raise ValueError(f"No application configured for scope type {scope['type']!r}")
        return await application(scope, receive, send)


class _NoRoute(Resolver404):
    """A nested router found no route; it has called nothing."""


class URLRouter:
    """Chooses an application by path, from ``path()`` and ``re_path()`` routes; routers may be nested.

    Sets ``scope["url_route"]`` to ``{"args": …, "kwargs": …}``.
    """

    _path_routing = True

    def __init__(self, routes: Any) -> None:
        self.routes = []
        for route in routes:
            if isinstance(route, URLResolver):
                raise ImproperlyConfigured(
                    f"{route}: include() is not supported in URLRouter. Use nested URLRouter instances instead."
                )
            nested = getattr(route.callback, "_path_routing", False)
            pattern = route.pattern
            if nested and pattern._is_endpoint:
                # What follows in the path is for the nested router.
                pattern = type(pattern)(pattern._source, pattern.name, is_endpoint=False)
            self.routes.append((pattern, route.default_args, route.callback))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Call the first application whose route matches; ValueError if none does."""
        path = scope.get("path_remaining", scope.get("path"))
        if path is None:
            raise ValueError("No 'path' key in connection scope, cannot route URLs")
        if scope.get("root_path") and "path_remaining" not in scope:
            path = path.removeprefix(scope["root_path"])
        path = path.lstrip("/")
        outer = scope.get("url_route", {})
        for pattern, default_args, application in self.routes:
            try:
                match = pattern.match(path)
            except Resolver404:
                continue
            if not match:
                continue
            remaining, args, kwargs = match
            route = {
                "args": (*outer.get("args", ()), *args),
                "kwargs": {**outer.get("kwargs", {}), **kwargs, **default_args},
            }
            inner = {**scope, "path_remaining": remaining, "url_route": route}
            try:
                return await application(inner, receive, send)
            except _NoRoute:
                # A nested router has nothing for the rest of the path.
                continue
        if "path_remaining" in scope:
            raise _NoRoute(f"No route found for path {path!r}.")
        raise ValueError(f"No route found for path {path!r}.")


class ChannelNameRouter:
    """Chooses an application by the name of the channel that a worker reads."""

    def __init__(self, application_mapping: dict[str, Any]) -> None:
        self.application_mapping = application_mapping

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Call the application; ValueError for an unknown channel."""
        if "channel" not in scope:
            raise ValueError(
                "ChannelNameRouter got a scope without a 'channel' key. Did you make sure it's only being used for 'channel' type messages?"
            )
        if scope["channel"] not in self.application_mapping:
            raise ValueError(
                f"No application configured for channel name {scope['channel']!r} (available: "
                f"{', '.join(sorted(self.application_mapping))})"
            )
        return await self.application_mapping[scope["channel"]](scope, receive, send)
