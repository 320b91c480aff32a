"""ChannelsLiveServerTestCase: a real server for real clients."""

from __future__ import annotations

import unittest

import httpx
import pytest
from websockets.sync.client import connect

from offbeat.channels.generic.websocket import WebsocketConsumer
from offbeat.channels.routing import ProtocolTypeRouter, URLRouter
from offbeat.channels.testing import ChannelsLiveServerTestCase
from offbeat.contrib.auth.models import User
from offbeat.core.asgi import get_asgi_application
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.http import HttpResponse
from offbeat.test.utils import override_settings
from offbeat.urls import path


class Count(WebsocketConsumer):
    def receive(self, text_data=None, bytes_data=None):
        self.send(str(User.objects.count()))


async def names(request):
    return HttpResponse(",".join([user.username async for user in User.objects.all()]))


urlpatterns = [path("names/", names)]


async def application(scope, receive, send):
    router = ProtocolTypeRouter(
        {"http": get_asgi_application(), "websocket": URLRouter([path("count/", Count.as_asgi())])}
    )
    await router(scope, receive, send)


class Live(ChannelsLiveServerTestCase):
    __test__ = False
    host = "127.0.0.1"

    def test_both_protocols_see_the_tests_rows(self):
        User.objects.create(username="ann")
        self.assertEqual(httpx.get(f"{self.live_server_url}/names/").text, "ann")
        with connect(f"{self.live_server_ws_url}/count/") as socket:
            socket.send("?")
            self.assertEqual(socket.recv(5), "1")

    def test_the_rows_of_another_test_are_gone(self):
        self.assertEqual(httpx.get(f"{self.live_server_url}/names/").text, "")
        self.assertEqual(httpx.get(f"{self.live_server_url}/nowhere/").status_code, 404)


def run_tests():
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Live)(result)
    return result


@pytest.mark.server
def test_a_live_server_for_http_and_sockets(database, layer):
    with override_settings(
        ASGI_APPLICATION="tests.channels.test_live.application", ROOT_URLCONF="tests.channels.test_live"
    ):
        from offbeat.db import connections
        from tests.databases import fresh_database

        with fresh_database("other"):
            result = run_tests()
            assert connections["other"].settings_dict["NAME"] != ":memory:"
    assert not result.errors, result.errors[0][1]
    assert not result.failures, result.failures[0][1]
    assert result.testsRun == 2


def test_a_private_database_in_memory_is_refused():
    with pytest.raises(ImproperlyConfigured, match="no other thread sees"):
        Live.setUpClass()
