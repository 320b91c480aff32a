"""Building the middleware chain.

Every layer is a coroutine function from request to response that raises no exception. Consecutive middleware made
of plain hooks (``MiddlewareMixin`` without a ``__call__`` of its own) share one layer.

Under ASGI the coroutine is driven in bridges; elsewhere, with no event loop in sight, ``drive()`` runs it like a function,
for nothing in it suspends then: what is asynchronous is waited for in ``settled()``.
"""

from __future__ import annotations

import inspect
import logging
from asyncio import _get_running_loop
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from offbeat.concurrency import bridged, in_bridge, off_loop, placement, wait
from offbeat.concurrency.marks import iscoroutinefunction
from offbeat.conf import settings
from offbeat.core.exceptions import ImproperlyConfigured, MiddlewareNotUsed, SynchronousOnlyOperation
from offbeat.core.handlers.exception import response_for_exception
from offbeat.core.handlers.hooklayer import Layer, hook_layer
from offbeat.utils.deprecation import MiddlewareMixin
from offbeat.utils.module_loading import import_string

__all__ = ["Hooks", "Layer", "build_layers", "drive", "settled"]

logger = logging.getLogger("offbeat.request")


def drive(coro: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine of the chain from synchronous code, and return its result."""
    if in_bridge():
        return wait(coro)
    try:
        coro.send(None)
    except StopIteration as stop:
        return stop.value
    coro.close()
    raise SynchronousOnlyOperation(
        "A request was handled by a synchronous call on an event loop, and something asynchronous is on its way: use the "
        "asynchronous client or get_response_async()."
    )


async def settled(awaitable: Any) -> Any:
    """The result of something asynchronous that hooks, middleware or views return, wherever the chain runs."""
    return wait(awaitable) if _get_running_loop() is None else await awaitable


class Hooks:
    """The hooks that run around the view, in the order they are called."""

    __slots__ = ("exception", "template_response", "view")

    def __init__(self) -> None:
        self.view: list[Callable[..., Any]] = []
        self.template_response: list[Callable[..., Any]] = []
        self.exception: list[Callable[..., Any]] = []

    def collect(self, middleware: Any) -> None:
        """Take the hooks of a middleware that lies outside all those collected before."""
        if hasattr(middleware, "process_view"):
            self.view.insert(0, middleware.process_view)
        if hasattr(middleware, "process_template_response"):
            self.template_response.append(middleware.process_template_response)
        if hasattr(middleware, "process_exception"):
            self.exception.append(middleware.process_exception)


def build_layers(innermost: Layer, paths: Iterable[str], hooks: Hooks, is_async: bool) -> Layer:
    """Return the outermost layer of the chain that ends in ``innermost``."""
    layer = innermost
    # Hook middleware that waits to be put into one layer, the innermost first.
    group: list[Any] = []
    for path in reversed(list(paths)):
        factory = _load(path)
        flat = _is_flat(factory)
        if group and not flat:
            layer = hook_layer(group, layer)
            group = []
        middleware, new_layer = _instantiate(factory, path, layer, flat, is_async)
        if middleware is None:
            continue
        hooks.collect(middleware)
        if flat:
            group.append(middleware)
        else:
            layer = _guarded(new_layer)
    return hook_layer(group, layer) if group else layer


def _load(path: str) -> Any:
    if path.startswith("django."):
        path = f"offbeat.{path[7:]}"
    return import_string(path)


def _is_flat(factory: Any) -> bool:
    return (
        inspect.isclass(factory)
        and issubclass(factory, MiddlewareMixin)
        and factory.__call__ is MiddlewareMixin.__call__
        and factory.__acall__ is MiddlewareMixin.__acall__
        and factory._run is MiddlewareMixin._run
        and placement(factory) != "threaded"
        and not iscoroutinefunction(getattr(factory, "process_request", None))
        and not iscoroutinefunction(getattr(factory, "process_response", None))
    )


def _instantiate(factory: Any, path: str, inner: Layer, flat: bool, is_async: bool) -> tuple[Any, Layer]:
    """Call a factory; return the middleware (None when it is not used) and its layer."""
    native_async = inspect.isclass(factory) and iscoroutinefunction(factory.__call__)
    sync_capable = getattr(factory, "sync_capable", not native_async)
    async_capable = getattr(factory, "async_capable", native_async)
    if not sync_capable and not async_capable:
        raise RuntimeError(
            f"Middleware {path} must have at least one of sync_capable/async_capable set to True."
        )
    run_async = not flat and (not sync_capable or (is_async and async_capable))
    threaded = placement(factory) == "threaded"
    if run_async:
        get_response = _async_get_response(inner)
    elif threaded:
        get_response = _home_get_response(inner)
    else:
        get_response = _sync_get_response(inner)
    try:
        middleware = factory(get_response)
    except MiddlewareNotUsed as error:
        if settings.DEBUG:
            if str(error):
                logger.debug("MiddlewareNotUsed(%r): %s", path, error)
            else:
                logger.debug("MiddlewareNotUsed: %r", path)
        return None, inner
    if middleware is None:
        raise ImproperlyConfigured(f"Middleware factory {path} returned None.")
    if threaded and not run_async:
        return middleware, _threaded_layer(middleware)
    return middleware, _layer(middleware, run_async)


def _async_get_response(inner: Layer) -> Callable[[Any], Any]:
    async def get_response(request: Any) -> Any:
        return await bridged(inner(request))

    return get_response


def _sync_get_response(inner: Layer) -> Callable[[Any], Any]:
    def get_response(request: Any) -> Any:
        return drive(inner(request))

    return get_response


def _home_get_response(inner: Layer) -> Callable[[Any], Any]:
    def get_response(request: Any) -> Any:
        return wait(bridged(inner(request)))

    return get_response


def _threaded_layer(middleware: Any) -> Layer:
    async def layer(request: Any) -> Any:
        return off_loop(middleware, request)

    return layer


def _guarded(inner: Layer) -> Layer:
    """The layer, answering every exception with a response."""

    async def layer(request: Any) -> Any:
        try:
            return await inner(request)
        except Exception as error:
            return response_for_exception(request, error)

    return layer


def _layer(middleware: Any, run_async: bool) -> Layer:
    """Return the layer that a middleware is."""
    call = middleware
    if run_async and hasattr(type(middleware), "__acall__") and not iscoroutinefunction(middleware):
        call = middleware.__acall__
    may_be_async = run_async or iscoroutinefunction(call)

    async def layer(request: Any) -> Any:
        response = call(request)
        if may_be_async and hasattr(response, "__await__"):
            response = await settled(response)
        return response

    return layer
