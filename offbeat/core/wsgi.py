"""The entry point of WSGI servers."""

from __future__ import annotations

from offbeat.core.handlers.wsgi import WSGIHandler

__all__ = ["get_wsgi_application"]


def get_wsgi_application() -> WSGIHandler:
    """Set the framework up and return the WSGI application."""
    import offbeat

    offbeat.setup(set_prefix=False)
    return WSGIHandler()
