"""Decorators for allowed methods and conditional requests."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import wraps
from typing import Any

from offbeat.concurrency import spawn, wait
from offbeat.concurrency.marks import iscoroutinefunction
from offbeat.http import HttpResponseNotAllowed
from offbeat.middleware.http import ConditionalGetMiddleware
from offbeat.utils import timezone
from offbeat.utils.cache import get_conditional_response
from offbeat.utils.decorators import decorator_from_middleware
from offbeat.utils.http import http_date, quote_etag
from offbeat.utils.log import log_response
from offbeat.views.decorators._wrap import around

__all__ = [
    "condition",
    "conditional_page",
    "etag",
    "last_modified",
    "require_GET",
    "require_POST",
    "require_http_methods",
    "require_safe",
]

conditional_page = decorator_from_middleware(ConditionalGetMiddleware)
conditional_page.__doc__ = "Answer conditional GET requests from the headers of the response."


def require_http_methods(request_method_list: Any) -> Callable[[Any], Any]:
    """Answer 405 to methods that are not in the list, which is in upper case."""

    def before(request: Any, *args: Any, **kwargs: Any) -> Any:
        if request.method in request_method_list:
            return None
        response = HttpResponseNotAllowed(request_method_list)
        log_response(
            "Method Not Allowed (%s): %s", request.method, request.path, response=response, request=request
        )
        return response

    return lambda view_func: around(view_func, before)


require_GET = require_http_methods(["GET"])
require_GET.__doc__ = "Allow GET only."

require_POST = require_http_methods(["POST"])
require_POST.__doc__ = "Allow POST only."

require_safe = require_http_methods(["GET", "HEAD"])
require_safe.__doc__ = "Allow GET and HEAD only."


def _value(func: Any, request: Any, args: Any, kwargs: Any) -> Any:
    if func is None:
        return None
    value = func(request, *args, **kwargs)
    return wait(value) if hasattr(value, "__await__") else value


def condition(etag_func: Any = None, last_modified_func: Any = None) -> Callable[[Any], Any]:
    """Answer 304 or 412 by an ETag and a time that functions work out before the view runs (RFC 9110 §13).

    The functions take what the view takes; for an async view they may be async, too.
    """

    def conditions(request: Any, args: Any, kwargs: Any) -> tuple[Any, Any, Any]:
        stamp = None
        moment = _value(last_modified_func, request, args, kwargs)
        if moment:
            if not timezone.is_aware(moment):
                moment = timezone.make_aware(moment, datetime.UTC)
            stamp = int(moment.timestamp())
        tag = _value(etag_func, request, args, kwargs)
        tag = quote_etag(tag) if tag is not None else None
        return get_conditional_response(request, etag=tag, last_modified=stamp), tag, stamp

    def label(request: Any, response: Any, tag: Any, stamp: Any) -> Any:
        # The values describe what GET and HEAD show, not the outcome of a change.
        if request.method in ("GET", "HEAD"):
            if stamp and not response.has_header("Last-Modified"):
                response.headers["Last-Modified"] = http_date(stamp)
            if tag:
                response.headers.setdefault("ETag", tag)
        return response

    def decorator(func: Any) -> Any:
        if iscoroutinefunction(func):

            async def wrapper(request: Any, *args: Any, **kwargs: Any) -> Any:
                response, tag, stamp = await spawn(conditions, request, args, kwargs)
                if response is None:
                    response = await func(request, *args, **kwargs)
                return label(request, response, tag, stamp)
        else:

            def wrapper(request: Any, *args: Any, **kwargs: Any) -> Any:  # type: ignore[misc]
                response, tag, stamp = conditions(request, args, kwargs)
                if response is None:
                    response = func(request, *args, **kwargs)
                return label(request, response, tag, stamp)

        return wraps(func)(wrapper)

    return decorator


def etag(etag_func: Any) -> Callable[[Any], Any]:
    """``condition()`` with an ETag only."""
    return condition(etag_func=etag_func)


def last_modified(last_modified_func: Any) -> Callable[[Any], Any]:
    """``condition()`` with a time of the last change only."""
    return condition(last_modified_func=last_modified_func)
