"""``runserver``: the project on Uvicorn, restarted when its code changes."""

from __future__ import annotations

import errno
import ipaddress
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import offbeat
from offbeat.conf import settings, settings_module_name
from offbeat.core.management.base import BaseCommand, CommandError, CommandParser
from offbeat.utils.module_loading import import_string

_ADDRESS = re.compile(
    r"^(?:(?P<addr>\d{1,3}(?:\.\d{1,3}){3}|\[[a-fA-F0-9:]+\]|[a-zA-Z0-9.-]+):)?(?P<port>\d+)$"
)
_CHILD = "OFFBEAT_RUNSERVER_CHILD"


class Command(BaseCommand):
    help = "Starts the development server: HTTP, WebSocket and, with staticfiles installed, static files."
    # The child process runs them, so that they are shown again after each change.
    requires_system_checks: list[str] = []
    stealth_options = ("shutdown_message",)
    default_addr = "127.0.0.1"
    default_addr_ipv6 = "::1"
    default_port = "8000"
    protocol = "http"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("addrport", nargs="?", help="Optional port number, or ipaddr:port")
        parser.add_argument("--ipv6", "-6", action="store_true", dest="use_ipv6", help="Use an IPv6 address.")
        parser.add_argument(
            "--noreload", action="store_false", dest="use_reloader", help="Don't watch the code for changes."
        )
        parser.add_argument(
            "--nothreading", action="store_false", dest="use_threading", help="Run views one at a time."
        )
        parser.add_argument("--skip-checks", action="store_true", help="Skip system checks.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG and not settings.ALLOWED_HOSTS:
            raise CommandError("You must set settings.ALLOWED_HOSTS if DEBUG is False.")
        self.addr, self.port = self._address(options["addrport"], options["use_ipv6"])
        if options["use_reloader"] and not os.environ.get(_CHILD):
            self._watch()
        else:
            self.inner_run(**options)

    def _address(self, addrport: str | None, use_ipv6: bool) -> tuple[str, int]:
        if not addrport:
            return (self.default_addr_ipv6 if use_ipv6 else self.default_addr), int(self.default_port)
        match = _ADDRESS.match(addrport)
        if match is None:
            raise CommandError(f'"{addrport}" is not a valid port number or address:port pair.')
        addr, port = match["addr"], match["port"]
        if not addr:
            return (self.default_addr_ipv6 if use_ipv6 else self.default_addr), int(port)
        if addr.startswith("["):
            addr = addr[1:-1]
            try:
                ipaddress.IPv6Address(addr)
            except ValueError:
                raise CommandError(f'"{addr}" is not a valid IPv6 address.')
        return addr, int(port)

    def get_handler(self, *args: Any, **options: Any) -> Any:
        """The ASGI application: ``ASGI_APPLICATION``, or the plain one."""
        if settings.ASGI_APPLICATION:
            return import_string(settings.ASGI_APPLICATION)
        from offbeat.core.asgi import get_asgi_application

        return get_asgi_application()

    def inner_run(self, **options: Any) -> None:
        """Check the project and serve it in this process."""
        import uvicorn

        if not options["skip_checks"]:
            self.stdout.write("Performing system checks...\n")
            self.check(display_num_errors=True)
        self.check_migrations()
        self._announce()
        config = uvicorn.Config(
            self.get_handler(**options),
            host=self.addr,
            port=self.port,
            log_level="info",
            lifespan="auto",
            timeout_graceful_shutdown=3,
        )
        sock = self._bind()
        try:
            uvicorn.Server(config).run(sockets=[sock])
        except KeyboardInterrupt:
            pass
        finally:
            sock.close()

    def _bind(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.addr else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((self.addr, self.port))
        except OSError as error:
            sock.close()
            reasons = {
                errno.EACCES: "You don't have permission to access that port.",
                errno.EADDRINUSE: "That port is already in use.",
                errno.EADDRNOTAVAIL: "That IP address can't be assigned to.",
            }
            raise CommandError(f"{reasons.get(error.errno or 0, str(error))}")
        sock.set_inheritable(True)
        return sock

    def _announce(self) -> None:
        now = datetime.now().strftime("%B %d, %Y - %X")
        shown = f"[{self.addr}]" if ":" in self.addr else self.addr
        quit_command = "CTRL-BREAK" if sys.platform == "win32" else "CONTROL-C"
        self.stdout.write(
            f"{now}\nOffbeat version {offbeat.__version__}, using settings {settings_module_name()!r}\n"
            f"Starting development server at {self.protocol}://{shown}:{self.port}/\nQuit the server with {quit_command}."
        )

    def _watch(self) -> None:
        """Run this command in a child process; start it anew when a watched file changes or it cannot start."""
        from watchfiles import watch

        if threading.current_thread() is threading.main_thread():
            # By itself it would end this process at once, and leave the one that serves behind.
            signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
        environment = {**os.environ, _CHILD: "1"}
        arguments = [sys.executable, *self._interpreter_options(), *sys.argv]
        child = subprocess.Popen(arguments, env=environment)
        try:
            for changes in watch(
                *self._watched(), watch_filter=_is_code, rust_timeout=500, yield_on_timeout=True
            ):
                if changes:
                    names = ", ".join(sorted({Path(path).name for _, path in changes}))
                    self.stdout.write(f"{names} changed, reloading.")
                    _stop(child)
                    child = subprocess.Popen(arguments, env=environment)
                elif child.poll() == 0:
                    return
        finally:
            _stop(child)

    @staticmethod
    def _interpreter_options() -> list[str]:
        return [f"-W{option}" for option in sys.warnoptions]

    @staticmethod
    def _watched() -> list[Path]:
        from offbeat.apps import apps

        folders = {Path.cwd()}
        if apps.apps_ready:
            folders |= {Path(config.path) for config in apps.get_app_configs()}
        folders = {folder for folder in folders if "site-packages" not in folder.parts}
        return [folder for folder in folders if not any(other in folder.parents for other in folders)]


def _is_code(change: Any, path: str) -> bool:
    return path.endswith((".py", ".env", ".mo")) and "__pycache__" not in path


def _stop(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
