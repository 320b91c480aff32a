"""Building the middleware chain.

Every layer is a synchronous callable from request to response that raises no exception. Consecutive middleware made
of plain hooks (``MiddlewareMixin`` without a ``__call__`` of its own) share one layer: two lists of bound methods.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import iscoroutinefunction

from offbeat.concurrency import off_loop, placement, spawn, wait
from offbeat.conf import settings
from offbeat.core.exceptions import ImproperlyConfigured, MiddlewareNotUsed
from offbeat.core.handlers.exception import convert_exception_to_response, response_for_exception
from offbeat.utils.deprecation import MiddlewareMixin
from offbeat.utils.module_loading import import_string

__all__ = ["Hooks", "Layer", "build_layers"]

Layer = Callable[[Any], Any]
logger = logging.getLogger("offbeat.request")


@dataclass(slots=True)
class Hooks:
    """The hooks that run around the view, in the order they are called."""

    view: list[Callable[..., Any]] = field(default_factory=list)
    template_response: list[Callable[..., Any]] = field(default_factory=list)
    exception: list[Callable[..., Any]] = field(default_factory=list)

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
            layer = _hook_layer(group, layer)
            group = []
        middleware, new_layer = _instantiate(factory, path, layer, flat, is_async)
        if middleware is None:
            continue
        hooks.collect(middleware)
        if flat:
            group.append(middleware)
        else:
            layer = convert_exception_to_response(new_layer)
    return _hook_layer(group, layer) if group else layer


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
        get_response = inner
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
        return await spawn(inner, request)

    return get_response


def _home_get_response(inner: Layer) -> Layer:
    def get_response(request: Any) -> Any:
        return wait(spawn(inner, request))

    return get_response


def _threaded_layer(middleware: Any) -> Layer:
    def layer(request: Any) -> Any:
        return off_loop(middleware, request)

    return layer


def _layer(middleware: Any, run_async: bool) -> Layer:
    """Return the synchronous face of a middleware."""
    call = middleware
    if run_async and hasattr(type(middleware), "__acall__") and not iscoroutinefunction(middleware):
        call = middleware.__acall__

    def layer(request: Any) -> Any:
        response = call(request)
        return wait(response) if hasattr(response, "__await__") else response

    return layer if run_async or iscoroutinefunction(call) else call


def _hook_layer(group: list[Any], inner: Layer) -> Layer:
    """Return one layer for consecutive hook middleware, given from the innermost to the outermost.

    As with one layer each: a response from ``process_request`` skips what is further in but passes through the
    ``process_response`` of its own middleware; an exception is answered at once, and that answer passes through
    the hooks further out only.
    """
    middlewares = group[::-1]
    request_hooks = tuple(
        (level, middleware.process_request)
        for level, middleware in enumerate(middlewares)
        if hasattr(middleware, "process_request")
    )
    response_hooks = tuple(
        (level, middlewares[level].process_response)
        for level in reversed(range(len(middlewares)))
        if hasattr(middlewares[level], "process_response")
    )
    all_levels = tuple(hook for _, hook in response_hooks)

    def layer(request: Any) -> Any:
        level = 0
        try:
            for level, hook in request_hooks:
                response = hook(request)
                if response is not None:
                    return leave(request, response, level)
        except Exception as error:
            return leave(request, response_for_exception(request, error), level - 1)
        response = inner(request)
        position = 0
        try:
            for hook in all_levels:
                response = hook(request, response)
                position += 1
            return response
        except Exception as error:
            response = response_for_exception(request, error)
            return leave(request, response, response_hooks[position][0] - 1)

    def leave(request: Any, response: Any, outermost: int) -> Any:
        for level, hook in response_hooks:
            if level > outermost:
                continue
            try:
                response = hook(request, response)
            except Exception as error:
                response = response_for_exception(request, error)
        return response

    return layer
