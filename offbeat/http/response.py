"""The response classes under one name."""

from __future__ import annotations

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
from offbeat.http.events import EventStreamResponse, ServerSentEvent, last_event_id
from offbeat.http.streaming import FileResponse, StreamingHttpResponse

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
