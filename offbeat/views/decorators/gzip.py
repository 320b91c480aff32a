"""Compression of one view's response."""

from __future__ import annotations

from offbeat.middleware.gzip import GZipMiddleware
from offbeat.utils.decorators import decorator_from_middleware

__all__ = ["gzip_page"]

gzip_page = decorator_from_middleware(GZipMiddleware)
gzip_page.__doc__ = "Compress the response when the client accepts gzip."
