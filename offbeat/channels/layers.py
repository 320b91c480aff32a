"""Channel layers: named mailboxes, and groups of them.

The in-memory layer keeps each mailbox as a queue that any event loop or thread of the process may put into; a reader is
woken on its own loop. Nothing of a channel stays once its messages are read and its groups left.
"""

from __future__ import annotations

import asyncio
import copy
import fnmatch
import random
import re
import string
import time
from collections import deque
from typing import Any

from offbeat.channels import DEFAULT_CHANNEL_LAYER
from offbeat.channels.exceptions import ChannelFull, InvalidChannelLayerError
from offbeat.conf import settings
from offbeat.core.signals import setting_changed
from offbeat.utils.module_loading import import_string

_PLAIN = frozenset({str, bytes, int, float, bool, type(None)})


class ChannelLayerManager:
    """The configured channel layers by alias, made at first use."""

    def __init__(self) -> None:
        self.backends: dict[str, Any] = {}
        setting_changed.connect(self._reset_backends)

    def _reset_backends(self, setting: str, **kwargs: Any) -> None:
        if setting == "CHANNEL_LAYERS":
            self.backends = {}

    @property
    def configs(self) -> dict[str, Any]:
        """The ``CHANNEL_LAYERS`` setting."""
        return getattr(settings, "CHANNEL_LAYERS", {})

    def make_backend(self, name: str) -> Any:
        """A new layer as configured under ``name``."""
        return self._make_backend(name, self.configs[name].get("CONFIG", {}))

    def make_test_backend(self, name: str) -> Any:
        """A new layer with ``TEST_CONFIG``; InvalidChannelLayerError without one."""
        try:
            config = self.configs[name]["TEST_CONFIG"]
        except KeyError:
            raise InvalidChannelLayerError(f"No TEST_CONFIG specified for {name}")
        return self._make_backend(name, config)

    def _make_backend(self, name: str, config: Any) -> Any:
        try:
            path = self.configs[name]["BACKEND"]
        except KeyError:
            raise InvalidChannelLayerError(f"No BACKEND specified for {name}")
        try:
            backend = import_string(path)
        except ImportError:
            raise InvalidChannelLayerError(f"Cannot import BACKEND {path!r} specified for {name}")
        return backend(**config)

    def __getitem__(self, key: str) -> Any:
        if key not in self.backends:
            self.backends[key] = self.make_backend(key)
        return self.backends[key]

    def __contains__(self, key: str) -> bool:
        return key in self.configs

    def set(self, key: str, layer: Any) -> Any:
        """Put a layer under an alias; returns the one that was there."""
        old = self.backends.get(key)
        self.backends[key] = layer
        return old


