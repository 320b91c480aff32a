"""A WSGI server for development and tests, on the standard library's. It is not made for production."""

from __future__ import annotations

import logging
import socket
import socketserver
import sys
from typing import Any
from wsgiref import simple_server

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.core.handlers.wsgi import LimitedStream
from offbeat.core.wsgi import get_wsgi_application
from offbeat.db import connections
from offbeat.utils.module_loading import import_string

__all__ = [
    "ServerHandler",
    "ThreadedWSGIServer",
    "WSGIRequestHandler",
    "WSGIServer",
    "get_internal_wsgi_application",
    "is_broken_pipe_error",
    "run",
]

logger = logging.getLogger("offbeat.server")
# A TLS client's first bytes, met when it takes this server for one that speaks TLS.
TLS_HANDSHAKE = "\x16\x03"


def get_internal_wsgi_application() -> Any:
    """Return the application of WSGI_APPLICATION, else a default one; ImproperlyConfigured when it fails."""
    from offbeat.conf import settings

    path = settings.WSGI_APPLICATION
    if path is None:
        return get_wsgi_application()
    try:
        return import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(
            f"WSGI application '{path}' could not be loaded; Error importing module."
        ) from error


def is_broken_pipe_error() -> bool:
    """Tell whether the exception at hand says that the client has gone."""
    return isinstance(sys.exception(), (BrokenPipeError, ConnectionAbortedError, ConnectionResetError))


class WSGIServer(simple_server.WSGIServer):
    """Serves one request after the other; IPv6 when asked."""

    request_queue_size = 10

    def __init__(
        self, *args: Any, ipv6: bool = False, allow_reuse_address: bool = True, **kwargs: Any
    ) -> None:
        if ipv6:
            self.address_family = socket.AF_INET6
        self.allow_reuse_address = allow_reuse_address
        super().__init__(*args, **kwargs)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log a client that has gone in one line, everything else in full."""
        if is_broken_pipe_error():
            logger.info("- Broken pipe from %s", client_address)
        else:
            super().handle_error(request, client_address)


class ThreadedWSGIServer(socketserver.ThreadingMixIn, WSGIServer):
    """Serves each connection in a thread of its own."""

    daemon_threads = True

    def __init__(self, *args: Any, connections_override: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connections_override = connections_override

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Use the test's database connections in the thread, where there are any."""
        if self.connections_override:
            for alias, connection in self.connections_override.items():
                connections[alias] = connection
        super().process_request_thread(request, client_address)

    def _close_connections(self) -> None:
        # A thread's connections end with it.
        connections.close_all()

    def close_request(self, request: Any) -> None:
        """Close the connections of the thread, and the request."""
        self._close_connections()
        super().close_request(request)


class ServerHandler(simple_server.ServerHandler):
    """Runs the application for one request."""

    http_version = "1.1"
    request_handler: Any
    headers: Any
    headers_sent: bool
    environ: Any

    def __init__(self, stdin: Any, stdout: Any, stderr: Any, environ: dict[str, Any], **kwargs: Any) -> None:
        try:
            length = int(environ.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        limited: Any = LimitedStream(stdin, length)
        super().__init__(limited, stdout, stderr, environ, **kwargs)

    def cleanup_headers(self) -> None:
        """Say whether the connection is kept: only when the client can tell where the response ends."""
        super().cleanup_headers()
        head = self.environ.get("REQUEST_METHOD") == "HEAD"
        if "Content-Length" not in self.headers and not head:
            self.headers["Connection"] = "close"
        elif not isinstance(self.request_handler.server, socketserver.ThreadingMixIn):
            # A kept connection would be the only one that is served.
            self.headers["Connection"] = "close"
        if self.headers.get("Connection") == "close":
            self.request_handler.close_connection = True

    def close(self) -> None:
        """Read what is left of the body, so that the next request begins where it should."""
        self.get_stdin().read()
        super().close()

    def finish_response(self) -> None:
        """Send the response, for HEAD its headers only."""
        if self.environ["REQUEST_METHOD"] != "HEAD":
            super().finish_response()
            return
        try:
            if not self.headers_sent:
                self.send_headers()
        finally:
            self.close()


class WSGIRequestHandler(simple_server.WSGIRequestHandler):
    """Reads requests from a connection that may be kept."""

    protocol_version = "HTTP/1.1"

    def address_string(self) -> str:
        """Return the client's address; no name is looked up."""
        return str(self.client_address[0])

    def log_message(self, format: str, *args: Any) -> None:
        """Log a request by its status."""
        extra = {"request": self.request, "server_time": self.log_date_time_string()}
        status = str(args[1]) if len(args) > 1 else ""
        if status.startswith("4"):
            if str(args[0]).startswith(TLS_HANDSHAKE):
                extra["status_code"] = 500
                logger.error(
                    "You're accessing the development server over HTTPS, but it only supports HTTP.",
                    extra=extra,
                )
                return
            level = logger.warning
        elif status.startswith("5"):
            level = logger.error
        else:
            level = logger.info
        if status.isdigit():
            extra["status_code"] = int(status)
        level(format, *args, extra=extra)

    def get_environ(self) -> Any:
        """Return the environ without headers whose names have underscores, which could pass for others."""
        for name in list(self.headers):
            if "_" in name:
                del self.headers[name]
        return super().get_environ()

    def handle(self) -> None:
        """Serve requests until the connection ends."""
        self.close_connection = True
        self.handle_one_request()
        while not self.close_connection:
            self.handle_one_request()
        try:
            self.connection.shutdown(socket.SHUT_WR)
        except (AttributeError, OSError):
            return

    def handle_one_request(self) -> None:
        """Serve one request; 414 for a request line that is too long."""
        self.raw_requestline = self.rfile.readline(65537)
        if len(self.raw_requestline) > 65536:
            self.requestline = self.request_version = self.command = ""
            self.send_error(414)
            return
        if not self.parse_request():
            return
        handler = ServerHandler(self.rfile, self.wfile, self.get_stderr(), self.get_environ())
        handler.request_handler = self
        handler.run(self.server.get_app())  # type: ignore[attr-defined]


def run(
    addr: str,
    port: int,
    wsgi_handler: Any,
    ipv6: bool = False,
    threading: bool = False,
    on_bind: Any = None,
    server_cls: Any = WSGIServer,
) -> None:
    """Serve an application for ever; ``on_bind`` is called with the port."""
    cls: Any = type("WSGIServer", (socketserver.ThreadingMixIn, server_cls), {}) if threading else server_cls
    httpd = cls((addr, port), WSGIRequestHandler, ipv6=ipv6)
    if on_bind is not None:
        on_bind(getattr(httpd, "server_port", port))
    if threading:
        # A request in progress does not keep the process alive.
        httpd.daemon_threads = True
    httpd.set_app(wsgi_handler)
    httpd.serve_forever()
