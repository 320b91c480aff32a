"""From an exception to the response that answers it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from offbeat.concurrency import wait
from offbeat.conf import settings
from offbeat.core import signals
from offbeat.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestAborted,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from offbeat.http import Http404, HttpResponse
from offbeat.http.errors import MultiPartParserError
from offbeat.urls import get_resolver, get_urlconf
from offbeat.utils.log import log_response

__all__ = [
    "get_exception_response",
    "handle_uncaught_exception",
    "response_for_exception",
]


def response_for_exception(request: Any, exc: Exception) -> Any:
    """Return the response for an exception that left the view or a middleware; logs it where documented."""
    response: Any
    if isinstance(exc, RequestAborted):
        # Nobody is left to read it, and it is nobody's fault here.
        response = HttpResponse(status=400)
        response._has_been_logged = True
        return response
    if isinstance(exc, Http404):
        if settings.DEBUG:
            from offbeat.views import debug

            response = debug.technical_404_response(request, exc)
        else:
            response = get_exception_response(request, get_resolver(get_urlconf()), 404, exc)
    elif isinstance(exc, PermissionDenied):
        response = get_exception_response(request, get_resolver(get_urlconf()), 403, exc)
        _log("Forbidden (Permission denied): %s", request.path, response, request, exc)
    elif isinstance(exc, MultiPartParserError):
        response = get_exception_response(request, get_resolver(get_urlconf()), 400, exc)
        _log("Bad request (Unable to parse request body): %s", request.path, response, request, exc)
    elif isinstance(exc, BadRequest):
        response = _bad_request(request, exc)
        log_response("%s: %s", str(exc), request.path, response=response, request=request, exception=exc)
    elif isinstance(exc, SuspiciousOperation):
        if isinstance(exc, (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)):
            # Whoever shows the request must not parse the data again.
            request._mark_post_parse_error()
        logger = logging.getLogger(f"offbeat.security.{exc.__class__.__name__}")
        logger.error(str(exc), exc_info=exc, extra={"status_code": 400, "request": request})
        response = _bad_request(request, exc)
    else:
        signals.got_request_exception.send(sender=None, request=request)
        response = handle_uncaught_exception(
            request, get_resolver(get_urlconf()), (type(exc), exc, exc.__traceback__)
        )
        log_response(
            "%s: %s",
            response.reason_phrase,
            getattr(request, "path", ""),
            response=response,
            request=request,
            exception=exc,
        )
    if not getattr(response, "is_rendered", True) and callable(getattr(response, "render", None)):
        response = response.render()
    return response


def _log(message: str, path: str, response: Any, request: Any, exc: Exception) -> None:
    log_response(message, path, response=response, request=request, exception=exc)


def _bad_request(request: Any, exc: Exception) -> Any:
    if settings.DEBUG:
        from offbeat.views import debug

        return debug.technical_500_response(request, type(exc), exc, exc.__traceback__, status_code=400)
    return get_exception_response(request, get_resolver(get_urlconf()), 400, exc)


def get_exception_response(request: Any, resolver: Any, status_code: int, exception: Exception) -> Any:
    """Return what the URLconf's handler for the status makes of the exception."""
    try:
        callback = resolver.resolve_error_handler(status_code)
        return _call(callback, request, exception=exception)
    except Exception as error:
        signals.got_request_exception.send(sender=None, request=request)
        return handle_uncaught_exception(request, resolver, (type(error), error, error.__traceback__))


def handle_uncaught_exception(request: Any, resolver: Any, exc_info: Any) -> Any:
    """Return the response for an exception nobody expected; raises it under DEBUG_PROPAGATE_EXCEPTIONS."""
    if settings.DEBUG_PROPAGATE_EXCEPTIONS:
        raise exc_info[1]
    if settings.DEBUG:
        from offbeat.views import debug

        return debug.technical_500_response(request, *exc_info)
    # The resolver is None where even the URLconf could not be found.
    return _call(resolver.resolve_error_handler(500), request)


def _call(callback: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call an error handler; an asynchronous one is waited for."""
    response = callback(*args, **kwargs)
    return wait(response) if hasattr(response, "__await__") else response
