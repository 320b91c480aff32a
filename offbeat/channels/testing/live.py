"""Tests against a real server that speaks HTTP and WebSocket."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import uvicorn

from offbeat.apps import apps
from offbeat.channels.routing import get_default_application
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.db import connections
from offbeat.test import TransactionTestCase, modify_settings
from offbeat.utils.functional import classproperty

__all__ = ["ChannelsLiveServerTestCase", "UvicornThread"]


class _Server(uvicorn.Server):  # type: ignore[misc,unused-ignore]
    def __init__(self, config: Any, ready: threading.Event) -> None:
        super().__init__(config)
        self.ready = ready

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets=sockets)
        self.ready.set()


class UvicornThread(threading.Thread):
    """Serves an application until ``terminate()``; ``ready`` is set when it does, or ``error`` says why not."""

    def __init__(self, host: str, application: Any, port: int = 0) -> None:
        super().__init__(daemon=True, name="offbeat-live-server")
        self.ready = threading.Event()
        self.error: BaseException | None = None
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.bind((host, port))
        except BaseException:
            self.socket.close()
            raise
        self.port = int(self.socket.getsockname()[1])
        config = uvicorn.Config(
            application,
            log_level="warning",
            lifespan="off",
            timeout_graceful_shutdown=3,
            ws="websockets-sansio",
        )
        self.server = _Server(config, self.ready)

    def run(self) -> None:
        """Serve, on a loop of the thread's own."""
        try:
            asyncio.run(self.server.serve(sockets=[self.socket]))
        except BaseException as error:
            self.error = error
        finally:
            self.ready.set()
            self.socket.close()
            connections.close_all()

    def terminate(self) -> None:
        """Stop serving and wait for the end."""
        self.server.should_exit = True
        self.join()


class ChannelsLiveServerTestCase(TransactionTestCase):
    """The application of ``ASGI_APPLICATION`` runs at ``live_server_url`` and ``live_server_ws_url``.

    It sees the same test database from a thread of its own. Source: Channels documentation, topics/testing.
    """

    host = "localhost"
    port = 0
    ProtocolServerProcess: Any = UvicornThread
    serve_static = True
    _server: Any

    @classproperty
    def live_server_url(cls) -> str:
        return f"http://{cls.host}:{cls._server.port}"

    @classproperty
    def live_server_ws_url(cls) -> str:
        return f"ws://{cls.host}:{cls._server.port}"

    @classmethod
    def get_application(cls) -> Any:
        """What is served: the application, behind the static files if there are any to serve."""
        application = get_default_application()
        if cls.serve_static and apps.is_installed("offbeat.contrib.staticfiles"):
            from offbeat.contrib.staticfiles.handlers import ASGIStaticFilesHandler

            application = ASGIStaticFilesHandler(application)
        return application

    @classmethod
    def setUpClass(cls) -> None:
        for connection in connections.all():
            if connection.vendor == "sqlite" and str(connection.settings_dict["NAME"]) == ":memory:":
                raise ImproperlyConfigured(
                    "A database in memory that no other thread sees cannot be used with a live server."
                )
        super().setUpClass()
        cls.enterClassContext(modify_settings(ALLOWED_HOSTS={"append": cls.host}))
        cls._server = cls.ProtocolServerProcess(cls.host, cls.get_application(), port=cls.port)
        cls.addClassCleanup(cls._server.terminate)
        cls._server.start()
        cls._server.ready.wait()
        if cls._server.error is not None:
            raise cls._server.error