class BaseChannelLayer:
    """Names, capacities, and the interface of channel layers (Channels documentation: channel_layer_spec)."""

    MAX_NAME_LENGTH = 100
    extensions: list[str] = []
    group_name_regex = channel_name_regex = re.compile(r"[a-zA-Z\d\-_.]+(\![\d\w\-_.]*)?\Z", re.ASCII)
    invalid_name_error = (
        "{} name must be a valid unicode string with length < {} containing only ASCII alphanumerics, hyphens, "
        "underscores, or periods."
    )

    def __init__(self, expiry: int = 60, capacity: int = 100, channel_capacity: Any = None) -> None:
        self.expiry = expiry
        self.capacity = capacity
        self.channel_capacity = channel_capacity or {}

    def compile_capacities(self, channel_capacity: Any) -> list[tuple[re.Pattern[str], int]]:
        """(pattern, capacity) pairs from a dictionary of globs or patterns."""
        return [
            (pattern if hasattr(pattern, "match") else re.compile(fnmatch.translate(pattern)), capacity)
            for pattern, capacity in channel_capacity.items()
        ]

    def get_capacity(self, channel: str) -> int:
        """How many messages the channel may hold."""
        for pattern, capacity in self.channel_capacity:
            if pattern.match(channel):
                return int(capacity)
        return self.capacity

    def match_type_and_length(self, name: Any) -> bool:
        """Whether the name is text of an allowed length."""
        return isinstance(name, str) and len(name) < self.MAX_NAME_LENGTH

    def require_valid_channel_name(self, name: Any, receive: bool = False) -> bool:
        """True; TypeError for a name that is not allowed."""
        if not self.match_type_and_length(name):
            raise TypeError(self.invalid_name_error.format("Channel", self.MAX_NAME_LENGTH))
        if not bool(self.channel_name_regex.match(name)):
            raise TypeError(self.invalid_name_error.format("Channel", self.MAX_NAME_LENGTH))
        if "!" in name and not name.endswith("!") and receive:
            raise TypeError("Specific channel names in receive() must end at the !")
        return True

    def require_valid_group_name(self, name: Any) -> bool:
        """True; TypeError for a name that is not allowed."""
        if not self.match_type_and_length(name) or not self.group_name_regex.match(name) or "!" in name:
            raise TypeError(self.invalid_name_error.format("Group", self.MAX_NAME_LENGTH))
        return True

    def valid_channel_names(self, names: Any, receive: bool = False) -> bool:
        """True when all names are allowed."""
        return all(self.require_valid_channel_name(name, receive) for name in names)

    def non_local_name(self, name: str) -> str:
        """The name up to and with the "!", which is what a process receives on."""
        return name[: name.find("!") + 1] if "!" in name else name

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Put a message into a channel; ChannelFull."""
        raise NotImplementedError("send() should be implemented in a channel layer")

    async def receive(self, channel: str) -> dict[str, Any]:
        """The next message of a channel."""
        raise NotImplementedError("receive() should be implemented in a channel layer")

    async def new_channel(self) -> str:
        """A name for a channel that nobody else has."""
        raise NotImplementedError("new_channel() should be implemented in a channel layer")

    async def flush(self) -> None:
        """Forget all messages and groups."""
        raise NotImplementedError("flush() not implemented (flush extension)")

    async def group_add(self, group: str, channel: str) -> None:
        """Add a channel to a group."""
        raise NotImplementedError("group_add() not implemented (groups extension)")

    async def group_discard(self, group: str, channel: str) -> None:
        """Take a channel out of a group."""
        raise NotImplementedError("group_discard() not implemented (groups extension)")

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Put a message into all channels of a group; full ones miss it."""
        raise NotImplementedError("group_send() not implemented (groups extension)")


class _Mailbox:
    """Messages in order, each with the time it expires, and the futures of waiting readers."""

    __slots__ = ("messages", "waiters")

    def __init__(self) -> None:
        self.messages: deque[tuple[float, dict[str, Any]]] = deque()
        self.waiters: deque[asyncio.Future[None]] = deque()

    def wake(self) -> None:
        """Wake the first reader that still waits, on its own loop."""
        while self.waiters:
            waiter = self.waiters.popleft()
            if waiter.done():
                continue
            loop = waiter.get_loop()
            if loop is asyncio._get_running_loop():
                waiter.set_result(None)
            else:
                try:
                    loop.call_soon_threadsafe(_resolve, waiter)
                except RuntimeError:
                    # Its loop is closed: the next one.
                    continue
            return


