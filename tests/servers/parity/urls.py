"""What the site answers."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator, Callable
from typing import Any

from offbeat.http import (
    EventStreamResponse,
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotModified,
    HttpResponseRedirect,
    JsonResponse,
    ServerSentEvent,
    StreamingHttpResponse,
    last_event_id,
)
from offbeat.urls import include, path, re_path
from offbeat.views.decorators.csrf import csrf_exempt, ensure_csrf_cookie
from offbeat.views.decorators.http import etag, require_GET, require_http_methods, require_POST

HEADERS = (
    "Host",
    "Content-Type",
    "Accept",
    "X-Custom",
    "X-Other",
    "Range",
    "Referer",
    "User-Agent",
    "Authorization",
)


def signed(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Mark what the site has answered, to tell it from what a server answers by itself."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers["X-Site"] = "parity"
        return response

    return middleware


def described(request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
    """What the framework made of a request."""
    return {
        "method": request.method,
        "path": request.path,
        "info": request.path_info,
        "kwargs": kwargs,
        "get": {name: request.GET.getlist(name) for name in sorted(request.GET)},
        "cookies": dict(sorted(request.COOKIES.items())),
        "headers": {name: request.headers[name] for name in HEADERS if name in request.headers},
        "type": [request.content_type, request.content_params],
        "encoding": request.encoding,
        "length": request.META.get("CONTENT_LENGTH", ""),
        "query": request.META["QUERY_STRING"],
        "full": request.get_full_path(),
        "secure": request.is_secure(),
        "html": request.accepts("text/html"),
    }


@csrf_exempt
def echo(request: HttpRequest, **kwargs: Any) -> JsonResponse:
    """Everything but the body."""
    return JsonResponse(described(request, **kwargs))


@csrf_exempt
async def aecho(request: HttpRequest, **kwargs: Any) -> JsonResponse:
    """The same, asynchronously."""
    return JsonResponse(described(request, **kwargs))


def _body(request: HttpRequest) -> JsonResponse:
    body = request.body
    return JsonResponse({"size": len(body), "digest": hashlib.sha256(body).hexdigest()})


@csrf_exempt
def body(request: HttpRequest) -> JsonResponse:
    """The body."""
    return _body(request)


@csrf_exempt
async def abody(request: HttpRequest) -> JsonResponse:
    """The same, asynchronously."""
    return _body(request)


def _form(request: HttpRequest) -> JsonResponse:
    return JsonResponse(
        {
            "post": {name: request.POST.getlist(name) for name in sorted(request.POST)},
            "files": {
                name: [
                    [each.name, each.size, each.content_type, hashlib.sha256(each.read()).hexdigest()]
                    for each in request.FILES.getlist(name)
                ]
                for name in sorted(request.FILES)
            },
        }
    )


@csrf_exempt
def form(request: HttpRequest) -> JsonResponse:
    """Fields and files."""
    return _form(request)


@csrf_exempt
async def aform(request: HttpRequest) -> JsonResponse:
    """The same, asynchronously."""
    return _form(request)


def stream(request: HttpRequest) -> StreamingHttpResponse:
    """Pieces from a generator."""
    return StreamingHttpResponse((f"piece {number}\n" for number in range(5)), content_type="text/plain")


async def _pieces() -> AsyncIterator[str]:
    for number in range(5):
        yield f"piece {number}\n"


async def astream(request: HttpRequest) -> StreamingHttpResponse:
    """Pieces from an asynchronous generator."""
    return StreamingHttpResponse(_pieces(), content_type="text/plain")


def events(request: HttpRequest) -> EventStreamResponse:
    """Events, from the one that the client had last."""
    return EventStreamResponse(["first", {"last": last_event_id(request)}, None, "x\ny"], retry=10)


async def aevents(request: HttpRequest) -> EventStreamResponse:
    """The same from an asynchronous generator."""

    async def made() -> AsyncIterator[Any]:
        yield ServerSentEvent("first", event="e", id=1)
        yield {"last": last_event_id(request)}

    return EventStreamResponse(made())


def file(request: HttpRequest) -> FileResponse:
    """A file."""
    return FileResponse(io.BytesIO(bytes(range(256)) * 4), filename="x.bin", request=request)


@etag(lambda request: '"tag"')
def tagged(request: HttpRequest) -> HttpResponse:
    """Content with an entity tag."""
    return HttpResponse("tagged")


def page(request: HttpRequest) -> HttpResponse:
    """Content long enough to be compressed."""
    return HttpResponse("compressible " * 100)


def error(request: HttpRequest) -> HttpResponse:
    """A view that fails."""
    raise RuntimeError("secret")


def missing(request: HttpRequest) -> HttpResponse:
    """A view that finds nothing."""
    raise Http404("nothing")


def cookies(request: HttpRequest) -> HttpResponse:
    """Several cookies."""
    response = HttpResponse("cookies")
    response.set_cookie("a", "1")
    response.set_cookie("b", 'x; "y"', httponly=True, samesite="Lax")
    response.delete_cookie("c")
    return response


def status(request: HttpRequest, code: int) -> HttpResponse:
    """An empty answer with a status."""
    return HttpResponse(status=code)


views = [
    path("echo/", echo),
    path("aecho/", aecho),
    path("items/<int:pk>/", echo),
    path("slugs/<slug:slug>/", echo),
    path("any/<path:rest>", echo),
    re_path(r"^year/(?P<year>[0-9]{4})/$", echo),
]
urlpatterns = [
    path("", echo),
    path("", include(views)),
    path("body/", body),
    path("abody/", abody),
    path("form/", form),
    path("aform/", aform),
    path("stream/", stream),
    path("astream/", astream),
    path("events/", events),
    path("aevents/", aevents),
    path("file/", file),
    path("tagged/", tagged),
    path("page/", page),
    path("error/", error),
    path("missing/", missing),
    path("cookies/", cookies),
    path("status/<int:code>/", status),
    path("get-only/", require_GET(echo)),
    path("post-only/", csrf_exempt(require_POST(echo))),
    path("put-only/", csrf_exempt(require_http_methods(["PUT"])(echo))),
    path("protected/", ensure_csrf_cookie(lambda request: HttpResponse("protected"))),
    path("redirect/", lambda request: HttpResponseRedirect("/echo/?to=é")),
    path("not-modified/", lambda request: HttpResponseNotModified()),
]
