"""Signals: receivers connected to senders.

One ``send()`` serves both worlds: an async receiver is waited for in the bridge, or, from plain sync code, run to its
end. ``asend()`` is the same call from a coroutine, where async receivers run concurrently.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import logging
import threading
import weakref
from collections.abc import Callable, Coroutine
from types import FunctionType
from typing import Any, TypeVar

from offbeat.concurrency import spawn, wait
from offbeat.concurrency.marks import iscoroutinefunction

logger = logging.getLogger("offbeat.dispatch")

_F = TypeVar("_F", bound=Callable[..., Any])
_Responses = list[tuple[Any, Any]]
NONE_ID = id(None)
_UNSET: Any = object()
NO_RECEIVERS: Any = object()


def _make_id(target: Any) -> Any:
    if hasattr(target, "__func__"):
        return (id(target.__self__), id(target.__func__))
    return id(target)


class Signal:
    """Something that can happen. ``use_caching``: keep the receivers of each sender (senders must be weakly referable)."""

    def __init__(self, use_caching: bool = False) -> None:
        self.receivers: list[tuple[tuple[Any, Any], Any, Any, bool]] = []
        self.use_caching = use_caching
        self.sender_receivers_cache: Any = weakref.WeakKeyDictionary() if use_caching else {}
        self._dead_receivers = False
        # For the moment in which the list is replaced; never held while a receiver runs.
        self.lock = threading.Lock()
        self._plain: list[Any] | None = None
        self._plain_of: Any = None

    def connect(
        self, receiver: Callable[..., Any], sender: Any = None, weak: bool = True, dispatch_uid: Any = None
    ) -> None:
        """Call ``receiver(signal=…, sender=…, **kwargs)`` when the signal is sent.

        ``weak``: forget the receiver when nothing else refers to it. ``dispatch_uid``: connect it once only.
        """
        if not callable(receiver):
            raise TypeError("Signal receivers must be callable.")
        if not _accepts_kwargs(receiver):
            raise ValueError("Signal receivers must accept keyword arguments (**kwargs).")
        key = (dispatch_uid if dispatch_uid is not None else _make_id(receiver), _make_id(sender))
        is_async = iscoroutinefunction(receiver)
        reference: Any = receiver
        if weak:
            owner: Any = receiver
            if hasattr(receiver, "__self__") and hasattr(receiver, "__func__"):
                reference = weakref.WeakMethod(receiver)
                owner = receiver.__self__
            else:
                reference = weakref.ref(receiver)
            weakref.finalize(owner, self._flag_dead_receivers)
        # A sender that died may leave its id to another object: keep a weak reference to tell them apart.
        sender_reference: Any = None
        if sender is not None:
            try:
                sender_reference = weakref.ref(sender, self._flag_dead_receivers)
            except TypeError:
                sender_reference = None
        with self.lock:
            self._clear_dead_receivers()
            if not any(known == key for known, *_ in self.receivers):
                self.receivers = [*self.receivers, (key, reference, sender_reference, is_async)]
            self.sender_receivers_cache.clear()

    def disconnect(
        self, receiver: Callable[..., Any] | None = None, sender: Any = None, dispatch_uid: Any = None
    ) -> bool:
        """Undo ``connect()`` with the same arguments; True if a receiver was there."""
        key = (dispatch_uid if dispatch_uid is not None else _make_id(receiver), _make_id(sender))
        with self.lock:
            self._clear_dead_receivers()
            kept = [entry for entry in self.receivers if entry[0] != key]
            disconnected = len(kept) != len(self.receivers)
            self.receivers = kept
            self.sender_receivers_cache.clear()
        return disconnected

    def has_listeners(self, sender: Any = None) -> bool:
        """Whether anything would be called for this sender."""
        if not self.receivers:
            return False
        sync_receivers, async_receivers = self._live_receivers(sender)
        return bool(sync_receivers) or bool(async_receivers)

    def send(self, sender: Any, **named: Any) -> _Responses:
        """Call every receiver; the first exception stops it. Returns (receiver, response) pairs."""
        if not self.receivers:
            return []
        if self._plain_of is not self.receivers:
            self._plain_of = self.receivers
            self._plain = _plain(self.receivers)
        if self._plain is not None:
            live = [receiver for reference in self._plain if (receiver := reference()) is not None]
            return [(receiver, receiver(signal=self, sender=sender, **named)) for receiver in live]
        sync_receivers, async_receivers = self._live_receivers(sender)
        responses = [(r, r(signal=self, sender=sender, **named)) for r in sync_receivers]
        if async_receivers:
            responses += _run(
                _gather([r(signal=self, sender=sender, **named) for r in async_receivers], async_receivers)
            )
        return responses

    async def asend(self, sender: Any, **named: Any) -> _Responses:
        """``send()`` for coroutines."""
        if not self.receivers:
            return []
        return await spawn(self.send, sender, **named)

    def send_robust(self, sender: Any, **named: Any) -> _Responses:
        """As ``send()``, but an exception becomes that receiver's response, and is logged."""
        if not self.receivers:
            return []
        sync_receivers, async_receivers = self._live_receivers(sender)
        responses: _Responses = []
        for receiver in sync_receivers:
            try:
                response = receiver(signal=self, sender=sender, **named)
            except Exception as error:
                self._log_failure(receiver, error)
                response = error
            responses.append((receiver, response))
        if async_receivers:
            coroutines = [self._robust(r, sender, named) for r in async_receivers]
            responses += _run(_gather(coroutines, async_receivers))
        return responses

    async def asend_robust(self, sender: Any, **named: Any) -> _Responses:
        """``send_robust()`` for coroutines."""
        if not self.receivers:
            return []
        return await spawn(self.send_robust, sender, **named)

    async def _robust(self, receiver: Callable[..., Any], sender: Any, named: dict[str, Any]) -> Any:
        try:
            return await receiver(signal=self, sender=sender, **named)
        except Exception as error:
            self._log_failure(receiver, error)
            return error

    def _log_failure(self, receiver: Any, error: Exception) -> None:
        name = getattr(receiver, "__qualname__", repr(receiver))
        logger.error("Error calling %s in Signal.send_robust() (%s)", name, error, exc_info=error)

    def _live_receivers(self, sender: Any) -> tuple[list[Any], list[Any]]:
        """(sync, async) receivers that are alive and want this sender."""
        if self.use_caching and not self._dead_receivers:
            cached = self.sender_receivers_cache.get(sender)
            if cached is NO_RECEIVERS:
                return [], []
            if cached is not None:
                return _strong(cached)
        self._clear_dead_receivers()
        sender_id = _make_id(sender)
        wanted = [
            (reference, is_async)
            for (_, wanted_id), reference, sender_reference, is_async in self.receivers
            if wanted_id == NONE_ID
            or (wanted_id == sender_id and (sender_reference is None or sender_reference() is not None))
        ]
        if self.use_caching:
            self.sender_receivers_cache[sender] = wanted or NO_RECEIVERS
        return _strong(wanted)

    def _clear_dead_receivers(self) -> None:
        if self._dead_receivers:
            self._dead_receivers = False
            self.receivers = [
                entry
                for entry in self.receivers
                if not (isinstance(entry[1], weakref.ReferenceType) and entry[1]() is None)
                and not (entry[2] is not None and entry[2]() is None)
            ]
            self.sender_receivers_cache.clear()

    def _flag_dead_receivers(self, reference: Any = None) -> None:
        # Runs inside garbage collection, where the list may be in use: only note it.
        self._dead_receivers = True


