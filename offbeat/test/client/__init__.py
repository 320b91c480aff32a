"""Clients and request factories for tests. Source: Django documentation, topics/testing/tools."""

from .async_client import AsyncClient
from .base import ClientMixin, RedirectCycleError
from .factory import AsyncRequestFactory, RequestFactory
from .handlers import (
    AsyncClientHandler,
    ClientHandler,
    aclosing_iterator_wrapper,
    closing_iterator_wrapper,
    conditional_content_removal,
)
from .payload import (
    BOUNDARY,
    CONTENT_TYPE_RE,
    JSON_CONTENT_TYPE_RE,
    MULTIPART_CONTENT,
    FakePayload,
    encode_file,
    encode_multipart,
)
from .sync_client import Client

__all__ = [
    "BOUNDARY",
    "CONTENT_TYPE_RE",
    "JSON_CONTENT_TYPE_RE",
    "MULTIPART_CONTENT",
    "AsyncClient",
    "AsyncClientHandler",
    "AsyncRequestFactory",
    "Client",
    "ClientHandler",
    "ClientMixin",
    "FakePayload",
    "RedirectCycleError",
    "RequestFactory",
    "aclosing_iterator_wrapper",
    "closing_iterator_wrapper",
    "conditional_content_removal",
    "encode_file",
    "encode_multipart",
]
