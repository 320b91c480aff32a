"""The request cycle: middleware chain, URL resolution, the view, its response.

The chain is built once and is one coroutine function, whatever it is made of. Under ASGI it runs in bridges, where waiting
in synchronous code suspends; under WSGI, in the caller's thread, without a loop.
"""

from __future__ import annotations

import asyncio
import logging
import types
from asyncio import _get_running_loop
from collections.abc import Callable
from typing import Any

from offbeat.concurrency import default_workers, in_bridge, in_thread, placement
from offbeat.concurrency.marks import iscoroutinefunction
from offbeat.conf import settings
from offbeat.core.handlers.chain import Hooks, build_layers, drive, settled
from offbeat.core.handlers.exception import response_for_exception
from offbeat.core.signals import request_finished
from offbeat.db import close_old_connections, connections, transaction
from offbeat.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from offbeat.http.request import UNSET
from offbeat.urls import get_resolver, set_urlconf
from offbeat.urls.resolvers import get_resolver_for
from offbeat.utils.hooks import SAFE_METHODS, ViewBrief, brief_of
from offbeat.utils.log import log_response

__all__ = ["BaseHandler", "reset_urlconf"]

logger = logging.getLogger("offbeat.request")
MAX_PLANS = 10_000
CoroutineType = types.CoroutineType

ANSWERED, ASYNC, DIRECT, THREAD, ALWAYS_THREAD = range(5)
BODY_FIRST: Any = object()
# Responses that have nothing to render.
PLAIN_RESPONSES = frozenset((HttpResponse, JsonResponse, HttpResponseRedirect))


