"""Test tools: drive applications without a server (Channels documentation: topics/testing)."""

from __future__ import annotations

from offbeat.channels.testing.communicators import (
    ApplicationCommunicator,
    HttpCommunicator,
    WebsocketCommunicator,
)
from offbeat.channels.testing.live import ChannelsLiveServerTestCase

__all__ = [
    "ApplicationCommunicator",
    "ChannelsLiveServerTestCase",
    "HttpCommunicator",
    "WebsocketCommunicator",
]
