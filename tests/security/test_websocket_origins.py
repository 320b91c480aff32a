"""Where a WebSocket may come from: browsers let any page open one."""

from __future__ import annotations

import pytest

from offbeat.channels.generic.websocket import AsyncWebsocketConsumer
from offbeat.channels.security.websocket import AllowedHostsOriginValidator, OriginValidator
from offbeat.channels.testing import WebsocketCommunicator
from offbeat.test.utils import override_settings


async def may_connect(application, origin):
    headers = (
        [] if origin is None else [(b"origin", origin if isinstance(origin, bytes) else origin.encode())]
    )
    socket = WebsocketCommunicator(application, "/", headers=headers)
    connected, code = await socket.connect()
    await socket.disconnect()
    assert connected or code == 1000 or code == 403
    return connected


@pytest.mark.parametrize(
    ("allowed", "origin", "expected"),
    [
        (["good.com"], "http://good.com", True),
        (["good.com"], "https://good.com:8443", True),
        (["good.com"], "https://GOOD.com", True),
        (["GOOD.com"], "https://good.com", True),
        (["good.com"], "https://sub.good.com", False),
        (["good.com"], "https://good.com.evil.com", False),
        (["good.com"], "https://evilgood.com", False),
        (["good.com"], "https://evil.com/good.com", False),
        (["good.com"], "https://good.com@evil.com", False),
        (["good.com"], "https://evil.com#good.com", False),
        (["good.com"], "https://evil.com?good.com", False),
        (["good.com"], "null", False),
        (["good.com"], "", False),
        (["good.com"], None, False),
        (["good.com"], "file://", False),
        (["good.com"], b"\xff\xfe", False),
        (["good.com"], "good.com", False),
        (["good.com"], "https://[::1", False),
        (["good.com"], "https://good.com:port", True),
        ([".good.com"], "https://sub.good.com", True),
        ([".good.com"], "https://good.com", True),
        ([".good.com"], "https://evilgood.com", False),
        (["https://good.com"], "https://good.com", True),
        (["https://good.com"], "http://good.com", False),
        (["https://good.com"], "https://good.com:8443", False),
        (["https://good.com:443"], "https://good.com", True),
        (["https://good.com:8443"], "https://good.com:8443", True),
        (["https://good.com"], "https://good.com:port", False),
        (["https://.good.com"], "https://a.b.good.com", True),
        (["[::1]"], "http://[::1]:8000", True),
        (["localhost:8000"], "http://localhost:8000", True),
        (["*"], "https://anything.example", True),
        (["*"], None, True),
        ([], "https://good.com", False),
        (["good.com", "other.com"], "https://other.com", True),
    ],
)
async def test_origins(allowed, origin, expected):
    validator = OriginValidator(AsyncWebsocketConsumer.as_asgi(), allowed)
    assert await may_connect(validator, origin) is expected


@pytest.mark.parametrize(
    ("hosts", "debug", "origin", "expected"),
    [
        (["good.com"], False, "https://good.com", True),
        (["good.com"], True, "http://localhost:8000", False),
        ([], True, "http://localhost:8000", True),
        ([], True, "http://127.0.0.1:8000", True),
        ([], True, "http://[::1]:8000", True),
        ([], True, "http://good.com", False),
        ([], False, "http://localhost:8000", False),
    ],
)
async def test_allowed_hosts(hosts, debug, origin, expected):
    with override_settings(ALLOWED_HOSTS=hosts, DEBUG=debug):
        validator = AllowedHostsOriginValidator(AsyncWebsocketConsumer.as_asgi())
        assert await may_connect(validator, origin) is expected


async def test_two_origins_are_not_one():
    validator = OriginValidator(AsyncWebsocketConsumer.as_asgi(), ["good.com"])
    headers = [(b"origin", b"https://good.com"), (b"origin", b"https://evil.com")]
    socket = WebsocketCommunicator(validator, "/", headers=headers)
    assert (await socket.connect())[0] is False
    await socket.disconnect()


async def test_only_for_websockets():
    with pytest.raises(ValueError, match="non-WebSocket"):
        await OriginValidator(None, ["*"])({"type": "http"}, None, None)
