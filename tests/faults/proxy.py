"""A TCP proxy between the code and a server, on a loop of its own, that can do what networks do."""

from __future__ import annotations

import asyncio
import ctypes
import socket
import struct
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["Proxy"]

T = TypeVar("T")

CHUNK = 65536
_SO_ATTACH_FILTER = 26
_SO_DETACH_FILTER = 27
# One instruction: accept nothing.
_NOTHING = struct.pack("HBBI", 0x06, 0, 0, 0)


class _Wire:
    """One connection of a client, and the one to the server that belongs to it."""

    def __init__(self, proxy: Proxy, client: tuple[Any, Any], server: tuple[Any, Any]) -> None:
        self.proxy = proxy
        self.client_reader, self.client_writer = client
        self.server_reader, self.server_writer = server

    async def carry(self) -> None:
        up = asyncio.ensure_future(self._pump(self.client_reader, self.server_writer, True))
        down = asyncio.ensure_future(self._pump(self.server_reader, self.client_writer, False))
        try:
            await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)
            self.client_writer.close()
            self.server_writer.close()

    async def closed(self) -> None:
        """Wait until what was still to be sent is sent, which it never is to a side that takes nothing."""
        for writer in (self.client_writer, self.server_writer):
            try:
                await writer.wait_closed()
            except OSError:  # reset
                pass

    def abort(self) -> None:
        """Give both sockets back, whatever is still to be sent."""
        for writer in (self.client_writer, self.server_writer):
            writer.transport.abort()

    async def _pump(self, reader: Any, writer: Any, upwards: bool) -> None:
        proxy = self.proxy
        while data := await reader.read(CHUNK):
            await proxy.flowing.wait()
            if proxy.latency:
                await asyncio.sleep(proxy.latency)
            if proxy.rate:
                await asyncio.sleep(len(data) / proxy.rate)
            if upwards and proxy.watch is not None and proxy.watch(data):
                # The server gets it, and nobody hears the answer.
                writer.write(data)
                await writer.drain()
                proxy.watch = None
                self.reset()
                return
            writer.write(data)
            await writer.drain()

    def reset(self) -> None:
        """End both sides at once, as a router does that lost its table."""
        for writer in (self.client_writer, self.server_writer):
            if writer.transport.is_closing():
                continue
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()


class Proxy:
    """Forwards a port of loopback to a server; used as a context manager."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.port = 0
        # Seconds that each piece of data is held back; bytes that pass in a second.
        self.latency = 0.0
        self.rate = 0.0
        # Cuts the wire on which a client sends data of which this is true, after it was sent on.
        self.watch: Callable[[bytes], bool] | None = None
        self.wires: set[_Wire] = set()
        self.accepted = 0
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._listener: socket.socket | None = None

    def __enter__(self) -> Proxy:
        self._thread.start()
        self._on_loop(self._start())
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self._on_loop(self.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def _on_loop(self, coro: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coro, self.loop).result(10)

    async def _start(self) -> None:
        self.flowing = asyncio.Event()
        self.flowing.set()
        listener = socket.create_server(("127.0.0.1", self.port), backlog=100)
        listener.setblocking(False)
        self.port = listener.getsockname()[1]
        self.loop.add_reader(listener, self._accept, listener)
        self._listener = listener

    def _accept(self, listener: socket.socket) -> None:
        """Take one connection, which belongs to a task from then on.

        asyncio's own server forgets sockets that it took just before it was closed.
        """
        try:
            client, _ = listener.accept()
        except OSError:  # gone again
            return
        client.setblocking(False)
        task = self.loop.create_task(self._serve(client))
        self._tasks.add(task)
        # Also when the task was cancelled before its first step.
        task.add_done_callback(lambda done: (client.close(), self._tasks.discard(done)))

    async def _serve(self, client: socket.socket) -> None:
        try:
            reader, writer = await asyncio.open_connection(sock=client)
            try:
                await self._forward(reader, writer)
            finally:
                writer.transport.abort()
        except (OSError, asyncio.CancelledError):
            pass  # no server, or the end of the proxy

    async def _forward(self, reader: Any, writer: Any) -> None:
        wire = _Wire(self, (reader, writer), await asyncio.open_connection(*self.target))
        self.wires.add(wire)
        self.accepted += 1
        try:
            await wire.carry()
            await wire.closed()
        finally:
            wire.abort()
            self.wires.discard(wire)

    async def stop(self) -> None:
        """Give every connection back; runs on the loop of the proxy."""
        await self._close_listener()
        for wire in list(self.wires):
            wire.reset()
        for task in self._tasks:
            task.cancel()
        while self._tasks:
            await asyncio.wait(self._tasks)
        # The transports give their sockets back in the loop's next turns.
        for _ in range(5):
            await asyncio.sleep(0)

    async def _close_listener(self) -> None:
        if self._listener is not None:
            self.loop.remove_reader(self._listener)
            self._listener.close()
            self._listener = None

    # What networks do.

    def cut(self) -> None:
        """Reset every connection; new ones work."""

        async def work() -> None:
            for wire in list(self.wires):
                wire.reset()

        self._on_loop(work())

    def pause(self) -> None:
        """Let nothing pass, in either direction; the client's data is taken, and acknowledged."""

        async def work() -> None:
            self.flowing.clear()

        self._on_loop(work())

    def resume(self) -> None:
        """Let the data pass that has waited."""

        async def work() -> None:
            self.flowing.set()

        self._on_loop(work())

    def half_close(self) -> None:
        """Tell the clients that nothing more will come, and go on reading."""

        async def work() -> None:
            for wire in list(self.wires):
                wire.client_writer.write_eof()

        self._on_loop(work())

    def refuse(self) -> None:
        """Accept no new connections."""
        self._on_loop(self._close_listener())

    def accept(self) -> None:
        """Accept new connections again, at the same port."""
        self._on_loop(self._start())

    def swallow(self) -> None:
        """Drop the packets of connected clients unseen: nothing is acknowledged, as behind a cut cable."""
        program = ctypes.create_string_buffer(_NOTHING)
        attached = struct.pack("HL", 1, ctypes.addressof(program))
        self._on_sockets(_SO_ATTACH_FILTER, attached)
        self.pause()

    def let_through(self) -> None:
        """The end of :meth:`swallow`, for connections that still exist."""
        self._on_sockets(_SO_DETACH_FILTER, struct.pack("i", 0))
        self.resume()

    can_swallow = sys.platform == "linux"

    def _on_sockets(self, option: int, value: bytes) -> None:
        async def work() -> None:
            sockets = [wire.client_writer.get_extra_info("socket") for wire in self.wires]
            if self._listener is not None:
                sockets.append(self._listener)
            for sock in sockets:
                sock.setsockopt(socket.SOL_SOCKET, option, value)

        self._on_loop(work())
