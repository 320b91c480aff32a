"""The entry point of ASGI servers."""

from __future__ import annotations

from offbeat.core.handlers.asgi import ASGIHandler

__all__ = ["get_asgi_application"]


def get_asgi_application() -> ASGIHandler:
    """Set the framework up and return the ASGI application."""
    import offbeat

    offbeat.setup(set_prefix=False)
    return ASGIHandler()
