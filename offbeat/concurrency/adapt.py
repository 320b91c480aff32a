"""asgiref's names over the bridge and the worker threads, and marks for where a view shall run."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, Generic, Literal, ParamSpec, TypeVar, overload

from .bridge import in_bridge, wait
from .call import Call
from .home import call_waiting_thread
from .marks import iscoroutinefunction, markcoroutinefunction
from .subject import context_to_pass_on
from .workers import Workers, in_thread

T = TypeVar("T")
P = ParamSpec("P")
F = TypeVar("F", bound=Callable[..., Any])

__all__ = [
    "AsyncToSync",
    "SyncToAsync",
    "async_to_sync",
    "inline",
    "patch_asgiref",
    "placement",
    "sync_to_async",
    "threaded",
]


class AsyncToSync(Generic[P, T]):
    """A synchronous callable which waits for an asynchronous one, wherever :func:`wait` is allowed."""

    def __init__(self, awaitable: Callable[P, Coroutine[Any, Any, T]], force_new_loop: bool = False) -> None:
        if not callable(awaitable):
            raise TypeError("async_to_sync can only be applied to callables.")
        self.awaitable = awaitable
        functools.update_wrapper(self, awaitable, updated=())

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        return wait(self.awaitable(*args, **kwargs))

    def __get__(self, parent: Any, objtype: Any = None) -> Any:
        return self if parent is None else functools.partial(self.__call__, parent)


class SyncToAsync(Generic[P, T]):
    """An asynchronous callable which runs a synchronous one in a worker thread.

    `thread_sensitive` calls all run in one and the same thread; others wherever a worker is free.
    """

    def __init__(self, func: Callable[P, T], thread_sensitive: bool = True, executor: Any = None) -> None:
        if not callable(func) or iscoroutinefunction(func) or iscoroutinefunction(type(func).__call__):
            raise TypeError("sync_to_async can only be applied to sync functions.")
        if thread_sensitive and executor is not None:
            raise TypeError("executor must not be set when thread_sensitive is True")
        self.func = func
        self.executor = executor
        self._thread_sensitive = thread_sensitive
        functools.update_wrapper(self, func, updated=())
        markcoroutinefunction(self)

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        if self._thread_sensitive:
            return await _in_sensitive_thread(self.func, args, kwargs)  # type: ignore[no-any-return]
        if self.executor is None:
            return await in_thread(self.func, *args, **kwargs)
        loop = asyncio.get_running_loop()
        call = Call(loop, context_to_pass_on(), self.func, args, kwargs)
        loop.run_in_executor(self.executor, call.run)
        return await call.outcome()

    def __get__(self, parent: Any, objtype: Any = None) -> Any:
        return self if parent is None else markcoroutinefunction(functools.partial(self.__call__, parent))


_sensitive = Workers(base=1, most=1)


async def _in_sensitive_thread(fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """One thread for all, but a thread that is blocked for the caller takes precedence: it owns what it uses."""
    call = call_waiting_thread(fn, *args, **kwargs)
    if call is None:
        call = _sensitive.submit(asyncio.get_running_loop(), context_to_pass_on(), fn, *args, **kwargs)
    return await call.outcome()


@overload
def async_to_sync(
    awaitable: None = None, *, force_new_loop: bool = False
) -> Callable[[Callable[P, Coroutine[Any, Any, T]]], AsyncToSync[P, T]]: ...
@overload
def async_to_sync(
    awaitable: Callable[P, Coroutine[Any, Any, T]], *, force_new_loop: bool = False
) -> AsyncToSync[P, T]: ...
def async_to_sync(awaitable: Any = None, *, force_new_loop: bool = False) -> Any:
    """Make a synchronous function of an asynchronous one; also a decorator. `force_new_loop` has no effect here."""
    if awaitable is None:
        return lambda fn: AsyncToSync(fn, force_new_loop)
    return AsyncToSync(awaitable, force_new_loop)


@overload
def sync_to_async(
    func: None = None, *, thread_sensitive: bool = True, executor: Any = None
) -> Callable[[Callable[P, T]], SyncToAsync[P, T]]: ...
@overload
def sync_to_async(
    func: Callable[P, T], *, thread_sensitive: bool = True, executor: Any = None
) -> SyncToAsync[P, T]: ...
def sync_to_async(func: Any = None, *, thread_sensitive: bool = True, executor: Any = None) -> Any:
    """Make an asynchronous function of a blocking one, which then runs in a worker thread; also a decorator."""
    if func is None:
        return lambda fn: SyncToAsync(fn, thread_sensitive, executor)
    return SyncToAsync(func, thread_sensitive, executor)


def patch_asgiref() -> None:
    """Let asgiref's own ``async_to_sync`` suspend when it is called in a bridge, where it would raise RuntimeError.

    For programs whose libraries import it from asgiref. Outside bridges nothing changes.
    """
    import asgiref.sync

    original: Any = asgiref.sync.AsyncToSync.__call__
    if getattr(original, "_offbeat", False):
        return

    @functools.wraps(original)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if in_bridge():
            return wait(self.awaitable(*args, **kwargs))
        return original(self, *args, **kwargs)

    call._offbeat = True  # type: ignore[attr-defined]
    setattr(asgiref.sync.AsyncToSync, "__call__", call)


def inline(fn: F) -> F:
    """Mark a synchronous view (function or class) to run on the event loop, in the request's bridge.

    Its queries suspend it; it must not block otherwise.
    """
    fn._offbeat_placement = "inline"  # type: ignore[attr-defined]
    return fn


def threaded(fn: F) -> F:
    """Mark a synchronous view or middleware to run in a worker thread, because it blocks."""
    fn._offbeat_placement = "threaded"  # type: ignore[attr-defined]
    return fn


def placement(fn: Any) -> Literal["inline", "threaded"] | None:
    """The mark that :func:`inline` or :func:`threaded` left on a callable, or on the class of a class-based view."""
    found: Literal["inline", "threaded"] | None = getattr(fn, "_offbeat_placement", None)
    if found is None and (view_class := getattr(fn, "view_class", None)) is not None:
        found = getattr(view_class, "_offbeat_placement", None)
    return found
