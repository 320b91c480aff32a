"""The proxy itself, before a server that sends back what it gets."""

from __future__ import annotations

import asyncio
import gc
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from .proxy import Proxy


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(65536):
            self.request.sendall(data)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """The proxy resets connections."""


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Server(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        with Proxy("127.0.0.1", server.server_address[1]) as proxy:
            yield proxy
        server.shutdown()


@pytest.fixture
def client(proxy: Proxy) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
        echoed(client)
        yield client


def echoed(client: socket.socket, data: bytes = b"x") -> bytes:
    client.sendall(data)
    return client.recv(len(data))


def test_data_passes(client: socket.socket) -> None:
    assert echoed(client, b"hello") == b"hello"


def test_cut(proxy: Proxy, client: socket.socket) -> None:
    proxy.cut()
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as other:
        assert echoed(other) == b"x"


def test_pause_and_resume(proxy: Proxy, client: socket.socket) -> None:
    proxy.pause()
    client.sendall(b"late")
    client.settimeout(0.05)
    with pytest.raises(TimeoutError):
        client.recv(4)
    proxy.resume()
    client.settimeout(5)
    assert client.recv(4) == b"late"


def test_half_close(proxy: Proxy, client: socket.socket) -> None:
    proxy.half_close()
    assert client.recv(1) == b""
    client.sendall(b"nobody answers, but it can be sent")


def test_refuse_and_accept(proxy: Proxy, client: socket.socket) -> None:
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", proxy.port), timeout=5)
    assert echoed(client) == b"x"
    proxy.accept()
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as other:
        assert echoed(other) == b"x"


def test_delay_and_throttle(proxy: Proxy, client: socket.socket) -> None:
    proxy.latency = 0.02
    start = time.monotonic()
    echoed(client)
    assert time.monotonic() - start >= 0.04
    proxy.latency = 0
    proxy.rate = 1000
    start = time.monotonic()
    assert echoed(client, b"0123456789") == b"0123456789"
    assert time.monotonic() - start >= 0.02


def test_cut_after_something_was_sent(proxy: Proxy, client: socket.socket) -> None:
    proxy.watch = lambda data: b"COMMIT" in data
    assert echoed(client, b"SELECT") == b"SELECT"
    client.sendall(b"COMMIT")
    with pytest.raises(ConnectionResetError):
        client.recv(6)


@pytest.mark.skipif(not Proxy.can_swallow, reason="only Linux drops packets for us")
def test_swallow(proxy: Proxy, client: socket.socket) -> None:
    proxy.swallow()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 100)
    client.sendall(b"lost")
    with pytest.raises(OSError, match="timed out"):
        client.recv(4)
    with pytest.raises(TimeoutError):
        socket.create_connection(("127.0.0.1", proxy.port), timeout=0.1)
    proxy.let_through()
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as other:
        assert echoed(other) == b"x"


def test_a_connection_taken_just_before_the_end_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda hook: forgotten.append(hook.exc_value))
    connected = threading.Event()
    with socket.socket() as client:
        with Proxy("127.0.0.1", 9) as proxy:
            # The loop finds both in one turn: that it is to stop, and that a client is there.
            proxy.loop.call_soon_threadsafe(connected.wait)
            client.connect(("127.0.0.1", proxy.port))
            stopped = asyncio.run_coroutine_threadsafe(proxy.stop(), proxy.loop)
            connected.set()
            stopped.result(5)
        gc.collect()
    assert forgotten == []
