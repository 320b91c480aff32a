"""Checks of where a WebSocket comes from: the browser's same-origin policy does not cover them (RFC 6455 §10.2)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlparse

from offbeat.channels.generic.websocket import AsyncWebsocketConsumer
from offbeat.conf import settings
from offbeat.http.request import is_same_domain

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class OriginValidator:
    """Lets connections of ``allowed_origins`` through: hosts, ``.domain`` for subdomains, full origins, or ``*``."""

    def __init__(self, application: Any, allowed_origins: Any) -> None:
        self.application = application
        self.allowed_origins = allowed_origins

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Handle the connection, or refuse it; ValueError for other protocols."""
        if scope["type"] != "websocket":
            raise ValueError("You cannot use OriginValidator on a non-WebSocket connection")
        parsed_origin = None
        for name, value in scope.get("headers", []):
            if name == b"origin":
                try:
                    parsed_origin = urlparse(value.decode("latin1"))
                except ValueError:
                    parsed_origin = None
        if self.valid_origin(parsed_origin):
            return await self.application(scope, receive, send)
        denier = WebsocketDenier()
        return await denier(scope, receive, send)

    def valid_origin(self, parsed_origin: Any) -> bool:
        """Whether the origin is allowed; without one, only when all are."""
        if parsed_origin is None and "*" not in self.allowed_origins:
            return False
        return self.validate_origin(parsed_origin)

    def validate_origin(self, parsed_origin: Any) -> bool:
        """Whether any pattern allows the origin."""
        return any(
            pattern == "*" or self.match_allowed_origin(parsed_origin, pattern)
            for pattern in self.allowed_origins
        )

    def match_allowed_origin(self, parsed_origin: Any, pattern: str) -> bool:
        """Whether the pattern allows the origin; one with a scheme must have the same scheme and port."""
        if parsed_origin is None or not parsed_origin.hostname:
            return False
        parsed_pattern = urlparse(pattern.lower(), scheme="")
        if parsed_pattern.scheme == "" or not parsed_pattern.hostname:
            host = urlparse("//" + pattern.lower()).hostname or pattern.lower()
            return bool(is_same_domain(parsed_origin.hostname, host))
        return bool(
            parsed_pattern.scheme == parsed_origin.scheme
            and self.get_origin_port(parsed_pattern) == self.get_origin_port(parsed_origin)
            and is_same_domain(parsed_origin.hostname, parsed_pattern.hostname)
        )

    def get_origin_port(self, origin: Any) -> int | None:
        """The port, by default that of the scheme."""
        try:
            return origin.port or _PORTS.get(origin.scheme)
        except ValueError:
            return None


def AllowedHostsOriginValidator(application: Any) -> OriginValidator:
    """An OriginValidator for ``ALLOWED_HOSTS``; in debug mode with none set, for this machine."""
    allowed = settings.ALLOWED_HOSTS
    if settings.DEBUG and not allowed:
        allowed = ["localhost", "127.0.0.1", "[::1]"]
    return OriginValidator(application, allowed)


class WebsocketDenier(AsyncWebsocketConsumer):
    """Refuses every connection."""

    async def connect(self) -> None:
        await self.close()
