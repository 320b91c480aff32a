"""The entry point of WSGI servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offbeat.utils.loading import loading

if TYPE_CHECKING:
    from offbeat.core.handlers.wsgi import WSGIHandler

__all__ = ["get_wsgi_application"]


def get_wsgi_application() -> WSGIHandler:
    """Set the framework up and return the WSGI application."""
    with loading():
        import offbeat
        from offbeat.core.handlers.wsgi import WSGIHandler

        offbeat.setup(set_prefix=False)
        return WSGIHandler()