class BaseHandler:
    """Answers requests through the configured middleware."""

    _middleware_chain: Callable[[Any], Any] | None = None
    # Set by load_middleware(). There are no defaults, for one would double what reading them costs.
    _view_middleware: tuple[Callable[..., Any], ...]
    _safe_view_middleware: tuple[Callable[..., Any], ...]
    _template_response_middleware: tuple[Callable[..., Any], ...]
    _exception_middleware: tuple[Callable[..., Any], ...]
    _requests_have_urlconf: bool
    _plans: dict[Any, int]
    _databases: tuple[dict[str, Any], ...]
    # Whether there is no middleware.
    _is_bare: bool

    def load_middleware(self, is_async: bool = False) -> None:
        """Build the chain from ``MIDDLEWARE``. ``is_async``: prefer the async side of hybrid middleware.

        ImproperlyConfigured when a factory returns None; RuntimeError when one can be neither sync nor async.
        """
        hooks = Hooks()
        chain = build_layers(self._answer, settings.MIDDLEWARE, hooks, is_async)
        self._view_middleware = tuple(hooks.view)
        self._safe_view_middleware = tuple(
            hook
            for hook in hooks.view
            if not (isinstance(brief := brief_of(hook), ViewBrief) and brief.unsafe_only)
        )
        self._template_response_middleware = tuple(hooks.template_response)
        self._exception_middleware = tuple(hooks.exception)
        self._plans = {}
        self._databases = tuple(connections.settings.values())
        request_class = getattr(self, "request_class", HttpRequest)
        self._requests_have_urlconf = request_class.urlconf is not HttpRequest.urlconf
        self._is_bare = chain == self._answer
        # Set last: a handler whose middleware cannot be loaded is not ready.
        self._middleware_chain = chain

    def get_response(self, request: Any) -> Any:
        """Return the response for a request, from synchronous code."""
        return drive(self.get_response_async(request))

    async def get_response_async(self, request: Any) -> Any:
        """Return the response for a request. On an event loop it has to run in bridges."""
        set_urlconf(None)
        await self._respond(request)
        response = request._response
        request._response = None
        return response

    async def _respond(self, request: Any) -> None:
        """Make the response for a request and leave it there: a coroutine without a result ends more cheaply."""
        self._hand_over(request, await self._middleware_chain(request))  # type: ignore[misc]

    def _hand_over(self, request: Any, response: Any) -> None:
        if request._form_read:
            response._resource_closers.append(request.close)
        if request._urlconf is not UNSET and request._urlconf is not None:
            # Streams still reverse with the request's own URLconf.
            response._resource_closers.append(reset_urlconf)
        if response.status_code >= 400:
            log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)
        request._response = response

    def _find_view(self, request: Any) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """Return the view for a request and its arguments; Resolver404 when there is none."""
        # Set by middleware, or by a class of requests, seldom; looking for what is not there is slow.
        if request._urlconf is not UNSET or self._requests_have_urlconf:
            urlconf = request.urlconf
            set_urlconf(urlconf)
            resolver = get_resolver(urlconf)
        else:
            resolver = get_resolver_for(settings.ROOT_URLCONF)
        matcher = resolver.matcher
        found = (resolver.look_up if matcher is None else matcher.match)(request.path_info)
        if found is None:
            found = resolver.resolve(request.path_info)
        request._found = found
        if isinstance(found, tuple):
            leaf, _, args, kwargs, _ = found
            return leaf.func, args, kwargs
        return found.func, found.args, found.kwargs

    async def _answer(self, request: Any, call: Any = None, last: bool = False) -> Any:
        """The innermost layer: the view's response, or that to whatever was raised.

        One function, for each coroutine is felt. ``call``: the view and its arguments, in a worker thread, after view
        middleware was asked; what is raised there is the loop's business. ``last``: there is no other layer.
        """
        in_worker = call is not None
        try:
            if in_worker:
                callback, args, kwargs = call
                plan = DIRECT
            else:
                callback, args, kwargs = self._find_view(request)
                hooks = self._view_middleware
                if hooks and request.method in SAFE_METHODS:
                    hooks = self._safe_view_middleware
                for hook in hooks:
                    response = hook(request, callback, args, kwargs)
                    if type(response) is CoroutineType:
                        response = await settled(response)
                    if response is not None:
                        plan = ANSWERED
                        break
                else:
                    try:
                        plan = self._plans[callback]
                    except (KeyError, TypeError):
                        plan = self._plan_of(callback)
            if plan >= THREAD and in_bridge() and not _is_inline(plan, request):
                response = await self._run_off_loop(request, (callback, args, kwargs))
            else:
                if plan != ANSWERED:
                    try:
                        for configuration in self._databases:
                            if configuration.get("ATOMIC_REQUESTS"):
                                callback = self.make_view_atomic(callback)
                                break
                        if args:
                            response = callback(request, *args, **kwargs)
                        else:
                            response = callback(request, **kwargs) if kwargs else callback(request)
                        if plan == ASYNC:
                            response = await (
                                response if _get_running_loop() is not None else settled(response)
                            )
                    except Exception as error:
                        response = await self.process_exception_by_middleware(error, request)
                        if response is None:
                            raise
                if type(response) not in PLAIN_RESPONSES:
                    response = await self._finish_response(request, response, callback)
        except Exception as error:
            if in_worker:
                raise
            response = response_for_exception(request, error)
        # A coroutine without a result ends more cheaply.
        return self._hand_over(request, response) if last else response

    async def _run_off_loop(self, request: Any, call: Any) -> Any:
        request._look_for_body()
        response = await in_thread(self._run_in_thread, request, call)
        if response is BODY_FIRST:
            request._gather_body()
            response = await in_thread(self._run_in_thread, request, call)
        return response

    def _plan_of(self, callback: Any) -> int:
        """Return where a view runs, found out once."""
        plan = _plan(callback)
        if len(self._plans) > MAX_PLANS:
            # Views made anew for every request must not pile up here.
            self._plans.clear()
        if type(callback).__hash__ is not None:
            self._plans[callback] = plan
        return plan

    def _run_in_thread(self, request: Any, call: Any) -> Any:
        """The same in a worker thread, whose database connections no other code looks after.

        BODY_FIRST instead, when threads enough are blocked that mostly wait for slow clients: one for each of them would
        be too many.
        """
        if default_workers().crowded and request._body_is_outstanding():
            return BODY_FIRST
        if not _connections_are_kept_fresh():
            return drive(self._answer(request, call))
        close_old_connections()
        try:
            return drive(self._answer(request, call))
        finally:
            close_old_connections()

    async def _finish_response(self, request: Any, response: Any, callback: Any) -> Any:
        """Check what the view returned and render it if it wants to be rendered."""
        if response is None or type(response) is CoroutineType or isinstance(response, asyncio.Future):
            self.check_response(response, callback)
        render = getattr(response, "render", None)
        if render is None or not callable(render):
            return response
        for hook in self._template_response_middleware:
            response = hook(request, response)
            if type(response) is CoroutineType:
                response = await settled(response)
            self.check_response(
                response,
                hook,
                name=f"{hook.__self__.__class__.__name__}.process_template_response",  # type: ignore[attr-defined]
            )
        try:
            rendered = response.render()
            if type(rendered) is CoroutineType:
                rendered = await settled(rendered)
            return rendered
        except Exception as error:
            response = await self.process_exception_by_middleware(error, request)
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

    async def process_exception_by_middleware(self, exception: Exception, request: Any) -> Any:
        """Return the first response that exception middleware offers, else None."""
        for hook in self._exception_middleware:
            response = hook(request, exception)
            if type(response) is CoroutineType:
                response = await settled(response)
            if response:
                return response
        return None


def _is_inline(plan: int, request: Any) -> bool:
    return plan != ALWAYS_THREAD and (request.resolver_match.sync_views or settings.SYNC_VIEWS) == "inline"


def _plan(callback: Any) -> int:
    if iscoroutinefunction(callback) or iscoroutinefunction(getattr(callback, "__call__", None)):  # noqa: B004
        return ASYNC
    return {"inline": DIRECT, "threaded": ALWAYS_THREAD, None: THREAD}[placement(callback)]


def _connections_are_kept_fresh() -> bool:
    """Tell whether connections are closed at the edges of requests; tests keep theirs open."""
    wanted = id(close_old_connections)
    return any(key[0] == wanted for key, *_ in request_finished.receivers)


def reset_urlconf(sender: Any = None, **kwargs: Any) -> None:
    """Forget the URLconf of the request that has ended."""
    set_urlconf(None)