def _resolve(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


def _private(message: dict[str, Any]) -> dict[str, Any]:
    """A copy that the receiver may change; one level deep when nothing below can change."""
    for value in message.values():
        if type(value) not in _PLAIN:
            return copy.deepcopy(message)
    return dict(message)


class InMemoryChannelLayer(BaseChannelLayer):
    """A layer within one process."""

    extensions = ["groups", "flush"]

    def __init__(
        self,
        expiry: int = 60,
        group_expiry: int = 86400,
        capacity: int = 100,
        channel_capacity: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(expiry=expiry, capacity=capacity, channel_capacity=channel_capacity, **kwargs)
        self.channel_capacity = self.compile_capacities(channel_capacity or {})
        self.channels: dict[str, _Mailbox] = {}
        self.groups: dict[str, dict[str, float]] = {}
        self.group_expiry = group_expiry
        self._next_clean_up = 0.0

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        if not isinstance(message, dict):
            raise TypeError("message is not a dict")
        self.require_valid_channel_name(channel)
        if "__asgi_channel__" in message:
            raise ValueError("a message may not have the key __asgi_channel__")
        self._clean_expired()
        if not self._put(channel, _private(message)):
            raise ChannelFull(channel)

    def _put(self, channel: str, message: dict[str, Any]) -> bool:
        mailbox = self.channels.get(channel)
        if mailbox is None:
            mailbox = self.channels.setdefault(channel, _Mailbox())
        now = time.monotonic()
        messages = mailbox.messages
        while messages and messages[0][0] < now:
            messages.popleft()
        if len(messages) >= self.get_capacity(channel):
            return False
        messages.append((now + self.expiry, message))
        if mailbox.waiters:
            mailbox.wake()
        return True

    async def receive(self, channel: str) -> dict[str, Any]:
        self.require_valid_channel_name(channel)
        mailbox = self.channels.get(channel)
        if mailbox is None:
            mailbox = self.channels.setdefault(channel, _Mailbox())
        try:
            while True:
                now = time.monotonic()
                while mailbox.messages:
                    expires, message = mailbox.messages.popleft()
                    if expires >= now:
                        return message
                await self._wait(mailbox)
                # Another reader may have emptied and dropped the mailbox meanwhile.
                mailbox = self.channels.setdefault(channel, mailbox)
        finally:
            if not mailbox.messages and not mailbox.waiters and self.channels.get(channel) is mailbox:
                del self.channels[channel]

    @staticmethod
    async def _wait(mailbox: _Mailbox) -> None:
        waiter = asyncio.get_running_loop().create_future()
        mailbox.waiters.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                # Woken and cancelled at once: the message is for the next reader.
                mailbox.wake()
            elif waiter in mailbox.waiters:
                mailbox.waiters.remove(waiter)
            raise

    async def new_channel(self, prefix: str = "specific.") -> str:
        """A name for a channel that nobody else has."""
        return f"{prefix}inmemory!{''.join(random.choices(string.ascii_letters, k=12))}"

    def _clean_expired(self) -> None:
        """Drop what nobody read in time. Looked for once a second at most, for it walks through everything."""
        now = time.monotonic()
        if now < self._next_clean_up:
            return
        self._next_clean_up = now + 1
        for channel, mailbox in list(self.channels.items()):
            expired = False
            while mailbox.messages and mailbox.messages[0][0] < now:
                mailbox.messages.popleft()
                expired = True
            if expired:
                # A channel that lets messages expire is not read any more.
                for members in self.groups.values():
                    members.pop(channel, None)
            if not mailbox.messages and not mailbox.waiters:
                self.channels.pop(channel, None)
        oldest = now - self.group_expiry
        for group, members in list(self.groups.items()):
            for channel, since in list(members.items()):
                if since < oldest:
                    members.pop(channel, None)
            if not members:
                self.groups.pop(group, None)

    async def flush(self) -> None:
        self.channels = {}
        self.groups = {}

    async def close(self) -> None:
        """Nothing is open."""

    async def group_add(self, group: str, channel: str) -> None:
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        self.groups.setdefault(group, {})[channel] = time.monotonic()

    async def group_discard(self, group: str, channel: str) -> None:
        self.require_valid_channel_name(channel)
        self.require_valid_group_name(group)
        members = self.groups.get(group)
        if members is not None:
            members.pop(channel, None)
            if not members:
                self.groups.pop(group, None)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        if not isinstance(message, dict):
            raise TypeError("Message is not a dict")
        self.require_valid_group_name(group)
        self._clean_expired()
        for channel in list(self.groups.get(group, ())):
            # A member that cannot keep up misses the message; the others must not wait for it.
            self._put(channel, _private(message))


def get_channel_layer(alias: str = DEFAULT_CHANNEL_LAYER) -> Any:
    """The layer of this alias, None when none is configured."""
    try:
        return channel_layers[alias]
    except KeyError:
        return None


channel_layers = ChannelLayerManager()
