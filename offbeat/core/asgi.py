"""The entry point of ASGI servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offbeat.utils.loading import loading

if TYPE_CHECKING:
    from offbeat.core.handlers.asgi import ASGIHandler

__all__ = ["get_asgi_application"]


def get_asgi_application() -> ASGIHandler:
    """Set the framework up and return the ASGI application."""
    with loading():
        import offbeat
        from offbeat.core.handlers.asgi import ASGIHandler

        offbeat.setup(set_prefix=False)
        return ASGIHandler()
