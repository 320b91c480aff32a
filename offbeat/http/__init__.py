"""Requests and responses."""

from typing import TYPE_CHECKING

from offbeat.http.cookie import parse_cookie
from offbeat.http.request import (
    HttpHeaders,
    HttpRequest,
    QueryDict,
    RawPostDataException,
    UnreadablePostError,
)
from offbeat.http.response import (
    BadHeaderError,
    Http404,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseBase,
    HttpResponseForbidden,
    HttpResponseGone,
    HttpResponseNotAllowed,
    HttpResponseNotFound,
    HttpResponseNotModified,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
    HttpResponseServerError,
    JsonResponse,
)
from offbeat.utils.lazy_names import lazy_names

if TYPE_CHECKING:
    from offbeat.http.cookie import SimpleCookie
    from offbeat.http.events import EventStreamResponse, ServerSentEvent, last_event_id
    from offbeat.http.streaming import FileResponse, StreamingHttpResponse
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "offbeat.http.cookie": ("SimpleCookie",),
            "offbeat.http.events": ("EventStreamResponse", "ServerSentEvent", "last_event_id"),
            "offbeat.http.streaming": ("FileResponse", "StreamingHttpResponse"),
        },
    )

__all__ = [
    "BadHeaderError",
    "EventStreamResponse",
    "FileResponse",
    "Http404",
    "HttpHeaders",
    "HttpRequest",
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
    "HttpResponseServerError",
    "JsonResponse",
    "QueryDict",
    "RawPostDataException",
    "ServerSentEvent",
    "SimpleCookie",
    "StreamingHttpResponse",
    "UnreadablePostError",
    "last_event_id",
    "parse_cookie",
]
