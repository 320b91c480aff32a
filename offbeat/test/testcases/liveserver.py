"""Tests against a real server in a thread."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from offbeat.conf import settings
from offbeat.core.handlers.wsgi import WSGIHandler, get_path_info
from offbeat.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from offbeat.db import connections
from offbeat.test.utils import modify_settings
from offbeat.utils.functional import classproperty

from .transactions import TransactionTestCase

__all__ = ["FSFilesHandler", "LiveServerTestCase", "LiveServerThread", "QuietWSGIRequestHandler"]


class QuietWSGIRequestHandler(WSGIRequestHandler):
    """Does not log its requests."""

    def log_message(self, *args: Any) -> None:
        """Nothing."""


class FSFilesHandler(WSGIHandler):
    """Serves the files of a folder, and hands everything else to an application."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.base_url = urlsplit(self.get_base_url())
        super().__init__()

    def get_base_dir(self) -> Any:
        """The folder."""
        raise NotImplementedError("Subclasses define get_base_dir().")

    def get_base_url(self) -> str:
        """The URL that stands for it."""
        raise NotImplementedError("Subclasses define get_base_url().")

    def _should_handle(self, path: str) -> bool:
        # Where the URL names a host, other servers serve the files; where it is empty, it would be the whole site.
        prefix = self.base_url.path
        return prefix not in ("", "/") and path.startswith(prefix) and not self.base_url.netloc

    def file_path(self, url: str) -> str:
        """The path of a file in the folder."""
        return url2pathname(url.removeprefix(self.base_url.path)).lstrip("/")

    def get_response(self, request: Any) -> Any:
        from offbeat.core.handlers.exception import response_for_exception

        try:
            return self.serve(request)
        except Exception as error:
            return response_for_exception(request, error)

    def serve(self, request: Any) -> Any:
        """The file for a request."""
        from offbeat.views.static import serve

        path = unquote(self.file_path(request.path))
        # One slash is what keeps the path relative to the folder.
        return serve(request, path.replace("\\", "/"), document_root=self.get_base_dir())

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if not self._should_handle(get_path_info(environ)):
            return self.application(environ, start_response)
        return super().__call__(environ, start_response)


class _StaticFilesHandler(FSFilesHandler):
    def get_base_dir(self) -> Any:
        return settings.STATIC_ROOT

    def get_base_url(self) -> str:
        return str(settings.STATIC_URL)


class _MediaFilesHandler(FSFilesHandler):
    def get_base_dir(self) -> Any:
        return settings.MEDIA_ROOT

    def get_base_url(self) -> str:
        return str(settings.MEDIA_URL)


class LiveServerThread(threading.Thread):
    """Serves the project until :meth:`terminate`; ``is_ready`` is set when it does, or ``error`` says why not."""

    server_class: Any = ThreadedWSGIServer

    def __init__(
        self,
        host: str,
        static_handler: Any,
        connections_override: dict[str, Any] | None = None,
        port: int = 0,
    ) -> None:
        self.host = host
        self.port = port
        self.is_ready = threading.Event()
        self.error: BaseException | None = None
        self.static_handler = static_handler
        self.connections_override = connections_override
        self.httpd: Any = None
        super().__init__(daemon=True)

    def run(self) -> None:
        """Set up the server and serve."""
        if self.connections_override:
            for alias, connection in self.connections_override.items():
                connections[alias] = connection
        try:
            handler = self.static_handler(_MediaFilesHandler(WSGIHandler()))
            self.httpd = self._create_server(connections_override=self.connections_override)
            # With port 0, the system has chosen one.
            if self.port == 0:
                self.port = self.httpd.server_address[1]
            self.httpd.set_app(handler)
            self.is_ready.set()
            self.httpd.serve_forever()
        except Exception as error:
            self.error = error
            self.is_ready.set()
        finally:
            connections.close_all()

    def _create_server(self, connections_override: dict[str, Any] | None = None) -> Any:
        return self.server_class(
            (self.host, self.port),
            QuietWSGIRequestHandler,
            allow_reuse_address=False,
            connections_override=connections_override,
        )

    def terminate(self) -> None:
        """Stop serving and wait for the end."""
        if self.httpd is not None:
            self.httpd.shutdown()
            self.httpd.server_close()
        self.join()


class LiveServerTestCase(TransactionTestCase):
    """A server of the project runs at ``live_server_url``, for real clients such as browsers.

    It shares an in-memory database with the tests. Source: Django documentation, topics/testing/tools.
    """

    host = "localhost"
    port = 0
    server_thread_class: Any = LiveServerThread
    static_handler: Any = _StaticFilesHandler
    server_thread: Any

    @classproperty
    def live_server_url(cls) -> str:
        return f"http://{cls.host}:{cls.server_thread.port}"

    @classproperty
    def allowed_host(cls) -> str:
        return str(cls.host)

    @classmethod
    def _make_connections_override(cls) -> dict[str, Any]:
        """The connections which the server's threads share with the tests: those to databases in memory."""
        return {
            connection.alias: connection
            for connection in connections.all()
            if connection.vendor == "sqlite" and connection.is_in_memory_db()
        }

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.enterClassContext(modify_settings(ALLOWED_HOSTS={"append": cls.allowed_host}))
        cls._start_server_thread()

    @classmethod
    def _start_server_thread(cls) -> None:
        override = cls._make_connections_override()
        for connection in override.values():
            connection.inc_thread_sharing()
        cls.server_thread = cls._create_server_thread(override)
        cls.server_thread.start()
        cls.addClassCleanup(cls._terminate_thread)
        cls.server_thread.is_ready.wait()
        if cls.server_thread.error:
            raise cls.server_thread.error

    @classmethod
    def _create_server_thread(cls, connections_override: dict[str, Any]) -> Any:
        return cls.server_thread_class(
            cls.host, cls.static_handler, connections_override=connections_override, port=cls.port
        )

    @classmethod
    def _terminate_thread(cls) -> None:
        cls.server_thread.terminate()
        for connection in cls.server_thread.connections_override.values():
            connection.dec_thread_sharing()
