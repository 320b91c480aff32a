"""The response classes under one name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offbeat.http.base import BadHeaderError, Http404, HttpResponseBase, ResponseHeaders
from offbeat.http.content import (
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseForbidden,
    HttpResponseGone,
    HttpResponseNotAllowed,
    HttpResponseNotFound,
    HttpResponseNotModified,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
    HttpResponseRedirectBase,
    HttpResponseServerError,
    JsonResponse,
)
from offbeat.utils.lazy_names import lazy_names

if TYPE_CHECKING:
    from offbeat.http.events import EventStreamResponse, ServerSentEvent, last_event_id
    from offbeat.http.streaming import FileResponse, StreamingHttpResponse
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "offbeat.http.events": ("EventStreamResponse", "ServerSentEvent", "last_event_id"),
            "offbeat.http.streaming": ("FileResponse", "StreamingHttpResponse"),
        },
    )


__all__ = [
    "BadHeaderError",
    "EventStreamResponse",
    "FileResponse",
    "Http404",
    "HttpResponse",
    "HttpResponseBadRequest",
    "HttpResponseBase",
    "HttpResponseForbidden",
    "HttpResponseGone",
    "HttpResponseNotAllowed",
    "HttpResponseNotFound",
    "HttpResponseNotModified",
    "HttpResponsePermanentRedirect",
    "HttpResponseRedirect",
    "HttpResponseRedirectBase",
    "HttpResponseServerError",
    "JsonResponse",
    "ResponseHeaders",
    "ServerSentEvent",
    "StreamingHttpResponse",
    "last_event_id",
]
