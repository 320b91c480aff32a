"""The layer that consecutive middleware made of plain hooks share.

What a hook comes to is worked out beforehand where the middleware says so (:mod:`offbeat.utils.hooks`): attributes that a
request is given lie ready in one mapping, and a response passes by the hooks that have nothing to do with its request.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from offbeat.conf import settings
from offbeat.core.handlers.exception import response_for_exception
from offbeat.http.base import NO_CONTENT_STATUS
from offbeat.utils.hooks import brief_of

__all__ = ["hook_layer"]

Layer = Callable[[Any], Coroutine[Any, Any, Any]]
RequestHook = Callable[[Any], Any]
Gifts = Mapping[str, Callable[[Any], Any]]
# Level, what the request must have made for it (if anything), and the hook.
ResponseSteps = list[tuple[int, str | None, Callable[[Any, Any], Any]]]
NOT_PREPARED: Any = object()


class _Entry:
    """The way in for one kind of request: what it is given before any call, and the calls with their levels."""

    def __init__(self, middlewares: list[Any], cookies: bool, meta: bool) -> None:
        self.first: Gifts = {}
        self.steps: list[tuple[int, RequestHook]] = []
        self._cookies = cookies
        self._meta = meta
        # Names of all that is given up to here, and what no step gives yet.
        self._named: set[str] = set()
        self._gathered: dict[str, Callable[[Any], Any]] = {}
        self._strangers = False
        for level, middleware in enumerate(middlewares):
            hook = getattr(middleware, "process_request", None)
            if hook is not None:
                self._add(level, hook)
        self._give(len(middlewares))

    def _add(self, level: int, hook: RequestHook) -> None:
        brief = brief_of(hook)
        if brief is None or (brief.needs is not None and brief.needs not in self._named):
            # It may look at what others have given so far.
            self._give(level)
            self.steps.append((level, hook))
            self._strangers = True
            return
        self._named |= brief.gives.keys()
        if self._meta and "META" in brief.gives:
            self.steps.append((level, hook))
            return
        self._gathered |= brief.gives
        calls = [brief.calls, brief.with_cookies if self._cookies else None]
        self.steps += [(level, call) for call in calls if call is not None]

    def _give(self, level: int) -> None:
        gifts, self._gathered = self._gathered, {}
        if not gifts:
            return
        if self._strangers:
            self.steps.append((level, _giver(gifts)))
        else:
            self.first = gifts


def _giver(gifts: Gifts) -> RequestHook:
    def give(request: Any) -> None:
        request._gifts = {**request._gifts, **gifts}
        complete = gifts.get("META")
        if complete is not None and "META" in request.__dict__:
            complete(request)

    return give


def _all_request_hooks(middlewares: list[Any]) -> list[tuple[int, RequestHook]]:
    return [
        (level, middleware.process_request)
        for level, middleware in enumerate(middlewares)
        if hasattr(middleware, "process_request")
    ]


def _all_response_hooks(middlewares: list[Any]) -> ResponseSteps:
    return [
        (level, None, middlewares[level].process_response)
        for level in reversed(range(len(middlewares)))
        if hasattr(middlewares[level], "process_response")
    ]


class _Exit:
    """The way out: what most responses need no call for, and the calls that remain."""

    def __init__(self, hooks: ResponseSteps) -> None:
        self.all = hooks
        self.steps: ResponseSteps = []
        self._adds: list[tuple[str, tuple[str, str], str | None]] = []
        self._measures = False
        briefs = [brief_of(hook) for _, _, hook in hooks]
        # One of which nothing is known may look for a header, or replace the response.
        self._known = None not in briefs
        for (level, _, hook), brief in zip(hooks, briefs, strict=True):
            if brief is None or not (brief.touches or self._known):
                self.steps.append((level, None, hook))
            elif brief.touches:
                self.steps.append((level, brief.touches, hook))
            else:
                self._adds += [(key, entry, brief.spared_by) for key, entry in brief.adds.items()]
                self._measures |= brief.measures

    def remaining(self, response: Any) -> ResponseSteps:
        """Do to the response what needs no call, and return the calls that remain."""
        if not self._known:
            return self.steps
        status = response.status_code
        if status == 404:
            return self.all
        store = response._header_store
        for key, entry, spared_by in self._adds:
            if key not in store and (spared_by is None or not getattr(response, spared_by, False)):
                store[key] = entry
        if (
            self._measures
            and "content-length" not in store
            and status not in NO_CONTENT_STATUS
            and not response.streaming
        ):
            store["content-length"] = ("Content-Length", str(len(response.content)))
        return self.steps


def hook_layer(group: list[Any], inner: Layer) -> Layer:
    """Return one layer for consecutive hook middleware, given from the innermost to the outermost.

    As with one layer each: a response from ``process_request`` skips what is further in but passes through the
    ``process_response`` of its own middleware; an exception is answered at once, and that answer passes through
    the hooks further out only.
    """
    middlewares = group[::-1]
    request_hooks = _all_request_hooks(middlewares)
    response_hooks = _all_response_hooks(middlewares)
    revision = NOT_PREPARED
    entries: tuple[_Entry, ...] = ()
    way_out = _Exit([])

    def prepare() -> None:
        nonlocal revision, entries, way_out
        seen = settings._revision
        entries = tuple(
            _Entry(middlewares, cookies, meta) for meta in (False, True) for cookies in (False, True)
        )
        way_out = _Exit(response_hooks)
        # Last: other threads take it for a sign that all is there.
        revision = seen

    async def layer(request: Any) -> Any:
        made = request.__dict__
        # Requests may be of other classes, and an outer layer may have given something.
        briefly = getattr(request, "_takes_gifts", False) and not request._gifts
        entering = request_hooks
        level = 0
        try:
            if briefly:
                if revision is not settings._revision:
                    prepare()
                entry = entries[request._has_cookies() + 2 * ("META" in made)]
                request._gifts = entry.first
                entering = entry.steps
            for level, hook in entering:
                response = hook(request)
                if response is not None:
                    return leave(request, response, level)
        except Exception as error:
            return leave(request, response_for_exception(request, error), level - 1)
        response = await inner(request)
        level = len(middlewares)
        try:
            for step in way_out.remaining(response) if briefly else response_hooks:
                level, touched, response_hook = step
                if touched is None or touched in made:
                    response = response_hook(request, response)
            return response
        except Exception as error:
            return leave(request, response_for_exception(request, error), level - 1)

    def leave(request: Any, response: Any, outermost: int) -> Any:
        for level, _, hook in response_hooks:
            if level > outermost:
                continue
            try:
                response = hook(request, response)
            except Exception as error:
                response = response_for_exception(request, error)
        return response

    return layer