def _plain(receivers: list[Any]) -> list[Any] | None:
    """References to the receivers when all are synchronous, weakly held and want every sender; else None."""
    for (_, wanted_id), reference, _, is_async in receivers:
        if is_async or wanted_id != NONE_ID or not isinstance(reference, weakref.ReferenceType):
            return None
    return [reference for _, reference, _, _ in receivers]


def _strong(entries: list[tuple[Any, bool]]) -> tuple[list[Any], list[Any]]:
    sync_receivers: list[Any] = []
    async_receivers: list[Any] = []
    for reference, is_async in entries:
        receiver = reference() if isinstance(reference, weakref.ReferenceType) else reference
        if receiver is not None:
            (async_receivers if is_async else sync_receivers).append(receiver)
    return sync_receivers, async_receivers


def _accepts_kwargs(receiver: Callable[..., Any]) -> bool:
    if isinstance(receiver, FunctionType) and not receiver.__dict__:
        # Most are, and a signature is slow to make.
        return bool(receiver.__code__.co_flags & inspect.CO_VARKEYWORDS)
    try:
        parameters = inspect.signature(receiver).parameters.values()
    except (TypeError, ValueError):
        return True
    return any(p.kind is p.VAR_KEYWORD for p in parameters)


async def _gather(coroutines: list[Coroutine[Any, Any, Any]], receivers: list[Any]) -> _Responses:
    """The responses of concurrent receivers; the first failure cancels the others."""
    if len(coroutines) == 1:
        return [(receivers[0], await coroutines[0])]
    # One context for all: what a receiver sets, the next one sees.
    context = contextvars.copy_context()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(coroutine, context=context) for coroutine in coroutines]
    for variable, value in context.items():
        # And so does the sender, as with receivers that are plain functions.
        if variable.get(_UNSET) is not value:
            variable.set(value)
    return [(receiver, task.result()) for receiver, task in zip(receivers, tasks, strict=True)]


def _run(coroutine: Coroutine[Any, Any, _Responses]) -> _Responses:
    try:
        return wait(coroutine)
    except BaseExceptionGroup as group:
        # One receiver failed and took the others with it: its own exception is the documented one.
        raise group.exceptions[0] from None


def receiver(signal: Signal | list[Signal] | tuple[Signal, ...], **kwargs: Any) -> Callable[[_F], _F]:
    """Decorator: connect the function to one or several signals, with ``connect()``'s keyword arguments."""

    def decorator(func: _F) -> _F:
        for each in signal if isinstance(signal, list | tuple) else (signal,):
            each.connect(func, **kwargs)
        return func

    return decorator
