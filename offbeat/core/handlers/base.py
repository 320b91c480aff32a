"""The request cycle: middleware chain, URL resolution, the view, its response.

The chain is built once and is one synchronous callable, whatever it is made of. Under ASGI it runs in the bridge of
the request, where waiting for an asynchronous middleware or view suspends; under WSGI, in the caller's thread.
"""

from __future__ import annotations

import asyncio
import logging
import types
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction

from offbeat.concurrency import in_bridge, in_thread, placement, spawn, wait
from offbeat.conf import settings
from offbeat.core.handlers.chain import Hooks, build_layers
from offbeat.core.handlers.exception import convert_exception_to_response
from offbeat.core.signals import request_finished
from offbeat.db import close_old_connections, connections, transaction
from offbeat.http import HttpResponse, HttpResponseRedirect, JsonResponse
from offbeat.urls import get_resolver, set_urlconf
from offbeat.utils.log import log_response

__all__ = ["BaseHandler", "reset_urlconf"]

logger = logging.getLogger("offbeat.request")
MAX_PLANS = 10_000
CoroutineType = types.CoroutineType

ASYNC, THREAD, DIRECT = range(3)
# Responses that have nothing to render.
PLAIN_RESPONSES = frozenset((HttpResponse, JsonResponse, HttpResponseRedirect))


