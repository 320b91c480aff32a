"""Exceptions of consumers and channel layers.

Tree::

    Exception
    ├── AcceptConnection, DenyConnection, StopConsumer
    ├── ChannelFull, MessageTooLarge
    ├── RequestAborted, RequestTimeout
    └── InvalidChannelLayerError (a ValueError)
"""

from __future__ import annotations


class RequestAborted(Exception):
    """The client went away while its request was read."""


class RequestTimeout(RequestAborted):
    """The request took too long to arrive."""


class InvalidChannelLayerError(ValueError):
    """The channel layer is configured wrongly, or not at all."""


class AcceptConnection(Exception):
    """Raised in ``connect()``: accept the WebSocket."""


class DenyConnection(Exception):
    """Raised in ``connect()``: refuse the WebSocket."""


class ChannelFull(Exception):
    """The channel holds as many messages as its capacity allows."""


class MessageTooLarge(Exception):
    """The channel layer cannot take a message of that size."""


class StopConsumer(Exception):
    """Raised in a handler: end the consumer."""