class BaseHandler:
    """Answers requests through the configured middleware."""

    _middleware_chain: Callable[[Any], Any] | None = None
    _view_middleware: tuple[Callable[..., Any], ...] = ()
    _template_response_middleware: tuple[Callable[..., Any], ...] = ()
    _exception_middleware: tuple[Callable[..., Any], ...] = ()
    _requests_have_urlconf = False
    _plans: dict[Any, int]

    def load_middleware(self, is_async: bool = False) -> None:
        """Build the chain from ``MIDDLEWARE``. ``is_async``: prefer the async side of hybrid middleware.

        ImproperlyConfigured when a factory returns None; RuntimeError when one can be neither sync nor async.
        """
        hooks = Hooks()
        chain = build_layers(
            convert_exception_to_response(self._get_response), settings.MIDDLEWARE, hooks, is_async
        )
        self._view_middleware = tuple(hooks.view)
        self._template_response_middleware = tuple(hooks.template_response)
        self._exception_middleware = tuple(hooks.exception)
        self._plans = {}
        self._requests_have_urlconf = hasattr(getattr(self, "request_class", None), "urlconf")
        # Set last: a handler whose middleware cannot be loaded is not ready.
        self._middleware_chain = chain

    def get_response(self, request: Any) -> Any:
        """Return the response for a request. In a bridge everything asynchronous on the way suspends."""
        set_urlconf(None)
        response = self._middleware_chain(request)  # type: ignore[misc]
        state = request.__dict__
        if "_files" in state or "_post" in state:
            response._resource_closers.append(request.close)
        if "urlconf" in state and request.urlconf is not None:
            # Streams still reverse with the request's own URLconf.
            response._resource_closers.append(reset_urlconf)
        if response.status_code >= 400:
            log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)
        return response

    async def get_response_async(self, request: Any) -> Any:
        """Return the response for a request, from asynchronous code."""
        return await spawn(self.get_response, request)

    def resolve_request(self, request: Any) -> Any:
        """Return the ResolverMatch for a request and keep it there; Resolver404 when no view matches."""
        urlconf = None
        # Set by middleware, or by a class of requests, seldom; looking for what is not there is slow.
        if self._requests_have_urlconf or "urlconf" in request.__dict__:
            urlconf = request.urlconf
            set_urlconf(urlconf)
        resolver = get_resolver(urlconf)
        match = resolver.find(request.path_info)
        if match is None:
            match = resolver.resolve(request.path_info)
        request.resolver_match = match
        return match

    def _get_response(self, request: Any) -> Any:
        match = self.resolve_request(request)
        callback = match.func
        args = match.args
        kwargs = match.kwargs
        for hook in self._view_middleware:
            response = hook(request, callback, args, kwargs)
            if type(response) is CoroutineType:
                response = wait(response)
            if response is not None:
                return self._finish_response(request, response, callback)
        try:
            plan = self._plans[callback]
        except KeyError:
            plan = self._make_plan(callback)
        except TypeError:
            plan = _plan(callback)
        if plan == THREAD and in_bridge() and settings.SYNC_VIEWS != "inline":
            return wait(in_thread(self._run_view_in_thread, request, callback, args, kwargs))
        return self._run_view(request, callback, args, kwargs, plan)

    def _make_plan(self, callback: Any) -> int:
        if len(self._plans) > MAX_PLANS:
            # Views made anew for every request must not pile up here.
            self._plans.clear()
        plan = self._plans[callback] = _plan(callback)
        return plan

    def _run_view(self, request: Any, callback: Any, args: Any, kwargs: Any, plan: int) -> Any:
        """Call the view and render its response, with exception middleware around each of the two."""
        try:
            for configuration in connections.settings.values():
                if configuration.get("ATOMIC_REQUESTS"):
                    response = self.make_view_atomic(callback)(request, *args, **kwargs)
                    break
            else:
                response = callback(request, *args, **kwargs)
            if plan == ASYNC:
                response = wait(response)
        except Exception as error:
            response = self.process_exception_by_middleware(error, request)
            if response is None:
                raise
        if type(response) in PLAIN_RESPONSES:
            return response
        return self._finish_response(request, response, callback)

    def _run_view_in_thread(self, request: Any, callback: Any, args: Any, kwargs: Any) -> Any:
        """The same in a worker thread, whose database connections no other code looks after."""
        if not _connections_are_kept_fresh():
            return self._run_view(request, callback, args, kwargs, DIRECT)
        close_old_connections()
        try:
            return self._run_view(request, callback, args, kwargs, DIRECT)
        finally:
            close_old_connections()

    def _finish_response(self, request: Any, response: Any, callback: Any) -> Any:
        """Check what the view returned and render it if it wants to be rendered."""
        if response is None or type(response) is CoroutineType or isinstance(response, asyncio.Future):
            self.check_response(response, callback)
        render = getattr(response, "render", None)
        if render is None or not callable(render):
            return response
        for hook in self._template_response_middleware:
            response = hook(request, response)
            if type(response) is CoroutineType:
                response = wait(response)
            self.check_response(
                response,
                hook,
                name=f"{hook.__self__.__class__.__name__}.process_template_response",  # type: ignore[attr-defined]
            )
        try:
            rendered = response.render()
            if type(rendered) is CoroutineType:
                rendered = wait(rendered)
            return rendered
        except Exception as error:
            response = self.process_exception_by_middleware(error, request)
            if response is None:
                raise
            return response

    def check_response(self, response: Any, callback: Any, name: str | None = None) -> None:
        """Raise ValueError when a view or hook returned None or a coroutine nobody awaited."""
        if response is not None and not asyncio.iscoroutine(response) and not asyncio.isfuture(response):
            return
        if not name:
            if isinstance(callback, types.FunctionType):
                name = f"The view {callback.__module__}.{callback.__name__}"
            else:
                name = f"The view {callback.__module__}.{callback.__class__.__name__}.__call__"
        if response is None:
            raise ValueError(f"{name} didn't return an HttpResponse object. It returned None instead.")
        if asyncio.iscoroutine(response):
            # Closing it keeps Python from warning that it was never awaited.
            response.close()
        raise ValueError(
            f"{name} didn't return an HttpResponse object. It returned an unawaited coroutine instead. You may need "
            "to add an 'await' into your view."
        )

    def make_view_atomic(self, view: Any) -> Any:
        """Return the view inside a transaction of each database with ATOMIC_REQUESTS."""
        for alias, configuration in connections.settings.items():
            if configuration.get("ATOMIC_REQUESTS") and alias not in getattr(
                view, "_non_atomic_requests", ()
            ):
                view = transaction.atomic(using=alias)(view)
        return view

    def process_exception_by_middleware(self, exception: Exception, request: Any) -> Any:
        """Return the first response that exception middleware offers, else None."""
        for hook in self._exception_middleware:
            response = hook(request, exception)
            if type(response) is CoroutineType:
                response = wait(response)
            if response:
                return response
        return None


def _plan(callback: Any) -> int:
    if iscoroutinefunction(callback) or iscoroutinefunction(getattr(callback, "__call__", None)):  # noqa: B004
        return ASYNC
    return DIRECT if placement(callback) == "inline" else THREAD


def _connections_are_kept_fresh() -> bool:
    """Tell whether connections are closed at the edges of requests; tests keep theirs open."""
    wanted = id(close_old_connections)
    return any(key[0] == wanted for key, *_ in request_finished.receivers)


def reset_urlconf(sender: Any = None, **kwargs: Any) -> None:
    """Forget the URLconf of the request that has ended."""
    set_urlconf(None)
